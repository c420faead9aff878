"""Partial convolution: a convolution that sees known pixels only."""

import keras
from keras import ops

from facekit.ops.masks import zero_missing


@keras.saving.register_keras_serializable("facekit")
class PartialConv2D(keras.layers.Layer):
    """2D convolution over the known pixels, renormalised by how many there are.

    With ``M`` = 1 where a pixel is known and 0 where it is missing:

        x' = W^T (X . M) * sum(1) / sum(M) + b    where sum(M) > 0, else 0
        m' = 1                                    where sum(M) > 0, else 0

    ``sum(1)`` is the full window, kernel height x kernel width x channels, also at
    the border of the picture, as in the reference implementation.

    All output channels share one mask, so the layer takes one *one-channel* mask for
    each branch of features instead of a mask as wide as the features; that costs a few
    percent over a plain convolution where a full-width mask doubles the price. Several
    branches (say, upsampled features and a skip connection) are concatenated inside
    the layer and counted in proportion to their channels.

    Whatever stands in a hole, NaN included, changes nothing outside it. Masks carry
    no gradient. The mask arithmetic is float32 under every dtype policy.

    Args:
        filters: int, number of output channels.
        kernel_size: int or pair of ints, window height and width in pixels.
        strides: int or pair of ints. Defaults to 1.
        padding: ``"symmetric"`` (zeros, ``dilation * (kernel - 1) // 2`` on every
            side, as in the paper's implementation), ``"same"`` (as TensorFlow pads;
            differs from symmetric at stride 2) or ``"valid"``. Defaults to
            ``"symmetric"``.
        dilation_rate: int or pair of ints. Defaults to 1.
        use_bias: bool. The bias is added outside holes only. Defaults to True.
        kernel_initializer: initializer of the kernel. Defaults to ``"he_normal"``.
        bias_initializer: initializer of the bias. Defaults to ``"zeros"``.
        kernel_regularizer: optional regularizer of the kernel.

    Input shape:
        ``[features, mask]`` or ``[features, mask, features, mask, ...]`` with
        features: (batch, height, width, channels), float;
        mask: (batch, height, width, 1), 1 = known, 0 = missing (0.5 and above
        counts as known).
    Call arguments:
        zeroed: bool, whether all features are known to be zero in their holes, as
            those are that this layer and ``MaskedBatchNormalization`` return; saves
            zeroing them again. Defaults to False.
    Output shape:
        ``(features, mask)`` with
        features: (batch, new_height, new_width, filters), exactly 0 where missing;
        mask: (batch, new_height, new_width, 1), float32, 1 = known, 0 = missing.

    Raises:
        ValueError: if an argument is out of range, or the inputs are not pairs of
            features and one-channel masks.

    Example:
        >>> import numpy as np
        >>> image = np.ones((1, 64, 64, 3), "float32")
        >>> mask = np.ones((1, 64, 64, 1), "float32")
        >>> mask[:, 20:40, 20:40] = 0
        >>> features, mask = PartialConv2D(8, 7, strides=2)([image, mask])
        >>> tuple(features.shape), tuple(mask.shape)
        ((1, 32, 32, 8), (1, 32, 32, 1))

    Reference:
        Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions,
        ECCV 2018 (arXiv:1804.07723), equations 1 and 2.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="symmetric",
        dilation_rate=1,
        use_bias=True,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.dilation_rate = dilation_rate
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        if not isinstance(filters, int) or filters < 1:
            raise ValueError(
                f"`filters` must be a positive integer. Received: {filters!r}"
            )
        if padding not in ("symmetric", "same", "valid"):
            raise ValueError(
                "`padding` must be 'symmetric', 'same' or 'valid'. "
                f"Received: {padding!r}"
            )
        self._window = _pair(kernel_size, "kernel_size")
        self._strides = _pair(strides, "strides")
        self._dilation = _pair(dilation_rate, "dilation_rate")
        if max(self._strides) > 1 and max(self._dilation) > 1:
            raise ValueError(
                "`strides` > 1 and `dilation_rate` > 1 cannot be combined. "
                f"Received: strides={strides!r}, dilation_rate={dilation_rate!r}"
            )

    def build(self, input_shape):
        channels = self._branch_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self._window, sum(channels), self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer=self.bias_initializer
            )
        self._channels = channels

    def call(self, inputs, zeroed=False):
        features, masks = inputs[0::2], inputs[1::2]
        masks = [self._known(mask) for mask in masks]
        if not zeroed:
            features = [
                zero_missing(x, m) for x, m in zip(features, masks, strict=True)
            ]
        count = self._known_count(masks)
        known = ops.cast(count > 0, "float32")
        scale = self._full_count() * known / ops.maximum(count, 1.0)
        x = features[0] if len(features) == 1 else ops.concatenate(features, axis=-1)
        x = self._convolve(x, ops.cast(self.kernel, x.dtype))
        x = x * ops.cast(scale, x.dtype)
        if self.use_bias:
            x = x + ops.cast(self.bias, x.dtype) * ops.cast(known, x.dtype)
        return x, known

    def _known(self, mask):
        mask = ops.cast(ops.cast(mask, "float32") >= 0.5, "float32")
        return ops.stop_gradient(mask)

    def _known_count(self, masks):
        """Known input values under each window, one integer a pixel."""
        values = sum(
            mask * float(channels)
            for mask, channels in zip(masks, self._channels, strict=True)
        )
        window = ops.ones((*self._window, 1, 1), "float32")
        return ops.round(ops.stop_gradient(self._convolve(values, window)))

    def _full_count(self):
        return float(self._window[0] * self._window[1] * sum(self._channels))

    def _convolve(self, x, kernel):
        padding = self.padding
        if padding == "symmetric":
            height, width = self._symmetric_padding()
            if max(self._strides) == 1 and all(size % 2 for size in self._window):
                padding = "same"
            else:
                x = ops.pad(x, ((0, 0), (height, height), (width, width), (0, 0)))
                padding = "valid"
        return ops.conv(
            x,
            kernel,
            strides=self._strides,
            padding=padding,
            dilation_rate=self._dilation,
            data_format="channels_last",
        )

    def _symmetric_padding(self):
        return tuple(
            rate * (size - 1) // 2
            for size, rate in zip(self._window, self._dilation, strict=True)
        )

    def _branch_channels(self, shapes):
        """Channels of each branch, after checking that the inputs are pairs."""
        pairs = isinstance(shapes, list | tuple) and all(
            isinstance(shape, list | tuple) for shape in shapes
        )
        if not pairs or not shapes or len(shapes) % 2:
            raise ValueError(
                "PartialConv2D expects [features, mask] or [features, mask, "
                f"features, mask, ...]. Received input shapes: {shapes}"
            )
        for shape in shapes[1::2]:
            if len(shape) != 4 or shape[-1] != 1:
                raise ValueError(
                    "PartialConv2D expects masks of shape (batch, height, width, 1). "
                    f"Received: {shape}"
                )
        return tuple(int(shape[-1]) for shape in shapes[0::2])

    def compute_output_shape(self, input_shape):
        self._branch_channels(input_shape)
        batch, *space, _ = input_shape[0]
        pads = self._symmetric_padding() if self.padding == "symmetric" else (0, 0)
        new_space = []
        for axis, size in enumerate(space):
            stride, rate = self._strides[axis], self._dilation[axis]
            extent = rate * (self._window[axis] - 1) + 1
            if size is None:
                new_space.append(None)
            elif self.padding == "same":
                new_space.append(-(-size // stride))
            else:
                new_space.append((size + 2 * pads[axis] - extent) // stride + 1)
        return (batch, *new_space, self.filters), (batch, *new_space, 1)

    def compute_output_spec(self, inputs, zeroed=False):
        features, mask = self.compute_output_shape([x.shape for x in inputs])
        return (
            keras.KerasTensor(features, dtype=self.compute_dtype),
            keras.KerasTensor(mask, dtype="float32"),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def _pair(value, name):
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or any(not isinstance(v, int) or v < 1 for v in pair):
        raise ValueError(
            f"`{name}` must be one or two positive integers. Received: {value!r}"
        )
    return pair
