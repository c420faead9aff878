import cv2
import numpy as np
import pytest

from facekit.data import Face, canonical_landmarks
from facekit.data.face_regions import OUTLINES, draw_hull
from facekit.restore.layers import fill_layers
from facekit.restore.parsing import SKIN
from facekit.restore.surroundings import fill_around

SIZE = 256
UNMOVED = np.eye(2, 3)


def face_at(x, y, side):
    landmarks = canonical_landmarks(side) + np.float32([x, y])
    return Face((x, y, x + side, y + side), landmarks, 1.0)


@pytest.fixture
def symmetric(rng):
    """A pattern, the same on both sides of column 131, with a hole on the right."""
    pattern = cv2.GaussianBlur(rng.random((SIZE, SIZE, 3), "float32"), (0, 0), 5)
    pattern = 128 + (pattern - pattern.mean()) * 20 / pattern.std()
    columns = np.arange(SIZE)
    opposite = np.clip(262 - columns, 0, SIZE - 1)
    image = np.where((columns < 131)[:, None], pattern, pattern[:, opposite])
    mask = np.ones((SIZE, SIZE), "float32")
    mask[40:70, 190:230] = 0
    return image.astype("float32"), mask


def error(image, other, where):
    return np.abs(image - other)[where].mean()


def test_the_other_side_is_found_about_the_middle_of_the_head(symmetric):
    """The face lies three pixels beside the middle of what is around it."""
    image, mask = symmetric
    hidden = mask == 0
    crop = image * mask[..., None]
    filled = fill_around(crop, mask, [face_at(80, 80, 96)], UNMOVED)
    alone = fill_around(crop, mask, [], UNMOVED)
    assert error(filled, image, hidden) < 0.3 * error(alone, image, hidden)
    np.testing.assert_allclose(filled[~hidden], image[~hidden], atol=1e-3)


def test_nothing_known_is_nothing_to_fill_from():
    empty = np.zeros((SIZE, SIZE), "float32")
    faces = [face_at(80, 80, 96)]
    assert fill_around(np.dstack([empty] * 3), empty, faces, UNMOVED) is None


def test_classes_part_what_is_filled(rng):
    """Two cloths of equal colours; the classes say where one ends that is hidden."""
    image = np.full((SIZE, SIZE, 3), 128, "float32")
    image[:, 128:] += 12 * rng.standard_normal((SIZE, 128, 1), dtype="float32")
    mask = np.ones((SIZE, SIZE), "float32")
    mask[100:150, 90:166] = 0
    for edge in (108, 148):
        column = np.where(mask == 1, 128, edge)
        left = np.arange(SIZE) < column
        classes = np.zeros((SIZE, SIZE, 4), "float32")
        classes[..., 0], classes[..., 3] = left, ~left
        crop = image * mask[..., None]
        filled = fill_around(crop, mask, [], UNMOVED, classes)[104:146].mean(-1)
        plain = np.abs(filled - 128) < 2
        assert plain[:, 94 : edge - 4].mean() > 0.9
        assert plain[:, edge + 4 : 162].mean() < 0.5


def test_thin_holes_go_by_what_lies_on_both_sides(rng):
    """A parsing that is eight pixels off moves the outline in a wide hole alone.

    What is left of a wide one is not thin.
    """
    image = np.full((SIZE, SIZE, 3), 30, "float32")
    image[:, 128:] = 200
    image += rng.normal(0, 2, image.shape)
    classes = np.zeros((SIZE, SIZE, 4), "float32")
    classes[:, :136, 0], classes[:, 136:, 3] = 1, 1
    for height, moved in ((8, False), (60, True)):
        mask = np.ones((SIZE, SIZE), "float32")
        mask[100 : 100 + height, 80:176] = 0
        crop = (image * mask[..., None]).astype("float32")
        filled = fill_around(crop, mask, [], UNMOVED, classes)
        middle = filled[100 + height // 2, 129:134].mean()
        assert (middle < 115) == moved
        wide = np.ones((SIZE, SIZE), bool)
        rest = fill_around(crop, mask, [], UNMOVED, classes, wide)
        layers = fill_layers(crop / np.float32(255), mask, classes)
        np.testing.assert_allclose(rest, 255 * layers, atol=1e-3)
        np.testing.assert_allclose(filled[mask == 1], crop[mask == 1], atol=1e-3)


def test_skin_is_smooth_behind_thin_holes_too(rng):
    image = np.full((SIZE, SIZE, 3), 150, "float32")
    image += rng.normal(0, 6, image.shape)
    mask = np.ones((SIZE, SIZE), "float32")
    mask[100:108, 40:216] = 0
    classes = np.zeros((SIZE, SIZE, 4), "float32")
    classes[:, :128, 1], classes[:, 128:, 3] = 1, 1
    crop = (image * mask[..., None]).astype("float32")
    filled = fill_around(crop, mask, [], UNMOVED, classes)[102:106]
    assert 2 * filled[:, 50:120].std() < filled[:, 136:206].std()


def test_a_forehead_does_not_go_on_from_a_brow():
    face = face_at(128, 128, 120)
    brow = draw_hull(face.landmarks[list(OUTLINES["brows"][0])], (SIZE, SIZE))
    image = np.full((SIZE, SIZE, 3), 150, "float32")
    image[brow] = 30
    mask = np.ones((SIZE, SIZE), "float32")
    rows, columns = np.nonzero(brow)
    mask[rows.min() - 40 : rows.min() + 2, columns.min() : columns.max()] = 0
    mask[brow] = 1
    classes = np.zeros((SIZE, SIZE, 4), "float32")
    classes[..., SKIN] = 1
    filled = fill_around(image * mask[..., None], mask, [face], UNMOVED, classes)
    above = np.s_[rows.min() - 40 : rows.min() - 4, columns.min() : columns.max()]
    assert np.abs(filled[above] - 150).max() < 5
