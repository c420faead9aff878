"""Read the hole that a person gives for a photo."""

import numpy as np

from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.photos import HIGH_BIT_MODES, open_picture
from facekit.errors import HoleError, PhotoError


def read_hole(photo, hole=None, max_megapixels=MAX_MEGAPIXELS):
    """Return which pixels of a photo are to be filled.

    The result joins the hole that is given and the photo's transparent pixels.

    Args:
        photo: a ``Photo``.
        hole: path, bytes, PIL image or array of the photo's size, nonzero = fill. In
            a picture with transparency, only opaque pixels count. None takes the
            photo's transparent pixels alone.
        max_megapixels: float, the largest hole picture accepted, or None.

    Returns:
        bool, (height, width), True = fill; may be empty if ``hole`` is.

    Raises:
        HoleError: there is no hole, it has another size than the photo, it cannot be
            read, it holds NaN, or it leaves nothing of the photo.
    """
    transparent = None if photo.alpha is None else photo.alpha == 0
    if hole is None:
        if transparent is None or not transparent.any():
            raise HoleError(
                f"{photo.name}: expected a hole or a photo with transparent pixels, "
                "received neither."
            )
        fill = transparent
    else:
        fill, name = _read_nonzero(hole, max_megapixels)
        _check_size(fill, name, photo)
        if transparent is not None:
            fill = fill | transparent
    if fill.all():
        raise HoleError(
            f"{photo.name}: the hole covers the whole photo, expected at least one "
            "pixel to go by."
        )
    return fill


def _read_nonzero(hole, max_megapixels):
    if isinstance(hole, np.ndarray):
        return _nonzero(hole), "The hole"
    try:
        picture, name = open_picture(hole, max_megapixels)
    except PhotoError as error:
        raise HoleError(f"The hole cannot be read: {error}") from error
    name = "The hole" if name == "photo" else name
    if picture.mode in HIGH_BIT_MODES:
        return _nonzero(np.asarray(picture)), name
    rgba = np.asarray(picture.convert("RGBA"))
    return rgba[..., :3].any(2) & (rgba[..., 3] > 0), name


def _nonzero(array):
    flat = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3))
    if not flat or array.dtype.kind not in "buif":
        raise HoleError(
            "A hole array must hold numbers of shape (height, width), received "
            f"{array.dtype} of shape {array.shape}."
        )
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise HoleError("The hole holds NaN, expected zero or nonzero numbers.")
    return array != 0 if array.ndim == 2 else array.any(2)


def _check_size(fill, name, photo):
    height, width = photo.image.shape[:2]
    if fill.shape != (height, width):
        raise HoleError(
            f"{name}: the hole is {fill.shape[1]} x {fill.shape[0]}, expected "
            f"{width} x {height}, the size of {photo.name}."
        )
