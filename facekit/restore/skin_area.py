"""Where a face's skin is to change, so that nobody sees where that ends."""

import cv2
import numpy as np

from facekit.data.alignment import align, alignment_transform, transform_points
from facekit.data.face_regions import (
    INNER_LIPS,
    OUTER_LIPS,
    OUTLINES,
    FaceCanvas,
    rounded,
)
from facekit.data.skin_colour import skin_likeness

SIZE = 512
# Shares of the distance between the pupils.
_REACH, _EYE_MARGIN, _FEATHER = 0.7, 0.015, 0.05
_SIDE_MARGIN, _UP, _DOWN = 0.05, 0.45, 0.5
# How far down the neck changes, and from what share of that on less and less.
_NECK, _FADE = 1.8, 0.7
# Skin goes on where no colour changes by more, in units of CIELAB a pixel of the
# square, after a blur of so many pixels; edges are as wide as the last.
_EDGE, _BLUR, _EDGE_WIDTH = 2.0, 1.5, 7
# Upper and lower outline of the mesh, in MediaPipe's numbering.
_FOREHEAD = (54, 103, 67, 109, 10, 338, 297, 332, 284)
_JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
_BORDER = 48  # pixels of the square
_FACE = 0.75  # share of the square that the aligned face takes up, at the top
_LIPS = 0.6  # there is less melanin in them


def skin_area(image, landmarks):
    """Draw the skin of a face and neck, lips and brows, fading out beside them.

    Args:
        image: uint8, (height, width, 3), the photo.
        landmarks: (468, 2), photo pixels.

    Returns:
        ``(area, transform)``: float32 (512, 512), [0, 1], 1 = changes wholly, and the
        matrix from photo to area.
    """
    transform = _FACE * alignment_transform(landmarks, SIZE)
    transform[0, 2] += (1 - _FACE) / 2 * SIZE
    crop = align(image, transform, SIZE)
    points = transform_points(landmarks, transform)
    canvas = FaceCanvas(points, SIZE, SIZE, _FEATHER)
    unit = canvas.unit
    wide, neck = _wide(canvas), _neck(canvas)
    eyes = _union(canvas, OUTLINES["eyes"], _EYE_MARGIN)
    brows = _union(canvas, OUTLINES["brows"], 0)
    lips, mouth = canvas.outline(OUTER_LIPS), canvas.outline(INNER_LIPS)
    bare = wide * (1 - np.maximum.reduce([eyes, brows, lips]))
    likeness = skin_likeness(crop, bare, points, unit)
    likeness *= 1 - np.maximum(eyes, lips)
    neck *= _reached(crop, likeness * np.maximum(wide, neck), canvas)
    outside = (canvas.oval() < 0.5).astype("uint8")
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = np.clip(1 - away / (_REACH * unit), 0, 1)
    near = np.maximum(wide * near * near * (3 - 2 * near), neck)
    area = np.maximum.reduce([likeness, brows * (1 - outside), _LIPS * lips])
    area *= near * (1 - np.maximum(eyes, mouth))
    # The square ends on the neck of some; no edge must show there.
    border = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1]) / _BORDER
    area *= np.clip(np.minimum(border[:, None], border), 0, 1)
    area = cv2.GaussianBlur(area, (0, 0), _FEATHER * unit / 4)
    # What is hardly seen would only cost bytes.
    return np.where(area > 1 / 255, area, 0).astype("float32"), transform


def _wide(canvas):
    """Face, forehead up to the hairline, and neck; not what lies beside them.

    A background can have the colour of skin, so colour alone must not decide there.
    """
    face = canvas.fill(_hull(canvas.points), _SIDE_MARGIN * canvas.unit)
    forehead = canvas.fill(_drawn_out(canvas, _FOREHEAD, -_UP, 0.9))
    chin = canvas.fill(_drawn_out(canvas, _JAW, _DOWN, 0.6))
    return np.maximum.reduce([face, forehead, chin])


def _neck(canvas):
    """What lies below the jaw, less and less downwards."""
    neck = canvas.fill(_drawn_out(canvas, _JAW, _NECK, 0.9))
    places = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1)
    jaw = canvas.points[list(_JAW)] @ _down(canvas)
    depth = (places @ _down(canvas) - jaw.mean()) / (_NECK * canvas.unit)
    fade = np.clip((1 - depth) / (1 - _FADE), 0, 1)
    return (neck * fade * fade * (3 - 2 * fade)).astype("float32")


def _reached(crop, likeness, canvas):
    """Where skin goes on from the face without an edge, (SIZE, SIZE)."""
    lab = cv2.GaussianBlur(crop, (0, 0), _BLUR).astype("float32") / 255
    lab = cv2.cvtColor(lab, cv2.COLOR_RGB2LAB)
    slopes = [cv2.Sobel(lab, -1, dx, 1 - dx, scale=1 / 8) for dx in (0, 1)]
    slope = np.sqrt(np.square(slopes).sum((0, -1)))
    even = (likeness > 0.5) & (slope < _EDGE)
    _, labels = cv2.connectedComponents(even.astype("uint8"))
    in_face = labels[even & (canvas.fill(_hull(canvas.points)) > 0.5)]
    if not in_face.size:
        return np.zeros((SIZE, SIZE), "float32")
    reached = (labels == np.bincount(in_face).argmax()).astype("float32")
    reached = cv2.dilate(reached, np.ones((_EDGE_WIDTH, _EDGE_WIDTH)))
    return cv2.GaussianBlur(reached, (0, 0), _BLUR)


def _drawn_out(canvas, numbers, shift, width):
    """Outline of an edge of the face and the same moved down and made narrower."""
    edge = canvas.points[list(numbers)]
    moved = edge.mean(0) + width * (edge - edge.mean(0))
    moved = moved + shift * canvas.unit * _down(canvas)
    return _hull(np.concatenate([edge, moved]))


def _down(canvas):
    return canvas.down / max(np.hypot(*canvas.down), 1e-9)


def _hull(points):
    return rounded(cv2.convexHull(points.astype("float32"))[:, 0])


def _union(canvas, outlines, margin):
    return np.maximum.reduce([canvas.outline(part, margin) for part in outlines])
