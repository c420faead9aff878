import numpy as np

from facekit.portraits.head import head_mesh, vertex_normals
from facekit.portraits.pigments import SkinColours
from facekit.portraits.raster import rasterize
from facekit.portraits.subdivision import catmull_clark
from facekit.spectra import reflectance_to_srgb, skin_reflectance

CUBE = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
FACES = np.array(
    [
        (0, 1, 3, 2),
        (4, 6, 7, 5),
        (0, 4, 5, 1),
        (2, 3, 7, 6),
        (0, 2, 6, 4),
        (1, 5, 7, 3),
    ]
)


def test_subdividing_a_cube_gives_the_known_points():
    matrix, quads = catmull_clark(8, FACES)
    fine = matrix @ CUBE
    assert fine.shape == (26, 3) and quads.shape == (24, 4)
    np.testing.assert_allclose(np.abs(fine[:8]), 5 / 9)
    np.testing.assert_allclose(np.sort(np.abs(fine[8:20]), 1)[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(fine[20:], axis=1), 1)


def test_rasterising_a_sloping_triangle():
    positions = np.array([(0.0, 0), (0, 8), (8, 0)])
    depth = np.array((2.0, 2, 4))
    seen = rasterize(positions, depth, np.array([(0, 1, 2)]), 8)
    x, y = seen.pixel % 8 + 0.5, seen.pixel // 8 + 0.5
    assert len(seen.pixel) == 36
    # One over the depth is linear on the screen.
    np.testing.assert_allclose(1 / seen.depth, 0.5 - 0.25 * x / 8, rtol=1e-5)
    place = seen.interpolate(positions * depth[:, None], np.array([(0, 1, 2)]))
    place /= seen.depth[:, None]
    np.testing.assert_allclose(place, np.stack((x, y), 1), atol=1e-4)


def test_nearer_triangles_hide_farther_ones_and_backs_are_not_seen():
    positions = np.array([(0.0, 0), (0, 9), (9, 0)] * 3)
    depth = np.repeat((3.0, 2.0, 1.0), 3)
    triangles = np.array([(0, 1, 2), (3, 4, 5), (6, 8, 7)])
    seen = rasterize(positions, depth, triangles, 8)
    assert set(seen.triangle) == {1}


def test_the_head_is_whole_and_faces_outward():
    mesh = head_mesh()
    assert len(mesh.morph_names) == 366
    normals = vertex_normals(mesh.rest, mesh.triangles)
    front = mesh.skin_vertices & (mesh.rest[:, 2] > 1.5) & (mesh.rest[:, 1] > 6.8)
    assert normals[front][:, 2].mean() > 0.5
    assert mesh.upper_lash.sum() > 10 < (~mesh.upper_lash).sum()
    half = mesh.morph({"faceunits/jawOpen": 0.5}) - mesh.morph({})
    full = mesh.morph({"faceunits/jawOpen": 1.0}) - mesh.morph({})
    np.testing.assert_allclose(2 * half, full, atol=1e-12)
    assert full[:, 1].min() < -0.05


def test_looking_colours_up_equals_the_spectra(rng):
    melanin, haemoglobin = rng.uniform((0.01, 0.01), (0.29, 0.065), (500, 2)).T
    exact = reflectance_to_srgb(skin_reflectance(melanin, haemoglobin))
    found = SkinColours()(melanin, haemoglobin)
    np.testing.assert_allclose(found, exact, atol=1e-3)
