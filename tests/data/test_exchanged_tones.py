import cv2
import numpy as np
import pytest

from facekit.data import exchanged_tones

CHEEK = 50


@pytest.fixture(scope="module")
def faces(crop):
    """One face thrice: as it is, with a red cheek, and as dark as at night."""
    image, landmarks = crop
    spot = np.zeros(image.shape[:2], "float32")
    centre = [int(x) for x in landmarks[CHEEK]]
    spot = cv2.GaussianBlur(cv2.circle(spot, centre, 6, 1, -1), (0, 0), 2)[..., None]
    red = image * (1 - spot * np.float32([0, 0.25, 0.25]))
    pictures = np.stack([image, np.rint(red), image // 4]).astype("uint8")
    return pictures, np.stack([landmarks] * 3), spot[..., 0]


def exchanged(faces, donors, seed=0):
    return exchanged_tones(*faces[:2], donors, np.random.default_rng(seed))


def test_a_face_gets_the_red_cheek_of_another(faces):
    pictures, _, spot = faces
    found = exchanged(faces, [1, 0, 2]).astype(float)
    change = (found - pictures)[..., 1]
    assert change[0][spot > 0.7].mean() < -6 and change[1][spot > 0.7].mean() > 6
    assert np.abs(change[0][spot == 0]).mean() < 2
    fine = [x - cv2.GaussianBlur(x, (0, 0), 1) for x in (found[0], 1.0 * pictures[0])]
    assert np.abs(fine[0] - fine[1]).mean() < 0.3  # what is sharp stays


def test_its_own_tones_change_nothing(faces):
    np.testing.assert_array_equal(exchanged(faces, [0, 1, 2]), faces[0])


def test_tones_of_quite_another_skin_are_not_taken(faces):
    np.testing.assert_array_equal(exchanged(faces, [2, 1, 0]), faces[0])


def test_a_picture_without_a_face_is_left_alone(faces):
    pictures, landmarks, _ = faces
    nowhere = landmarks.copy()
    nowhere[1] = 0
    found = exchanged_tones(pictures, nowhere, [1, 0, 2], np.random.default_rng(0))
    np.testing.assert_array_equal(found, pictures)


def test_the_same_seed_gives_the_same_bytes(faces):
    one, same = (exchanged(faces, [1, 0, 2]) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert (exchanged(faces, [1, 0, 2], seed=1) != one).any()
