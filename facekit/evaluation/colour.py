"""Colours as people see them."""

import numpy as np

from facekit.spectra.colour import XYZ_TO_SRGB


def linear_to_lab(linear):
    """CIELAB under D65.

    Args:
        linear: array (..., 3), linear sRGB, not limited.

    Returns:
        float64 (..., 3).

    Reference: CIE 15:2004, section 8.2.1.
    """
    to_xyz = np.linalg.inv(XYZ_TO_SRGB)
    share = np.asarray(linear, float) @ to_xyz.T / to_xyz.sum(1)
    root = np.where(share > 216 / 24389, np.cbrt(share), share * 841 / 108 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1)
