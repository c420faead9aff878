"""Small maps of one face, applied to a photo of any size."""

from dataclasses import dataclass

import cv2
import numpy as np

from facekit.data.alignment import (
    align,
    alignment_transform,
    invert_transform,
    transform_points,
)
from facekit.data.face_regions import FaceCanvas, face_region

# Shares of the distance between the pupils.
_OVAL_FEATHER = 0.12
_LIP_MARGIN, _EYE_MARGIN, _PART_FEATHER = 0.05, 0.2, 0.1
_BORDER = 0.04  # of the square, over which changes fade towards its border
_STRIP_PIXELS = 2**20
# Of the local fit of maps to the picture: half its window, and the variance of colour
# below which there is no edge to follow.
_FIT_RADIUS, _FIT_LEAST = 2, 2e-3

PARTS = ("lips", "eyes", "skin")


@dataclass(frozen=True)
class FaceMaps:
    """How to change one face: what a network says at its own size.

    Attributes:
        transform: float64, (2, 3), photo pixels to pixels of the maps.
        blend: float32, (size, size, 3), soft-light map in [0, 1], 0.5 = unchanged.
        residual: float32, (size, size, 3), what is added, 0 = unchanged.
        square: float32, (size, size, 3), [0, 1], the face that the network saw. Edges
            of the maps then follow those of the photo. None enlarges them smoothly.
    """

    transform: np.ndarray
    blend: np.ndarray
    residual: np.ndarray
    square: np.ndarray | None = None


def aligned_square(image, face, size, framing="head"):
    """Return the aligned square of a face.

    Args:
        image: uint8, (height, width, 3), the photo.
        face: ``Face``.
        size: int, side of the square in pixels.
        framing: as in ``facekit.data.alignment_transform``. Defaults to "head".

    Returns:
        ``(crop, transform, landmarks)``: float32 (size, size, 3) in [0, 1], the matrix
        from photo to crop, and the landmarks in the crop.
    """
    transform = alignment_transform(face.landmarks, size, framing)
    crop = align(image, transform, size).astype("float32") / np.float32(255)
    return crop, transform, transform_points(face.landmarks, transform)


def part_weights(landmarks, size, parts):
    """Where a face may change: soft masks of its parts, added up.

    Args:
        landmarks: (468, 2), pixels of the square.
        size: int, side of the square in pixels.
        parts: names out of "lips", "eyes" (lids, lashes and brows) and "skin" (the
            rest of the face up to the hairline), which together make the whole face.

    Returns:
        float32, (size, size), [0, 1].
    """
    unit = FaceCanvas(np.asarray(landmarks), size, size, feather=0).unit
    face = face_region(landmarks, "face_oval", size, size, feather=_OVAL_FEATHER)
    lips = face_region(landmarks, "lips", size, size)
    eyes = np.maximum(
        *(face_region(landmarks, name, size, size) for name in ("eyes", "brows"))
    )
    lips = _widened(lips, _LIP_MARGIN * unit, unit)
    eyes = _widened(eyes, _EYE_MARGIN * unit, unit) * (1 - lips)
    masks = {"lips": lips, "eyes": eyes, "skin": 1 - lips - eyes}
    # A chin may reach beyond the square.
    rows, columns = np.indices((size, size), "float32")
    border = np.minimum.reduce([rows, columns, size - 1 - rows, size - 1 - columns])
    face = face * np.clip(border / (_BORDER * size), 0, 1)
    return face * np.clip(sum(masks[part] for part in parts), 0, 1)


def _widened(mask, margin, unit):
    side = 2 * round(margin) + 1
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.GaussianBlur(cv2.dilate(mask, ellipse), (0, 0), _PART_FEATHER * unit / 2)


def apply_maps(image, maps, strength=1.0):
    """Change a photo by the maps of one face, at the photo's own resolution.

    The maps are enlarged and then used as ``facekit.ops.soft_light`` does, so what is
    finer than they are stays. Where a map goes with the colour of the face, as around
    painted lips, its edge is that of the photo: what the enlarged square lacks of the
    photo's colour, times the local slope of the map over the colour, is added.
    Photos are worked on in strips, in bounded memory.

    Args:
        image: uint8, (height, width, 3); changed in place.
        maps: ``FaceMaps``.
        strength: float in [0, 1].

    Reference: He and Sun 2015, "Fast guided filter" (arXiv:1505.00996).
    """
    # What is neutral needs no work: the rest of the photo keeps its bytes.
    change = strength * np.dstack([2 * maps.blend - 1, maps.residual])
    rows, columns = _seen(maps, change, image.shape)
    width = columns.stop - columns.start
    if width < 1 or rows.stop <= rows.start:
        return
    layers = np.split(change, 2, axis=2)
    if maps.square is not None:
        layers += [*_slopes(change, maps.square), maps.square]
    step = max(1, _STRIP_PIXELS // width)
    for top in range(rows.start, rows.stop, step):
        part = image[top : min(top + step, rows.stop), columns]
        to_part = invert_transform(maps.transform)
        to_part[:, 2] -= [columns.start, top]
        shape = part.shape[1::-1]
        gain, shift, *rest = (
            align(np.ascontiguousarray(layer), to_part, shape, border="zero")
            for layer in layers
        )
        light = part.astype("float32") / np.float32(255)
        if rest:
            gain_slope, shift_slope, square = rest
            finer = light - square
            gain += gain_slope * finer
            shift += shift_slope * finer
        light += gain * light * (1 - light) + shift
        part[...] = np.rint(np.clip(255 * light, 0, 255)).astype("uint8")


def _slopes(change, square):
    """How the maps change with the colour around each pixel; 0 where they are neutral.

    Returns:
        List of two float32 (size, size, 3), for gain and shift.
    """

    def mean(x):
        side = 2 * _FIT_RADIUS + 1
        return cv2.blur(x, (side, side))

    moved = (np.abs(change).max(2, keepdims=True) > 0).astype("float32")
    middle = mean(square)
    variance = np.maximum(mean(square**2) - middle**2, 0)
    slopes = []
    for part in np.split(change.astype("float32"), 2, axis=2):
        part = np.ascontiguousarray(part)
        together = mean(square * part) - middle * mean(part)
        slopes.append(moved * mean(together / (variance + _FIT_LEAST)))
    return slopes


def _seen(maps, change, shape):
    """Return the slices of the photo around what changes."""
    places = np.argwhere(np.abs(change).max(2) > 0)[:, ::-1]
    if not len(places):
        return np.s_[0:0, 0:0]
    low, high = places.min(0) - 2.0, places.max(0) + 2.0
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    corners = transform_points(corners, invert_transform(maps.transform))
    limits = np.array(shape[1::-1])
    x0, y0 = np.clip(np.floor(corners.min(0)), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(0)) + 1, 0, limits).astype(int)
    return slice(y0, y1), slice(x0, x1)
