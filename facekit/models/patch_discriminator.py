"""Patch discriminator: says of every patch of a picture whether it looks real."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("facekit")
class PatchDiscriminator(keras.Model):
    """Convolutional discriminator that sees a picture and where its hole was.

    4x4 convolutions with LeakyReLU 0.2: ``num_layers`` of stride 2 that double the
    channels, one of stride 1, then one output channel. No normalisation, so that a
    picture's contrast is seen as it is.

    Args:
        filters: int, channels of the first layer. Defaults to 64.
        num_layers: int, layers of stride 2. Defaults to 3 (a 70x70 patch).

    Input shape:
        ``{"image", "mask"}`` with image: (batch, height, width, 3), [0, 1]; mask:
        (batch, height, width, 1), 1 = known, 0 = missing. Multiples of
        ``2 ** num_layers``.
    Output shape:
        ``{"logits", "features"}`` with logits: (batch, height / 2**num_layers,
        width / 2**num_layers, 1); features: list of each layer's maps.

    Raises:
        ValueError: if ``num_layers`` is less than 1.

    Example:
        >>> import numpy as np
        >>> model = PatchDiscriminator(filters=4, num_layers=2)
        >>> image = np.ones((1, 32, 32, 3), "float32")
        >>> tuple(model({"image": image, "mask": image[..., :1]})["logits"].shape)
        (1, 8, 8, 1)

    Reference:
        Isola et al., pix2pix, 2017, section 3.2.2.
    """

    def __init__(self, filters=64, num_layers=3, **kwargs):
        if num_layers < 1:
            raise ValueError(f"`num_layers` must be at least 1. Received: {num_layers}")
        image = keras.Input((None, None, 3), name="image")
        mask = keras.Input((None, None, 1), name="mask")
        centred = layers.Rescaling(2.0, -1.0, name="centred")(image)
        x = layers.Concatenate(name="image_and_mask")([centred, mask])
        features = []
        for index in range(num_layers + 1):
            width = filters * 2 ** min(index, 3)
            stride = 2 if index < num_layers else 1
            x = self._convolve(x, width, stride, f"layer_{index + 1}")
            x = layers.LeakyReLU(0.2, name=f"layer_{index + 1}_relu")(x)
            features.append(x)
        x = self._convolve(x, 1, 1, "layer_logits")
        logits = layers.Activation("linear", dtype="float32", name="logits")(x)
        kwargs.setdefault("name", "patch_discriminator")
        super().__init__(
            inputs={"image": image, "mask": mask},
            outputs={"logits": logits, "features": features},
            **kwargs,
        )
        self.filters = filters
        self.num_layers = num_layers

    def _convolve(self, x, width, stride, name):
        return layers.Conv2D(
            width,
            4,
            strides=stride,
            padding="same",
            kernel_initializer="he_normal",
            name=name,
        )(x)

    def get_config(self):
        return {
            "name": self.name,
            "filters": self.filters,
            "num_layers": self.num_layers,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)
