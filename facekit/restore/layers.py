"""Fill each thing in a picture as if it lay alone there, and lay them together."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data.smooth_fill import smooth_fill
from facekit.data.textures import blur_within
from facekit.restore.exemplars import fill_by_exemplars

_SKIN, _HAIR = (PARSING_CLASSES.index(name) for name in ("skin", "hair"))
# Shares of the square: the rim where a thing may show what is next to it; it is
# narrower for skin, of which there may be little.
_RIM, _SKIN_RIM = 0.012, 0.004
_LEAST_SEEN = 64  # pixels of a thing by which it can be continued
_LEAST_SHARE = 0.02
# Shares are raised to this power on a square of 256 pixels, as outlines are blurred;
# they are rounded over so much of the square, and at the end over a pixel.
_SHARPENING, _ROUNDING = 10.0, 0.01
# A thing is plain if, so far around, it differs by no more than so much of the range
# from a blur over so much of the square; its detail is limited to so many times that.
_AROUND, _PLAIN, _BLUR, _FAINT = 0.1, 0.008, 0.012, 2.5
# Averages of patches have less contrast than hair. It is compared beyond blurs over so
# much of the square, over so many times that, and at most doubled.
_BANDS, _NEARBY, _MOST_GAIN = (0.006, 0.02), 4.0, 2.0
_EDGE = 0.015  # of the square, over which what lies below a face ends
# A thing can be continued with patches from so much of the square, their middles, if
# this is their side.
_LEAST_PATCHES, _PATCH = 0.004, 0.055
_RELAXATIONS = 12


def fill_layers(image, known, classes, face=None, axis=None):
    """Fill the hole of a square, each thing with what is seen of the like.

    Skin goes on smoothly, below a face that of the neck; hair, cloth and the background
    are filled with patches, of plain ones only with their detail, and hair is given the
    contrast of what is seen of it.

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
    weights = _composition(shares)
    total, weight = np.zeros_like(image), np.zeros((*known.shape, 1), "float32")
    for place in range(shares.shape[-1]):
        area = ~known & (weights[..., place] > _LEAST_SHARE)
        if not area.any():
            continue
        own = shares[..., place] > 0.5
        if place == len(PARSING_CLASSES):
            layer = fill_by_exemplars(image, known, face, axis)
        elif place == _SKIN:
            layer = _skin(image, known & _inner(own, _SKIN_RIM), face)
        else:
            seen = known & _inner(own, _RIM)
            layer = _patches(image, seen, area, face, axis, place == _HAIR)
        if layer is not None:
            total += weights[..., place, None] * layer
            weight += weights[..., place, None]
    if not weight.any():
        return fill_by_exemplars(image, known, face, axis)
    filled = np.where(known[..., None], image, total / np.maximum(weight, 1e-9))
    # What nothing is seen of cannot be continued.
    covered = known | (weight[..., 0] > _LEAST_SHARE)
    return _continued(filled, covered)


def hardly_seen(known, classes):
    """Where things are hidden of which too little is seen to continue them.

    Args:
        known: float32, (size, size), 1 = known, 0 = hole.
        classes: as ``fill_layers`` takes it.

    Returns:
        bool, (size, size).
    """
    known, alone = known > 0.5, np.zeros(known.shape, bool)
    for place in range(classes.shape[-1]):
        own = classes[..., place] > 0.5
        if place == _SKIN:
            enough = (known & _inner(own, _SKIN_RIM)).sum() >= _LEAST_SEEN
        else:
            middles = _inner(known & _inner(own, _RIM), _PATCH / 2)
            enough = middles.sum() >= _LEAST_PATCHES * known.size
        if not enough:
            alone |= own & ~known
    return alone


def _composition(shares):
    """How much each thing counts, float32 (size, size, things)."""
    size = len(shares)
    weights = cv2.GaussianBlur(shares, (0, 0), _ROUNDING * size)
    # The largest share is 0.2 or more.
    weights = weights / weights.max(-1, keepdims=True)
    weights = weights ** (_SHARPENING * size / 256)
    weights /= weights.sum(-1, keepdims=True)
    return cv2.GaussianBlur(weights, (0, 0), 0.7)


def _skin(image, seen, face):
    """Skin, where it is seen and everywhere else; None if hardly any of it is seen."""
    if seen.sum() < _LEAST_SEEN:
        return None
    smooth = _continued(image, seen)
    if face is None or not face.any():
        return smooth
    share = below(face)
    neck = seen & (share > 0.5)
    if neck.sum() < _LEAST_SEEN:
        return smooth
    # In its own shade.
    neck = _continued(image, neck)
    return smooth + share[..., None] * (neck - smooth)


def _continued(image, seen):
    return smooth_fill(image, seen.astype("float32"), _RELAXATIONS)


def below(face):
    """How much of a picture lies below a face, not beside it.

    Args:
        face: bool, (size, size); any of it is true.

    Returns:
        float32, (size, size), [0, 1].
    """
    rows = np.indices(face.shape, "float32")[0]
    away, nearest = cv2.distanceTransformWithLabels(
        (~face).astype("uint8"), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Labels count the pixels of the face.
    down = rows - rows[face][np.argsort(nearest[face])][nearest - 1]
    share = np.clip(2.5 * down / np.maximum(away, 1) - 0.75, 0, 1)
    return cv2.GaussianBlur(share, (0, 0), _EDGE * len(face))


def _patches(image, seen, area, face, axis, strands):
    """One thing, where it is seen and in an area; None if hardly any of it is seen."""
    if seen.sum() < _LEAST_SEEN:
        return None
    smooth = _continued(image, seen)
    near = _dilated(area, _RIM)
    alone = np.where(seen[..., None], image, smooth)
    filled = fill_by_exemplars(alone, ~near | seen, face, axis, seen)
    if filled is None:
        return smooth
    around = seen & _dilated(area, _AROUND)
    if not around.any():
        return filled
    if strands:
        filled = _with_contrast(filled, seen, area)
    busy = np.abs(alone - _blurred(alone))[around].mean()
    plain = np.clip(2 - busy / _PLAIN, 0, 1)
    # Edges between patches are no detail.
    detail = np.clip(filled - _blurred(filled), -_FAINT * busy, _FAINT * busy)
    return np.clip(filled + plain * (smooth + detail - filled), 0, 1)


def _with_contrast(filled, seen, area):
    """Give hair that was filled in as much contrast as what is seen of it nearby."""
    hidden = np.float32(area & ~seen)
    share = cv2.GaussianBlur(hidden, (0, 0), _BANDS[0] * len(filled)) * hidden
    blurs = [filled, *(_blurred(filled, sigma) for sigma in _BANDS)]
    for fine, coarse, sigma in zip(blurs, blurs[1:], _BANDS, strict=False):
        band = fine - coarse
        power = np.square(band).mean(-1)
        seen_there, filled_there = (
            blur_within(power, np.float32(where), _NEARBY * sigma * len(filled))
            for where in (seen, hidden)
        )
        gain = np.sqrt(seen_there / np.maximum(filled_there, 1e-8))
        more = share * (np.clip(gain, 1, _MOST_GAIN) - 1)
        filled = filled + more[..., None] * band
    return np.clip(filled, 0, 1)


def _blurred(image, sigma=_BLUR):
    return cv2.GaussianBlur(image, (0, 0), sigma * len(image))


def _inner(area, rim):
    return ~_dilated(~area, rim)


def _dilated(area, rim):
    reach = 2 * max(1, round(rim * len(area))) + 1
    return cv2.dilate(area.astype("uint8"), np.ones((reach, reach), "uint8")) > 0
