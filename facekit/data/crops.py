"""Aligned face crops of whole folders, cached on disk."""

import hashlib
import os
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from facekit.data.alignment import align, alignment_transform
from facekit.data.faces import find_faces
from facekit.data.photos import read_photo
from facekit.errors import NoFaceError, PhotoError


def aligned_crops(files, size, cache=None, num_workers=1):
    """Return the largest face of every photo as an aligned square.

    A photo that cannot be read, or that shows no face, is left out with a warning.

    Args:
        files: paths of photos.
        size: int, side of the crops in pixels.
        cache: folder that keeps the crops for the next call with the same unchanged
            files and size; None for no cache. Defaults to None.
        num_workers: int, threads that read photos. Defaults to 1.

    Returns:
        ``(crops, kept)``: uint8 (count, size, size, 3), RGB, and the list of ``Path``
        they come from, in the order of ``files``.
    """
    files = [Path(file) for file in files]
    if cache is None:
        return _cut_crops(files, size, num_workers)
    stem = Path(cache) / f"crops_{size}_{_fingerprint(files, size)}"
    crops_file, kept_file = stem.with_suffix(".npy"), stem.with_suffix(".txt")
    if crops_file.is_file() and kept_file.is_file():
        kept = [Path(line) for line in kept_file.read_text("utf-8").splitlines()]
        return np.load(crops_file), kept
    crops, kept = _cut_crops(files, size, num_workers)
    stem.parent.mkdir(parents=True, exist_ok=True)
    listing = "".join(f"{path}\n" for path in kept)
    _write_whole(kept_file, lambda file: file.write(listing.encode()))
    _write_whole(crops_file, lambda file: np.save(file, crops))
    return crops, kept


def _cut_crops(files, size, num_workers):
    with ThreadPoolExecutor(num_workers) as pool:
        results = list(pool.map(lambda file: _cut_crop(file, size), files))
    crops, kept = [], []
    for file, result in zip(files, results, strict=True):
        if isinstance(result, Exception):
            warnings.warn(f"Left out: {result}", stacklevel=3)
        else:
            crops.append(result)
            kept.append(file)
    return np.array(crops, "uint8").reshape(-1, size, size, 3), kept


def _cut_crop(file, size):
    """Return one crop, or the error that prevents it."""
    try:
        photo = read_photo(file)
        faces = find_faces(photo, max_faces=1)
        if not faces:
            raise NoFaceError(f"{file}: expected a face, found none.")
    except (PhotoError, NoFaceError) as error:
        return error
    return align(photo.image, alignment_transform(faces[0].landmarks, size), size)


def _fingerprint(files, size):
    """Name a set of files by path, size and time of change."""
    digest = hashlib.sha256(str(size).encode())
    for file in files:
        stamp = file.stat() if file.exists() else None
        state = (stamp.st_size, stamp.st_mtime_ns) if stamp else None
        digest.update(f"{file.absolute()}|{state}\n".encode())
    return digest.hexdigest()[:16]


def _write_whole(path, write):
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            write(file)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
