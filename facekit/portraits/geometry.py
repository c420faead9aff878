"""The posed head and what the camera sees of it, shared by all variants."""

from dataclasses import dataclass

import numpy as np

from facekit.portraits.camera import View
from facekit.portraits.head import LEFT_EYE, RIGHT_EYE, HeadMesh, vertex_normals
from facekit.portraits.noise import smoothstep, unit
from facekit.portraits.raster import Fragments, rasterize

# The head's centre, seen from the middle between the eyes, dm.
CENTRE_FROM_EYES = np.array((0, 0.15, -0.9))


@dataclass
class Body:
    """The head of one person, upright, with its centre at the origin.

    Attributes:
        mesh: the mesh it is made from.
        vertices: (v, 3), dm.
        normals: unit, (v, 3).
        eyes: centres of the left and the right eyeball, (2, 3).
        lashes: quads along the rims of the lids, (n, 4, 3).
        neck_line: height of the cloth's edge above each vertex, dm, (v,); at or above
            0 is cloth.
    """

    mesh: HeadMesh
    vertices: np.ndarray
    normals: np.ndarray
    eyes: np.ndarray
    lashes: np.ndarray
    neck_line: np.ndarray


def build_body(mesh, person, rng):
    """Shape a person's head, and lay cloth over the shoulders."""
    coarse = mesh.morph(person.morphs)
    eyes = mesh.eye_centres(coarse)
    centre = eyes.mean(0) + CENTRE_FROM_EYES
    vertices = mesh.subdivide(coarse) - centre
    normals = vertex_normals(vertices, mesh.triangles)
    neck_line = _neck_line(mesh.rest, rng) * mesh.skin_vertices
    lifted = 0.045 * smoothstep(-0.01, 0.05, neck_line) * mesh.skin_vertices
    vertices = vertices + normals * lifted[:, None]
    return Body(
        mesh=mesh,
        vertices=vertices,
        normals=vertex_normals(vertices, mesh.triangles),
        eyes=eyes - centre,
        lashes=mesh.lash_quads(coarse) - centre,
        neck_line=neck_line,
    )


def _neck_line(rest, rng):
    """Draw a neckline: round, deep, or high; above 0 is cloth."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    kind = rng.choice(("round", "deep", "high"), p=(0.6, 0.25, 0.15))
    front = smoothstep(0.2, 1.1, z)
    if kind == "high":
        edge = 5.95 + 0.1 * (1 - front)
    elif kind == "deep":
        edge = 5.55 + 0.55 * (1 - front) - 0.75 * front * np.clip(0.55 - x, 0, 1)
    else:
        edge = (
            5.62 + 0.3 * (1 - front) - 0.3 * front * np.clip(1 - (x / 0.6) ** 2, 0, 1)
        )
    return edge + rng.uniform(-0.06, 0.06) - y


@dataclass
class Surface:
    """What the camera sees of the head: one row for every covered pixel.

    Attributes:
        view: the camera.
        fragments: covered pixels.
        vertices: posed vertices, (v, 3).
        normals: posed normals of the vertices, (v, 3).
        points, normal, towards: place, unit normal, and unit direction to the camera,
            float32 (n, 3).
        rest: place in the neutral mesh, float32 (n, 3).
        uv: float32 (n, 2).
        part: index into ``head.PARTS``, (n,).
        eyes: posed eye centres, (2, 3).
    """

    view: View
    fragments: Fragments
    vertices: np.ndarray
    normals: np.ndarray
    points: np.ndarray
    normal: np.ndarray
    towards: np.ndarray
    rest: np.ndarray
    uv: np.ndarray
    part: np.ndarray
    eyes: np.ndarray

    def interpolate(self, values, triangles):
        """Values of vertices (v, ...) at the covered pixels."""
        return self.fragments.interpolate(values, triangles)

    def picture(self, values, background=0.0):
        """Lay values (n,) or (n, c) of the covered pixels out as a picture."""
        size = self.view.size
        values = np.asarray(values)
        out = np.full((size * size, *values.shape[1:]), background, values.dtype)
        out[self.fragments.pixel] = values
        return out.reshape(size, size, *values.shape[1:])


def see(body, view):
    """Pose the head and rasterise it."""
    mesh = body.mesh
    vertices = view.pose(body.vertices, mesh.rest[:, 1])
    eyes = body.eyes @ view.turn.T
    normals = vertex_normals(vertices, mesh.triangles)
    positions, depth = view.project(vertices)
    fragments = rasterize(positions, depth, mesh.triangles, view.size)
    corners = mesh.corner_uv[fragments.triangle]
    points = fragments.interpolate(vertices.astype(np.float32), mesh.triangles)
    normal = unit(fragments.interpolate(normals.astype(np.float32), mesh.triangles))
    part = mesh.part[fragments.triangle]
    for k, index in enumerate((LEFT_EYE, RIGHT_EYE)):
        ball = part == index
        normal[ball] = unit(points[ball] - eyes[k])
    return Surface(
        view=view,
        fragments=fragments,
        vertices=vertices,
        normals=normals,
        points=points,
        normal=normal.astype(np.float32),
        towards=unit(view.eye - points).astype(np.float32),
        rest=fragments.interpolate(mesh.rest.astype(np.float32), mesh.triangles),
        uv=np.einsum("nk,nkc->nc", fragments.weights, corners),
        part=part,
        eyes=eyes,
    )
