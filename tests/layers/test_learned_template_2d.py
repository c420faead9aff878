import cv2
import keras
import numpy as np
import pytest

from facekit.layers import LearnedTemplate2D
from tests.check_layer import check_layer


class TestLearnedTemplate2D:
    def test_shapes(self):
        layer = LearnedTemplate2D(8, channels=2)
        assert layer.compute_output_shape((None, 4, None, 3)) == (None, 4, None, 5)

    def test_serialization(self, rng):
        image = rng.random((2, 6, 5, 3), dtype="float32")
        check_layer(lambda **kwargs: LearnedTemplate2D(4, **kwargs), image)

    @pytest.mark.parametrize("shape", [(8, 8), (16, 24), (32, 8)])
    def test_numerics(self, rng, shape):
        layer = LearnedTemplate2D(8)
        image = rng.random((2, *shape, 5), dtype="float32")
        layer(image)
        template = rng.random((8, 8, 3), dtype="float32")
        layer.template.assign(template)
        shown = keras.ops.convert_to_numpy(layer(image))
        wanted = cv2.resize(template, shape[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(shown[..., :5], image)
        for found in shown[..., 5:]:
            np.testing.assert_allclose(found, wanted, atol=1e-5)

    def test_averages_where_it_shrinks(self, rng):
        layer = LearnedTemplate2D(32)
        image = rng.random((1, 4, 4, 1), dtype="float32")
        layer(image)
        layer.template.assign(rng.random((32, 32, 3)))
        shown = keras.ops.convert_to_numpy(layer(image))[0, ..., 1:]
        # Sixteen pixels or more are averaged; single ones have a deviation of 0.29.
        assert np.std(shown) < 0.06
        assert shown.mean() == pytest.approx(0.5, abs=0.03)

    @pytest.mark.parametrize("arguments", [{"size": 0}, {"channels": 1.5}])
    def test_errors(self, arguments):
        with pytest.raises(ValueError, match="positive int.*Received"):
            LearnedTemplate2D(**arguments)
