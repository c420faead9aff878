import numpy as np
import pytest
from keras import ops

from facekit.ops import multi_scale_similarity
from tests.gradients import gradients


def test_equal_pictures_are_equal(rng):
    picture = rng.random((2, 32, 32, 3), dtype="float32")
    found = np.asarray(multi_scale_similarity(picture, picture))
    np.testing.assert_allclose(found, 1, atol=1e-5)


def test_numerics_of_one_scale(rng):
    """One scale is plain SSIM; brightness alone is judged at the coarsest."""
    from facekit.ops import ssim_map

    one, other = rng.random((2, 1, 32, 32, 3)).astype("float32")
    single = np.asarray(multi_scale_similarity(one, other, 1, 7))
    expected = np.asarray(ssim_map(one, other, filter_size=7)).mean()
    np.testing.assert_allclose(single, expected, rtol=1e-5)
    flat = np.full((1, 32, 32, 3), 0.4, "float32")
    brighter = multi_scale_similarity(flat, flat + 0.2, 3)
    c1 = 1e-4
    luminance = (2 * 0.24 + c1) / (0.16 + 0.36 + c1)
    share = 0.3001 / (0.0448 + 0.2856 + 0.3001)
    np.testing.assert_allclose(np.asarray(brighter), luminance**share, rtol=1e-4)


def test_errors():
    with pytest.raises(ValueError, match="`num_scales`.*Received: 6"):
        multi_scale_similarity(np.zeros((1, 8, 8, 3)), np.zeros((1, 8, 8, 3)), 6)


def test_gradient(rng):
    one, other = rng.random((2, 1, 32, 32, 3)).astype("float32")
    (slope,) = gradients(
        lambda x: ops.sum(multi_scale_similarity(one, x)), 1 - np.round(other)
    )
    assert np.isfinite(slope).all()
