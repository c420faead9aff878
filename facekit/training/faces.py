"""The faces that runs learn from, and sheets that show how they do."""

import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from facekit.data import FaceFrame, aligned_faces, list_photos
from facekit.errors import DataError, NoFaceError

# Lips of nine in ten men are not redder than the skin around them by more than this, in
# CIELAB a*: a number at a lightness of the skin, a slope over it and its limits.
_BARE_LIPS, _AT_LIGHTNESS, _SLOPE, _LIMITS = 6.5, 42.0, 0.4, (6.0, 15.5)
_INSIDE = 0.8
_FEW_PIXELS = 10


def faces_of(folders, config, framing="head"):
    """Return aligned faces of photographs, kept in the run's cache.

    Args:
        folders: sequence of folders.
        config: object with ``size``, ``cache`` (a folder, or None for
            ``<out>/cache``) and ``out``.
        framing: as in ``facekit.data.alignment_transform``. Defaults to "head".

    Returns:
        ``(crops, landmarks, kept)``, as ``facekit.data.aligned_faces``.

    Raises:
        DataError: there are no photographs or no faces.
    """
    files = [file for folder in folders for file in list_photos(folder)]
    if not files:
        raise DataError(f"{', '.join(map(str, folders))}: no photographs found")
    crops, landmarks, kept = aligned_faces(
        files, config.size, cache=cache_of(config), framing=framing
    )
    if not len(crops):
        raise DataError(f"{', '.join(map(str, folders))}: no faces found")
    return crops, landmarks, kept


def cache_of(config):
    """Return the folder that keeps what a run can make again."""
    return Path(config.cache or Path(config.out) / "cache")


def group_weights(paths):
    """How often to draw each photograph.

    Between "every photo alike" and "every group alike", and so for groups and folders:
    small ones are seen more often without being learned by heart.

    Args:
        paths: photographs; folder and name without number are the group.

    Returns:
        float64, (count,).
    """
    groups = [_group(path) for path in paths]
    counts = Counter(groups)
    weights = np.asarray([counts[group] ** -0.5 for group in groups])
    folders = np.asarray([str(Path(path).parent) for path in paths])
    for folder in np.unique(folders):
        weights[folders == folder] /= weights[folders == folder].sum() ** 0.5
    return weights


def wears_lipstick(crop, landmarks):
    """Whether lips stand out from the skin as bare ones hardly do.

    A face that wears makeup is no example of one without.

    Args:
        crop: uint8, (height, width, 3), RGB.
        landmarks: (468, 2), pixels of the crop.

    Returns:
        bool; False where lips or skin are hardly to be seen.
    """
    try:
        frame = FaceFrame(crop, landmarks)
    except NoFaceError:
        return False
    lips, skin = frame.lips > _INSIDE, frame.skin > _INSIDE
    if min(lips.sum(), skin.sum()) < _FEW_PIXELS:
        return False
    colours = cv2.cvtColor(frame.bytes.astype("float32") / 255, cv2.COLOR_RGB2LAB)
    lips, skin = np.median(colours[lips], 0), np.median(colours[skin], 0)
    bare = np.clip(_BARE_LIPS + _SLOPE * (skin[0] - _AT_LIGHTNESS), *_LIMITS)
    return bool(lips[1] - skin[1] > bare)


def _group(path):
    """Folder and name without its number: ``generated/female_asian``."""
    path = Path(path)
    return f"{path.parent}/{re.sub(r'[_-]?[0-9]+.*$', '', path.stem)}"


def as_sheet(rows):
    """Lay out rows of pictures at half their size.

    Args:
        rows: list of float arrays (count, height, width, 3), [0, 1].

    Returns:
        uint8, (rows * height / 2, count * width / 2, 3).
    """
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    sheet = np.clip(sheet * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return cv2.resize(sheet, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
