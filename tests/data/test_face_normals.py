import numpy as np
import pytest

from facekit.data import canonical_landmarks
from facekit.data.face_normals import face_normals, smooth_light

SIZE = 96


@pytest.fixture(scope="module")
def normals():
    return face_normals(canonical_landmarks(SIZE), SIZE, SIZE)


def at(normals, *numbers):
    """Mean normal around landmarks."""
    points = canonical_landmarks(SIZE)[list(numbers)].round().astype(int)
    return np.mean([normals[y, x] for x, y in points], axis=0)


def test_normals_are_unit_or_zero(normals):
    length = np.linalg.norm(normals, axis=-1)
    assert ((np.abs(length - 1) < 1e-3) | (length == 0)).all()
    assert 0.1 < (length > 0).mean() < 0.6


def test_normals_point_where_a_face_does(normals):
    assert at(normals, 151)[2] > 0.9  # forehead
    left, right = at(normals, 411)[0], at(normals, 187)[0]  # cheeks
    assert left > 0.2 and right < -0.2
    assert at(normals, 200)[1] < 0.3  # chin


def test_a_turned_face_has_turned_normals():
    points = canonical_landmarks(SIZE).astype(float)
    middle = points[:, 0].mean()
    squeezed = points.copy()
    # A turn about the vertical moves what is near sideways; the tip of the nose tells.
    from facekit.data.face_normals import _canonical

    depth = _canonical()[:, 2] * SIZE
    angle = np.deg2rad(25)
    squeezed[:, 0] = middle + np.cos(angle) * (points[:, 0] - middle)
    squeezed[:, 0] += np.sin(angle) * depth
    turned = face_normals(squeezed, SIZE, SIZE)
    straight = face_normals(points, SIZE, SIZE)
    both = (np.abs(turned).sum(-1) > 0) & (np.abs(straight).sum(-1) > 0)
    assert turned[both][:, 0].mean() > straight[both][:, 0].mean() + 0.2


def test_smooth_light_is_found_again(normals):
    weight = (normals[..., 2] > 0.2).astype("float32")
    true = 0.6 + 0.3 * normals[..., 0] + 0.2 * normals[..., 2] ** 2
    found = smooth_light(true, normals, weight)
    chosen = weight > 0
    np.testing.assert_allclose(found[chosen], true[chosen], atol=0.02)
    assert (found[np.abs(normals).sum(-1) == 0] == 0).all()


def test_errors():
    with pytest.raises(ValueError, match=r"468.*\(5, 2\)"):
        face_normals(np.zeros((5, 2)), 8, 8)
