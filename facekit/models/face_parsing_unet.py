"""A U-Net that says what lies where in a portrait, in its holes as well."""

import keras
from keras import layers

from facekit.conventions import PARSING_CLASSES
from facekit.layers.bilinear_upsampling_2d import BilinearUpsampling2D
from facekit.ops.masks import zero_missing

COMPACT_FILTERS = (16, 32, 48, 64, 64)
_INPUTS = {"image": 3, "mask": 1, "face": 1}


@keras.saving.register_keras_serializable("facekit")
class FaceParsingUNet(keras.Model):
    """Network that parses an aligned portrait: background, skin, hair and cloth.

    It is given where the photo is known and where the face is, and also says what is
    likely to lie in a hole: where a head ends whose outline is hidden, where hair goes
    on. The first level works at half the resolution, the last one enlarges again.

    `FaceParsingUNet()` is for squares of 128 pixels, 0.4 M parameters.

    Args:
        filters: tuple of ints, channels of the levels; there must be two or more.
            Defaults to (16, 32, 48, 64, 64).

    Input shape:
        dict of float32
        image: (batch, height, width, 3), sRGB in [0, 1]; what is not known is never
            read; height and width are multiples of `multiple_of`
        mask: (batch, height, width, 1), 1 = known, 0 = hidden
        face: (batch, height, width, 1), 1 = inside the hull of the face's landmarks
    Output shape:
        (batch, height, width, 4), float32, probabilities of `PARSING_CLASSES`

    Raises:
        ValueError: there are less than two levels, or a picture's height or width is
            no multiple of `multiple_of`.

    Example:
        >>> import numpy as np
        >>> network = FaceParsingUNet(filters=(4, 8))
        >>> picture = np.full((1, 8, 8, 3), 0.5, "float32")
        >>> known, face = picture[..., :1], picture[..., :1]
        >>> tuple(network({"image": picture, "mask": known, "face": face}).shape)
        (1, 8, 8, 4)

    Reference:
        Ronneberger et al. 2015, "U-Net: Convolutional networks for biomedical image
        segmentation"; for what is hidden, Song et al. 2018, "SPG-Net: Segmentation
        prediction and guidance network for image inpainting".
    """

    def __init__(self, filters=COMPACT_FILTERS, **kwargs):
        if len(filters) < 2:
            raise ValueError(f"`filters` needs two levels or more. Received: {filters}")
        inputs = {
            name: keras.Input((None, None, channels), name=name)
            for name, channels in _INPUTS.items()
        }
        x = layers.Concatenate(name="known")(
            [
                layers.Multiply(name="seen")([inputs["image"], inputs["mask"]]),
                inputs["mask"],
                inputs["face"],
            ]
        )
        x = layers.Conv2D(
            filters[0], 4, strides=2, padding="same", activation="relu", name="stem"
        )(x)
        levels = []
        for index, width in enumerate(filters[:-1], start=1):
            x = _block(x, width, min(index, 2), f"encoder_{index}")
            levels.append(x)
            x = layers.MaxPooling2D(2, name=f"encoder_{index}_pool")(x)
        x = _block(x, filters[-1], 3, "bottleneck")
        for index in range(len(levels), 0, -1):
            name = f"decoder_{index}"
            x = layers.UpSampling2D(2, name=f"{name}_up")(x)
            x = layers.Concatenate(name=f"{name}_skip")([x, levels[index - 1]])
            x = _block(x, filters[index - 1], min(index, 2), name)
        x = layers.Conv2D(len(PARSING_CLASSES), 1, dtype="float32", name="logits")(x)
        x = BilinearUpsampling2D(2, dtype="float32", name="enlarged")(x)
        outputs = layers.Softmax(dtype="float32", name="parsing")(x)
        kwargs.setdefault("name", "face_parsing_unet")
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.filters = tuple(filters)

    @property
    def multiple_of(self):
        """Height and width of a picture must be multiples of this many pixels."""
        return 2 ** len(self.filters)

    def call(self, inputs, training=None, mask=None):
        height, width = inputs["image"].shape[1:3]
        for side in (height, width):
            if side is not None and side % self.multiple_of:
                raise ValueError(
                    f"Height and width must be multiples of {self.multiple_of}. "
                    f"Received: {(height, width)}"
                )
        image = zero_missing(inputs["image"], inputs["mask"])
        inputs = {**inputs, "image": image}
        return super().call(inputs, training=training, mask=mask)

    def get_config(self):
        return {"name": self.name, "filters": self.filters}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _block(x, width, convolutions, name):
    for index in range(1, convolutions + 1):
        x = layers.Conv2D(
            width, 3, padding="same", use_bias=False, name=f"{name}_conv_{index}"
        )(x)
        x = layers.BatchNormalization(momentum=0.98, name=f"{name}_norm_{index}")(x)
        x = layers.ReLU(name=f"{name}_relu_{index}")(x)
    return x
