"""Pigments in the network's units, [-1, 1], and as volume fractions."""

from keras import ops


def pigment_fraction(units, maximum):
    """Volume fraction of a pigment, ``maximum * ((units + 1) / 2) ** 3``.

    The cube gives light skin, whose pigments are few, most of the range.

    Args:
        units: tensor, [-1, 1].
        maximum: float, fraction at 1, such as ``facekit.spectra.MAX_MELANIN``.

    Returns:
        Tensor of the shape of ``units``, [0, maximum].
    """
    share = (ops.clip(units, -1.0, 1.0) + 1.0) / 2.0
    return maximum * share * share * share


def pigment_units(fraction, maximum):
    """Undo ``pigment_fraction``.

    Args:
        fraction: tensor, [0, maximum].
        maximum: float, fraction at 1.

    Returns:
        Tensor of the shape of ``fraction``, [-1, 1]; the gradient is finite at 0.
    """
    share = ops.clip(fraction / maximum, 1e-6, 1.0)
    return 2.0 * ops.power(share, 1 / 3) - 1.0
