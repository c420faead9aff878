"""Read any photo as 8-bit RGB, and write one without ever leaving half a file."""

import io
import os
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facekit.conventions import MAX_MEGAPIXELS
from facekit.errors import PhotoError

# What is written, and what is looked for in folders.
PHOTO_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
READ_SUFFIXES = (*PHOTO_SUFFIXES, ".gif")
HIGH_BIT_MODES = ("F", "I", "I;16", "I;16B", "I;16L", "I;16N")

_SAVE_OPTIONS = {
    ".bmp": {"format": "BMP"},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".png": {"format": "PNG"},
    ".tif": {"format": "TIFF", "compression": "tiff_deflate"},
    ".tiff": {"format": "TIFF", "compression": "tiff_deflate"},
    # Exact: with the colours of transparent pixels.
    ".webp": {"format": "WEBP", "lossless": True, "exact": True},
}
_WITH_ALPHA = (".png", ".tif", ".tiff", ".webp")
_PILLOW_LIMIT_LOCK = threading.Lock()


@dataclass(frozen=True)
class Photo:
    """A photo as every tool of facekit sees it.

    Attributes:
        image: uint8, (height, width, 3), RGB, upright.
        alpha: uint8, (height, width), 255 = opaque, or None for an opaque photo.
        name: what messages call it: the file's path, or a description.
        profile: bytes, the ICC profile that says what the colours mean, or None for
            sRGB.
    """

    image: np.ndarray
    alpha: np.ndarray | None
    name: str
    profile: bytes | None = None


def read_photo(source, max_megapixels=MAX_MEGAPIXELS):
    """Read a photo from a file, bytes, a PIL image or an array.

    Converted quietly: EXIF rotation, palette, CMYK, greyscale, alpha, 16 bits per
    channel (scaled), and the first frame of an animation.

    Args:
        source: path, bytes of an image file, PIL image, or an array of shape
            (height, width), (height, width, 3) or (height, width, 4), uint8 in
            [0, 255] or uint16 in [0, 65535], RGB. A ``Photo`` is returned as it is.
        max_megapixels: float, the largest size accepted, checked before a file is
            decoded; None for no limit. Defaults to 100.

    Returns:
        A ``Photo``.

    Raises:
        PhotoError: the source is missing, a folder, empty, not an image, truncated,
            too large, or an array of another type or shape.
    """
    if isinstance(source, Photo):
        return source
    if isinstance(source, np.ndarray):
        return _photo_from_array(source, max_megapixels)
    picture, name = open_picture(source, max_megapixels)
    if picture.mode in HIGH_BIT_MODES:
        return Photo(_grey_to_rgb(_to_uint8(np.asarray(picture))), None, name)
    profile = _rgb_profile(picture)
    if not picture.has_transparency_data:
        return Photo(np.array(picture.convert("RGB")), None, name, profile)
    return _split_alpha(np.array(picture.convert("RGBA")), name, profile)


def open_picture(source, max_megapixels=MAX_MEGAPIXELS):
    """Open and decode a picture, upright, in the mode it is stored in.

    Args:
        source: path, bytes of an image file, or PIL image.
        max_megapixels: float, the largest size accepted, or None for no limit.

    Returns:
        ``(picture, name)``: a decoded PIL image, and what messages call it.

    Raises:
        PhotoError: as in ``read_photo``.
    """
    if isinstance(source, Image.Image):
        name = str(getattr(source, "filename", "") or "photo")
        return _decode(source, name, max_megapixels), name
    if isinstance(source, bytes | bytearray | memoryview):
        return _open_file(io.BytesIO(source), "photo", max_megapixels), "photo"
    if isinstance(source, str | os.PathLike):
        return _open_path(Path(source), max_megapixels), str(source)
    raise PhotoError(
        "A photo must be a path, bytes, a PIL image or an array, received "
        f"{type(source).__name__}."
    )


