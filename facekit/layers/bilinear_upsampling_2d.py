"""Bilinear enlargement that exports with a dynamic height and width."""

import keras

from facekit.ops.pyramids import enlarge


@keras.saving.register_keras_serializable("facekit")
class BilinearUpsampling2D(keras.layers.Layer):
    """Enlarges images by a whole factor with bilinear interpolation.

    Equals `UpSampling2D(size, interpolation="bilinear")`, which in Keras 3.14 and 3.15
    can be neither exported nor run at a second size when the height and width are
    dynamic. Each of the `size` sub-pixel phases along an axis is one fixed mixture of
    two neighbours, so that no resize operation is needed; for `size=2` this is nearest
    enlargement followed by the blur [1, 2, 1] / 4.

    Args:
        size: int, or two ints for height and width: the factor, at least 1.
            Defaults to 2.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        (batch, height, width, channels), any float

    Output shape:
        (batch, height * size, width * size, channels)

    Raises:
        ValueError: `size` is not one or two positive ints.

    Example:
        >>> import keras
        >>> from facekit.layers import BilinearUpsampling2D
        >>> ramp = keras.ops.reshape([0.0, 1.0], (1, 1, 2, 1))
        >>> enlarged = BilinearUpsampling2D()(ramp)
        >>> keras.ops.convert_to_numpy(enlarged)[0, 0, :, 0].tolist()
        [0.0, 0.25, 0.75, 1.0]

    Reference:
        half-pixel centres with clamped edges, as in `tf.image.resize`.
    """

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        pair = tuple(size) if isinstance(size, list | tuple) else (size, size)
        if len(pair) != 2 or not all(isinstance(n, int) and n >= 1 for n in pair):
            raise ValueError(
                f"Expected `size` to be one or two positive ints. Received: {size!r}"
            )
        self.size = size
        self._factors = pair

    def call(self, inputs):
        """Returns the enlarged images."""
        return enlarge(inputs, self._factors)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the enlarged images."""
        batch, height, width, channels = input_shape
        enlarged = [
            None if length is None else length * factor
            for length, factor in zip((height, width), self._factors, strict=True)
        ]
        return (batch, *enlarged, channels)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size}
