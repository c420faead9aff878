import numpy as np
import pytest
from keras import ops

from facekit import spectra
from facekit.layers import SkinReflectance
from tests.check_layer import check_layer
from tests.gradients import gradients


@pytest.fixture
def pigments(rng):
    melanin = rng.uniform(0, 0.43, (2, 4, 4, 1)).astype("float32")
    return [melanin, rng.uniform(0, 0.07, (2, 4, 4, 1)).astype("float32")]


class TestSkinReflectance:
    def test_shapes(self, pigments):
        layer = SkinReflectance()
        assert tuple(layer(pigments).shape) == (2, 4, 4, 33)
        assert layer.compute_output_shape([(None, 1), (None, 1)]) == (None, 33)

    def test_serialization(self, pigments):
        check_layer(lambda **kwargs: SkinReflectance(0.02, **kwargs), pigments)

    @pytest.mark.parametrize("surface", [0, 0.04])
    def test_numerics(self, pigments, surface):
        ours = np.asarray(SkinReflectance(surface)(pigments))
        melanin, blood = (x[..., 0] for x in pigments)
        expected = spectra.skin_reflectance(melanin, blood, surface)
        np.testing.assert_allclose(ours, expected, atol=2e-6)

    def test_errors(self):
        with pytest.raises(ValueError, match=r"`surface`.*Received: 1.5"):
            SkinReflectance(1.5)
        spectrum = np.full((2, 33), 0.1, "float32")
        with pytest.raises(ValueError, match=r"Expected melanin and blood.*33"):
            SkinReflectance()([spectrum, spectrum])

    def test_gradient(self):
        """Finite everywhere, also at the ends and beyond; darker with each pigment."""
        melanin = np.array([0, 0.01, 0.3, 1, 5, -1, 0.05, 0.05], "float32")[:, None]
        blood = np.array([0, 0.02, 0.07, 1, 0.02, 0, 0, 5], "float32")[:, None]
        layer = SkinReflectance()
        found = gradients(lambda *x: ops.sum(layer(list(x))), melanin, blood)
        for slope in found:
            assert np.isfinite(slope).all()
            assert (slope <= 0).all() and (slope[1:3] < 0).all()
