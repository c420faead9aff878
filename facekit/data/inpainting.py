"""Training examples for inpainting: a portrait, a hole, and what was in it."""

import cv2
import numpy as np

from facekit.data.augmentation import augmented
from facekit.data.examples import Examples
from facekit.data.holes import HOLE_KINDS, random_hole
from facekit.data.spare_arrays import spare_array


class InpaintingExamples(Examples):
    """Draw holes into portraits, reproducibly.

    Examples are counted by epoch and place in the epoch. Each one is a pure function
    of (seed, epoch, place), so that training resumes exactly and any worker can draw
    any example. What was in the hole is destroyed before anything else sees it.

    Args:
        crops: uint8, (count, height, width, 3), RGB; may be a ``numpy.memmap``.
        hole_ratio: share of hole pixels, a float or a (low, high) pair in (0, 1).
            Defaults to (0.01, 0.6).
        kinds: kinds of holes out of ``HOLE_KINDS``. Defaults to all of them.
        kind_weights: relative frequency of each kind, or None for equal ones.
            Defaults to None.
        seed: integer >= 0. Defaults to 0.
        augment: whether to flip, move, turn and re-light the portraits a little.
            Defaults to True.
        shuffle: whether each epoch has its own order. Defaults to True.
        weights: how often to draw each crop, relative to the others, as numbers
            >= 0 of shape (count,), so that small groups are seen as often as large
            ones. An epoch still has ``count`` examples, and a crop occurs in it within
            one of ``count * weight / sum(weights)`` times. None draws every crop
            once. Defaults to None.
        unaligned: share of examples that show an enlarged, turned window of a
            portrait, so that a network that knows the places of an aligned face also
            learns to fill what is none. Needs ``augment``. Defaults to 0.

    Raises:
        ValueError: if the crops or the weights have another form.

    Example:
        >>> import numpy as np
        >>> from facekit.data import InpaintingExamples
        >>> examples = InpaintingExamples(np.zeros((4, 32, 32, 3), np.uint8))
        >>> next(examples.batches(batch_size=2))["mask"].shape
        (2, 32, 32, 1)
    """

    channels = {"image": 3, "mask": 1, "target": 3}

    def __init__(
        self,
        crops,
        hole_ratio=(0.01, 0.6),
        kinds=HOLE_KINDS,
        kind_weights=None,
        seed=0,
        augment=True,
        shuffle=True,
        weights=None,
        unaligned=0.0,
    ):
        super().__init__(crops, seed, shuffle, weights)
        self.hole_ratio = hole_ratio
        self.kinds = kinds
        self.kind_weights = kind_weights
        self.augment = augment
        self.unaligned = unaligned

    def _draw(self, rng, number):
        """Return ``image``, 0 in the hole, ``mask``, 1 = known, and ``target``."""
        crop = self.crops[number]
        if self.augment:
            window = self.unaligned > 0 and rng.random() < self.unaligned
            target = augmented(rng, crop, window)
        else:
            target = crop / np.float32(255)
        hole = random_hole(
            rng, *crop.shape[:2], self.hole_ratio, self.kinds, self.kind_weights
        )
        known = np.logical_not(hole)
        image, mask = spare_array(target.shape), spare_array((*known.shape, 1))
        image[...] = 0
        image = cv2.copyTo(target, known.view(np.uint8), image)
        mask[..., 0] = known
        return {"image": image, "mask": mask, "target": target}
