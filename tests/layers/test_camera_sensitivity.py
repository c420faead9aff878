import numpy as np
import pytest
from keras import ops

from facekit import spectra
from facekit.layers import CameraSensitivity
from tests.check_layer import check_layer
from tests.gradients import gradients


class TestCameraSensitivity:
    def test_shapes(self):
        layer = CameraSensitivity(5)
        assert tuple(layer(np.zeros((2, 5), "float32")).shape) == (2, 33, 3)
        assert layer.compute_output_shape((None, 5)) == (None, 33, 3)

    def test_serialization(self, rng):
        weights = rng.normal(size=(2, 3)).astype("float32")
        check_layer(
            lambda **kwargs: CameraSensitivity(3, **kwargs), weights, dynamic=False
        )

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_numerics(self, rng, count):
        weights = rng.uniform(-3, 3, (4, count)).astype("float32")
        ours = np.asarray(CameraSensitivity(count)(weights))
        expected = np.stack([spectra.camera(row) for row in weights])
        np.testing.assert_allclose(ours, expected, atol=1e-6)
        assert ours.min() >= 0

    def test_errors(self):
        with pytest.raises(ValueError, match=r"1 to 5. Received: 6"):
            CameraSensitivity(6)
        with pytest.raises(ValueError, match=r"2 numbers.*\(1, 3\)"):
            CameraSensitivity()(np.zeros((1, 3), "float32"))

    def test_gradient(self, rng):
        weights = rng.uniform(-3, 3, (4, 2)).astype("float32")
        layer = CameraSensitivity()
        (slope,) = gradients(lambda x: ops.sum(layer(x) ** 2), weights)
        assert np.isfinite(slope).all() and (np.abs(slope) > 0).all()
