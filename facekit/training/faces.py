"""The faces that runs learn from, and sheets that show how they do."""

import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from facekit.data import aligned_faces, list_photos
from facekit.errors import DataError


def faces_of(folders, config):
    """Return aligned faces of photographs, kept in the run's cache.

    Args:
        folders: sequence of folders.
        config: object with ``size``, ``cache`` (a folder, or None for
            ``<out>/cache``) and ``out``.

    Returns:
        ``(crops, landmarks, kept)``, as ``facekit.data.aligned_faces``.

    Raises:
        DataError: there are no photographs or no faces.
    """
    files = [file for folder in folders for file in list_photos(folder)]
    if not files:
        raise DataError(f"{', '.join(map(str, folders))}: no photographs found")
    crops, landmarks, kept = aligned_faces(files, config.size, cache=cache_of(config))
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
