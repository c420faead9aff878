"""Fill each thing in a picture as if it lay alone there, and lay them together."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data.smooth_fill import smooth_fill
from facekit.restore.exemplars import fill_by_exemplars

_SKIN = PARSING_CLASSES.index("skin")
_RIM = 0.012  # of the square, where a thing may show what is next to it
_LEAST_SEEN = 64  # pixels of a thing by which it can be continued
_LEAST_SHARE = 0.02
# Shares are raised to this power on a square of 256 pixels, as outlines are blurred.
_SHARPENING = 10.0


def fill_layers(image, known, classes, face=None, axis=None):
    """Fill the hole of a square, each thing with what is seen of the like.

    Skin goes on smoothly; hair, cloth and the background are filled with patches.

    Args:
        image: float32, (size, size, 3), [0, 1]. Unknown pixels are never read.
        known: float32, (size, size), 1 = known, 0 = hole.
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES``, 0 where nothing is known of them.
        face: as ``fill_by_exemplars`` takes it. Defaults to None.
        axis: the same. Defaults to None.

    Returns:
        float32, (size, size, 3), [0, 1], known pixels unchanged; None if too little is
        known to fill from.
    """
    known = known > 0.5
    shares = np.dstack([classes, np.clip(1 - classes.sum(-1), 0, 1)])
    # The largest share is 0.2 or more.
    weights = shares / shares.max(-1, keepdims=True)
    weights = weights ** (_SHARPENING * len(known) / 256)
    weights /= weights.sum(-1, keepdims=True)
    total, weight = np.zeros_like(image), np.zeros((*known.shape, 1), "float32")
    for place in range(shares.shape[-1]):
        area = ~known & (weights[..., place] > _LEAST_SHARE)
        if not area.any():
            continue
        if place == len(PARSING_CLASSES):
            layer = fill_by_exemplars(image, known, face, axis)
        else:
            seen = known & _inner(shares[..., place] > 0.5)
            layer = _layer(image, seen, area, face, axis, place == _SKIN)
        if layer is not None:
            total += weights[..., place, None] * layer
            weight += weights[..., place, None]
    if not weight.any():
        return fill_by_exemplars(image, known, face, axis)
    filled = np.where(known[..., None], image, total / np.maximum(weight, 1e-9))
    # What nothing is seen of cannot be continued.
    covered = known | (weight[..., 0] > _LEAST_SHARE)
    return smooth_fill(filled, covered.astype("float32"))


def _layer(image, seen, area, face, axis, smoothly):
    """One thing, where it is seen and in an area; None if hardly any of it is seen."""
    if seen.sum() < _LEAST_SEEN:
        return None
    smooth = smooth_fill(image, seen.astype("float32"))
    if smoothly:
        return smooth
    reach = 2 * _reach(seen) + 1
    near = cv2.dilate(area.astype("uint8"), np.ones((reach, reach), "uint8")) > 0
    alone = np.where(seen[..., None], image, smooth)
    filled = fill_by_exemplars(alone, ~near | seen, face, axis, seen)
    return smooth if filled is None else filled


def _inner(area):
    reach = 2 * _reach(area) + 1
    return cv2.erode(area.astype("uint8"), np.ones((reach, reach), "uint8")) > 0


def _reach(area):
    return max(1, round(_RIM * len(area)))
