import cv2
import numpy as np
import pytest

from facekit.data import align, alignment_transform, find_faces
from facekit.data.alignment import transform_points
from facekit.portraits import load_embedded
from facekit.restore.symmetry import SIDE, mirror_features


def a_face(size):
    """A rendered portrait made symmetric, aligned, with its landmarks."""
    picture = load_embedded(1)[0].pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    transform = alignment_transform(landmarks, size)
    crop = align(picture, transform, size).astype("float32") / 255
    half = size // 2
    crop[:, half:] = crop[:, :half][:, ::-1]
    points = transform_points(landmarks, transform)
    found = find_faces((255 * crop).astype("uint8"))
    return crop, found[0].landmarks if found else points


@pytest.fixture(scope="module", params=[SIDE, 2 * SIDE])
def damaged(request):
    """The face, and one whose eye on the right is hidden and drawn as a blur."""
    size = request.param
    crop, points = a_face(size)
    mask = np.ones((size, size), "float32")
    middle = points[[263, 362]].mean(0)
    cv2.circle(mask, [int(x) for x in middle], size // 14, 0, -1)
    blurred = cv2.GaussianBlur(crop, (0, 0), size / 60)
    return crop, np.where(mask[..., None] > 0, crop, blurred), mask, points


def error(image, crop, mask):
    return np.square(image - crop)[mask == 0].mean()


def test_a_hidden_eye_is_like_the_other(damaged):
    crop, drawn, mask, points = damaged
    image, changed = mirror_features(drawn, mask, points)
    assert changed.sum() > 0.6 * (mask == 0).sum()
    assert error(image, crop, mask) < 0.4 * error(drawn, crop, mask)


def test_only_what_is_hidden_changes(damaged):
    _, drawn, mask, points = damaged
    image, changed = mirror_features(drawn, mask, points)
    assert not changed[mask == 1].any()
    np.testing.assert_array_equal(image[~changed], drawn[~changed])


def test_what_contradicts_is_left_alone(damaged):
    """With both eyes hidden, or another skin around the other, nothing changes."""
    _, drawn, mask, points = damaged
    both = np.minimum(mask, mask[:, ::-1])
    assert not mirror_features(drawn, both, points)[1].any()
    rng = np.random.default_rng(0)
    half = mask.shape[1] // 2
    other = drawn.copy()
    other[:, :half] = rng.random((len(mask), half, 3), "float32")
    assert not mirror_features(other, mask, points)[1].any()


def test_nothing_hidden(damaged):
    crop, _, mask, points = damaged
    image, changed = mirror_features(crop, np.ones_like(mask), points)
    assert not changed.any()
    np.testing.assert_array_equal(image, crop)
