"""Pixel losses of inpainting: hole and valid L1, total variation at the hole."""

from keras import ops

from facekit.ops.masks import dilate_hole


def hole_l1(target, restored, mask):
    """L1 inside the hole, ``mean(|(1 - M) (O - GT)|)`` over all elements.

    Args:
        target: (batch, height, width, 3), [0, 1].
        restored: as ``target``.
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Returns:
        Scalar.

    Reference: Liu et al. 2018, section 3.3, L_hole.
    """
    return ops.mean(ops.abs((1.0 - mask) * (restored - target)))


def valid_l1(target, restored, mask):
    """L1 outside the hole, ``mean(|M (O - GT)|)`` over all elements.

    Args and returns: as ``hole_l1``.

    Reference: Liu et al. 2018, section 3.3, L_valid.
    """
    return ops.mean(ops.abs(mask * (restored - target)))


def hole_total_variation(image, mask):
    """Mean absolute difference of neighbours in the hole grown by one pixel.

    A pair of neighbours counts where both lie in the grown hole, so the hole's rim is
    smoothed into what surrounds it and the rest of the picture is left alone.

    Args:
        image: (batch, height, width, 3), the composite, [0, 1].
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Returns:
        Scalar: the sum of the two directions' means over all elements.

    Reference: Liu et al. 2018, equation 6.
    """
    hole = 1.0 - dilate_hole(mask, 1)
    rows = ops.abs(image[:, 1:] - image[:, :-1]) * hole[:, 1:] * hole[:, :-1]
    columns = (
        ops.abs(image[:, :, 1:] - image[:, :, :-1]) * hole[:, :, 1:] * hole[:, :, :-1]
    )
    return ops.mean(rows) + ops.mean(columns)
