"""From reflectance spectra to linear and encoded sRGB."""

import numpy as np

from facekit.spectra.light import illuminant
from facekit.spectra.tables import spectral_tables

# IEC 61966-2-1, linear sRGB of CIE XYZ under D65 with Y = 1 for white.
XYZ_TO_SRGB = np.array(
    (
        (3.2406, -1.5372, -0.4986),
        (-0.9689, 1.8758, 0.0415),
        (0.0557, -0.2040, 1.0570),
    )
)
D65_WHITE = np.array((0.95047, 1.0, 1.08883))


def encode_srgb(linear):
    """Encode linear sRGB for display.

    Args:
        linear: array of any shape; values are clipped to [0, 1].

    Returns:
        Array of that shape in [0, 1].

    Reference: IEC 61966-2-1.
    """
    linear = np.clip(linear, 0, 1)
    high = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, high)


def decode_srgb(encoded):
    """Undo the sRGB encoding.

    Args:
        encoded: array of any shape in [0, 1].

    Returns:
        Linear sRGB, array of that shape in [0, 1].

    Reference: IEC 61966-2-1.
    """
    encoded = np.asarray(encoded)
    high = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, high)


def camera_to_xyz(sensitivities):
    """Colour matrix of a camera, white-balanced raw to XYZ.

    Least squares from the sensitivities to the colour-matching functions, then each
    row scaled so that raw (1, 1, 1) gives the D65 white. White balance undoes the gain
    of a channel, so gains do not matter here either.

    Args:
        sensitivities: array (33, 3).

    Returns:
        float64 (3, 3); ``xyz = raw @ matrix.T``.
    """
    observer = spectral_tables()["observer"]
    sensitivities = sensitivities / sensitivities.sum(0)
    matrix = np.linalg.lstsq(sensitivities, observer, rcond=None)[0].T
    return matrix * (D65_WHITE / matrix.sum(1))[:, None]


def reflectance_to_srgb(reflectance, light=None, sensitivities=None):
    """Linear sRGB of surfaces as a white-balanced camera sees them.

    Args:
        reflectance: array (..., 33) in [0, 1].
        light: spectrum (33,) of the light. Defaults to D65.
        sensitivities: array (33, 3) of the camera. Defaults to the CIE 1931 2-degree
            observer, whose XYZ are scaled to the D65 white one by one.

    Returns:
        float64 (..., 3), not clipped: a perfect white is (1, 1, 1), and saturated
        colours can be below 0.
    """
    light = illuminant("D65") if light is None else np.asarray(light, float)
    observed = sensitivities is None
    curves = spectral_tables()["observer"] if observed else sensitivities
    weights = light[:, None] * curves
    raw = reflectance @ (weights / weights.sum(0))
    to_xyz = np.diag(D65_WHITE) if observed else camera_to_xyz(curves)
    matrix = XYZ_TO_SRGB @ to_xyz
    # The matrix is rounded in the standard; a white must stay white.
    matrix /= matrix.sum(1, keepdims=True)
    return raw @ matrix.T
