"""Pigments in the network's units, [-1, 1], and as volume fractions, in NumPy.

``facekit.ops.skin_units`` is the same on tensors.
"""

import numpy as np


def pigment_fraction(units, maximum):
    """Volume fraction of a pigment, ``maximum * ((units + 1) / 2) ** 3``.

    Args:
        units: array; clipped to [-1, 1].
        maximum: float, fraction at 1, such as ``MAX_MELANIN``.

    Returns:
        Array of the shape of ``units``, [0, maximum].
    """
    return maximum * ((np.clip(units, -1, 1) + 1) / 2) ** 3


def pigment_units(fraction, maximum):
    """Undo ``pigment_fraction``.

    Args:
        fraction: array, [0, maximum].
        maximum: float, fraction at 1.

    Returns:
        Array of the shape of ``fraction``, [-1, 1].
    """
    return 2 * np.cbrt(fraction / maximum) - 1
