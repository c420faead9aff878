import numpy as np
import pytest
from keras import ops

from facekit.layers import AtrousPyramidPooling
from tests.check_layer import check_layer
from tests.gradients import gradients


class TestAtrousPyramidPooling:
    def test_shapes(self, rng):
        layer = AtrousPyramidPooling(6, (1, 3))
        features = rng.random((2, 5, 4, 3), dtype="float32")
        assert tuple(layer(features).shape) == (2, 5, 4, 6)
        assert layer.compute_output_shape((None, None, 8, 3)) == (None, None, 8, 6)

    def test_serialization(self, rng):
        features = rng.random((2, 4, 4, 3), dtype="float32")
        check_layer(lambda **kwargs: AtrousPyramidPooling(4, (2,), **kwargs), features)

    def test_numerics(self, rng):
        """With identity kernels the branches are what they look at."""
        features = rng.random((1, 6, 6, 2), dtype="float32")
        layer = AtrousPyramidPooling(2, (2,))
        layer(features)
        point, rate, mean, mix = (
            np.zeros(w.shape, "float32") for w in layer.weights if len(w.shape) == 4
        )
        point[0, 0], mean[0, 0] = np.eye(2), np.eye(2)
        rate[1, 2] = np.eye(2)  # two pixels to the right
        mix[0, 0] = np.concatenate([np.eye(2), 10 * np.eye(2), 100 * np.eye(2)])
        kernels = iter((point, rate, mean, mix))
        for weight in layer.weights:
            if len(weight.shape) == 4:
                weight.assign(next(kernels))
        shifted = np.pad(features, ((0, 0), (0, 0), (0, 2), (0, 0)))[:, :, 2:]
        expected = features + 10 * shifted + 100 * features.mean((1, 2), keepdims=True)
        np.testing.assert_allclose(np.asarray(layer(features)), expected, rtol=2e-3)

    def test_errors(self):
        with pytest.raises(ValueError, match="`filters`.*Received: filters=0"):
            AtrousPyramidPooling(0)

    def test_gradient(self, rng):
        features = rng.random((1, 4, 4, 2), dtype="float32")
        layer = AtrousPyramidPooling(3)
        (slope,) = gradients(lambda x: ops.sum(layer(x)), features)
        assert np.isfinite(slope).all() and np.abs(slope).max() > 0
