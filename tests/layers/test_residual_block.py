import keras
import numpy as np
import pytest

from facekit.layers import ResidualBlock
from tests.check_layer import check_layer


class TestResidualBlock:
    @pytest.mark.parametrize("strides", [1, 2, 3])
    def test_shapes(self, strides):
        block = ResidualBlock(4, strides=strides)
        outputs = block(np.ones((1, 9, 8, 3), "float32"))
        sides = (-(-9 // strides), -(-8 // strides))
        assert tuple(outputs.shape) == (1, *sides, 4)
        unknown = block.compute_output_shape((None, None, None, 3))
        assert unknown == (None, None, None, 4)

    def test_serialization(self, rng):
        image = rng.random((2, 8, 6, 3), dtype="float32")
        check_layer(lambda **kwargs: ResidualBlock(3, **kwargs), image)

    def test_serialization_of_options(self, rng):
        image = rng.random((2, 8, 6, 3), dtype="float32")
        check_layer(
            lambda **kwargs: ResidualBlock(
                5,
                strides=2,
                normalization="batch",
                activation=keras.activations.tanh,
                padding="constant",
                **kwargs,
            ),
            image,
        )

    def test_exact_gelu_stays_exact(self):
        block = ResidualBlock(3, activation=keras.activations.gelu)
        revived = ResidualBlock.from_config(block.get_config())
        assert keras.activations.get(revived.activation) is keras.activations.gelu
        assert revived.get_config() == block.get_config()
        assert ResidualBlock(3).get_config()["activation"] == "gelu"

    def test_numerics(self, rng):
        """With only the centre of each kernel set, the block is per-pixel algebra."""
        image = rng.random((2, 5, 4, 3), dtype="float32")
        block = ResidualBlock(3, normalization=None, activation="relu")
        block(image)
        matrices = rng.normal(size=(2, 3, 3)).astype("float32")
        biases = rng.normal(size=(2, 3)).astype("float32")
        weights = []
        for matrix, bias in zip(matrices, biases, strict=True):
            kernel = np.zeros((3, 3, 3, 3), "float32")
            kernel[1, 1] = matrix
            weights += [kernel, bias]
        block.set_weights(weights)
        hidden = np.maximum(image @ matrices[0] + biases[0], 0)
        expected = image + hidden @ matrices[1] + biases[1]
        outputs = keras.ops.convert_to_numpy(block(image))
        np.testing.assert_allclose(outputs, expected, atol=1e-5)

    def test_gelu_is_the_tanh_form(self):
        x = np.linspace(-3, 3, 9, dtype="float32").reshape(1, 3, 3, 1)
        block = ResidualBlock(1, normalization=None)
        block(x)
        kernel = np.zeros((3, 3, 1, 1), "float32")
        kernel[1, 1] = 1
        block.set_weights([kernel, np.zeros(1), kernel, np.zeros(1)])
        tanh_form = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
        outputs = keras.ops.convert_to_numpy(block(x))
        np.testing.assert_allclose(outputs - x, tanh_form, atol=1e-6)

    def test_mirrored_image_gives_mirrored_output(self, rng):
        """Borders are continued evenly, unlike by TensorFlow's "same" with strides."""
        image = rng.random((1, 9, 9, 2), dtype="float32")
        block = ResidualBlock(2, strides=2)
        block(image)
        block.set_weights(
            [(w + np.flip(w, 1)) / 2 if w.ndim == 4 else w for w in block.get_weights()]
        )
        outputs = keras.ops.convert_to_numpy(block(image))
        mirrored = keras.ops.convert_to_numpy(block(image[:, :, ::-1].copy()))
        np.testing.assert_allclose(mirrored[:, :, ::-1], outputs, atol=1e-5)

    def test_batch_normalization_follows_training(self, rng):
        image = rng.random((2, 6, 6, 3), dtype="float32")
        block = ResidualBlock(3, normalization="batch")
        served = keras.ops.convert_to_numpy(block(image, training=False))
        trained = keras.ops.convert_to_numpy(block(image, training=True))
        assert np.abs(served - trained).max() > 1e-3

    @pytest.mark.parametrize(
        ("arguments", "name"),
        [
            ({"filters": 0}, "filters"),
            ({"filters": 4, "strides": 0}, "strides"),
            ({"filters": 4, "normalization": "layer"}, "normalization"),
            ({"filters": 4, "padding": "same"}, "padding"),
        ],
    )
    def test_errors(self, arguments, name):
        with pytest.raises(ValueError, match=rf"`{name}`.*Received"):
            ResidualBlock(**arguments)

    def test_gradient(self, rng, tensorflow):
        image = tensorflow.constant(rng.random((1, 6, 6, 3)), "float32")
        block = ResidualBlock(4, strides=2)
        block(image)
        with tensorflow.GradientTape() as tape:
            total = tensorflow.reduce_sum(block(image) ** 2)
        gradients = tape.gradient(total, block.trainable_weights)
        assert all(np.isfinite(g).all() for g in gradients)
        assert all(np.abs(g).max() > 0 for g in gradients)
