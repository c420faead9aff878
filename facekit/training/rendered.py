"""Folders of rendered portraits, and what is kept of them between runs."""

import contextlib
import hashlib
from pathlib import Path

import numpy as np

from facekit.errors import DataError
from facekit.training.checkpoints import UNREADABLE, save_arrays

_HELD_OUT = 16


def portrait_folders(folders):
    """Folders of single portraits inside those that ``facekit render`` wrote, sorted.

    Raises:
        DataError: folders are given, but hold no portrait.
    """
    found = [path.parent for top in folders for path in Path(top).glob("*/truth.npz")]
    if folders and not found:
        names = ", ".join(map(str, folders))
        raise DataError(f"{names}: expected rendered portraits, found none.")
    return sorted(found)


def hold_out(folders):
    """Part portraits into those to learn from, and one in 16 to measure by.

    Of 16 portraits or fewer none is left out.
    """
    if len(folders) <= _HELD_OUT:
        return folders, []
    kept = [folder for k, folder in enumerate(folders) if k % _HELD_OUT]
    return kept, folders[::_HELD_OUT]


def kept_arrays(kind, folders, size, cache, make):
    """Arrays of portraits: those in a cache, or what ``make`` gives, written there.

    Args:
        kind: str, of the arrays.
        folders: of single portraits.
        size: int, side of the examples.
        cache: folder, or None.
        make: function that gives a sequence of arrays.

    Raises:
        DataError: with a cache, a folder holds no portrait.
    """
    if not cache:
        return cached(None, make)
    listing = "".join(map(_state, folders))
    stamp = hashlib.sha256(listing.encode()).hexdigest()[:16]
    return cached(Path(cache) / f"{kind}_{size}_{stamp}.npz", make)


def _state(folder):
    """A line of a portrait: where it lies, its size and when it was written."""
    truth = Path(folder).absolute() / "truth.npz"
    if not truth.is_file():
        raise DataError(f"{folder}: expected a rendered portrait, found none.")
    stat = truth.stat()
    return f"{truth} {stat.st_size} {stat.st_mtime_ns}\n"


def cached(file, make):
    """Arrays of a file, or what ``make`` gives, written there first.

    A damaged file is made again.
    """
    if file and file.is_file():
        with (
            contextlib.suppress(*UNREADABLE),
            open(file, "rb") as opened,
            np.load(opened) as stored,
        ):
            return [stored[str(k)] for k in range(len(stored.files))]
    arrays = [np.asarray(array) for array in make()]
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_arrays(file, {str(k): array for k, array in enumerate(arrays)})
    return arrays
