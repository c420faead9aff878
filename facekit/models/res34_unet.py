"""U-Net with a ResNet-34 encoder: takes makeup off a face."""

import keras
from keras import layers, ops

from facekit.models.resnet34_encoder import (
    STAGE_DEPTHS,
    ResNet34Encoder,
    activated,
    normalized,
    scaled_filters,
)
from facekit.ops.activations import activation_config
from facekit.ops.blending import soft_light

DECODER_FILTERS = (256, 128, 64, 32, 16)
HEADS = ("blend", "direct")


@keras.saving.register_keras_serializable("facekit")
class Res34UNet(keras.Model):
    """U-Net whose encoder and bridge are ResNet-34.

    Each of the five decoder levels doubles its features by nearest neighbour, joins
    them with the encoder's map of that size - the last one with the picture itself -
    and applies two 3x3 convolutions with normalisation and GELU.

    The paper's network draws the picture (``head="direct"``). facekit's own predicts
    how to change it: a soft-light blend map and a residual, both starting at "leave
    it", see ``facekit.ops.soft_light``. Enlarged, the maps change the face at the
    photo's own size.

    Args:
        depths: tuple of ints, blocks of the encoder's stages. Defaults to
            (3, 4, 6, 3), ResNet-34.
        width: float > 0, scales all channels. Defaults to 1.
        normalization: "instance" (the paper's), "group", "batch" or None. Defaults to
            "instance".
        activation: name or function of the activations; "gelu" is the tanh form.
            Defaults to "gelu".
        head: "blend" or "direct". Defaults to "blend".
        symmetric: bool, whether the maps are, but for training, the mean of what the
            network says of a picture and of its mirror image. Of the blend head only.
            Defaults to False.
        image_channels: int. Defaults to 3.

    Input shape:
        (batch, height, width, 3), float32, [0, 1]; height and width are multiples of
        32. Also taken as ``{"image": ...}``.
    Output shape:
        ``{"restored", "blend", "residual"}``, each (batch, height, width, 3), float32:
        the picture, not clipped; the map in [0, 1], 0.5 = unchanged; what is added.
        Of the direct head ``blend`` is 0.5 and ``residual`` the difference.

    Raises:
        ValueError: an argument is out of range, or a picture's height or width is no
            multiple of 32.

    Example:
        >>> import numpy as np
        >>> model = Res34UNet(depths=(1, 1, 1, 1), width=0.125)
        >>> image = np.full((1, 32, 64, 3), 0.3, "float32")
        >>> bool(np.all(model(image)["restored"] == image))
        True

    Reference:
        Ronneberger et al. 2015 (arXiv:1505.04597); He et al. 2015 (arXiv:1512.03385).
    """

    multiple_of = 32

    def __init__(
        self,
        depths=STAGE_DEPTHS,
        width=1.0,
        normalization="instance",
        activation="gelu",
        head="blend",
        symmetric=False,
        image_channels=3,
        **kwargs,
    ):
        if head not in HEADS:
            raise ValueError(f"`head` must be one of {HEADS}. Received: {head!r}")
        if symmetric and head != "blend":
            raise ValueError(
                f'`symmetric` takes `head="blend"`, as maps are averaged. Received: '
                f"head={head!r}"
            )
        image = keras.Input((None, None, image_channels), name="image")
        centred = 2.0 * image - 1.0
        encoder = ResNet34Encoder(
            depths, width, normalization, activation, image_channels, name="encoder"
        )
        *skips, x = encoder(centred)
        skips = [centred, *skips]
        for level, count in enumerate(DECODER_FILTERS, start=1):
            name = f"decoder_{level}"
            x = layers.UpSampling2D(2, name=f"{name}_up")(x)
            x = layers.Concatenate(name=f"{name}_join")([x, skips.pop()])
            for part in (1, 2):
                x = layers.Conv2D(
                    scaled_filters(count, width),
                    3,
                    padding="same",
                    use_bias=normalization is None,
                    kernel_initializer="he_normal",
                    name=f"{name}_conv_{part}",
                )(x)
                x = normalized(x, normalization, f"{name}_norm_{part}")
                x = activated(x, activation, f"{name}_activation_{part}")
        make_head = _blend_head if head == "blend" else _direct_head
        kwargs.setdefault("name", "res34_unet")
        super().__init__(inputs={"image": image}, outputs=make_head(x, image), **kwargs)
        self.depths = tuple(depths)
        self.width = width
        self.normalization = normalization
        self.activation = activation
        self.head = head
        self.symmetric = symmetric
        self.image_channels = image_channels

    @classmethod
    def compact(cls, **kwargs):
        """A small network for CPUs: channels scaled to 3/8, no normalisation."""
        return cls(**{"width": 0.375, "normalization": None, **kwargs})

    def call(self, inputs, training=None, mask=None):
        image = inputs["image"] if isinstance(inputs, dict) else inputs
        space = image.shape[1:3]
        if any(size is not None and size % self.multiple_of for size in space):
            raise ValueError(
                f"Height and width must be multiples of {self.multiple_of}. "
                f"Received: {tuple(space)}"
            )
        if not self.symmetric or training:
            return super().call({"image": image}, training=training, mask=mask)
        # Both in one batch, so that an exported graph holds the network once.
        both = ops.concatenate([image, image[:, :, ::-1]])
        outputs = super().call({"image": both}, training=training, mask=mask)
        blend, residual = (
            0.5 * (here + there[:, :, ::-1])
            for here, there in (
                ops.split(outputs[name], 2) for name in ("blend", "residual")
            )
        )
        restored = soft_light(image, blend, residual)
        return {"restored": restored, "blend": blend, "residual": residual}

    def get_config(self):
        return {
            "name": self.name,
            "depths": self.depths,
            "width": self.width,
            "normalization": self.normalization,
            "activation": activation_config(self.activation),
            "head": self.head,
            "symmetric": self.symmetric,
            "image_channels": self.image_channels,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _blend_head(x, image):
    """Maps that start at "leave the picture as it is", and the picture they make."""
    colours = image.shape[-1]
    x = layers.Conv2D(
        2 * colours,
        3,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
        name="maps",
    )(x)
    blend = ops.sigmoid(x[..., :colours])
    residual = x[..., colours:]
    restored = soft_light(image, blend, residual)
    return {"restored": restored, "blend": blend, "residual": residual}


def _direct_head(x, image):
    restored = layers.Conv2D(
        image.shape[-1], 3, padding="same", dtype="float32", name="picture"
    )(x)
    residual = restored - image
    blend = 0.5 * ops.ones_like(image)
    return {"restored": restored, "blend": blend, "residual": residual}
