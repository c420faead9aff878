import numpy as np
import pytest

from facekit.data import FaceTexture
from facekit.data.faces import mirror_order

SIZE = 64


@pytest.fixture(scope="module")
def texture():
    return FaceTexture(SIZE)


def places(size):
    """A picture of the places of its pixels."""
    return np.indices((size, size), "float32")[::-1].transpose(1, 2, 0).copy()


def test_landmarks_lie_in_the_same_places(texture, crop):
    _, landmarks = crop
    found = texture.unwrap(places(96), landmarks)
    columns, rows = np.rint(texture.shape).astype(int).T
    inside = texture.inside[rows.clip(0, SIZE - 1), columns.clip(0, SIZE - 1)]
    inside &= (rows < SIZE) & (rows >= 0)
    away = found[rows[inside], columns[inside]] - landmarks[inside]
    assert inside.sum() > 300
    assert np.abs(away).mean() < 0.8


def test_wrapping_undoes_unwrapping(texture, crop):
    image, landmarks = crop
    flat = texture.unwrap(image.astype("float32"), landmarks)
    face = texture.wrap(flat, landmarks, 96)
    inside = texture.wrap(np.float32(texture.inside), landmarks, 96) > 0.999
    assert inside.mean() > 0.1
    assert np.abs(face - image)[inside].mean() < 6


def test_a_mirrored_face_has_the_mirrored_texture(texture, crop):
    image, landmarks = crop
    mirrored = landmarks[mirror_order()] * (-1, 1) + (95, 0)
    first = texture.unwrap(image, landmarks).astype(float)
    second = texture.unwrap(np.ascontiguousarray(image[:, ::-1]), mirrored)
    assert np.abs(first[:, ::-1] - second).mean() < 2


def turned(points, narrower):
    """The right half of a face is so much narrower than the left."""
    points = points.astype("float64")
    middle = points[:, 0].mean()
    right = points[:, 0] > middle
    points[right, 0] = middle + narrower * (points[right, 0] - middle)
    return points


def test_areas_tell_the_narrow_side_of_a_turned_face(texture):
    left = texture.inside & (np.arange(SIZE) < SIZE // 2 - 5)
    right = left[:, ::-1]
    straight = texture.areas(2 * texture.shape)
    np.testing.assert_allclose(straight[left | right], 1, atol=0.05)
    narrow = texture.areas(turned(texture.shape, 0.1))
    assert narrow[right].mean() < 0.15 * narrow[left].mean()
    assert (texture.areas(turned(texture.shape, -0.3))[right] < 0).mean() > 0.95


def test_nothing_beside_the_face(texture, crop):
    flat = texture.unwrap(*crop)
    assert not flat[~texture.inside].any()
    assert not texture.inside[0].any()


def test_channels_are_kept_and_landmarks_checked(texture, crop):
    image, landmarks = crop
    assert texture.unwrap(image[..., :1], landmarks).shape == (SIZE, SIZE, 1)
    assert texture.unwrap(image[..., 0], landmarks).shape == (SIZE, SIZE)
    with pytest.raises(ValueError, match=r"shape \(468, 2\)"):
        texture.unwrap(image, landmarks[:5])
    with pytest.raises(ValueError, match=r"shape \(468, 2\)"):
        texture.wrap(image.astype("float32"), landmarks[:5], 32)
    with pytest.raises(ValueError, match=r"shape \(468, 2\)"):
        texture.areas(landmarks[:5])
