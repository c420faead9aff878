"""BioFaceNet: a face photo taken apart into pigments, light and camera."""

import keras
from keras import layers, ops

from facekit.layers.atrous_pyramid_pooling import AtrousPyramidPooling
from facekit.layers.bilinear_upsampling_2d import BilinearUpsampling2D
from facekit.layers.camera_sensitivity import CameraSensitivity
from facekit.layers.illuminant import Illuminant
from facekit.layers.spectral_render import SpectralRender
from facekit.ops.skin_units import pigment_fraction
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.spectra.skin import SURFACE

PAPER_FILTERS = (32, 64, 128, 256, 512)
COMPACT = {"filters": (16, 32, 64, 96, 128), "convolutions": 2}
MAPS = ("melanin", "haemoglobin", "diffuse", "specular")
_KERNEL = 4
# Where maps start: light skin of some blood, fully lit, hardly shiny.
_BIASES = {"melanin": 0.0, "haemoglobin": 1.2, "diffuse": -0.3, "specular": -3.5}
_MAX_CAMERA = 3.0  # standard deviations


@keras.saving.register_keras_serializable("facekit")
class BioFaceNet(keras.Model):
    """Network that takes skin apart, with a physical decoder that puts it together.

    An encoder of convolution blocks and max pooling; one decoder with skip connections
    for each of the maps; a head on the bottleneck for the light's 15 and the camera's
    2 numbers. `SpectralRender` makes the reconstruction of them, so that no map can
    hold what physics does not allow.

    `BioFaceNet()` is the paper's network (28.0 M parameters), for pictures of 64 or
    224 pixels; `BioFaceNet.compact()` (2.6 M) is facekit's own size. The paper's head
    is a 4x4 convolution on the bottleneck of a 64-pixel picture; on larger ones its
    results are averaged.

    Args:
        filters: tuple of ints, channels of the encoder's levels, the last of the
            bottleneck. Defaults to the paper's.
        convolutions: int, convolutions a level. Defaults to 3.
        pyramid: whether an `AtrousPyramidPooling` follows the bottleneck, which the
            paper has not. Defaults to False.
        surface: share of the light that the skin's surface reflects diffusely; 0 is
            the paper. Defaults to .04.

    Input shape:
        (batch, height, width, 3), float32, sRGB in [0, 1]; height and width are
        multiples of `multiple_of`, and at least four times it. Also taken as
        `{"image": ...}`.
    Output shape:
        dict of float32
        melanin, haemoglobin: (batch, height, width, 1), volume fractions
        diffuse: (batch, height, width, 1), light over albedo
        specular: (batch, height, width, 1), 1 = white
        light: (batch, 33), relative power, of sum 1
        camera: (batch, 33, 3), sensitivities
        camera_weights: (batch, 2), standard deviations from the mean camera
        reconstruction: (batch, height, width, 3), sRGB in [0, 1]

    Raises:
        ValueError: there are less than two levels, or a picture's height or width is
            no multiple of `multiple_of` or too small.

    Example:
        >>> import numpy as np
        >>> network = BioFaceNet(filters=(4, 8))
        >>> maps = network(np.full((1, 8, 8, 3), 0.5, "float32"))
        >>> tuple(maps["melanin"].shape), tuple(maps["light"].shape)
        ((1, 8, 8, 1), (1, 33))

    Reference:
        Alotaibi and Smith 2019, "BioFaceNet: Deep biophysical face image
        interpretation", figure 2.
    """

    def __init__(
        self,
        filters=PAPER_FILTERS,
        convolutions=3,
        pyramid=False,
        surface=SURFACE,
        **kwargs,
    ):
        if len(filters) < 2:
            raise ValueError(f"`filters` needs two levels or more. Received: {filters}")
        self._convolutions = convolutions
        image = keras.Input((None, None, 3), name="image")
        levels, bottom = self._encode(image, filters)
        if pyramid:
            bottom = AtrousPyramidPooling(filters[-1], name="pyramid")(bottom)
        numbers = _numbers(bottom, filters[-1])
        light = Illuminant(dtype="float32", name="light")(
            numbers[:, : Illuminant.NUM_INPUTS]
        )
        weights = layers.Activation(_limited, dtype="float32", name="camera_weights")(
            numbers[:, Illuminant.NUM_INPUTS :]
        )
        camera = CameraSensitivity(dtype="float32", name="camera")(weights)
        outputs = {name: self._decode(levels, bottom, filters, name) for name in MAPS}
        outputs |= {"light": light, "camera": camera}
        render = SpectralRender(surface, dtype="float32", name="reconstruction")
        outputs["reconstruction"] = render(list(outputs.values()))
        outputs["camera_weights"] = weights
        kwargs.setdefault("name", "bio_face_net")
        super().__init__(inputs={"image": image}, outputs=outputs, **kwargs)
        self.filters = tuple(filters)
        self.convolutions = convolutions
        self.pyramid = pyramid
        self.surface = surface

    @classmethod
    def compact(cls, **kwargs):
        """A small network of 2.6 M parameters, two convolutions a level."""
        return cls(**COMPACT, **kwargs)

    @property
    def multiple_of(self):
        """Height and width of a picture must be multiples of this many pixels."""
        return 2 ** (len(self.filters) - 1)

    def call(self, inputs, training=None, mask=None):
        image = inputs["image"] if isinstance(inputs, dict) else inputs
        smallest = _KERNEL * self.multiple_of
        for side in image.shape[1:3]:
            if side is not None and (side % self.multiple_of or side < smallest):
                raise ValueError(
                    f"Height and width must be multiples of {self.multiple_of}, at "
                    f"least {smallest}. Received: {tuple(image.shape[1:3])}"
                )
        return super().call({"image": image}, training=training, mask=mask)

    def _encode(self, x, filters):
        levels = []
        for index, width in enumerate(filters[:-1], start=1):
            x = self._block(x, width, f"encoder_{index}")
            levels.append(x)
            x = layers.MaxPooling2D(2, name=f"encoder_{index}_pool")(x)
        return levels, self._block(x, filters[-1], "bottleneck")

    def _decode(self, levels, x, filters, name):
        for index in range(len(levels), 0, -1):
            level = f"{name}_{index}"
            x = BilinearUpsampling2D(2, name=f"{level}_up")(x)
            x = layers.Concatenate(name=f"{level}_skip")([x, levels[index - 1]])
            x = self._block(x, filters[index - 1], level)
        x = layers.Conv2D(
            1,
            3,
            padding="same",
            bias_initializer=keras.initializers.Constant(_BIASES[name]),
            dtype="float32",
            name=f"{name}_logit",
        )(x)
        return layers.Activation(_RANGES[name], dtype="float32", name=name)(x)

    def _block(self, x, width, name):
        for index in range(1, self._convolutions + 1):
            x = layers.Conv2D(
                width, 3, padding="same", use_bias=False, name=f"{name}_conv_{index}"
            )(x)
            x = layers.BatchNormalization(name=f"{name}_norm_{index}")(x)
            x = layers.ReLU(name=f"{name}_relu_{index}")(x)
        return x

    def get_config(self):
        return {
            "name": self.name,
            "filters": self.filters,
            "convolutions": self.convolutions,
            "pyramid": self.pyramid,
            "surface": self.surface,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _numbers(bottom, width):
    """The head of light and camera, (batch, 17), float32."""
    x = layers.Conv2D(width, _KERNEL, activation="relu", name="numbers_conv")(bottom)
    x = layers.Conv2D(width, 1, activation="relu", name="numbers_dense")(x)
    x = layers.Conv2D(
        Illuminant.NUM_INPUTS + 2,
        1,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
        dtype="float32",
        name="numbers",
    )(x)
    return layers.GlobalAveragePooling2D(dtype="float32", name="numbers_mean")(x)


@keras.saving.register_keras_serializable("facekit")
def _limited(x):
    """Numbers of the camera, within three standard deviations."""
    return _MAX_CAMERA * (2.0 * ops.sigmoid(x) - 1.0)


@keras.saving.register_keras_serializable("facekit")
def _melanin(x):
    return pigment_fraction(2.0 * ops.sigmoid(x) - 1.0, MAX_MELANIN)


@keras.saving.register_keras_serializable("facekit")
def _haemoglobin(x):
    return pigment_fraction(2.0 * ops.sigmoid(x) - 1.0, MAX_HAEMOGLOBIN)


@keras.saving.register_keras_serializable("facekit")
def _exponential(x):
    """Light is positive; the limits keep float32 and gradients finite."""
    return ops.exp(ops.clip(x, -12.0, 3.0))


_RANGES = {
    "melanin": _melanin,
    "haemoglobin": _haemoglobin,
    "diffuse": _exponential,
    "specular": _exponential,
}
