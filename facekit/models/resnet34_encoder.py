"""ResNet-34 without its classifier: five feature maps of a picture."""

import keras
from keras import layers

from facekit.layers.normalizer import check_normalization, make_normalizer
from facekit.layers.residual_block import ResidualBlock
from facekit.ops.activations import activation_config, gelu

STAGE_FILTERS = (64, 128, 256, 512)
STAGE_DEPTHS = (3, 4, 6, 3)


@keras.saving.register_keras_serializable("facekit")
class ResNet34Encoder(keras.Model):
    """A 7x7 convolution, then four stages of basic blocks, each half the size.

    As published except for GELU instead of ReLU, instance instead of batch
    normalisation, and a shortcut that is a 1x1 convolution with a bias instead of a
    normalisation where its shape changes.

    Args:
        depths: tuple of ints, blocks of each stage. Defaults to (3, 4, 6, 3).
        width: float > 0, scales the channels of all stages; they are rounded to
            multiples of 8. Defaults to 1.
        normalization: "instance", "group", "batch" or None. Without any, each block
            starts as its shortcut. Defaults to "instance".
        activation: name or function of the activations; "gelu" is the tanh form.
            Defaults to "gelu".
        image_channels: int. Defaults to 3.

    Input shape:
        (batch, height, width, 3), float32; height and width are multiples of 32.
    Output shape:
        List of five: (batch, height / 2, width / 2, 64), then 64, 128, 256 and 512
        channels, each of half the size before, for ``width`` 1.

    Raises:
        ValueError: ``depths`` is not four numbers, ``width`` is not above 0, or the
            normalisation is unknown.

    Example:
        >>> import numpy as np
        >>> encoder = ResNet34Encoder(depths=(1, 1, 1, 1), width=0.125)
        >>> maps = encoder(np.ones((1, 64, 64, 3), "float32"))
        >>> [tuple(x.shape[1:]) for x in maps][-1]
        (2, 2, 64)

    Reference:
        He et al. 2015 (arXiv:1512.03385), table 1, 34 layers.
    """

    def __init__(
        self,
        depths=STAGE_DEPTHS,
        width=1.0,
        normalization="instance",
        activation="gelu",
        image_channels=3,
        **kwargs,
    ):
        if len(depths) != len(STAGE_FILTERS) or min(depths) < 1:
            raise ValueError(
                f"`depths` must be four numbers of blocks. Received: {depths}"
            )
        check_normalization(normalization)
        image = keras.Input((None, None, image_channels), name="image")
        filters = [scaled_filters(count, width) for count in STAGE_FILTERS]
        x = layers.ZeroPadding2D(3, name="stem_pad")(image)
        x = layers.Conv2D(
            filters[0],
            7,
            strides=2,
            use_bias=normalization is None,
            kernel_initializer="he_normal",
            name="stem_conv",
        )(x)
        x = normalized(x, normalization, "stem_norm")
        x = activated(x, activation, "stem_activation")
        maps = [x]
        x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
        for stage, (count, depth) in enumerate(zip(filters, depths, strict=True), 1):
            for index in range(depth):
                name = f"stage_{stage}_block_{index + 1}"
                x = ResidualBlock(
                    count,
                    strides=2 if stage > 1 and index == 0 else 1,
                    normalization=normalization,
                    activation=activation,
                    padding="constant",
                    zero_start=normalization is None,
                    name=name,
                )(x)
                x = activated(x, activation, f"{name}_activation")
            maps.append(x)
        kwargs.setdefault("name", "resnet34_encoder")
        super().__init__(inputs=image, outputs=maps, **kwargs)
        self.depths = tuple(depths)
        self.width = width
        self.normalization = normalization
        self.activation = activation
        self.image_channels = image_channels

    def get_config(self):
        return {
            "name": self.name,
            "depths": self.depths,
            "width": self.width,
            "normalization": self.normalization,
            "activation": activation_config(self.activation),
            "image_channels": self.image_channels,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def scaled_filters(count, width):
    """Channels times a width, as the nearest multiple of 8, at least 8."""
    if not width > 0:
        raise ValueError(f"`width` must be above 0. Received: {width!r}")
    return max(8, 8 * round(count * width / 8))


def normalized(x, normalization, name):
    """Add a normalisation layer to a graph, if there is one."""
    layer = make_normalizer(normalization, x.shape[-1], name=name)
    return x if layer is None else layer(x)


def activated(x, activation, name):
    """Add an activation layer to a graph."""
    return layers.Activation(gelu if activation == "gelu" else activation, name=name)(x)
