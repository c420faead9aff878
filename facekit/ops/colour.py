"""Colour between cameras, CIE XYZ and sRGB. Pure functions for any Keras backend."""

import numpy as np
from keras import ops

from facekit.spectra import spectral_tables
from facekit.spectra.colour import D65_WHITE, XYZ_TO_SRGB


def encode_srgb(linear):
    """Encode linear sRGB for display.

    Args:
        linear: tensor of any shape; values are clipped to [0, 1].

    Returns:
        Tensor of that shape in [0, 1]; the gradient is finite everywhere.

    Reference: IEC 61966-2-1.
    """
    linear = ops.clip(linear, 0.0, 1.0)
    # The branch that is not taken must have a finite gradient, too.
    high = 1.055 * ops.power(ops.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return ops.where(linear <= 0.0031308, 12.92 * linear, high)


def decode_srgb(encoded):
    """Undo the sRGB encoding.

    Args:
        encoded: tensor of any shape in [0, 1].

    Returns:
        Linear sRGB, tensor of that shape in [0, 1].

    Reference: IEC 61966-2-1.
    """
    high = ops.power((ops.maximum(encoded, 0.04045) + 0.055) / 1.055, 2.4)
    return ops.where(encoded <= 0.04045, encoded / 12.92, high)


def white_balanced_weights(light, camera):
    """How much each band counts in a camera's white-balanced channels.

    Args:
        light: (batch, bands), relative power, at least 0.
        camera: (batch, bands, 3), sensitivities, at least 0.

    Returns:
        (batch, bands, 3); each channel sums to 1, so that white is (1, 1, 1).
    """
    raw = light[:, :, None] * camera
    return raw / ops.maximum(ops.sum(raw, axis=1, keepdims=True), 1e-12)


def camera_to_srgb(camera):
    """Colour matrix of a camera, white-balanced raw to linear sRGB.

    Least squares from the sensitivities to the CIE 1931 colour-matching functions,
    each row scaled so that raw (1, 1, 1) gives the D65 white, then sRGB's matrix,
    whose rounding is mended so that white stays white.

    Args:
        camera: (batch, 33, 3), sensitivities.

    Returns:
        (batch, 3, 3); ``linear = raw @ transpose(matrix)``.
    """
    camera = camera / ops.maximum(ops.sum(camera, axis=1, keepdims=True), 1e-12)
    observer = spectral_tables()["observer"].astype("float32")
    normal = ops.einsum("nbi,nbj->nij", camera, camera)
    fitted = ops.einsum("bx,nbi->nxi", observer, camera)
    to_xyz = ops.matmul(fitted, _inverse(normal))
    white = D65_WHITE.astype("float32")[:, None]
    to_xyz = to_xyz * (white / ops.sum(to_xyz, axis=2, keepdims=True))
    # The inverse is symmetric, so that no transpose is needed above.
    to_srgb = XYZ_TO_SRGB / (XYZ_TO_SRGB @ D65_WHITE)[:, None]
    return ops.matmul(np.asarray(to_srgb, "float32"), to_xyz)


def _inverse(matrix):
    """Inverse of well-conditioned symmetric (batch, 3, 3), by cofactors."""
    first, second, third = (matrix[:, row] for row in range(3))
    cofactors = ops.stack(
        (
            ops.cross(second, third),
            ops.cross(third, first),
            ops.cross(first, second),
        ),
        axis=1,
    )
    determinant = ops.sum(first * cofactors[:, 0], axis=1)
    # 0 only for a camera that sees less than three colours.
    determinant = ops.maximum(determinant, 1e-12)
    return cofactors / determinant[:, None, None]
