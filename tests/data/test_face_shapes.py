import numpy as np
import pytest

from facekit.data.alignment import canonical_landmarks, similarity, transform_points
from facekit.data.face_regions import INNER_LIPS
from facekit.data.face_shapes import FaceShapes
from facekit.data.faces import mirror_order

COUNT = 6


@pytest.fixture(scope="module")
def drawn():
    """Shapes that are sums of three symmetric or antisymmetric ones."""
    rng = np.random.default_rng(0)
    mean = canonical_landmarks(1).astype("float64")
    order = mirror_order()
    mean = (mean + mean[order] * (-1, 1) + (1, 0)) / 2
    basis = rng.normal(0, 0.02, (3, 468, 2))
    basis += basis[:, order] * (-1, 1) * np.array([1, 1, -1])[:, None, None]
    return mean + np.tensordot(rng.normal(0, 1, (40, 3)), basis, 1)


@pytest.fixture(scope="module")
def shapes(drawn):
    return FaceShapes.of(drawn[:30], COUNT)


def placed(shape):
    """A shape somewhere in a photo, larger and turned."""
    turn = np.array([[110, -25], [25, 110]])
    return shape @ turn.T + (40, 15)


def test_hidden_landmarks_go_with_the_others(shapes, drawn):
    points = placed(drawn[35])
    known = np.arange(468) % 3 > 0
    guessed = np.where(known[:, None], points, placed(shapes.mean))
    completed = shapes.complete(guessed, known)
    before = np.abs(guessed - points)[~known].mean()
    assert np.abs(completed - points)[~known].mean() < 0.2 * before
    np.testing.assert_allclose(completed[known], points[known], rtol=1e-5)


def opening(points):
    return np.linalg.norm(points[13] - points[14])


def test_a_mouth_that_is_wholly_hidden_is_closed(drawn):
    """Faces that differ in how far the mouth is open, and in nothing else."""
    rng = np.random.default_rng(1)
    move = np.zeros((468, 2))
    move[[87, 14, 317, 178, 402, 88, 318, 95, 324]] = 0, 1
    faces = drawn[:1] + rng.uniform(0, 0.1, (30, 1, 1)) * move
    shapes = FaceShapes.of(faces, 2)
    points = placed(faces[np.argmax([opening(x) for x in faces])])
    known = np.ones(468, bool)
    known[list(INNER_LIPS)] = False
    closed = shapes.complete(points, known)
    assert opening(closed) < 0.5 * opening(points)
    # One lip that is seen says how far it is open.
    known[14] = True
    assert opening(shapes.complete(points, known)) > 0.9 * opening(points)


def test_place_size_and_turn_are_no_shape(shapes, drawn):
    np.testing.assert_allclose(
        shapes.scores(placed(drawn[31])), shapes.scores(drawn[31]), atol=1e-6
    )
    assert np.abs(shapes.scores(drawn[31])).max() > 0.1


def test_the_mirrored_face_has_the_mirrored_corners(shapes, drawn):
    points = drawn[32]
    mirrored = points[mirror_order()] * (-1, 1) + (1, 0)
    first, second = np.zeros((2, 32, 32, 3))
    shapes.write(first, points)
    shapes.write(second, mirrored)
    np.testing.assert_allclose(second, first[:, ::-1], atol=1e-5)
    assert not first[1:].any() and not first[0, COUNT:-COUNT].any()


def test_fewer_faces_than_components(drawn):
    shapes = FaceShapes.of(drawn[:2], COUNT)
    assert np.isfinite(shapes.scores(drawn[3])).all()


def test_similarity_brings_points_back(drawn):
    matrix = similarity(placed(drawn[0]), drawn[0])
    np.testing.assert_allclose(
        transform_points(placed(drawn[0]), matrix), drawn[0], atol=1e-9
    )
    weights = np.zeros(468)
    weights[:2] = 1
    matrix = similarity(drawn[1], drawn[0], weights)
    moved = transform_points(drawn[1], matrix)[:2]
    np.testing.assert_allclose(moved, drawn[0][:2], atol=1e-9)


def test_learns_how_hidden_landmarks_are_wrong(shapes, drawn):
    """What is hidden is found lower than it is, and what is seen a little, too."""
    rng = np.random.default_rng(2)
    upper = drawn[:, :, 1].mean(0) < drawn[:, :, 1].mean()
    left = drawn[:, :, 0].mean(0) < drawn[:, :, 0].mean()
    covers = np.stack([upper, ~upper, left, ~left])

    def found(shape, hidden):
        return placed(shape) + np.where(hidden[:, None], (0, 6), (0, 1))

    chosen = covers[rng.integers(4, size=30)]
    pairs = list(zip(drawn[:30], chosen, strict=True))
    learned = shapes.with_correction(
        [found(*pair) for pair in pairs],
        chosen,
        [placed(shape) for shape in drawn[:30]],
    )
    for hidden in covers:
        points = found(drawn[36], hidden)
        before, after = (
            np.abs(x - placed(drawn[36]))[:, 1]
            for x in (points, learned.corrected(points, hidden))
        )
        assert after[hidden].mean() < 0.5 * before[hidden].mean()
        assert after[~hidden].mean() < before[~hidden].mean()


def test_without_a_correction_landmarks_stay(shapes, drawn):
    points = placed(drawn[37])
    corrected = shapes.corrected(points, np.arange(468) < 200)
    np.testing.assert_allclose(corrected, points, rtol=1e-5)


def test_a_texture_says_no_more_of_a_shape_than_faces_have(shapes, drawn):
    texture = np.zeros((24, 24, 3), "float32")
    far = shapes.mean + 9 * shapes.components[0]
    assert np.abs(shapes.scores(far)).max() > 5
    shapes.write(texture, far)
    assert np.abs(texture[0, :COUNT] - 0.5).max() <= 1.5
