import keras
import numpy as np
import pytest

from facekit.layers import BilinearUpsampling2D
from tests.check_layer import check_layer


class TestBilinearUpsampling2D:
    def test_shapes(self):
        layer = BilinearUpsampling2D((2, 3))
        assert layer.compute_output_shape((None, 5, None, 8)) == (None, 10, None, 8)
        assert tuple(layer(np.ones((2, 1, 1, 3), "float32")).shape) == (2, 2, 3, 3)

    def test_serialization(self, rng):
        image = rng.random((2, 6, 4, 3), dtype="float32")
        check_layer(BilinearUpsampling2D, image)
        check_layer(lambda **kwargs: BilinearUpsampling2D((1, 3), **kwargs), image)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, (1, 2), (3, 2)])
    def test_numerics(self, rng, size):
        image = rng.random((2, 7, 5, 3), dtype="float32")
        keras_layer = keras.layers.UpSampling2D(size, interpolation="bilinear")
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(BilinearUpsampling2D(size)(image)),
            keras.ops.convert_to_numpy(keras_layer(image)),
            atol=1e-6,
        )

    def test_equals_nearest_and_blur(self, rng):
        row = rng.random(6).astype("float32")
        nearest = np.repeat(np.pad(row, 1, mode="edge"), 2)
        blurred = np.convolve(nearest, [0.25, 0.5, 0.25], mode="same")[2:-2]
        outputs = BilinearUpsampling2D((1, 2))(row.reshape(1, 1, 6, 1))
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(outputs).ravel(), blurred, atol=1e-6
        )

    @pytest.mark.parametrize("size", [0, -1, 1.5, (2,), (2, 2, 2), (2, 0)])
    def test_errors(self, size):
        with pytest.raises(ValueError, match=r"`size`.*Received"):
            BilinearUpsampling2D(size)

    def test_gradient(self, rng, tensorflow):
        image = tensorflow.constant(rng.random((1, 3, 4, 2)), "float32")
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            total = tensorflow.reduce_sum(BilinearUpsampling2D()(image))
        np.testing.assert_allclose(tape.gradient(total, image), 4.0, atol=1e-5)

    def test_export(self, rng, tensorflow, tmp_path):
        inputs = keras.Input((None, None, 3))
        model = keras.Model(inputs, BilinearUpsampling2D()(inputs))
        model.export(tmp_path / "model", verbose=False)
        serve = tensorflow.saved_model.load(str(tmp_path / "model")).serve
        for shape in ((1, 4, 6, 3), (2, 9, 5, 3)):
            image = rng.random(shape, dtype="float32")
            np.testing.assert_allclose(serve(image), model(image), atol=1e-6)
