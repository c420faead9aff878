import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekit.data import Face, canonical_landmarks
from facekit.data.alignment import transform_points
from facekit.restore.regions import plan_faces, plan_surroundings


def face_at(x, y, side):
    landmarks = canonical_landmarks(side) + np.float32([x, y])
    return Face((x, y, x + side, y + side), landmarks, 1.0)


def plan(hole, faces, size, beside=None):
    """Squares of faces, then those of what they leave over."""
    regions = list(plan_faces(hole, faces, size, beside))
    left = hole & (coverage(hole, regions) == 0)
    return [*regions, *plan_surroundings(left, faces, size)]


def coverage(hole, regions):
    count = np.zeros(hole.shape, int)
    for region in regions:
        x0, y0, x1, y1 = region.box
        assert region.fill.shape == (y1 - y0, x1 - x0)
        count[y0:y1, x0:x1] += region.fill
    return count


@given(
    shape=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    share=st.sampled_from([0.0005, 0.05, 0.6]),
    coarse=st.sampled_from([1, 40]),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_every_hole_pixel_is_filled_once(shape, share, coarse, seed):
    rng = np.random.default_rng(seed)
    hole = rng.random((-(-shape[0] // coarse), -(-shape[1] // coarse))) < share
    hole = hole.repeat(coarse, 0).repeat(coarse, 1)[: shape[0], : shape[1]]
    regions = plan(hole, [face_at(100, 50, 300)], 64)
    assert np.array_equal(coverage(hole, regions), hole)


def test_what_is_filled_lies_inside_the_square():
    hole = np.zeros((900, 1300), bool)
    hole[100:140, 20:1290] = True
    hole[400:800, 500:900] = True
    for region in plan(hole, [], 128):
        x0, y0, x1, y1 = region.box
        corners = [(x0, y0), (x1 - 1, y1 - 1)]
        assert (transform_points(corners, region.transform) > -0.5).all()
        inside = transform_points(corners, region.transform) < region.size - 0.5
        assert inside.all()


def test_a_hole_in_a_face_uses_the_aligned_square():
    hole = np.zeros((500, 500), bool)
    hole[210:240, 180:220] = True
    (region,) = plan(hole, [face_at(100, 100, 200)], 128)
    assert region.in_face
    there = transform_points(canonical_landmarks(200) + [100, 100], region.transform)
    assert np.abs(there - canonical_landmarks(128)).max() < 4


def test_thin_holes_of_a_large_face_are_filled_finer():
    hole = np.zeros((1200, 1200), bool)
    hole[600:700, 500:620] = True
    hole[640:644, 420:780] = True
    thick, thin = plan(hole, [face_at(100, 100, 1000)], 128)
    assert thick.size == 128
    assert thin.size > 128
    assert thin.transform[0, 0] / thick.transform[0, 0] == pytest.approx(4)
    assert np.array_equal(coverage(hole, [thick, thin]), hole)
    corners = np.array([(thin.box[0], thin.box[1]), (thin.box[2] - 1, thin.box[3] - 1)])
    places = transform_points(corners, thin.transform)
    assert places.min() > -0.5
    assert places.max() < thin.size - 0.5


def test_a_hole_beside_a_face_does_not():
    hole = np.zeros((500, 500), bool)
    hole[10:40, 380:430] = True
    (region,) = plan(hole, [face_at(100, 100, 200)], 128)
    assert np.isclose(region.transform[0, 0], 1)
    assert region.transform[0, 1] == 0


def test_only_thick_holes_around_a_head_use_its_square():
    hole = np.zeros((500, 500), bool)
    hole[106:126, 106:146] = True
    hole[290:292, 120:180] = True
    head, other = plan(hole, [face_at(100, 100, 200)], 256)
    assert head.fill.sum() == 800
    there = transform_points(canonical_landmarks(200) + [100, 100], head.transform)
    assert np.abs(there - canonical_landmarks(256)).max() < 8
    assert not head.in_face
    assert other.fill.sum() == 120
    assert other.transform[0, 1] == 0


def test_a_hole_across_a_face_and_its_surroundings_is_shared():
    hole = np.zeros((600, 600), bool)
    hole[220:260, 150:520] = True
    regions = plan(hole, [face_at(100, 100, 300)], 128)
    assert {region.in_face for region in regions} == {True, False}
    assert np.array_equal(coverage(hole, regions), hole)


def test_a_forehead_may_lie_under_hair():
    hole = np.zeros((500, 500), bool)
    hole[165:175, 180:220] = True
    (region,) = plan(hole, [face_at(100, 100, 200)], 128)
    assert not region.in_face


def test_a_long_scratch_keeps_the_resolution():
    hole = np.zeros((2000, 3000), bool)
    hole[1000:1006, 100:2900] = True
    for region in plan(hole, [], 256):
        assert region.transform[0, 0] > 0.9


@pytest.mark.parametrize("shape", [(40, 40), (1, 2), (60, 500)])
def test_a_small_photo_fills_the_square(shape):
    hole = np.zeros(shape, bool)
    hole[0, 0] = True
    (region,) = plan(hole, [], 256)
    assert region.transform[0, 0] >= min(1, 256 / max(shape))


def test_specks_are_filled_together(rng):
    hole = rng.random((1000, 1000)) < 0.001
    assert len(plan(hole, [], 256)) <= 100


def test_skin_beside_a_face_is_filled_with_it():
    hole = np.zeros((500, 500), bool)
    hole[270:290, 110:130] = True
    face = face_at(100, 100, 200)
    (around,) = plan(hole, [face], 128)
    (together,) = plan(hole, [face], 128, [hole])
    assert together.in_face and not around.in_face
    (first,) = plan(hole, [face, face_at(104, 100, 200)], 128, [None, hole])
    assert first.in_face
    assert np.array_equal(coverage(hole, [first]), hole)
    # Beside the square there is nothing that the network could see.
    hole[310:330, 110:130] = True
    inside, outside = plan(hole, [face], 128, [hole])
    assert inside.in_face and inside.box[3] <= 300 and not outside.in_face


def test_what_a_face_leaves_over_is_filled_in_its_square():
    """Slivers along an outline as well, which elsewhere would be thin holes."""
    hole = np.zeros((500, 500), bool)
    hole[200:202, 180:220] = True
    (sliver,) = plan_surroundings(hole, [face_at(100, 100, 200)], 256)
    there = transform_points(canonical_landmarks(200) + [100, 100], sliver.transform)
    assert np.abs(there - canonical_landmarks(256)).max() < 8
    assert np.array_equal(coverage(hole, [sliver]), hole)
