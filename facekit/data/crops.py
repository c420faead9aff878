"""Aligned face crops of whole folders, cached on disk."""

import hashlib
import os
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from facekit.data.alignment import align, alignment_transform, transform_points
from facekit.data.faces import find_faces
from facekit.data.photos import read_photo
from facekit.errors import NoFaceError, PhotoError

_EDITION = 1  # of how faces are found and aligned; crops of another are not used


def aligned_crops(files, size, cache=None, num_workers=1, framing="head"):
    """Return the largest face of every photo as an aligned square.

    A photo that cannot be read, or that shows no face, is left out with a warning.

    Args:
        files: paths of photos.
        size: int, side of the crops in pixels.
        cache: folder that keeps the crops for the next call with the same unchanged
            files and size; None for no cache. Defaults to None.
        num_workers: int, threads that read photos. Defaults to 1.
        framing: as in ``alignment_transform``. Defaults to "head".

    Returns:
        ``(crops, kept)``: uint8 (count, size, size, 3), RGB, and the list of ``Path``
        they come from, in the order of ``files``.
    """
    crops, _, kept = aligned_faces(files, size, cache, num_workers, framing)
    return crops, kept


def aligned_faces(files, size, cache=None, num_workers=1, framing="head"):
    """Return the largest face of every photo as an aligned square, with its landmarks.

    Args:
        files: as in ``aligned_crops``.
        size: as in ``aligned_crops``.
        cache: as in ``aligned_crops``, which shares it. Defaults to None.
        num_workers: as in ``aligned_crops``. Defaults to 1.
        framing: as in ``alignment_transform``. Defaults to "head".

    Returns:
        ``(crops, landmarks, kept)``: as ``aligned_crops``, and float32
        (count, 468, 2), pixels of the crops, MediaPipe's numbering.
    """
    files = [Path(file) for file in files]
    if cache is None:
        return _cut_crops(files, size, num_workers, framing)
    stem = Path(cache) / f"crops_{size}_{_fingerprint(files, size, framing)}"
    crops_file, kept_file = stem.with_suffix(".npy"), stem.with_suffix(".txt")
    landmarks_file = stem.with_name(f"{stem.name}_landmarks.npy")
    if all(file.is_file() for file in (crops_file, landmarks_file, kept_file)):
        places = kept_file.read_text("utf-8").split()
        kept = [files[int(place)] for place in places]
        return np.load(crops_file), np.load(landmarks_file), kept
    crops, landmarks, kept = _cut_crops(files, size, num_workers, framing)
    stem.parent.mkdir(parents=True, exist_ok=True)
    # Paths may be given from another folder next time.
    places = {file: place for place, file in enumerate(files)}
    listing = "".join(f"{places[file]}\n" for file in kept)
    _write_whole(kept_file, lambda file: file.write(listing.encode()))
    _write_whole(landmarks_file, lambda file: np.save(file, landmarks))
    _write_whole(crops_file, lambda file: np.save(file, crops))
    return crops, landmarks, kept


def _cut_crops(files, size, num_workers, framing):
    with ThreadPoolExecutor(num_workers) as pool:
        results = list(pool.map(lambda file: _cut_crop(file, size, framing), files))
    crops, landmarks, kept = [], [], []
    for file, result in zip(files, results, strict=True):
        if isinstance(result, Exception):
            warnings.warn(f"Left out: {result}", stacklevel=4)
        else:
            crops.append(result[0])
            landmarks.append(result[1])
            kept.append(file)
    crops = np.array(crops, "uint8").reshape(-1, size, size, 3)
    landmarks = np.array(landmarks, "float32").reshape(-1, 468, 2)
    return crops, landmarks, kept


def _cut_crop(file, size, framing):
    """Return one crop and its landmarks, or the error that prevents them."""
    try:
        photo = read_photo(file)
        faces = find_faces(photo, max_faces=1)
        if not faces:
            raise NoFaceError(f"{file}: expected a face, found none.")
    except (PhotoError, NoFaceError) as error:
        return error
    landmarks = faces[0].landmarks
    transform = alignment_transform(landmarks, size, framing)
    return align(photo.image, transform, size), transform_points(landmarks, transform)


def _fingerprint(files, size, framing):
    """Name a set of files by path, size and time of change."""
    digest = hashlib.sha256(f"{size} {framing} {_EDITION}".encode())
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
