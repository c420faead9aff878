"""Padding by mirror images of the border."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("facekit")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads images with their own mirror image, without repeating the border pixel.

    Before an unpadded convolution it avoids the dark or bright rims that zeros leave
    along the edges of a restored picture. `keras.layers.ZeroPadding2D` is the
    counterpart with zeros and takes the same forms of `padding`.

    Args:
        padding: int, two ints (height, width), or two pairs ((top, bottom), (left,
            right)): pixels to add, not negative and less than the side they mirror.
            Defaults to 1.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        (batch, height, width, channels), any float

    Output shape:
        (batch, height + top + bottom, width + left + right, channels)

    Raises:
        ValueError: `padding` has another form or is negative, or a known side is not
            longer than its padding.

    Example:
        >>> import keras
        >>> from facekit.layers import ReflectionPadding2D
        >>> row = keras.ops.reshape([1.0, 2.0, 3.0], (1, 1, 3, 1))
        >>> padded = ReflectionPadding2D((0, 2))(row)
        >>> keras.ops.convert_to_numpy(padded)[0, 0, :, 0].tolist()
        [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]

    Reference:
        `torch.nn.ReflectionPad2d`; Johnson, Alahi, Fei-Fei, "Perceptual Losses
        for Real-Time Style Transfer and Super-Resolution", 2016, supplement.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding
        self._pairs = _as_pairs(padding)

    def build(self, input_shape):
        """Checks that the images are large enough to be mirrored."""
        for length, pair in zip(input_shape[1:3], self._pairs, strict=True):
            if length is not None and max(pair) >= length:
                raise ValueError(
                    "Expected height and width to be greater than `padding`. Received: "
                    f"input_shape={tuple(input_shape)}, padding={self.padding!r}"
                )

    def call(self, inputs):
        """Returns the padded images."""
        return ops.pad(inputs, ((0, 0), *self._pairs, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        """Returns the shape of the padded images."""
        batch, height, width, channels = input_shape
        padded = [
            None if length is None else length + sum(pair)
            for length, pair in zip((height, width), self._pairs, strict=True)
        ]
        return (batch, *padded, channels)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}


def _as_pairs(padding):
    sides = _twice(padding)
    pairs = tuple(_twice(side) for side in sides)
    well_formed = len(pairs) == 2 and all(
        len(pair) == 2 and all(isinstance(n, int) and n >= 0 for n in pair)
        for pair in pairs
    )
    if not well_formed:
        raise ValueError(
            "Expected `padding` to be an int, two ints or two pairs of ints, none "
            f"negative. Received: {padding!r}"
        )
    return pairs


def _twice(value):
    return tuple(value) if isinstance(value, list | tuple) else (value, value)
