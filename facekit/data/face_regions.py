"""Soft masks of the parts of a face, drawn from its landmarks."""

import cv2
import numpy as np

from facekit.data.alignment import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from facekit.data.skin_colour import skin_likeness

# Outlines in MediaPipe's numbering; left and right are the person's own.
# fmt: off
_RIGHT_EYE_OUTLINE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159,
                      160, 161, 246)
_LEFT_EYE_OUTLINE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386,
                     387, 388, 466)
_RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
_LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267,
               0, 37, 39, 40, 185)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312,
               13, 82, 81, 80, 191)
_NOSE = (168, 193, 122, 174, 198, 49, 129, 64, 98, 97, 2, 326, 327, 294, 358, 279, 420,
         399, 351, 417)
_MASK_EDGE = (234, 227, 116, 117, 118, 119, 120, 128, 196, 197, 419, 357, 349, 348,
              347, 346, 345, 447, 454)
# Jaw, temples and brows.
_INNER_FACE = (389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148,
               176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 70, 63, 105, 66,
               107, 336, 296, 334, 293, 300)
# fmt: on
OUTLINES = {
    "right_eye": (_RIGHT_EYE_OUTLINE,),
    "left_eye": (_LEFT_EYE_OUTLINE,),
    "eyes": (_RIGHT_EYE_OUTLINE, _LEFT_EYE_OUTLINE),
    "brows": (_RIGHT_BROW, _LEFT_BROW),
    "nose": (_NOSE,),
}
FACE_REGIONS = ("face_oval", "skin", "lips", *OUTLINES, "lower_face")

# Share of an aligned square, which features reach beyond their outlines.
_FEATURE_MARGIN = 0.02
# Lids and lashes, and the fringes of brows and lips, are no bare skin; shares of the
# distance between the pupils.
_SKIN_MARGIN = 0.03
# Up to so many pixels between the pupils, each is drawn as this many squared.
_SUPERSAMPLING = ((256, 4), (1024, 2), (np.inf, 1))


def face_region(landmarks, name, height, width, feather=0.02, image=None):
    """Draw a part of a face as a soft mask.

    The regions are "face_oval" (from hairline to chin, without ears), "lips" (without
    the open mouth), "right_eye" and "left_eye" (the person's own; what the lids leave
    open), "eyes", "brows", "nose", "lower_face" (what a worn mask covers: from the
    bridge of the nose and below the eyes down to the chin) and "skin": the oval
    without lips, mouth, eyes and brows. Given the photo, hair, glasses and other
    things of another colour than the cheeks are kept out of the skin too; what has
    the colour of skin, such as a hand, is not.

    Args:
        landmarks: (468, 2) points in the photo, MediaPipe's numbering, pixels; they
            may lie outside the photo.
        name: str, one of ``FACE_REGIONS``.
        height: int, height of the photo in pixels.
        width: int, width of the photo in pixels.
        feather: float >= 0, how wide the edge fades from 1 to 0, as a share of the
            distance between the pupils (on a face turned aside, of the distance from
            eyes to mouth). 0 leaves the edge antialiased. Defaults to 0.02.
        image: uint8, (height, width, 3), RGB, the photo; used by "skin" only. None
            goes by the landmarks alone. Defaults to None.

    Returns:
        float32, (height, width), in [0, 1], 1 = inside.

    Raises:
        ValueError: an argument is of another form.
    """
    points = _checked(landmarks, name, height, width, feather, image)
    canvas = FaceCanvas(points, height, width, feather)
    if name == "face_oval":
        return canvas.oval()
    if name == "lips":
        return canvas.outline(OUTER_LIPS) * (1 - canvas.outline(INNER_LIPS))
    if name == "lower_face":
        return canvas.oval() * canvas.below(_MASK_EDGE)
    if name == "skin":
        return _skin(canvas, image)
    return np.maximum.reduce([canvas.outline(part) for part in OUTLINES[name]])


def inner_face(landmarks):
    """The landmarks around a face below its forehead, where hair may fall."""
    return landmarks[list(_INNER_FACE)]


def feature_areas(landmarks, size):
    """Draw both eyes, both brows and the mouth, with lids, lashes and fringes.

    Args:
        landmarks: (468, 2) points in an aligned square, pixels.
        size: int, side of the square.

    Returns:
        List of five bool (size, size), in that order; the person's right comes first.
    """
    reach = round(_FEATURE_MARGIN * size)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    areas = []
    for outline in (*OUTLINES["eyes"], *OUTLINES["brows"], OUTER_LIPS):
        area = draw_hull(landmarks[list(outline)], (size, size)).astype("uint8")
        areas.append(cv2.dilate(area, disc) > 0)
    return areas


def draw_hull(points, shape):
    """Draw the convex hull of points.

    Args:
        points: (count, 2), pixels.
        shape: (height, width).

    Returns:
        bool, (height, width), True = inside.
    """
    hull = cv2.convexHull(np.asarray(points, "float32"))
    hull = np.rint(hull.clip(-1e6, 1e6)).astype("int32")
    return cv2.fillConvexPoly(np.zeros(shape, "uint8"), hull, 1) > 0


