import json

import cv2
import numpy as np
import pytest

from facekit.data import align, alignment_transform, find_faces
from facekit.data.alignment import LEFT_EYE, RIGHT_EYE, transform_points
from facekit.data.face_regions import draw_hull, inner_face
from facekit.portraits import load_embedded
from facekit.restore import load
from facekit.restore.appearance import Appearance
from facekit.restore.saved_model import SavedModel
from facekit.training.appearance import AppearanceModel, make_appearance

SIZE = 256


@pytest.fixture(scope="module")
def portrait():
    """A portrait with its landmarks, and others."""
    first, *others = (x.pictures["bare"] for x in load_embedded(8))
    return first, find_faces(first)[0].landmarks, others


def small_correction():
    """Of landmarks beside holes, far below a pixel."""
    rng = np.random.default_rng(5)
    return np.tensordot(
        rng.normal(0, 1e-3, (489, 9)), rng.normal(0, 1e-3, (9, 468, 2)), 1
    )


@pytest.fixture(scope="module")
def folder(portrait, tmp_path_factory, tensorflow):
    """An untrained network with the appearance of seven other people."""
    import keras

    from facekit.data import FaceTexture
    from facekit.data.face_shapes import FaceShapes
    from facekit.export import export_inpaint
    from facekit.models import PartialConvUNet

    found = [(x, find_faces(x)[0].landmarks) for x in portrait[2]]
    aligned = [
        transform_points(x, alignment_transform(x, SIZE)) / SIZE for _, x in found
    ]
    shapes = FaceShapes.of(np.stack(aligned), 20)
    shapes.correction = small_correction()
    layer = make_appearance()
    texture = FaceTexture(layer.size)
    flat = [texture.unwrap(x, points) / np.float32(255) for x, points in found]
    for face, (_, points) in zip(flat, found, strict=True):
        shapes.write(face, points)
    layer.adapt(np.stack(flat))
    folder = tmp_path_factory.mktemp("models") / "inpaint"
    model = AppearanceModel(layer, shapes, ())
    keras.utils.set_random_seed(1)
    export_inpaint(PartialConvUNet((4, 8, 8)), folder, {}, model)
    return folder


@pytest.fixture(scope="module")
def appearance(folder):
    return Appearance(SavedModel(folder))


@pytest.fixture(scope="module")
def damaged(portrait):
    """The aligned face, its landmarks, and where an eye is hidden."""
    picture, landmarks, _ = portrait
    transform = alignment_transform(landmarks, SIZE)
    crop = align(picture, transform, SIZE).astype("float32") / 255
    points = transform_points(landmarks, transform)
    known = np.ones((SIZE, SIZE), "float32")
    centre = [int(x) for x in points[list(LEFT_EYE)].mean(0)]
    return crop, points, cv2.circle(known, centre, 18, 0, -1)


def draw(appearance, filled, known, *about):
    """What is filled, with the face laid on it."""
    face, share = appearance.draw(filled, known, *about)
    return filled + (share * (known < 0.5))[..., None] * (face - filled)


def test_draws_an_eye_where_one_is_hidden(appearance, damaged):
    crop, points, known = damaged
    filled = crop.copy()
    filled[known == 0] = crop[known == 1].mean(0)
    drawn = draw(appearance, filled, known, points)
    hidden = known == 0
    error = np.square(drawn - crop)[hidden].mean()
    assert error < 0.5 * np.square(filled - crop)[hidden].mean()
    np.testing.assert_array_equal(drawn[known == 1], crop[known == 1])


def test_what_is_hidden_is_not_read(appearance, damaged, rng):
    crop, points, known = damaged
    # Towards its rim the face fades out.
    face = draw_hull(inner_face(points), known.shape).astype("uint8")
    inner = (cv2.erode(face, np.ones((31, 31), "uint8")) > 0) & (known == 0)
    assert inner.sum() > 50
    other = crop.copy()
    other[known == 0] = rng.random((int((known == 0).sum()), 3))
    first, second = (draw(appearance, x, known, points) for x in (crop, other))
    np.testing.assert_allclose(first[inner], second[inner], atol=2e-3)


def test_hair_beside_a_hole_does_not_tint_what_is_drawn(appearance, damaged):
    crop, points, known = damaged
    rim = cv2.dilate(1 - known, np.ones((13, 13), "uint8")) * known
    rim[:, int(points[list(LEFT_EYE)].mean(0)[0]) :] = 0  # one side of the hole
    strand = crop * (1 + rim[..., None] * np.float32([-0.2, 0.1, -0.1]))
    first, second = (draw(appearance, x, known, points) for x in (crop, strand))
    change = np.abs(second - first)[known == 0].mean(0)
    assert (change < 0.02).all()