def write_photo(path, image):
    """Write a photo so that the file is either complete or not there.

    The picture goes to a temporary file in the same folder, which then takes the
    file's place. JPEG is written at quality 95 without chroma subsampling; PNG, TIFF,
    BMP and WebP keep every pixel.

    Args:
        path: path whose suffix is one of ``PHOTO_SUFFIXES``.
        image: uint8, (height, width), (height, width, 3) or (height, width, 4), or a
            ``Photo``, whose transparency and colour profile are written where the
            format holds them (JPEG and BMP hold no transparency, BMP no profile).

    Raises:
        PhotoError: unknown suffix, missing folder, or an image that the format
            cannot hold.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    options = _SAVE_OPTIONS.get(suffix)
    if options is None:
        raise PhotoError(
            f"{path}: cannot write '{path.suffix}' files, expected one of "
            f"{', '.join(PHOTO_SUFFIXES)}."
        )
    if not path.parent.is_dir():
        raise PhotoError(f"{path}: the folder {path.parent} does not exist.")
    if isinstance(image, Photo):
        options = {**options, "icc_profile": image.profile}
        opaque = image.alpha is None or suffix not in _WITH_ALPHA
        image = image.image if opaque else np.dstack([image.image, image.alpha])
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        Image.fromarray(image).save(temporary, **options)
        os.replace(temporary, path)
    except (OSError, ValueError, TypeError) as error:
        raise PhotoError(f"{path}: cannot be written: {error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def list_photos(folder):
    """List the photos of a folder and its subfolders.

    Args:
        folder: path of a folder. Hidden files and folders are left out.

    Returns:
        Sorted list of ``Path``.

    Raises:
        PhotoError: the folder is missing or not a folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PhotoError(f"{folder}: expected a folder of photos, found none.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in READ_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _open_path(path, max_megapixels):
    if path.is_dir():
        raise PhotoError(f"{path}: expected a photo, found a folder.")
    try:
        if path.stat().st_size == 0:
            raise PhotoError(f"{path}: expected a photo, found an empty file.")
        with path.open("rb") as file:
            return _open_file(file, str(path), max_megapixels)
    except FileNotFoundError as error:
        raise PhotoError(f"{path}: expected a photo, found no such file.") from error
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read: {error.strerror}.") from error


def _open_file(file, name, max_megapixels):
    with _without_pillow_limit():
        try:
            picture = Image.open(file)
        except UnidentifiedImageError as error:
            raise PhotoError(f"{name}: expected a photo, found no image.") from error
        except Exception as error:
            raise _damaged(name, error) from error
        return _decode(picture, name, max_megapixels)


def _decode(picture, name, max_megapixels):
    _check_size(picture.width, picture.height, name, max_megapixels)
    # Parsers of damaged files raise whatever they trip over.
    try:
        picture.load()
    except Exception as error:
        raise _damaged(name, error) from error
    with suppress(Exception):
        picture = ImageOps.exif_transpose(picture)
    return picture


def _photo_from_array(array, max_megapixels):
    name = "photo"
    shape_known = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not shape_known or array.dtype not in (np.uint8, np.uint16) or not array.size:
        raise PhotoError(
            "A photo array must be uint8 or uint16 of shape (height, width), (height, "
            f"width, 3) or (height, width, 4), received {array.dtype} of shape "
            f"{array.shape}."
        )
    _check_size(array.shape[1], array.shape[0], name, max_megapixels)
    array = _to_uint8(array)
    if array.ndim == 2:
        return Photo(_grey_to_rgb(array), None, name)
    if array.shape[2] == 4:
        return _split_alpha(array, name)
    return Photo(array, None, name)


def _split_alpha(rgba, name, profile=None):
    alpha = np.ascontiguousarray(rgba[..., 3])
    if (alpha == 255).all():
        alpha = None
    return Photo(np.ascontiguousarray(rgba[..., :3]), alpha, name, profile)


def _rgb_profile(picture):
    """The ICC profile of an RGB picture; one of CMYK or grey says nothing of RGB."""
    profile = picture.info.get("icc_profile")
    # Bytes 16 to 19 of an ICC profile name the kind of colours it describes.
    return profile if profile and profile[16:20] == b"RGB " else None


def _grey_to_rgb(grey):
    return np.repeat(grey[..., None], 3, axis=2)


def _to_uint8(values):
    """Scale 16-bit integers and floats in [0, 1] to 8 bits."""
    if values.dtype == np.uint8:
        return values
    if np.issubdtype(values.dtype, np.integer):
        # A 32-bit greyscale picture holds 8 or 16 bits in practice.
        scale = 1 / 257 if values.dtype == np.uint16 or values.max() > 255 else 1.0
    else:
        values = np.nan_to_num(values)
        scale = 255.0 if values.max() <= 1 else 1.0
    return np.clip(np.rint(values * np.float32(scale)), 0, 255).astype("uint8")


def _check_size(width, height, name, max_megapixels):
    megapixels = width * height / 1e6
    if max_megapixels is not None and megapixels > max_megapixels:
        raise PhotoError(
            f"{name}: {width} x {height} is {megapixels:.6g} megapixels, expected at "
            f"most {max_megapixels:g}; raise max_megapixels to go on."
        )


def _damaged(name, error):
    return PhotoError(
        f"{name}: expected a complete photo, found a damaged one: {error}"
    )


@contextmanager
def _without_pillow_limit():
    """Let ``max_megapixels`` decide instead of Pillow's process-wide limit."""
    with _PILLOW_LIMIT_LOCK:
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit
