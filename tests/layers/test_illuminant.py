import colour
import numpy as np
import pytest
from keras import ops

from facekit import spectra
from facekit.layers import Illuminant
from tests.check_layer import check_layer
from tests.gradients import gradients

NAMES = ["A", "D", *(f"F{number}" for number in range(1, 13))]


def logits(name, temperature=6500.0):
    values = np.zeros((1, 15), "float32")
    values[0, NAMES.index(name)] = 60
    share = (temperature - 4000) / 21000
    values[0, 14] = np.log(share / (1 - share))
    return values


class TestIlluminant:
    def test_shapes(self):
        layer = Illuminant()
        assert tuple(layer(np.zeros((2, 15), "float32")).shape) == (2, 33)
        assert layer.compute_output_shape((None, 15)) == (None, 33)

    def test_serialization(self, rng):
        inputs = rng.normal(size=(2, 15)).astype("float32")
        check_layer(Illuminant, inputs, dynamic=False)

    @pytest.mark.parametrize("name", [n for n in NAMES if n != "D"])
    def test_numerics(self, name):
        light = np.asarray(Illuminant()(logits(name)))[0]
        np.testing.assert_allclose(light, spectra.illuminant(name), atol=1e-6)

    @pytest.mark.parametrize("temperature", [4100.0, 5000.0, 7000.0, 7100.0, 20000.0])
    def test_numerics_of_daylight(self, temperature):
        light = np.asarray(Illuminant()(logits("D", temperature)))[0]
        place = colour.temperature.CCT_to_xy_CIE_D(temperature)
        daylight = colour.sd_CIE_illuminant_D_series(place)
        expected = np.interp(spectra.WAVELENGTHS, daylight.wavelengths, daylight.values)
        np.testing.assert_allclose(light, expected / expected.sum(), atol=3e-5)

    def test_a_mixture_sums_to_one_and_is_light(self, rng):
        light = np.asarray(Illuminant()(rng.normal(0, 3, (64, 15)).astype("float32")))
        np.testing.assert_allclose(light.sum(1), 1, atol=1e-5)
        assert light.min() >= 0

    def test_errors(self):
        with pytest.raises(ValueError, match=r"15 numbers.*\(2, 14\)"):
            Illuminant()(np.zeros((2, 14), "float32"))

    def test_gradient(self, rng):
        inputs = rng.normal(size=(4, 15)).astype("float32")
        inputs[0] = 90
        inputs[1] = -90
        layer = Illuminant()
        (slope,) = gradients(lambda x: ops.sum(layer(x)[:, ::3]), inputs)
        assert np.isfinite(slope).all()
        assert (np.abs(slope[2:]) > 0).all()
