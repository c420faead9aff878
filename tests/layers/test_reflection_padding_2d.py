import keras
import numpy as np
import pytest

from facekit.layers import ReflectionPadding2D
from tests.check_layer import check_layer


class TestReflectionPadding2D:
    def test_shapes(self):
        layer = ReflectionPadding2D(((1, 2), (0, 3)))
        assert layer.compute_output_shape((None, 4, None, 3)) == (None, 7, None, 3)

    def test_serialization(self, rng):
        image = rng.random((2, 6, 5, 3), dtype="float32")
        check_layer(ReflectionPadding2D, image)
        check_layer(
            lambda **kwargs: ReflectionPadding2D(((1, 2), (0, 3)), **kwargs), image
        )

    @pytest.mark.parametrize("padding", [0, 1, 3, (2, 1), [1, 2], ((1, 2), (0, 3))])
    def test_numerics(self, rng, padding):
        image = rng.random((2, 5, 6, 3), dtype="float32")
        pairs = np.broadcast_to(
            np.reshape(padding, (-1, 1)) if np.ndim(padding) == 1 else padding, (2, 2)
        )
        expected = np.pad(image, ((0, 0), *pairs.tolist(), (0, 0)), mode="reflect")
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ReflectionPadding2D(padding)(image)), expected
        )

    @pytest.mark.parametrize("padding", [-1, 1.5, (1, 2, 3), ((1,), (2,)), (1, -2)])
    def test_errors(self, padding):
        with pytest.raises(ValueError, match=r"`padding`.*Received"):
            ReflectionPadding2D(padding)

    def test_error_when_too_small(self):
        with pytest.raises(ValueError, match=r"greater than `padding`.*Received"):
            ReflectionPadding2D(3)(np.ones((1, 3, 8, 1), "float32"))

    def test_gradient(self, tensorflow):
        image = tensorflow.ones((1, 4, 5, 2))
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            total = tensorflow.reduce_sum(ReflectionPadding2D(1)(image))
        gradient = tape.gradient(total, image)
        assert float(tensorflow.reduce_sum(gradient)) == 6 * 7 * 2
