"""Masks: 1 = known, 0 = missing. Pure functions for any Keras backend."""

from keras import ops


def zero_missing(image, mask):
    """Set missing pixels to zero, whatever stands there, NaN and infinity included.

    Args:
        image: (batch, height, width, channels), any float dtype.
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Returns:
        Tensor of the shape and dtype of ``image``. No gradient reaches a missing
        pixel.
    """
    return ops.where(mask >= 0.5, image, ops.cast(0, image.dtype))


def composite(image, restored, mask):
    """Known pixels from ``image``, missing pixels from ``restored``.

    Args:
        image: (batch, height, width, channels).
        restored: as ``image``.
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Returns:
        Tensor of the shape of ``restored``.
    """
    return ops.where(mask >= 0.5, image, restored)


def hole_ratio(mask):
    """Fraction of missing pixels of each picture.

    Args:
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Returns:
        (batch,), in [0, 1].
    """
    return 1.0 - ops.mean(ops.cast(mask, "float32"), axis=(1, 2, 3))


def dilate_hole(mask, pixels=1):
    """Grow the missing region by ``pixels`` in every direction (a square window).

    Args:
        mask: (batch, height, width, 1), 1 = known, 0 = missing.
        pixels: int >= 1.

    Returns:
        Mask of the same shape, with fewer known pixels.
    """
    hole = 1.0 - mask
    return 1.0 - ops.max_pool(hole, 2 * pixels + 1, strides=1, padding="same")
