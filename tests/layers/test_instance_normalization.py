import keras
import numpy as np
import pytest

from facekit.layers import InstanceNormalization
from tests.check_layer import check_layer


class TestInstanceNormalization:
    def test_shapes(self, rng):
        image = rng.random((2, 5, 7, 3), dtype="float32")
        assert tuple(InstanceNormalization()(image).shape) == (2, 5, 7, 3)
        assert InstanceNormalization().compute_output_shape((None, None, 3)) == (
            None,
            None,
            3,
        )

    def test_serialization(self, rng):
        image = rng.random((2, 8, 6, 3), dtype="float32")
        check_layer(
            lambda **kwargs: InstanceNormalization(
                epsilon=1e-2, gamma_initializer="random_uniform", **kwargs
            ),
            image,
        )

    def test_numerics(self, rng):
        image = rng.normal(3.0, 2.0, (2, 6, 5, 4)).astype("float32")
        mean = image.mean((1, 2), keepdims=True)
        expected = (image - mean) / np.sqrt(image.var((1, 2), keepdims=True) + 1e-3)
        outputs = keras.ops.convert_to_numpy(InstanceNormalization()(image))
        np.testing.assert_allclose(outputs, expected, atol=1e-5)
        keras_layer = keras.layers.GroupNormalization(groups=-1, epsilon=1e-3)
        np.testing.assert_array_equal(
            outputs, keras.ops.convert_to_numpy(keras_layer(image))
        )

    def test_channels_first_axis(self, rng):
        image = rng.random((2, 4, 6, 5), dtype="float32")
        outputs = keras.ops.convert_to_numpy(InstanceNormalization(axis=1)(image))
        np.testing.assert_allclose(outputs.mean((2, 3)), 0, atol=1e-5)

    def test_built_config_fits_other_channels(self, rng):
        layer = InstanceNormalization()
        layer(rng.random((1, 4, 4, 3), dtype="float32"))
        revived = InstanceNormalization.from_config(layer.get_config())
        wider = rng.random((1, 4, 4, 8), dtype="float32")
        assert tuple(revived(wider).shape) == (1, 4, 4, 8)

    def test_errors(self):
        with pytest.raises(ValueError, match="defined dimension"):
            InstanceNormalization().build((None, 8, 8, None))

    def test_gradient(self, rng, tensorflow):
        image = tensorflow.constant(rng.random((1, 6, 6, 2)), "float32")
        layer = InstanceNormalization()
        with tensorflow.GradientTape() as tape:
            tape.watch(image)
            total = tensorflow.reduce_sum(layer(image) * image)
        gradient = tape.gradient(total, [image, layer.gamma])
        assert all(np.isfinite(g).all() and np.abs(g).max() > 0 for g in gradient)
