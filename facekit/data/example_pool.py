"""Damaged examples that are drawn once and kept, for training that outruns drawing."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np

from facekit.data.augmentation import augmented_alike
from facekit.data.examples import Examples
from facekit.errors import DataError


class ExamplePool(Examples):
    """Draw from a few versions of each damaged crop instead of ever new ones.

    Makeup takes tens of milliseconds a picture, more than a small network takes to
    learn from it. The pool damages each crop ``versions`` times, whenever a version is
    first asked for, and keeps the pictures in a file; what ``varied`` does, flips,
    moves and light are new in every epoch. Examples depend on the seeds alone, not on
    what the file holds already; processes with equal crops, versions and seed may share
    it, others need a folder of their own.

    Args:
        examples: ``MakeupExamples``, ``BlemishExamples`` or ``WornMaskExamples``;
            their crops, seed, weights, ``shuffle``, ``augment`` and ``bare`` are kept.
        folder: where to keep the pictures: 4 bytes a pixel and version.
        versions: int, damaged pictures of each crop. Defaults to 8.
        seed: integer >= 0, of the damage. Defaults to 0.

    Raises:
        ValueError: ``versions`` is less than 1, or the folder holds pictures of another
            number of crops or versions.
        DataError: there is no room for the pictures.
    """

    def __init__(self, examples, folder, versions=8, seed=0):
        super().__init__(
            examples.crops, examples.seed, examples.shuffle, examples.weights
        )
        if versions < 1:
            raise ValueError(f"`versions` must be at least 1. Received: {versions}")
        self.examples = examples
        self.folder = Path(folder)
        self.versions = versions
        self.pool_seed = seed
        self.channels = examples.channels
        shape = (len(examples.crops), versions)
        self._pictures = _array(
            self.folder / "pictures.u8", (*shape, *examples.crops.shape[1:3], 4)
        )
        self._drawn = _array(self.folder / "drawn.u8", shape)

    def _draw(self, rng, number):
        examples, crop = self.examples, self.crops[number]
        version_rng, augment_rng, vary_rng = rng.spawn(3)
        image, alpha = crop, np.zeros(crop.shape[:2], "float32")
        if rng.random() >= examples.bare:
            picture = self._version(number, int(version_rng.integers(self.versions)))
            image = cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB)
            image = examples.varied(vary_rng, image, crop)
            alpha = picture[..., 3] / np.float32(255)
        if examples.augment:
            image, target, alpha = augmented_alike(augment_rng, (image, crop), alpha)
        else:
            image, target = (picture / np.float32(255) for picture in (image, crop))
        return {"image": image, examples.truth: alpha[..., None], "target": target}

    def _version(self, number, version):
        """Return a damaged crop and how much covers it, uint8 with four channels."""
        place = (number, version)
        if not self._drawn[place]:
            rng = np.random.default_rng((self.pool_seed, *place))
            self._pictures[place] = self._damaged(number, rng)
            # Only a picture that is there as a whole counts as drawn.
            self._drawn[place] = 1
        return self._pictures[place]

    def _damaged(self, number, rng):
        crop, frame = self.crops[number], self.examples.frame(number)
        if frame is None:
            return np.dstack([crop, np.zeros(crop.shape[:2], "uint8")])
        damage = self.examples._damage(frame, rng)
        return np.dstack([damage.image, np.rint(255 * damage.alpha).astype("uint8")])


def _array(file, shape):
    """Open, or make, a file of zeros as an array that is shared among processes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Sparse where nothing has been written; a file that exists keeps its content.
    wanted = int(np.prod(shape, dtype="int64"))
    with open(file, "ab") as opened:
        size = os.fstat(opened.fileno()).st_size
        if size == 0:
            # Writing to a file in memory cannot fail; the process would be killed.
            free = shutil.disk_usage(file.parent).free
            if free < wanted:
                raise DataError(
                    f"{file}: expected {wanted / 1e9:.1f} GB of free space, found "
                    f"{free / 1e9:.1f}. Use another cache, or fewer versions."
                )
            opened.truncate(wanted)
        elif size != wanted:
            raise ValueError(
                f"{file}: expected {wanted} bytes, found {size}. It holds pictures of "
                "other crops or versions; use another folder."
            )
    return np.memmap(file, "uint8", "r+", shape=shape)
