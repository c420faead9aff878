"""Make what a network fills in meet the photo at the border of the hole."""

import cv2
import numpy as np

from facekit.data.smooth_fill import smooth_fill

_BLACK = 0.05  # of the range; much darker pixels are as good as black


def match_border(restored, mask, filled=None, as_light=False):
    """Remove the step in colour between a filled hole and what surrounds it.

    The difference between known and filled pixels along the border is continued
    smoothly into the hole and added there, as in gradient-domain cloning.

    Args:
        restored: float32, (height, width, 3), [0, 1]; known pixels are the photo's.
        mask: float32, (height, width), 1 = known, 0 = not.
        filled: float32, (height, width), 1 = filled in, or None for all that is not
            known. Defaults to None.
        as_light: whether the difference is a factor, as of light on the same thing, so
            that a pupil stays black on a brighter face. Where other things meet, such
            as hair and skin, factors are too large. Defaults to False.

    Returns:
        float32, (height, width, 3), [0, 1]; only filled pixels change.

    Reference: Farbman et al., Coordinates for Instant Image Cloning, 2009.
    """
    known = mask[..., None]
    filled = 1 - known if filled is None else filled[..., None]
    values = np.log(np.maximum(restored, 0) + _BLACK) if as_light else restored
    step = _local_mean(values, known) - _local_mean(values, filled)
    near_known = cv2.dilate(mask, np.ones((3, 3), "uint8"))
    border = near_known * filled[..., 0]
    change = smooth_fill(step * border[..., None], border)
    if as_light:
        change = (np.maximum(restored, 0) + _BLACK) * np.expm1(change)
    return np.clip(restored + filled * change, 0, 1)


def _local_mean(image, weight):
    """Average the weighted pixels of every 3 x 3 neighbourhood."""
    total = cv2.blur(image * weight, (3, 3), borderType=cv2.BORDER_REFLECT)
    share = cv2.blur(weight, (3, 3), borderType=cv2.BORDER_REFLECT)
    return total / np.maximum(share, 1e-6)[..., None]
