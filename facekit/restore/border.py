"""Make what a network fills in meet the photo at the border of the hole."""

import cv2
import numpy as np

from facekit.data.smooth_fill import smooth_fill

_BLACK = 0.05  # of the range; much darker pixels are as good as black
# Brightness is told apart in steps of this share of the range; what is unlike counts.
_LEVELS, _UNLIKE = np.float32(0.125), 0.02
_MOST_LIGHT = 0.35  # logarithm of the largest factor


def match_border(restored, mask, filled=None, as_light=False):
    """Remove the step in colour between a filled hole and what surrounds it.

    The difference between known and filled pixels along the border is continued
    smoothly into the hole and added there, as in gradient-domain cloning, but to what
    is about as bright: what dark hair lacks, the wall beside it does not get.

    Args:
        restored: float32, (height, width, 3), [0, 1]; known pixels are the photo's.
        mask: float32, (height, width), 1 = known, 0 = not.
        filled: float32, (height, width), 1 = filled in, or None for all that is not
            known. Defaults to None.
        as_light: whether the difference is a factor, as of light on the same thing, so
            that a pupil stays black on a brighter face; it is limited to 1.4 either
            way. Where other things meet, such as hair and skin, factors are too large.
            Defaults to False.

    Returns:
        float32, (height, width, 3), [0, 1]; only filled pixels change.

    Reference: Farbman et al., Coordinates for Instant Image Cloning, 2009; Chen, Paris
    and Durand, Real-time edge-aware image processing with the bilateral grid, 2007.
    """
    known = mask[..., None]
    filled = 1 - known if filled is None else filled[..., None]
    values = np.log(np.maximum(restored, 0) + _BLACK) if as_light else restored
    step = _local_mean(values, known) - _local_mean(values, filled)
    near_known = cv2.dilate(mask, np.ones((3, 3), "uint8"))
    border = near_known * filled[..., 0]
    if as_light:
        change = np.clip(smooth_fill(step, border), -_MOST_LIGHT, _MOST_LIGHT)
        change = (np.maximum(restored, 0) + _BLACK) * np.expm1(change)
    else:
        change = _continued(step, border, restored.mean(-1), filled)
    return np.clip(restored + filled * change, 0, 1)


def _continued(step, border, brightness, filled):
    """Continue a step smoothly from a border to all that is about as bright there.

    Where less of the border is alike, a wider part of it is averaged.
    """
    total, shares = 0, 0
    for level in np.arange(0, 1 + _LEVELS, _LEVELS, "float32"):
        like = np.clip(1 - np.abs(brightness - level) / _LEVELS, 0, 1)[..., None]
        if (like * filled).any():
            weight = border * np.maximum(like[..., 0], _UNLIKE)
            total = total + like * smooth_fill(step, weight)
            shares = shares + like
    return total / np.maximum(shares, 1e-6)


def _local_mean(image, weight):
    """Average the weighted pixels of every 3 x 3 neighbourhood."""
    total = cv2.blur(image * weight, (3, 3), borderType=cv2.BORDER_REFLECT)
    share = cv2.blur(weight, (3, 3), borderType=cv2.BORDER_REFLECT)
    return total / np.maximum(share, 1e-6)[..., None]
