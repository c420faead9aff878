import keras
import numpy as np
import pytest
from keras import ops

from facekit.layers import MaskedBatchNormalization
from tests.check_layer import check_layer
from tests.gradients import gradients


class TestMaskedBatchNormalization:
    def test_shapes(self):
        shapes = [(None, 9, None, 3), (None, 9, None, 1)]
        assert MaskedBatchNormalization().compute_output_shape(shapes) == shapes[0]

    def test_serialization(self, rng):
        features, mask = _random_pair(rng, (2, 8, 6, 3))
        check_layer(
            lambda **kwargs: MaskedBatchNormalization(0.9, 1e-2, **kwargs),
            [features, mask],
        )

    def test_numerics(self, rng):
        features, mask = _random_pair(rng, (3, 7, 6, 4))
        features = 2 * features + 5
        layer = MaskedBatchNormalization(momentum=0.8, epsilon=1e-3)
        layer.build([features.shape, mask.shape])
        gamma, beta = rng.normal(size=(2, 4)).astype("float32")
        layer.set_weights([gamma, beta, np.ones(4), np.full(4, 3.0)])
        outputs = np.asarray(layer([features, mask], training=True))

        known = features[mask[..., 0] == 1].astype("float64")
        mean, variance = known.mean(axis=0), known.var(axis=0)
        wanted = (features - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        np.testing.assert_allclose(outputs, wanted * mask, atol=1e-5)
        assert not outputs[mask[..., 0] == 0].any()
        np.testing.assert_allclose(layer.moving_mean, 0.8 + 0.2 * mean, rtol=1e-5)
        np.testing.assert_allclose(
            layer.moving_variance, 0.8 * 3 + 0.2 * variance, rtol=1e-5
        )

        at_inference = np.asarray(layer([features, mask], training=False))
        mean, variance = (
            np.asarray(layer.moving_mean),
            np.asarray(layer.moving_variance),
        )
        wanted = (features - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        np.testing.assert_allclose(at_inference, wanted * mask, atol=1e-5)

    def test_full_mask_equals_batch_normalization(self, rng):
        features = rng.normal(3, 2, size=(4, 6, 5, 3)).astype("float32")
        mask = np.ones((4, 6, 5, 1), "float32")
        masked, plain = MaskedBatchNormalization(), keras.layers.BatchNormalization()
        for training in (True, False):
            np.testing.assert_allclose(
                masked([features, mask], training=training),
                plain(features, training=training),
                atol=1e-5,
            )

    def test_hole_content_changes_nothing(self, rng):
        features, mask = _random_pair(rng, (2, 6, 6, 3))
        spoiled = np.where(mask == 1, features, np.float32(np.nan))
        clean_layer, layer = MaskedBatchNormalization(), MaskedBatchNormalization()
        for training in (True, False):
            np.testing.assert_array_equal(
                layer([spoiled, mask], training=training),
                clean_layer([features, mask], training=training),
            )
        for a, b in zip(layer.get_weights(), clean_layer.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_frozen_uses_and_keeps_moving_statistics(self, rng):
        features, mask = _random_pair(rng, (2, 6, 6, 3))
        layer = MaskedBatchNormalization()
        layer([features, mask], training=True)
        layer.trainable = False
        before = [w.copy() for w in layer.get_weights()]
        outputs = layer([features, mask], training=True)
        np.testing.assert_array_equal(outputs, layer([features, mask], training=False))
        for a, b in zip(layer.get_weights(), before, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_empty_mask_leaves_moving_statistics(self, rng):
        features, _ = _random_pair(rng, (2, 6, 6, 3))
        layer = MaskedBatchNormalization()
        empty = np.zeros((2, 6, 6, 1), "float32")
        assert not np.asarray(layer([features, empty], training=True)).any()
        np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))
        np.testing.assert_array_equal(layer.moving_variance, np.ones(3))

    @pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
    def test_moving_statistics_are_float32(self, rng, dtype):
        features, mask = _random_pair(rng, (2, 16, 16, 3))
        # Whole numbers, so that every type holds them exactly.
        features = np.round(features * 4) + 64
        layer = MaskedBatchNormalization(momentum=0.0, dtype=dtype)
        layer([features, mask], training=True)
        known = features[mask[..., 0] == 1].astype("float64")
        np.testing.assert_allclose(layer.moving_mean, known.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(layer.moving_variance, known.var(axis=0), rtol=1e-4)

    def test_gradient(self, rng):
        features, mask = _random_pair(rng, (2, 5, 5, 2))
        layer = MaskedBatchNormalization()
        layer([features, mask])
        state = [ops.convert_to_tensor(x) for x in (np.zeros(2), np.ones(2))]
        weight = rng.normal(size=features.shape).astype("float32")

        def total(features, gamma, beta):
            outputs, _ = layer.stateless_call(
                [gamma, beta], state, [features, mask], training=True
            )
            return ops.sum(outputs * weight)

        ones, zeros = np.ones(2, "float32"), np.zeros(2, "float32")
        spoiled = np.where(mask == 1, features, np.float32(np.inf))
        of_features, of_gamma, of_beta = gradients(total, spoiled, ones, zeros)
        assert np.isfinite(of_features).all()
        assert not of_features[mask[..., 0] == 0].any()
        # A shift of all known pixels is taken out again by the mean.
        np.testing.assert_allclose(of_features.sum((0, 1, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(
            of_beta, (weight * mask).sum((0, 1, 2)), rtol=1e-4, atol=1e-5
        )
        assert np.isfinite(of_gamma).all()

    @pytest.mark.parametrize("arguments", [{"momentum": 1.0}, {"epsilon": 0.0}])
    def test_errors(self, arguments):
        with pytest.raises(ValueError, match="Received"):
            MaskedBatchNormalization(**arguments)

    def test_input_errors(self):
        features = np.ones((1, 4, 4, 2), "float32")
        with pytest.raises(ValueError, match="Received shapes"):
            MaskedBatchNormalization()([features, features])


def _random_pair(rng, shape, known=0.6):
    features = rng.normal(size=shape).astype("float32")
    mask = rng.random((*shape[:3], 1)) < known
    return features, mask.astype("float32")
