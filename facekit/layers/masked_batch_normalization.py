"""Batch normalisation whose statistics come from known pixels only."""

import keras
from keras import ops

from facekit.ops.masks import zero_missing


@keras.saving.register_keras_serializable("facekit")
class MaskedBatchNormalization(keras.layers.Layer):
    """Batch normalisation over the known pixels; missing pixels stay exactly zero.

    Plain batch normalisation after a partial convolution counts the zeros that stand
    in holes: its statistics depend on the size of the holes, and its shift fills them
    with a constant. This layer does neither.

    In training the statistics of the batch are used and averaged into the moving
    statistics; at inference, or with ``trainable = False`` (frozen, the paper's second
    phase), the moving statistics are used.

    Args:
        momentum: float in [0, 1), weight of the past in the moving statistics.
            Defaults to 0.99.
        epsilon: float > 0, added to the variance. Defaults to 1e-3.

    Input shape:
        ``[features, mask]`` with features: (batch, height, width, channels), float;
        mask: (batch, height, width, 1), 1 = known, 0 = missing.
    Call arguments:
        zeroed: bool, whether the features are known to be zero where missing, as
            those are that ``PartialConv2D`` returns; saves zeroing them again.
            Defaults to False.
    Output shape:
        As ``features``; exactly 0 where missing.

    Raises:
        ValueError: if the inputs are not features and a one-channel mask, or an
            argument is out of range.

    Example:
        >>> import numpy as np
        >>> features = np.random.default_rng(0).normal(5, 2, (2, 8, 8, 4))
        >>> mask = np.ones((2, 8, 8, 1)); mask[:, :4] = 0
        >>> layer = MaskedBatchNormalization()
        >>> y = layer([features.astype("float32"), mask], training=True)
        >>> bool(abs(np.asarray(y)[:, 4:].mean()) < 1e-4), float(np.abs(y[:, :4]).max())
        (True, 0.0)

    Reference:
        Ioffe & Szegedy, Batch Normalization, 2015 (arXiv:1502.03167), algorithms 1
        and 2, with the mean over known pixels.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"`momentum` must be in [0, 1). Received: {momentum!r}")
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: {epsilon!r}")
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        if len(input_shape) != 2 or len(input_shape[1]) != 4 or input_shape[1][-1] != 1:
            raise ValueError(
                "MaskedBatchNormalization expects [features, mask] with a mask of "
                f"shape (batch, height, width, 1). Received shapes: {input_shape}"
            )
        shape = (input_shape[0][-1],)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")
        self.moving_mean = self.add_weight(
            name="moving_mean",
            shape=shape,
            initializer="zeros",
            trainable=False,
            autocast=False,
        )
        self.moving_variance = self.add_weight(
            name="moving_variance",
            shape=shape,
            initializer="ones",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs, training=None, zeroed=False):
        x, mask = inputs
        if not zeroed:
            x = zero_missing(x, mask)
        known = ops.stop_gradient(ops.cast(mask >= 0.5, "float32"))
        dtype, x = x.dtype, ops.cast(x, "float32")
        if training and self.trainable:
            mean, variance = self._known_moments(x, known)
            self._update_moving(mean, variance, ops.max(known))
        else:
            mean, variance = self.moving_mean, self.moving_variance
        scale = ops.cast(self.gamma, "float32") * ops.rsqrt(variance + self.epsilon)
        shift = ops.cast(self.beta, "float32") - mean * scale
        return ops.cast((x * scale + shift) * known, dtype)

    def _known_moments(self, x, known):
        """Mean and variance over known pixels; 0 and 1 where nothing is known."""
        count = ops.sum(known)
        divisor = ops.maximum(count, 1.0)
        mean = ops.sum(x, axis=(0, 1, 2)) / divisor
        deviation = (x - mean) * known
        variance = ops.sum(ops.square(deviation), axis=(0, 1, 2)) / divisor
        return mean, ops.where(count > 0, variance, ops.ones_like(variance))

    def _update_moving(self, mean, variance, any_known):
        rate = (1.0 - self.momentum) * any_known
        for moving, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moving.assign(moving + rate * (ops.stop_gradient(value) - moving))

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def compute_output_spec(self, inputs, training=None, zeroed=False):
        return keras.KerasTensor(inputs[0].shape, dtype=self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