def by_the_eye(points, size=18):
    """Where the eye is that stays seen."""
    centre = [int(x) for x in points[list(RIGHT_EYE)].mean(0)]
    return cv2.circle(np.zeros((SIZE, SIZE), "float32"), centre, size, 1, -1)


def test_a_hidden_eye_has_the_colour_of_the_other(appearance, damaged):
    crop, points, known = damaged
    tint = np.float32([-0.05, 0, 0.1])
    tinted = np.clip(crop + by_the_eye(points)[..., None] * tint, 0, 1)
    first, second = (draw(appearance, x, known, points) for x in (crop, tinted))
    hole = cv2.erode(1 - known, np.ones((9, 9), "uint8")) > 0
    change = (second - first)[hole].mean(0)
    np.testing.assert_allclose(change, tint, atol=0.03)


def test_what_hangs_before_one_eye_is_not_drawn_on_the_other(appearance, damaged):
    crop, points, known = damaged
    patch = by_the_eye(points)[..., None]
    covered = np.float32(crop * (1 - patch) + patch * [0, 1, 0])
    first, second = (draw(appearance, x, known, points) for x in (crop, covered))
    change = (second - first)[known == 0].mean(0)
    assert (np.abs(change) < 0.08).all()


def test_what_is_beside_a_turned_face_is_not_read(appearance, damaged):
    crop, points, known = damaged
    middle, half = points[:, 0].mean(), np.ptp(points[:, 0]) / 2
    turned = points.copy()
    away = (points[:, 0] - middle) / half
    turned[:, 0] += 0.6 * half * away**2  # folds the far side
    backdrop = np.float32(np.arange(SIZE) < middle - 0.4 * half)[:, None]
    other = crop * (1 - backdrop) + backdrop * np.float32([0, 0.3, 1])
    first, second = (draw(appearance, x, known, turned) for x in (crop, other))
    change = np.abs(first - second)[known == 0]
    assert change.mean() < 0.01


def eye_hidden(portrait):
    """Landmarks of a portrait, a hole over an eye, and which of them it hides."""
    picture, landmarks, _ = portrait
    hole = np.zeros(picture.shape[:2], bool)
    x, y = landmarks[list(LEFT_EYE)].mean(0).astype(int)
    hole[y - 12 : y + 12, x - 16 : x + 16] = True
    return landmarks, hole, hole[tuple(np.rint(landmarks).astype(int).T[::-1])]


def test_hidden_landmarks_are_moved_and_no_others(appearance, portrait):
    landmarks, hole, inside = eye_hidden(portrait)
    moved = landmarks + inside[:, None] * np.float32([4, -3])
    completed = appearance.complete(moved, hole)
    assert np.abs(completed - landmarks)[inside].mean() < 2.5
    far = np.abs(landmarks - landmarks[list(LEFT_EYE)].mean(0)).max(1) > 40
    np.testing.assert_array_equal(completed[far], landmarks[far])
    np.testing.assert_array_equal(appearance.complete(moved, hole & False), moved)
    np.testing.assert_array_equal(appearance.complete(moved, hole | True), moved)


def test_landmarks_are_corrected_by_what_is_hidden(appearance, portrait):
    landmarks, hole, hidden = eye_hidden(portrait)
    expected = appearance.shapes.corrected(landmarks, hidden)
    assert np.abs(expected - landmarks).max() > 1e-4
    np.testing.assert_array_equal(appearance.correct(landmarks, hole), expected)
    for none in (hole & False, hole | True):
        np.testing.assert_array_equal(appearance.correct(landmarks, none), landmarks)


def test_the_tool_uses_it(folder, portrait):
    picture, landmarks, _ = portrait
    hole = np.zeros(picture.shape[:2], "uint8")
    for eye in (LEFT_EYE, RIGHT_EYE):  # of one alone the other would be the model
        centre = [int(x) for x in landmarks[list(eye)].mean(0)]
        cv2.circle(hole, centre, 13, 1, -1)
    hole = hole > 0
    tool = load(folder)
    found = tool(picture, hole=hole).image
    tool.appearance = None
    without = tool(picture, hole=hole).image
    error, plain = (
        np.square(x.astype(float) - picture)[hole].mean() for x in (found, without)
    )
    assert error < 0.6 * plain
    assert (found[~hole] == picture[~hole]).all()


def test_the_card_tells_the_signatures(folder):
    card = json.loads((folder / "card.json").read_text())
    assert set(card["signatures"]) == {"appearance", "shapes"}
    shapes = SavedModel(folder)("shapes")
    expected = small_correction()
    tolerance = 0.01 * expected.max()
    np.testing.assert_allclose(shapes["correction"], expected, atol=tolerance)
    for name, about in card["signatures"]["shapes"]["outputs"].items():
        assert list(shapes[name].shape) == about["shape"]


