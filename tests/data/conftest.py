"""One search for the astronaut's face, shared by all tests of this folder."""

import numpy as np
import pytest

from facekit.data import FaceFrame, align, alignment_transform, find_faces
from facekit.data.alignment import transform_points


@pytest.fixture(scope="session")
def astronaut_face(astronaut):
    """The astronaut's ``Face``."""
    (face,) = find_faces(astronaut)
    return face


@pytest.fixture(scope="session")
def crop(astronaut, astronaut_face):
    """The astronaut's aligned face: uint8, (96, 96, 3), and its landmarks."""
    transform = alignment_transform(astronaut_face.landmarks, 96)
    image = align(astronaut, transform, 96)
    return image, transform_points(astronaut_face.landmarks, transform)


@pytest.fixture(scope="session")
def frame(crop):
    """``FaceFrame`` of the crop."""
    return FaceFrame(*crop)


def assert_exact(image, damage, shadow=False):
    """The map of what has changed is that of bytes, and agrees with the alpha."""
    assert damage.image.dtype == np.uint8 and damage.image.shape == image.shape
    assert damage.changed.dtype == bool and damage.alpha.dtype == np.float32
    assert damage.changed.shape == damage.alpha.shape == image.shape[:2]
    differs = (damage.image != image).any(-1)
    assert np.array_equal(damage.changed, differs)
    assert damage.alpha.min() >= 0 and damage.alpha.max() <= 1
    if not shadow:
        assert np.array_equal(damage.alpha > 0, damage.changed)
