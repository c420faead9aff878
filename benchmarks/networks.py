"""The paper's U-Net in two other forms, to hold ``PartialConvUNet()`` against."""

import keras
from keras import layers, ops

from facekit.models.partial_conv_unet import PAPER_FILTERS


class MultiChannelPartialConv2D(keras.layers.Layer):
    """Partial convolution as usually written: the mask is as wide as the features.

    The known values under a window are counted by a second convolution of the full
    width, whose kernel is all ones.
    """

    def __init__(self, filters, kernel_size, strides=1, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.use_bias = use_bias

    def build(self, input_shape):
        shape = (self.kernel_size, self.kernel_size, input_shape[0][-1], self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.ones = self.add_weight(
            name="ones", shape=shape, initializer="ones", trainable=False
        )
        self.window = float(shape[0] * shape[1] * shape[2])
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )

    def call(self, inputs):
        x, mask = inputs
        count = ops.stop_gradient(self._convolve(mask, self.ones))
        known = ops.clip(count, 0.0, 1.0)
        ratio = self.window / (count + 1e-8) * known
        x = self._convolve(x * mask, self.kernel) * ratio
        if self.use_bias:
            x = (x + self.bias) * known
        return x, known

    def _convolve(self, x, kernel):
        return ops.conv(x, kernel, strides=self.strides, padding="same")

    def compute_output_spec(self, inputs):
        batch, height, width, _ = inputs[0].shape
        size = [n and -(-n // self.strides) for n in (height, width)]
        shape = (batch, *size, self.filters)
        return tuple(keras.KerasTensor(shape, dtype="float32") for _ in range(2))


def plain_unet(filters=PAPER_FILTERS):
    """``PartialConvUNet`` with Conv2D and BatchNormalization; takes the image."""

    def convolve(state, filters, kernel_size, strides=1, use_bias=False):
        convolution = layers.Conv2D(
            filters, kernel_size, strides, padding="same", use_bias=use_bias
        )
        return [convolution(state[0])]

    image = keras.Input((None, None, 3), name="image")
    return keras.Model(image, _unet([image], convolve, filters))


def multi_channel_unet(filters=PAPER_FILTERS):
    """``PartialConvUNet`` with masks as wide as the features; takes both inputs."""

    def convolve(state, *arguments, **options):
        return list(MultiChannelPartialConv2D(*arguments, **options)(state))

    image = keras.Input((None, None, 3), name="image")
    mask = keras.Input((None, None, 1), name="mask")
    wide = layers.Concatenate()([mask] * 3)
    restored = _unet([image, wide], convolve, filters)
    return keras.Model({"image": image, "mask": mask}, restored)


def _unet(state, convolve, filters):
    """Lay out the network over a state of features and, in one form, their mask."""
    levels = [state]
    for index, width in enumerate(filters, start=1):
        kernel_size = {1: 7, 2: 5, 3: 5}.get(index, 3)
        state = convolve(state, width, kernel_size, strides=2)
        if index > 1:
            state[0] = layers.BatchNormalization()(state[0])
        state[0] = layers.ReLU()(state[0])
        levels.append(state)
    state = levels.pop()
    for width in reversed(filters[:-1]):
        state = convolve(_joined(state, levels.pop()), width, 3)
        state[0] = layers.BatchNormalization()(state[0])
        state[0] = layers.LeakyReLU(0.2)(state[0])
    return convolve(_joined(state, levels.pop()), 3, 3, use_bias=True)[0]


def _joined(state, skip):
    return [
        layers.Concatenate()([layers.UpSampling2D(2)(x), other])
        for x, other in zip(state, skip, strict=True)
    ]
