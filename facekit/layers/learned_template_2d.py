"""A picture that is learned with the network and shown to it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("facekit")
class LearnedTemplate2D(keras.layers.Layer):
    """Appends a learned picture, resized to that of the features.

    Aligned faces have their eyes and mouths at the same places. A decoder that has to
    draw them into a closed hole from nothing learns it slowly; here it finds an average
    face to start from. Use one such layer at several sizes of a network: it is the same
    picture each time.

    Args:
        size: int, height and width of the template. Defaults to 128.
        channels: int. Defaults to 3.

    Input shape:
        (batch, height, width, channels), any float
    Output shape:
        (batch, height, width, channels + template's channels): the inputs, then the
        template.

    Raises:
        ValueError: ``size`` or ``channels`` is no positive int.

    Example:
        >>> import keras
        >>> from facekit.layers import LearnedTemplate2D
        >>> layer = LearnedTemplate2D(2, channels=1)
        >>> layer.build((1, 4, 4, 8))
        >>> _ = layer.template.assign([[[0.0], [1.0]], [[0.0], [1.0]]])
        >>> shown = layer(keras.ops.ones((1, 4, 4, 8)))
        >>> keras.ops.convert_to_numpy(shown)[0, 0, :, 8].tolist()
        [0.0, 0.25, 0.75, 1.0]

    Reference:
        Karras et al., StyleGAN, 2019 (arXiv:1812.04948), section 2, learned constant
        input.
    """

    def __init__(self, size=128, channels=3, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("size", size), ("channels", channels)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Expected `{name}` to be a positive int. Received: {value!r}"
                )
        self.size = size
        self.channels = channels

    def build(self, input_shape):
        """Creates the template, zero at first."""
        self.template = self.add_weight(
            name="template",
            shape=(self.size, self.size, self.channels),
            initializer="zeros",
        )

    def call(self, inputs):
        """Returns the inputs with the template."""
        batch, height, width, _ = ops.shape(inputs)
        template = ops.cast(self.template, "float32")
        template = ops.einsum("hr,rcd->hcd", _triangles(height, self.size), template)
        template = ops.einsum("wc,hcd->hwd", _triangles(width, self.size), template)
        shape = (batch, height, width, self.channels)
        template = ops.broadcast_to(ops.cast(template[None], inputs.dtype), shape)
        return ops.concatenate([inputs, template], -1)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs with the template."""
        *rest, channels = input_shape
        return (*rest, channels + self.channels)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "size": self.size,
            "channels": self.channels,
        }


def _triangles(length, size):
    """Weights (length, size) of bilinear resizing, of averaging when it shrinks."""
    scale = ops.cast(size, "float32") / ops.cast(length, "float32")
    centres = (ops.cast(ops.arange(length), "float32") + 0.5) * scale - 0.5
    centres = ops.clip(centres, 0.0, size - 1.0)
    pixels = ops.arange(size, dtype="float32")
    distance = ops.abs(centres[:, None] - pixels) / ops.maximum(scale, 1.0)
    weights = ops.maximum(1.0 - distance, 0.0)
    return weights / ops.sum(weights, axis=1, keepdims=True)
