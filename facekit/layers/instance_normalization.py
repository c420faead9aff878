"""Instance normalisation with the argument names of tensorflow-addons."""

import keras


@keras.saving.register_keras_serializable("facekit")
class InstanceNormalization(keras.layers.GroupNormalization):
    """Normalises every channel of every example by its own mean and variance.

    A drop-in for `tfa.layers.InstanceNormalization`, which ended with
    tensorflow-addons. It is Keras' `GroupNormalization` with one group a channel;
    unlike that layer it saves no number of groups, so that a saved configuration can
    be built again for another number of channels. Statistics are taken in float32.

    Args:
        axis: int, the axis of the channels. Defaults to -1.
        epsilon: float, added to the variance. Defaults to 1e-3.
        center: bool, whether to add a learned offset, beta. Defaults to True.
        scale: bool, whether to multiply by a learned factor, gamma. Defaults to True.
        beta_initializer: initializer of beta. Defaults to `"zeros"`.
        gamma_initializer: initializer of gamma. Defaults to `"ones"`.
        beta_regularizer: regularizer of beta. Defaults to None.
        gamma_regularizer: regularizer of gamma. Defaults to None.
        beta_constraint: constraint of beta. Defaults to None.
        gamma_constraint: constraint of gamma. Defaults to None.
        **kwargs: `name`, `dtype` and `trainable` of the layer.

    Input shape:
        (batch, ..., channels), any float, at least one axis between batch
        and channels

    Output shape:
        that of the input

    Raises:
        ValueError: the channels axis has no known size.

    Example:
        >>> import keras
        >>> from facekit.layers import InstanceNormalization
        >>> image = keras.random.uniform((2, 8, 8, 3), seed=0)
        >>> normalized = InstanceNormalization()(image)
        >>> means = keras.ops.mean(normalized, axis=(1, 2))
        >>> bool(keras.ops.max(keras.ops.abs(means)) < 1e-5)
        True

    Reference:
        Ulyanov, Vedaldi, Lempitsky, "Instance Normalization: The Missing
        Ingredient for Fast Stylization", 2016, equation 2.
    """

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(
            groups=-1,
            axis=axis,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["groups"]
        return config
