"""How different two colours look: CIEDE2000."""

import keras
import numpy as np
from keras import ops

from facekit.metrics.picture_mean import PictureMean, as_float, region_mean

_TO_XYZ = np.float32(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(1)
_LARGE_CHROMA = 25.0**7
# Keeps roots and angles of greys differentiable and finite.
_TINY = 1e-12


def colour_difference(target, restored, region=None):
    """Mean CIEDE2000 difference of each picture.

    About 1 is just noticeable, 2 to 3 an acceptable match of colours.

    Args:
        target: (batch, height, width, 3), sRGB in [0, 1].
        restored: as ``target``.
        region: (batch, height, width, 1), 1 = counted. Defaults to None, all pixels.

    Returns:
        float32, (batch,), >= 0; NaN where a region is empty.

    Reference: Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula",
    equations 2 to 22; white point D65.
    """
    region = None if region is None else as_float(region)
    labs = [_lab(as_float(image)) for image in (target, restored)]
    return region_mean(_ciede2000(*labs)[..., None], region)


@keras.saving.register_keras_serializable("facekit")
class ColourDifference(PictureMean):
    """Mean CIEDE2000 difference over pictures, see ``colour_difference``.

    Args:
        name: name of the metric. Defaults to "colour_difference".
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def __init__(self, name="colour_difference", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def measure(self, target, restored, region):
        return colour_difference(target, restored, region)


def _lab(image):
    linear = ops.where(
        image <= 0.04045,
        image / 12.92,
        ops.power((ops.maximum(image, 0.0) + 0.055) / 1.055, 2.4),
    )
    ratio = ops.matmul(linear, (_TO_XYZ / _WHITE[:, None]).T)
    curve = ops.where(
        ratio > (6 / 29) ** 3,
        ops.power(ops.maximum(ratio, _TINY), 1 / 3),
        ratio * (29 / 6) ** 2 / 3 + 4 / 29,
    )
    x, y, z = (curve[..., i] for i in range(3))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _ciede2000(first, second):
    (l1, a1, b1), (l2, a2, b2) = first, second
    # Greyish colours are stretched along red and green.
    chroma = (_length(a1, b1) + _length(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _saturation(chroma)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = _length(a1, b1), _length(a2, b2)
    h1, h2 = (ops.arctan2(b, a) % (2 * np.pi) for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 < 1e-9
    turn = h2 - h1
    turn = turn - 2 * np.pi * ops.round(turn / (2 * np.pi))
    turn = ops.where(grey, 0.0, turn)
    hue = ops.where(grey, h1 + h2, h1 + turn / 2)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    tone = (
        1
        - 0.17 * ops.cos(hue - np.radians(30))
        + 0.24 * ops.cos(2 * hue)
        + 0.32 * ops.cos(3 * hue + np.radians(6))
        - 0.20 * ops.cos(4 * hue - np.radians(63))
    )
    offset = ops.square(lightness - 50)
    light = (l2 - l1) / (1 + 0.015 * offset / ops.sqrt(20 + offset))
    pure = (c2 - c1) / (1 + 0.045 * chroma)
    tint = 2 * ops.sqrt(c1 * c2) * ops.sin(turn / 2) / (1 + 0.015 * chroma * tone)
    degrees = (hue * (180 / np.pi)) % 360
    bend = np.radians(60) * ops.exp(-ops.square((degrees - 275) / 25))
    cross = -ops.sin(bend) * 2 * _saturation(chroma) * pure * tint
    squares = ops.square(light) + ops.square(pure) + ops.square(tint) + cross
    return ops.sqrt(ops.maximum(squares, 0.0))


def _length(a, b):
    return ops.sqrt(ops.square(a) + ops.square(b) + _TINY)


def _saturation(chroma):
    seventh = chroma**7
    return ops.sqrt(seventh / (seventh + _LARGE_CHROMA))
