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
# Upper and lower outline of the mesh, in MediaPipe's numbering.
_FOREHEAD = (54, 103, 67, 109, 10, 338, 297, 332, 284)
_JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
_BORDER = 48  # pixels of the square
_LIPS = 0.6  # there is less melanin in them


def skin_area(image, landmarks):
    """Draw the skin of a face, its lips and brows, and fade out on neck and ears.

    Args:
        image: uint8, (height, width, 3), the photo.
        landmarks: (468, 2), photo pixels.

    Returns:
        ``(area, transform)``: float32 (512, 512), [0, 1], 1 = changes wholly, and the
        matrix from photo to area.
    """
    transform = alignment_transform(landmarks, SIZE)
    crop = align(image, transform, SIZE)
    points = transform_points(landmarks, transform)
    canvas = FaceCanvas(points, SIZE, SIZE, _FEATHER)
    unit = canvas.unit
    wide = _wide(canvas)
    eyes = _union(canvas, OUTLINES["eyes"], _EYE_MARGIN)
    brows = _union(canvas, OUTLINES["brows"], 0)
    lips, mouth = canvas.outline(OUTER_LIPS), canvas.outline(INNER_LIPS)
    bare = wide * (1 - np.maximum.reduce([eyes, brows, lips]))
    likeness = skin_likeness(crop, bare, points, unit)
    likeness *= 1 - np.maximum(eyes, lips)
    outside = (canvas.oval() < 0.5).astype("uint8")
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = np.clip(1 - away / (_REACH * unit), 0, 1)
    area = np.maximum.reduce([likeness, brows * (1 - outside), _LIPS * lips])
    area *= wide * near * near * (3 - 2 * near) * (1 - np.maximum(eyes, mouth))
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
    points, unit = canvas.points, canvas.unit
    down = canvas.down / max(np.hypot(*canvas.down), 1e-9)
    parts = [canvas.fill(_hull(points), _SIDE_MARGIN * unit)]
    for numbers, shift, width in ((_FOREHEAD, -_UP, 0.9), (_JAW, _DOWN, 0.6)):
        edge = points[list(numbers)]
        moved = edge.mean(0) + width * (edge - edge.mean(0)) + shift * unit * down
        parts.append(canvas.fill(_hull(np.concatenate([edge, moved]))))
    return np.maximum.reduce(parts)


def _hull(points):
    return rounded(cv2.convexHull(points.astype("float32"))[:, 0])


def _union(canvas, outlines, margin):
    return np.maximum.reduce([canvas.outline(part, margin) for part in outlines])
