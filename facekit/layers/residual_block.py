"""Two convolutions with a shortcut around them."""

import keras
from keras import ops

from facekit.layers.normalizer import check_normalization, make_normalizer
from facekit.ops.activations import activation_config, gelu

_PADDINGS = ("reflect", "symmetric", "constant")


@keras.saving.register_keras_serializable("facekit")
class ResidualBlock(keras.layers.Layer):
    """Adds two normalised 3x3 convolutions to their own input.

    The building block of image-to-image networks. It differs from the paper in three
    ways: instance normalisation and GELU are the defaults, nothing follows the
    addition, and the border is mirrored evenly on all sides, also with a stride.
    The shortcut is the input itself where the shape allows, else a 1x1 convolution.

    Args:
        filters: int, channels of the output.
        strides: int, step of the first convolution and of the shortcut.
            Defaults to 1.
        normalization: `"instance"`, `"batch"`, `"group"` or None. Defaults to
            `"instance"`.
        activation: name or function of the activation between the convolutions.
            `"gelu"` is the tanh form, the one ONNX can hold. Defaults to `"gelu"`.
        padding: how the border is continued: `"reflect"`, `"symmetric"` or
            `"constant"` (zeros). Defaults to `"reflect"`, for sides of 2 and more
            (3 with strides).
        zero_start: bool, whether the second convolution starts at zero, so that the
            block starts as its shortcut; deep networks without normalisation need
            it. Defaults to False.
        **kwargs: `name`, `dtype` and `trainable` of the layer.

    Input shape:
        (batch, height, width, channels), any float

    Output shape:
        (batch, ceil(height / strides), ceil(width / strides), filters)

    Raises:
        ValueError: `filters` or `strides` is less than 1, or `normalization` or
            `padding` is none of those listed.

    Example:
        >>> import keras
        >>> from facekit.layers import ResidualBlock
        >>> image = keras.random.uniform((1, 9, 8, 3), seed=0)
        >>> tuple(ResidualBlock(16, strides=2)(image).shape)
        (1, 5, 4, 16)

    Reference:
        He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition",
        2015, equations 1 and 2.
    """

    def __init__(
        self,
        filters,
        strides=1,
        normalization="instance",
        activation="gelu",
        padding="reflect",
        zero_start=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if filters < 1 or strides < 1:
            raise ValueError(
                "Expected `filters` and `strides` to be at least 1. "
                f"Received: filters={filters}, strides={strides}"
            )
        check_normalization(normalization)
        if padding not in _PADDINGS:
            raise ValueError(
                f"Expected `padding` to be one of {_PADDINGS}. Received: {padding!r}"
            )
        self.filters = filters
        self.strides = strides
        self.normalization = normalization
        self.activation = activation
        self.padding = padding
        self.zero_start = zero_start
        self._activate = (
            gelu if activation == "gelu" else keras.activations.get(activation)
        )
        bias = normalization is None
        start = "zeros" if zero_start else None
        self._conv_1 = self._convolution(3, strides, bias, "conv_1")
        self._conv_2 = self._convolution(3, 1, bias, "conv_2", start)
        self._norm_1 = self._normalizer("norm_1")
        self._norm_2 = self._normalizer("norm_2")
        self._projection = None

    def build(self, input_shape):
        """Creates the weights of the convolutions and of the shortcut."""
        inner_shape = self.compute_output_shape(input_shape)
        self._conv_1.build(input_shape)
        self._conv_2.build(inner_shape)
        for norm in (self._norm_1, self._norm_2):
            if norm is not None:
                norm.build(inner_shape)
        if self.strides > 1 or input_shape[-1] != self.filters:
            self._projection = self._convolution(1, self.strides, True, "projection")
            self._projection.build(input_shape)

    def call(self, inputs, training=None):
        """Returns the sum of the input, or its projection, and the convolutions."""
        outputs = self._conv_1(self._pad(inputs, self._conv_1))
        outputs = self._activate(_normalize(self._norm_1, outputs, training))
        outputs = self._conv_2(self._pad(outputs, self._conv_2))
        outputs = _normalize(self._norm_2, outputs, training)
        shortcut = self._projection(inputs) if self._projection else inputs
        return shortcut + outputs

    def _pad(self, images, convolution):
        if convolution.padding == "same":
            return images
        return ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=self.padding)

    def _convolution(self, kernel_size, strides, use_bias, name, start=None):
        # A convolution pads with zeros itself, without a copy; with a stride it would
        # pad unevenly.
        same = self.padding == "constant" and kernel_size > 1 and strides == 1
        return keras.layers.Conv2D(
            self.filters,
            kernel_size,
            strides=strides,
            padding="same" if same else "valid",
            use_bias=use_bias,
            kernel_initializer=start or "glorot_uniform",
            dtype=self.dtype_policy,
            name=name,
        )

    def _normalizer(self, name):
        return make_normalizer(
            self.normalization, self.filters, dtype=self.dtype_policy, name=name
        )

    def compute_output_shape(self, input_shape):
        """Returns the shape of the block's output."""
        batch, height, width, _ = input_shape
        sides = [
            None if length is None else -(-length // self.strides)
            for length in (height, width)
        ]
        return (batch, *sides, self.filters)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "strides": self.strides,
            "normalization": self.normalization,
            "activation": activation_config(self.activation),
            "padding": self.padding,
            "zero_start": self.zero_start,
        }


def _normalize(layer, inputs, training):
    if layer is None:
        return inputs
    return layer(inputs, training=training)
