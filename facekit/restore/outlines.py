"""Draw the outlines of skin before a backdrop or clothes."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data.smooth_fill import smooth_fill

_SKIN, _HAIR = PARSING_CLASSES.index("skin"), PARSING_CLASSES.index("hair")
_BAND = 0.004  # of the square, on each side of an outline
_MOST_HAIR = 0.3
_SOFT = 1.0  # pixels, half of the width of an outline


def redraw_outlines(crop, hidden, classes):
    """Draw a narrow band along outlines of skin anew, from what is on both sides.

    The parts of a filled square come from a network, from patches and from smooth
    skin, and meet there in specks and thin lines. Hairlines stay as they are.

    Args:
        crop: float32, (size, size, 3), [0, 255], a filled square.
        hidden: bool, (size, size), what may change.
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES``.

    Returns:
        float32, (size, size, 3), [0, 255].
    """
    reach = max(1, round(_BAND * len(crop)))
    skin = classes[..., _SKIN] > 0.5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    hair = (classes[..., _HAIR] > _MOST_HAIR).astype("uint8")
    bare = (cv2.dilate(hair, kernel) == 0) & (classes.sum(-1) > 0.5)
    region = skin.astype("uint8")
    band = cv2.dilate(region, kernel) > cv2.erode(region, kernel)
    band &= hidden & bare
    sides = [side & bare & ~band for side in (skin, ~skin)]
    if not band.any() or not all(side.any() for side in sides):
        return crop
    inner, outer = (smooth_fill(crop, side.astype("float32")) for side in sides)
    inside = cv2.distanceTransform(skin.astype("uint8"), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~skin).astype("uint8"), cv2.DIST_L2, 5)
    share = np.clip(0.5 + (inside - outside) / (2 * _SOFT), 0, 1)[..., None]
    drawn = share * inner + (1 - share) * outer
    return np.where(band[..., None], drawn, crop)
