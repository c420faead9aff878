"""Let the outline of a bare head go on smoothly where it is hidden."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES

_SKIN, _HAIR = (PARSING_CLASSES.index(name) for name in ("skin", "hair"))
# A ray a degree from the face's middle, above it, and steps a pixel along each.
_ANGLES = np.radians(np.arange(180, 361))
_STEPS = 4
# How much an outline counts where it is seen, and where a parsing says where it is,
# against that it bends by a pixel from ray to ray.
_SEEN, _HIDDEN = 0.1, 1e-5
_FIXED = 0.6  # of a ray: nearer to the middle nothing moves
_LEVEL = np.radians(10)  # over which moves fade towards where the rays end
_LEAST_SEEN = 20  # rays


def fair_outline(classes, known, landmarks):
    """Move the outline of a bare head in a hole, so that it has no corners.

    A skull is smooth, so its outline goes on smoothly from where it is seen, near where
    a parsing has it. Of hair nobody knows.

    Args:
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES`` in an aligned square.
        known: float32, (size, size), 1 = known, 0 = hole.
        landmarks: (468, 2), pixels of the square.

    Returns:
        float32, (size, size, 4); known pixels unchanged.

    Reference: Whittaker, On a New Method of Graduation, 1923.
    """
    size = len(known)
    middle = np.asarray(landmarks, "float64").mean(0)
    outline, hidden = _outline(classes, known, middle)
    found = np.isfinite(outline)
    hidden &= found
    if not hidden.any() or (found & ~hidden).sum() < _LEAST_SEEN:
        return classes
    outline = np.where(found, outline, 0)
    bend = np.diff(np.eye(len(outline)), 2, axis=0)
    weights = np.diag(np.where(hidden, _HIDDEN, _SEEN) * found + 1e-9)
    fair = np.linalg.solve(bend.T @ bend + weights, weights @ outline)
    move = np.where(hidden, fair - outline, 0)
    level = np.minimum(_ANGLES - _ANGLES[0], _ANGLES[-1] - _ANGLES)
    move *= np.clip(level / _LEVEL, 0, 1)
    x, y = np.meshgrid(*(np.arange(size) - along for along in middle))
    radius, angle = np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi)
    move = np.interp(angle, _ANGLES, move, 0, 0)
    reach = np.maximum(np.interp(angle, _ANGLES, fair), 1)
    move *= np.clip((radius / reach - _FIXED) / (1 - _FIXED), 0, 1) * (known < 0.5)
    places = np.dstack([x, y]) * (1 - move / np.maximum(radius, 1))[..., None] + middle
    places = np.clip(places, 0, size - 1).astype("float32")
    moved = cv2.remap(classes, places, None, cv2.INTER_LINEAR)
    return np.where(move[..., None] != 0, moved, classes)


def _outline(classes, known, middle):
    """How far the head reaches along rays, and where that is hidden.

    Returns:
        ``(outline, hidden)``: float64, pixels, NaN = beyond the square, or hair; bool.
    """
    along = np.arange(0, 2 * len(known), 1 / _STEPS)
    rays = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)[:, None] * along[:, None]
    places = (rays + middle).astype("float32")
    inside = ((places >= 0) & (places <= len(known) - 1)).all(-1)
    near = cv2.erode(known, np.ones((3, 3), "uint8"))
    layers = np.dstack([classes[..., _SKIN], classes[..., _HAIR], near])
    skin, hair, near = cv2.split(cv2.remap(layers, places, None, cv2.INTER_LINEAR))
    head = inside & (skin + hair >= 0.5)
    last = np.where(head, np.arange(len(along)), 0).max(1)
    end = np.arange(len(last)), last
    found = (last + 1 < inside.sum(1)) & (skin[end] > hair[end])
    outline = np.where(found, along[last] + 0.5 / _STEPS, np.nan)
    return outline, near[end] < 0.5
