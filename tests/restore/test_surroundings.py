import cv2
import numpy as np
import pytest

from facekit.data import Face, canonical_landmarks
from facekit.restore.surroundings import clarify, fill_around, gap_in_skin

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


def test_patches_sharpen_what_they_agree_with(symmetric):
    image, mask = symmetric
    hidden = mask == 0
    blurred = cv2.GaussianBlur(image, (0, 0), 4)
    crop = np.where(hidden[..., None], blurred, image)
    faces = [face_at(80, 80, 96)]
    clear = clarify(crop, mask, faces, UNMOVED)
    assert error(clear, image, hidden) < 0.8 * error(crop, image, hidden)
    assert np.array_equal(clear[~hidden], image[~hidden])


def test_what_patches_contradict_stays_as_it_is(symmetric):
    image, mask = symmetric
    hidden = mask == 0
    crop = np.where(hidden[..., None], np.float32(255), image)
    clear = clarify(crop, mask, [face_at(80, 80, 96)], UNMOVED)
    inner = np.s_[50:60, 200:220]
    np.testing.assert_array_equal(clear[inner], crop[inner])


def test_faces_stay_as_they_were_drawn(symmetric):
    image = symmetric[0]
    mask = np.ones((SIZE, SIZE), "float32")
    mask[115:140, 115:140] = 0
    np.testing.assert_array_equal(
        clarify(image, mask, [face_at(80, 80, 96)], UNMOVED), image
    )


def test_a_gap_between_chin_and_neck_is_skin():
    """The right half of what is below the face is a wall."""
    crop = np.full((SIZE, SIZE, 3), (0.8, 0.6, 0.5), "float32")
    crop[160:] *= 0.7
    crop[160:, 128:] = 0.7
    face = np.zeros((SIZE, SIZE), bool)
    face[60:150] = True
    mask = np.ones((SIZE, SIZE), "float32")
    mask[150:160] = 0
    gap = gap_in_skin(crop, mask, face)
    assert gap[150:160, :110].all() and not gap[:, 145:].any()
    assert not gap[mask == 1].any()
    assert not gap_in_skin(crop, mask, np.zeros_like(face)).any()
    mask[150:190] = 0
    assert not gap_in_skin(crop, mask, face)[175:].any()