def _checked(landmarks, name, height, width, feather, image):
    """Return the landmarks as float64 after all arguments have been checked."""
    points = np.asarray(landmarks, "float64")
    if points.shape != (468, 2) or not np.isfinite(points).all():
        raise ValueError(
            "`landmarks` must be 468 finite (x, y) points. Received: shape "
            f"{points.shape}"
        )
    if name not in FACE_REGIONS:
        raise ValueError(
            f"`name` must be one of {', '.join(FACE_REGIONS)}. Received: {name!r}"
        )
    if height < 1 or width < 1:
        raise ValueError(
            f"`height` and `width` must be at least 1. Received: {height}, {width}"
        )
    if not 0 <= feather < np.inf:
        raise ValueError(f"`feather` must be a number >= 0. Received: {feather}")
    if image is not None and (image.shape, image.dtype) != (
        (height, width, 3),
        "uint8",
    ):
        raise ValueError(
            f"`image` must be uint8 of shape ({height}, {width}, 3). Received: "
            f"{image.dtype} of shape {image.shape}"
        )
    return points


def _skin(canvas, image):
    skin = canvas.oval()
    # The outer lips enclose the open mouth.
    parts = (*OUTLINES["eyes"], *OUTLINES["brows"], OUTER_LIPS)
    for part in parts:
        skin *= 1 - canvas.outline(part, _SKIN_MARGIN)
    if image is not None:
        box = box_of(skin)
        if box is not None:
            offset = (box[1].start, box[0].start)
            likeness = skin_likeness(
                image[box], skin[box], canvas.points - offset, canvas.unit
            )
            skin[box] *= likeness
    return skin


def box_of(mask):
    """Return the slices around what is not zero; None if all is."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if not len(rows):
        return None
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


class FaceCanvas:
    """Draws outlines of one face as soft masks of the photo's size."""

    def __init__(self, points, height, width, feather):
        self.points = points
        self.shape = (height, width)
        right, left, mouth = (
            points[list(part)].mean(0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH_CORNERS)
        )
        self.down = mouth - (right + left) / 2
        # Of a profile both pupils are in one place.
        self.unit = max(np.hypot(*(left - right)), 0.9 * np.hypot(*self.down), 1e-3)
        self.sigma = min(feather * self.unit, max(self.shape)) / 4
        self.factor = next(n for limit, n in _SUPERSAMPLING if self.unit <= limit)

    def oval(self):
        """Draw the hull of all points, which in profile holds the nose as well."""
        hull = cv2.convexHull(self.points.astype("float32"))[:, 0]
        return self.fill(rounded(hull))

    def outline(self, numbers, margin=0.0):
        """Draw a closed outline, wider by a share of the unit."""
        return self.fill(rounded(self.points[list(numbers)]), margin * self.unit)

    def below(self, numbers):
        """Draw all that lies below an edge, seen upright along the face."""
        edge = self.points[list(numbers)]
        across = edge[-1] - edge[0]
        down = self.down / max(np.hypot(*self.down), 1e-9)
        edge = np.concatenate([[edge[0] - across], edge, [edge[-1] + across]])
        far = 8 * self.unit * down
        return self.fill(np.concatenate([edge, edge[::-1] + far]))

    def fill(self, polygon, margin=0.0):
        """Fill a polygon, subpixel exact, then fade its edge."""
        mask = np.zeros(self.shape, "float32")
        limits = np.array(self.shape[::-1])
        reach = min(margin + 4 * self.sigma + 2, 2 * limits.max())
        low = np.floor(np.clip(polygon.min(0) - reach, -reach, limits)).astype(int)
        high = np.ceil(np.clip(polygon.max(0) + reach, 0, limits + reach)).astype(int)
        size = high - low
        if (high <= 0).any() or (low >= limits).any() or (size < 1).any():
            return mask
        factor = self.factor
        part = np.zeros(factor * size[::-1], "uint8")
        places = (polygon - low + 0.5) * factor - 0.5
        places = places.clip(-1e6, 1e6)
        cv2.fillPoly(part, [np.rint(places * 16).astype("int32")], 255, shift=4)
        if margin:
            away = cv2.distanceTransform(255 - part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
            part = np.where(away <= margin * factor, np.uint8(255), np.uint8(0))
        size = tuple(int(x) for x in size)
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        part = part.astype("float32") / 255
        if self.sigma > 0.1:
            part = cv2.GaussianBlur(part, (0, 0), self.sigma)
        x0, y0 = np.maximum(low, 0)
        x1, y1 = np.minimum(high, limits)
        mask[y0:y1, x0:x1] = part[y0 - low[1] : y1 - low[1], x0 - low[0] : x1 - low[0]]
        return np.clip(mask, 0, 1)


def rounded(points, steps=8):
    """Lay a closed Catmull-Rom curve through points."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    beyond = np.roll(points, -2, 0)
    share = (np.arange(steps) / steps)[:, None, None]
    curve = 0.5 * (
        2 * points
        + share * (after - before)
        + share**2 * (2 * before - 5 * points + 4 * after - beyond)
        + share**3 * (3 * points - before - 3 * after + beyond)
    )
    return curve.transpose(1, 0, 2).reshape(-1, 2)
