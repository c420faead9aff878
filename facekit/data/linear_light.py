"""Between the bytes of a photo and linear light."""

import cv2
import numpy as np

_LEVELS = 65535
# What an eye takes for brightness, of linear sRGB (ITU-R BT.709).
LUMINANCE = (0.2126, 0.7152, 0.0722)


def _decoded(values):
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def _encoded(light):
    bright = 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, bright)


_TO_LIGHT = _decoded(np.arange(256) / 255).astype("float32")
_TO_BYTES = np.rint(255 * _encoded(np.arange(_LEVELS + 1) / _LEVELS)).astype("uint8")


def to_light(image):
    """Return float32 linear sRGB in [0, 1] of a uint8 photo of any shape."""
    return cv2.LUT(image, _TO_LIGHT)


def to_bytes(light):
    """Return the uint8 photo of linear sRGB, clipped to [0, 1].

    ``to_bytes(to_light(image))`` is the image itself.
    """
    return _TO_BYTES[np.clip(light * _LEVELS + 0.5, 0, _LEVELS).astype("uint16")]


def luminance(light):
    """Return float32 (height, width) of linear sRGB (height, width, 3)."""
    return light @ np.float32(LUMINANCE)
