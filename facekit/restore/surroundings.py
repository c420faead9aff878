"""Fill what lies around faces: hair, clothes, background."""

import cv2
import numpy as np

from facekit.data.alignment import transform_points
from facekit.data.face_regions import draw_hull, feature_areas
from facekit.restore.exemplars import fill_by_exemplars
from facekit.restore.layers import fill_layers
from facekit.restore.parsing import SKIN
from facekit.restore.symmetry import is_turned

# Shares of the square: what is left of a hole goes by both its sides if it is thinner
# than the first, and the whole hole was thinner than the second.
_THIN, _ONCE_THIN = 0.08, 0.16
_OUTLINE = 0.015  # of the square, how far the outline of skin may be off
# A head's middle is looked for at this resolution, within so much of the square. What
# differs by more than a share of the range is not the same thing on both sides, and
# moving by a pixel has to gain so much.
_AXIS_SIDE, _AXIS_REACH, _DIFFERENT, _MOVE = 128, 0.055, 0.3, 4e-4


def fill_around(crop, mask, faces, transform, classes=None, hidden=None):
    """Fill all that is hidden in a square with patches of what is known of it.

    Where a hole is wide, each thing is filled for itself.

    Args:
        crop: float32, (size, size, 3), [0, 255], a square of a photo.
        mask: float32, (size, size), 1 = known, 0 = hidden.
        faces: list of ``Face``, in pixels of the photo.
        transform: (2, 3), photo pixels to square pixels.
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES``, or None. Defaults to None.
        hidden: bool, (size, size), the whole hole, of which some may be filled
            already; None if it is what ``mask`` says. Defaults to None.

    Returns:
        float32, (size, size, 3), [0, 255]; None if too little is known.
    """
    hulls, axis = _heads(crop, mask, faces, transform)
    crop = crop / np.float32(255)
    if classes is None:
        filled = fill_by_exemplars(crop, mask, hulls, axis)
    else:
        # Skin does not go on from a brow.
        features = _features(faces, transform, len(mask)) & (mask > 0)
        bare = classes * ~features[..., None]
        filled = fill_layers(crop, mask, bare, hulls, axis)
        thin = _thin(mask == 0, _THIN)
        if hidden is not None:
            thin &= _thin(hidden, _ONCE_THIN)
        # Skin is smooth.
        reach = 2 * round(_OUTLINE * len(mask)) + 1
        skin = (classes[..., SKIN] > 0.5).astype("uint8")
        thin &= cv2.erode(skin, np.ones((reach, reach), "uint8")) == 0
        if filled is not None and thin.any():
            # What lies on both sides says more than a parsing that is a little off.
            known = np.where(thin, mask, 1).astype("float32")
            between = fill_by_exemplars(filled, known, hulls, axis)
            filled = filled if between is None else between
    return None if filled is None else filled * np.float32(255)


def _thin(hidden, share):
    """Where a hole is thinner than a share of the square, bool."""
    reach = round(share * len(hidden) / 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    thick = cv2.morphologyEx(hidden.astype("uint8"), cv2.MORPH_OPEN, disc) > 0
    return hidden & ~thick


def _heads(crop, mask, faces, transform):
    """The whole faces in a square, bool, and the column of the largest head's middle.

    Without a face that looks ahead there is no such column.
    """
    hulls, axis = np.zeros(mask.shape, bool), None
    for face in faces:
        points = transform_points(face.landmarks, transform)
        if (points.max(0) >= 0).all() and (points.min(0) < mask.shape[::-1]).all():
            hulls |= draw_hull(points, mask.shape)
            if axis is None and not is_turned(points):
                axis = (points[:, 0].min() + points[:, 0].max()) / 2
    if axis is not None:
        axis = _best_axis(crop, (mask > 0.5) & ~hulls, axis)
    return hulls, axis


def _features(faces, transform, size):
    """Brows, eyes and mouths, with a little around them, bool (size, size)."""
    areas = [np.zeros((size, size), bool)]
    for face in faces:
        areas += feature_areas(transform_points(face.landmarks, transform), size)
    return np.any(areas, 0)


def _best_axis(crop, seen, near):
    """The column near another one about which both sides look most alike."""
    size, side = len(seen), min(len(seen), _AXIS_SIDE)
    image = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    image = image / np.float32(255)
    share = cv2.resize(
        seen.astype("float32"), (side, side), interpolation=cv2.INTER_AREA
    )
    seen = share > 0.99
    near = (near + 0.5) * side / size - 0.5
    columns = np.arange(side)
    best, least = near, np.inf
    reach = _AXIS_REACH * side
    for twice in range(round(2 * (near - reach)), round(2 * (near + reach)) + 1):
        opposite = twice - columns
        inside = (opposite >= 0) & (opposite < side)
        here, there = columns[inside], opposite[inside]
        both = seen[:, here] & seen[:, there]
        if not both.any():
            continue
        apart = np.abs(image[:, here] - image[:, there]).mean(-1)[both]
        found = np.minimum(apart, _DIFFERENT).mean() + _MOVE * abs(twice / 2 - near)
        if found < least:
            best, least = twice / 2, found
    return (best + 0.5) * size / side - 0.5
