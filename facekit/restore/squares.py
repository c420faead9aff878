"""The aligned square of a face at a photo's own resolution, there and back."""

import numpy as np

from facekit.data.alignment import (
    align,
    alignment_transform,
    invert_transform,
    transform_points,
)
from facekit.restore.symmetry import SIDE

_MAX_FINISH = 4


def own_square(face):
    """Transform and side of a face's square at the photo's resolution, if not more."""
    factor = 1 / np.hypot(*alignment_transform(face.landmarks, SIDE)[0, :2])
    size = SIDE * int(np.clip(np.rint(factor), 1, _MAX_FINISH))
    return alignment_transform(face.landmarks, size), size


def in_square(hole, transform, size):
    """The pixels of a square that show any of the hole, bool (size, size)."""
    return align(hole.astype("float32"), transform, size, border="zero") > 1e-3


def in_photo(values, transform, shape):
    """Warp values of a square back; its box in the photo, and the values there."""
    box = square_box(transform, len(values), shape)
    to_photo = invert_transform(transform)
    to_photo[:, 2] -= box[1].start, box[0].start
    size = box[1].stop - box[1].start, box[0].stop - box[0].start
    return box, align(values, to_photo, size, border="zero")


def change_photo(image, hole, transform, change):
    """Add to the hole, in place, what changes in a square, float32 (size, size, 3)."""
    box, change = in_photo(change, transform, hole.shape)
    part = image[box]
    changed = np.clip(np.rint(part + 255 * change), 0, 255).astype("uint8")
    np.copyto(part, changed, where=hole[box][..., None])


def lay_on_photo(image, hole, transform, picture, share):
    """Lay a square's picture (size, size, 3) on the hole, in place, by its shares."""
    box, values = in_photo(np.dstack([picture, share]), transform, hole.shape)
    part, share = image[box], np.clip(values[..., 3:], 0, 1)
    laid = np.rint(part + share * (255 * values[..., :3] - part))
    laid = np.clip(laid, 0, 255).astype("uint8")
    np.copyto(part, laid, where=hole[box][..., None])


def square_box(transform, size, shape):
    """Slices of a photo, rows and columns, around a square."""
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]]) - 0.5
    corners = transform_points(corners, invert_transform(transform))
    limits = np.array(shape[::-1])
    low = np.clip(np.floor(corners.min(0)), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 1, low + 1, limits).astype(int)
    (x0, y0), (x1, y1) = low.tolist(), high.tolist()
    return np.s_[y0:y1, x0:x1]