def test_a_face_that_is_all_hidden_is_left_to_the_network(appearance, damaged):
    crop, points, _ = damaged
    known = np.ones((SIZE, SIZE), "float32")
    known[draw_hull(points, known.shape)] = 0
    filled = np.full_like(crop, 0.25)
    np.testing.assert_array_equal(draw(appearance, filled, known, points), filled)


def test_a_face_that_looks_down_gets_no_black_rim(appearance, damaged, monkeypatch):
    """Its landmarks above the brows lie beside the texture."""
    crop, points, known = damaged
    middle = points.mean(0)
    bent = points.copy()
    # Brows come down towards the eyes, as in a bowed head.
    above = points[:, 1] < points[list(LEFT_EYE), 1].min()
    bent[above, 1] += 0.6 * (points[list(LEFT_EYE), 1].min() - points[above, 1])
    known = np.ones_like(known)
    known[: int(middle[1]) - 10] = 0
    filled = np.full_like(crop, 0.5)
    monkeypatch.setattr(
        appearance, "_completed", lambda texture, _: np.full_like(texture, 0.54)
    )
    drawn = draw(appearance, filled, known, bent)
    assert 0.49 < drawn.min() and drawn.max() < 0.55


def test_there_is_no_fading_to_what_is_still_to_be_filled(
    appearance, damaged, monkeypatch
):
    crop, points, known = damaged
    middle = int(points.mean(0)[1])
    known = np.ones_like(known)
    known[middle:] = 0
    face = draw_hull(inner_face(points), known.shape)
    monkeypatch.setattr(
        appearance, "_completed", lambda texture, _: np.full_like(texture, 0.54)
    )
    filled = np.full_like(crop, 0.5)
    beside = (known == 0) & ~face
    faded = draw(appearance, filled, known, points)
    drawn = draw(appearance, filled, known, points, beside)
    face[: middle + 12] = False
    rim = face & ~(cv2.erode(face.astype("uint8"), np.ones((3, 3), "uint8")) > 0)
    rim[: middle + 14] = False
    assert np.abs(drawn[rim] - 0.5).mean() > 2 * np.abs(faded[rim] - 0.5).mean()


def test_a_face_is_not_brighter_where_its_texture_ends(
    appearance, damaged, monkeypatch
):
    crop, points, known = damaged
    middle = int(points.mean(0)[1])
    known = np.zeros_like(known)
    known[middle - 10 : middle + 10] = 1
    face = np.float32(0.54) * appearance.texture.inside[..., None]
    monkeypatch.setattr(
        appearance, "_completed", lambda texture, _: np.repeat(face, 3, -1)
    )
    beside = (known == 0) & ~draw_hull(inner_face(points), known.shape)
    drawn = draw(appearance, np.full_like(crop, 0.54), known, points, beside)
    np.testing.assert_allclose(drawn, 0.54, atol=0.005)


def test_what_lies_beside_the_photo_is_not_known(appearance, portrait):
    picture, landmarks, _ = portrait
    shift = np.float32([landmarks[:, 0].min() + 30, 0])
    cut = np.ascontiguousarray(picture[:, int(shift[0]) :])
    moved = landmarks - np.floor(shift)
    hole = np.zeros(cut.shape[:2], bool)
    outside = moved[:, 0] < -1
    assert outside.sum() > 20
    wrong = moved + outside[:, None] * np.float32([-9, 5])
    completed = appearance.complete(wrong, hole)
    error = np.abs(completed - moved)[outside].mean()
    assert error < 0.6 * np.abs(wrong - moved)[outside].mean()
    inner = moved[:, 0] > 1
    np.testing.assert_array_equal(completed[inner], wrong[inner])


@pytest.mark.parametrize("grey", [False, True])
def test_hidden_bytes_and_others_stay_out(folder, portrait, rng, grey):
    picture, landmarks, _ = portrait
    large = cv2.resize(picture, None, fx=3, fy=3)
    if grey:
        large = np.dstack([large[..., 1]] * 3)
    hole = np.zeros(large.shape[:2], "uint8")
    centre = [int(3 * x) for x in landmarks[list(LEFT_EYE)].mean(0)]
    hole = cv2.circle(hole, centre, 40, 1, -1) > 0
    other = large.copy()
    other[hole] = rng.integers(0, 256, (int(hole.sum()), 3))
    tool = load(folder)
    first, second = (tool(x, hole=hole).image for x in (large, other))
    np.testing.assert_array_equal(first, second)
    assert (first[~hole] == large[~hole]).all()
    assert not grey or (first == first[..., :1]).all()
