"""Move what is drawn into a hole until its edges meet those that are seen around it."""

import cv2
import numpy as np

from facekit.data.smooth_fill import smooth_fill

# Shares of the square: edges are what differs from a blur over the first; from how far
# around a hole moves are taken, falling off; and the longest one, beyond which two
# edges are not the same.
_BLUR, _NEAR, _FARTHEST = 0.03, 0.04, 0.04
_CONTRAST = 400.0  # grey levels of 255 for an edge as high as the range
_PATCH = 12  # pixels that move together
# An edge of so much counts half, and what is none at least so much.
_STEEP, _LEAST = 100.0, 0.02
_RELAXATIONS = 12


def register(drawn, image, known):
    """Move a drawn picture by how its edges miss those of the photo around a hole.

    A lip that is drawn a little too high meets the rest of it then. Inside the hole the
    moves of its rim go over into one another.

    Args:
        drawn: float32, (size, size, 3), [0, 1], there in the hole and around it.
        image: float32, (size, size, 3), [0, 1], the photo.
        known: float32, (size, size), 1 = known and drawn as well, 0 = hidden.

    Returns:
        float32, (size, size, 3), [0, 1], the moved picture.

    Reference: Kroeger et al., Fast Optical Flow using Dense Inverse Search, 2016.
    """
    size, photo = len(known), known > 0.5
    # Light that falls otherwise is no edge.
    light = _blurred(known[..., None] * (image - drawn))
    light /= np.maximum(_blurred(known)[..., None], 1e-3)
    aim = np.where(photo[..., None], image - light, drawn)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setPatchSize(_PATCH)
    flow.setPatchStride(_PATCH // 2)
    seen = _edges(aim)
    moves = flow.calc(seen, _edges(drawn), None)
    away = cv2.distanceTransform(photo.astype("uint8"), cv2.DIST_L2, 5)
    # Nearer ones are mixed with those of the hole, where there is nothing to find.
    away = np.maximum(away - _PATCH / 2, 0)
    weight = known * (away > 0) * np.exp(-away / (_NEAR * size))
    weight *= np.linalg.norm(moves, axis=-1) < _FARTHEST * size
    # Where there is no edge nothing says how far to move.
    steepness = np.hypot(
        *(cv2.Sobel(seen, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    )
    weight *= np.maximum(steepness / (steepness + _STEEP), _LEAST)
    moves = smooth_fill(moves, weight, _RELAXATIONS)
    rows, columns = np.indices(known.shape, "float32")
    places = np.dstack([columns, rows]) + moves
    moved = cv2.remap(drawn, places, None, cv2.INTER_CUBIC, None, cv2.BORDER_REPLICATE)
    return np.clip(moved, 0, 1)


def _edges(image):
    """How much brighter or darker pixels are than those around them, uint8."""
    grey = image.mean(-1)
    edges = 128 + _CONTRAST * (grey - _blurred(grey))
    return np.clip(np.rint(edges), 0, 255).astype("uint8")


def _blurred(values):
    return cv2.GaussianBlur(values, (0, 0), _BLUR * len(values))
