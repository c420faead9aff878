"""Folders of photographs: listing, loading, and splitting by person."""

import hashlib
import re
import warnings
from pathlib import Path

import cv2
import numpy as np

from facekit.data.photos import READ_SUFFIXES, list_photos, read_photo
from facekit.errors import DataError, PhotoError

_VIEW = re.compile(r"^(?P<person>.*\d.*)[_-][^_-]+$")


def photo_files(folder):
    """List the photographs that a training folder must hold.

    Args:
        folder: path of an existing folder, searched as by ``list_photos``.

    Returns:
        Sorted list of ``pathlib.Path``, never empty.

    Raises:
        DataError: if the folder does not exist or holds no photograph.
    """
    try:
        files = list_photos(folder)
    except PhotoError as error:
        raise DataError(str(error)) from error
    if not files:
        raise DataError(
            f"{folder}: expected photographs ({', '.join(READ_SUFFIXES)}), found none."
        )
    return files


def identity_of(file):
    """Name the person in a photograph by its file name.

    The name is the stem without its view: the last part, set off by ``_`` or ``-``,
    is a view if what comes before it already holds a digit. So ``017_03.jpg`` and
    ``017_08.jpg`` are views of ``017``, and ``anna2-smiling.png`` is one of
    ``anna2``, while ``female_0017.jpg`` and FFHQ's ``00017.png`` are persons of their
    own. Folders do not count. Where names tell persons in another way, give
    ``split_by_identity`` a function of your own, or photographs of one person end up in
    both splits: ``lambda file: file.parent.name`` for a folder for each person, and
    ``lambda file: file.stem.rsplit("_", 1)[0]`` for LFW's ``Aaron_Eckhart_0001.jpg``.

    Args:
        file: path or file name.

    Returns:
        The identity as a string.
    """
    stem = Path(file).stem
    match = _VIEW.match(stem)
    return match["person"] if match else stem


def identity_table(file):
    """Read identities from a table such as CelebA's ``identity_CelebA.txt``.

    Args:
        file: path of a text file with two columns, file name and identity, in each
            line, separated by blanks.

    Returns:
        A function from a photograph's path or file name to its identity, a string.
        It raises ``DataError`` for a photograph that the table does not list.

    Raises:
        DataError: if the file cannot be read or a line has another form.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: expected a readable table of identities.") from error
    identities = {}
    for number, line in enumerate(lines, start=1):
        columns = line.split()
        if len(columns) not in (0, 2):
            raise DataError(
                f"{file}, line {number}: expected a file name and an identity, "
                f"received {line!r}."
            )
        if columns:
            identities[columns[0]] = columns[1]

    def identity(photo):
        name = Path(photo).name
        if name not in identities:
            raise DataError(f"{file}: expected an identity for {name}, found none.")
        return identities[name]

    return identity


def split_by_identity(files, fractions=(0.9, 0.1), seed=0, identity=identity_of):
    """Split photographs so that no person is in two splits.

    The split of a person follows from a hash of the seed and the identity alone, so
    it stays the same when files are added, removed or reordered. The shares are met
    on average; among few persons a split may be empty.

    Args:
        files: paths or file names.
        fractions: share of persons for each split, each >= 0, together at most 1.
            What they leave over is in no split. Defaults to (0.9, 0.1).
        seed: integer; another seed gives another split. Defaults to 0.
        identity: function from a file to the name of its person. Defaults to
            ``identity_of``.

    Returns:
        A tuple of lists of files, one for each fraction, in the order given.

    Raises:
        ValueError: if the fractions are out of range.
    """
    fractions = tuple(fractions)
    if not fractions or min(fractions) < 0 or sum(fractions) > 1 + 1e-6:
        raise ValueError(
            "`fractions` must be numbers >= 0 with a sum of at most 1. "
            f"Received: {fractions}"
        )
    ends = np.cumsum(fractions)
    if sum(fractions) > 1 - 1e-6:
        ends[-1] = 1.0
    splits = tuple([] for _ in fractions)
    for file in files:
        digest = hashlib.sha256(f"{seed}:{identity(file)}".encode()).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64
        split = np.searchsorted(ends, place, side="right")
        if split < len(splits):
            splits[split].append(file)
    return splits


def centre_crop(image, size):
    """Cut the central square out of a photograph and resizes it.

    Args:
        image: uint8, (height, width, 3).
        size: side of the result in pixels, at least 1.

    Returns:
        uint8, (size, size, 3).
    """
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size:
        return square
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return cv2.resize(square, (size, size), interpolation=interpolation)


def load_folder(folder, size, crop=centre_crop):
    """Read all photographs of a folder as square crops.

    A file that cannot be read is left out with one ``UserWarning``.

    Args:
        folder: path of a folder, searched as by ``photo_files``, or a list of files.
        size: side of the crops in pixels, at least 1.
        crop: function from a uint8 image (height, width, 3) and the size to a uint8
            crop (size, size, 3). Defaults to ``centre_crop``, which suits photographs
            that are aligned already or show one centred face.

    Returns:
        The pair (crops, files): uint8 (count, size, size, 3), and the list of the
        files they came from.

    Raises:
        DataError: if no photograph can be read.
        ValueError: if the size is less than 1.
    """
    if size < 1:
        raise ValueError(f"`size` must be at least 1. Received: {size}")
    listed = isinstance(folder, list | tuple)
    files = list(folder) if listed else photo_files(folder)
    crops = np.empty((len(files), size, size, 3), np.uint8)
    read = []
    for file in files:
        try:
            crops[len(read)] = crop(read_photo(file).image, size)
        except PhotoError as error:
            warnings.warn(f"Left out: {error}", stacklevel=2)
        else:
            read.append(file)
    if not read:
        place = "the list of files" if listed else folder
        raise DataError(f"{place}: expected a readable photograph, found none.")
    return crops[: len(read)], read
