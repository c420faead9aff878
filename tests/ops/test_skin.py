import numpy as np
import pytest

from facekit import spectra
from facekit.ops import skin_channels
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN


@pytest.mark.parametrize("surface", [0.0, 0.04])
def test_numerics_of_the_series(rng, surface):
    """Single bands, the hardest sums there are, all over the range."""
    shape = (2, 16, 16, 1)
    melanin = MAX_MELANIN * rng.random(shape) ** 3
    blood = MAX_HAEMOGLOBIN * rng.random(shape) ** 3
    expected = spectra.skin_reflectance(melanin[..., 0], blood[..., 0], surface)
    bands = np.tile(np.eye(33, dtype="float32"), (2, 1, 1))
    ours = skin_channels(
        melanin.astype("float32"), blood.astype("float32"), bands, surface
    )
    np.testing.assert_allclose(np.asarray(ours), expected, atol=2e-3)
    np.testing.assert_allclose(np.asarray(ours).mean(-1), expected.mean(-1), atol=3e-4)


def test_pigments_beyond_the_range_are_limited():
    bands = np.ones((1, 33, 1), "float32")
    ends = (np.full((1, 1, 1, 1), x, "float32") for x in (MAX_MELANIN, MAX_HAEMOGLOBIN))
    beyond = np.full((1, 1, 1, 1), 9, "float32")
    np.testing.assert_allclose(
        np.asarray(skin_channels(beyond, beyond, bands)),
        np.asarray(skin_channels(*ends, bands)),
    )
