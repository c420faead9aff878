import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from facekit.ops import composite, dilate_hole, hole_ratio, zero_missing
from tests.gradients import gradients


@pytest.fixture
def mask(rng):
    return (rng.random((2, 9, 8, 1)) < 0.9).astype("float32")


def test_zero_missing(rng, mask):
    image = rng.random((2, 9, 8, 3), dtype="float32")
    spoiled = np.where(mask == 1, image, np.float32(np.nan))
    np.testing.assert_array_equal(zero_missing(spoiled, mask), image * mask)
    (gradient,) = gradients(lambda x: ops.sum(zero_missing(x, mask)), spoiled)
    np.testing.assert_array_equal(gradient, np.broadcast_to(mask, image.shape))


def test_composite(rng, mask):
    image = rng.random((2, 9, 8, 3), dtype="float32")
    restored = rng.random((2, 9, 8, 3), dtype="float32")
    spoiled = np.where(mask == 1, image, np.float32(np.nan))
    np.testing.assert_array_equal(
        composite(spoiled, restored, mask), np.where(mask == 1, image, restored)
    )


def test_hole_ratio(mask):
    wanted = [np.mean(example == 0) for example in mask]
    np.testing.assert_allclose(hole_ratio(mask), wanted, rtol=1e-6)


@pytest.mark.parametrize("pixels", [1, 2])
def test_dilate_hole(mask, pixels):
    window = np.ones((2 * pixels + 1, 2 * pixels + 1))
    wanted = [ndimage.binary_dilation(m[..., 0] == 0, window) for m in mask]
    np.testing.assert_array_equal(
        np.asarray(dilate_hole(mask, pixels))[..., 0], 1.0 - np.stack(wanted)
    )
