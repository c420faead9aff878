"""A learned average picture, adapted to what surrounds a hole."""

import keras
from keras import ops

from facekit.ops.pyramids import pull_push


@keras.saving.register_keras_serializable("facekit")
class LearnedTemplate2D(keras.layers.Layer):
    """First guess of what is in a hole: smooth surroundings and a template's details.

    Aligned faces have their eyes and mouths at the same places, but a network that has
    to draw them into a closed hole from nothing learns it slowly. The sum of the two
    outputs is a picture to start from: the average face, learned with the network, in
    the colours of this one. They come apart, so that a network can leave the details
    out where there is no face.

    Args:
        size: int, height and width of the template. Defaults to 128.
        num_levels: int, how often the picture is halved to bridge wide holes.
            Defaults to 6.

    Input shape:
        ``[image, mask]`` with image: (batch, height, width, channels), float; mask:
        (batch, height, width, 1), 1 = known, 0 = missing. Multiples of
        ``2 ** num_levels``.
    Output shape:
        ``(smooth, details)``, both of the image's shape. Smooth is the image where it
        is known and continues it into the hole; details are what the template has
        there beyond its own smooth continuation, and 0 elsewhere.

    Raises:
        ValueError: ``size`` or ``num_levels`` is no positive int.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import LearnedTemplate2D
        >>> image = np.full((1, 4, 4, 3), 0.5, "float32")
        >>> mask = np.ones((1, 4, 4, 1), "float32"); mask[:, 1, 2] = 0
        >>> smooth, details = LearnedTemplate2D(4, num_levels=2)([image * mask, mask])
        >>> float(smooth[0, 1, 2, 0])
        0.5

    Reference:
        Karras et al., StyleGAN, 2019 (arXiv:1812.04948), section 2, learned constant
        input; Gortler et al., The Lumigraph, 1996, pull-push.
    """

    def __init__(self, size=128, num_levels=6, **kwargs):
        # A template in half precision would learn in steps that can be seen.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        for name, value in (("size", size), ("num_levels", num_levels)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Expected `{name}` to be a positive int. Received: {value!r}"
                )
        self.size = size
        self.num_levels = num_levels

    def build(self, input_shape):
        """Creates the template, zero at first."""
        self.template = self.add_weight(
            name="template",
            shape=(self.size, self.size, input_shape[0][-1]),
            initializer="zeros",
        )

    def call(self, inputs):
        """Returns the smooth picture and the template's details."""
        image, mask = inputs
        # Means over few known pixels underflow in half precision.
        image = ops.cast(image, "float32")
        mask = ops.cast(mask >= 0.5, "float32")
        template = ops.broadcast_to(self._resized(image)[None], ops.shape(image))
        both = ops.concatenate([image, template], axis=-1)
        smooth, own = ops.split(pull_push(both, mask, self.num_levels), 2, axis=-1)
        dtype = self.compute_dtype
        return ops.cast(smooth, dtype), ops.cast(template - own, dtype)

    def _resized(self, image):
        _, height, width, _ = ops.shape(image)
        rows, columns = _triangles(height, self.size), _triangles(width, self.size)
        template = ops.cast(self.template, "float32")
        template = ops.einsum("hr,rcd->hcd", rows, template)
        return ops.einsum("wc,hcd->hwd", columns, template)

    def compute_output_shape(self, input_shape):
        """Returns the image's shape twice."""
        return input_shape[0], input_shape[0]

    def compute_output_spec(self, inputs):
        """Returns the image's shape twice, in the layer's precision."""
        shape, dtype = inputs[0].shape, self.compute_dtype
        return keras.KerasTensor(shape, dtype), keras.KerasTensor(shape, dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "size": self.size,
            "num_levels": self.num_levels,
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
