"""Where a pixel lies in its picture, as features."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("facekit")
class PositionEncoding2D(keras.layers.Layer):
    """Appends to every pixel's features its place in the picture.

    On aligned faces a mouth is always at the same place. A network that has only the
    picture's borders to count from is slow to learn that.

    Args:
        num_frequencies: int, at least 0. Defaults to 3.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        (batch, height, width, channels), any float

    Output shape:
        (batch, height, width, channels + 2 + 4 * num_frequencies): the inputs, then x
        and y from -1 to 1 between the picture's edges, then for each frequency k
        sin(2^k pi x), sin(2^k pi y), cos(2^k pi x), cos(2^k pi y).

    Raises:
        ValueError: `num_frequencies` is negative or no int.

    Example:
        >>> import keras
        >>> from facekit.layers import PositionEncoding2D
        >>> place = PositionEncoding2D(0)(keras.ops.ones((1, 1, 4, 8)))
        >>> keras.ops.convert_to_numpy(place)[0, 0, :, 8].tolist()
        [-0.75, -0.25, 0.25, 0.75]

    Reference:
        Liu et al., CoordConv, 2018; Mildenhall et al., NeRF, 2020, equation 4.
    """

    def __init__(self, num_frequencies=3, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(num_frequencies, int) or num_frequencies < 0:
            raise ValueError(
                "Expected `num_frequencies` to be an int of at least 0. "
                f"Received: {num_frequencies!r}"
            )
        self.num_frequencies = num_frequencies
        self._num_channels = 2 + 4 * num_frequencies

    def call(self, inputs):
        """Returns the inputs with the encoding."""
        batch, height, width, _ = ops.shape(inputs)
        x = ops.broadcast_to(_centres(width)[None, :, None], (height, width, 1))
        y = ops.broadcast_to(_centres(height)[:, None, None], (height, width, 1))
        place = ops.concatenate([x, y], -1)
        waves = [place]
        for k in range(self.num_frequencies):
            angle = 2.0**k * math.pi * place
            waves += [ops.sin(angle), ops.cos(angle)]
        encoding = ops.cast(ops.concatenate(waves, -1), inputs.dtype)
        shape = (batch, height, width, self._num_channels)
        return ops.concatenate([inputs, ops.broadcast_to(encoding[None], shape)], -1)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs with the encoding."""
        *rest, channels = input_shape
        return (*rest, channels + self._num_channels)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_frequencies": self.num_frequencies}


def _centres(length):
    """Pixel centres from -1 to 1, float32."""
    steps = ops.cast(ops.arange(length), "float32")
    return (2.0 * steps + 1.0) / ops.cast(length, "float32") - 1.0
