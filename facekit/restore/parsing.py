"""What lies where around a face, in the hole as well."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data.alignment import (
    align,
    align_known,
    alignment_transform,
    invert_transform,
    transform_points,
)
from facekit.data.face_regions import draw_hull
from facekit.restore.outline import fair_outline

BACKGROUND, SKIN, _, CLOTH = range(len(PARSING_CLASSES))
# Shares of the square: where an outline may be, from how far colours are taken, how
# smooth its moves are, and how far into a hole it has a say if it is known. Colours of
# one thing differ by at least so much of the range; anything may be anywhere with so
# much of a chance.
_UNSURE, _NEARBY, _SMOOTH, _FADE = 0.016, 0.03, 0.008, 0.025
_OUTLINE = 0.01  # of the square, where a network blurs them
_SPREAD, _LEAST_CHANCE = 0.03, 0.02


class Parser:
    """The parsing network of a SavedModel.

    Args:
        saved_model: ``SavedModel`` with a signature "parsing".
    """

    def __init__(self, saved_model):
        inputs = saved_model.card["signatures"]["parsing"]["inputs"]
        self.saved_model = saved_model
        self.size = inputs["image"]["shape"][1]

    def __call__(self, image, hole, face):
        """Parse the aligned square of a face.

        Args:
            image: uint8, (height, width, 3), a photo; its hole is never read.
            hole: bool, (height, width).
            face: ``Face``.

        Returns:
            ``Parsing``.
        """
        transform = alignment_transform(face.landmarks, self.size)
        crop, known = align_known(image, hole, transform, self.size)
        points = transform_points(face.landmarks, transform)
        hull = draw_hull(points, known.shape).astype("float32")
        outputs = self.saved_model(
            "parsing",
            image=crop[None] / np.float32(255),
            mask=known[None, ..., None],
            face=hull[None, ..., None],
        )
        classes = fair_outline(outputs["classes"][0], known, points)
        return Parsing(classes, transform)


class Parsing:
    """Shares of what lies in an aligned square of a photo.

    Args:
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES``.
        transform: (2, 3), photo pixels to pixels of that square.
    """

    def __init__(self, classes, transform):
        self.classes = classes
        self.transform = transform

    def distance(self, point):
        """How far a point of the photo is from the square's middle, in its sides."""
        size = len(self.classes)
        offset = transform_points(point, self.transform) - (size - 1) / 2
        return float(np.hypot(*offset[0])) / size

    def seen_in(self, transform, size):
        """The same in another square; beside what was parsed there is nothing.

        Args:
            transform: (2, 3), photo pixels to pixels of the other square.
            size: int, its side.

        Returns:
            float32, (size, size, 4).
        """
        there = np.vstack([invert_transform(self.transform), [0, 0, 1]])
        move = (np.vstack([transform, [0, 0, 1]]) @ there)[:2]
        # Of an enlarged one the outlines stay smooth.
        seen = align(self.classes, move, size, border="zero")
        return np.clip(seen, 0, 1)


def parsed_square(parsings, transform, size):
    """What lies where in a square, by the parsing of the nearest face that reaches.

    Args:
        parsings: list of ``Parsing``.
        transform: (2, 3), photo pixels to square pixels.
        size: int, side of the square.

    Returns:
        float32, (size, size, 4), all 0 where nothing is known.
    """
    classes = np.zeros((size, size, len(PARSING_CLASSES)), "float32")
    middle = transform_points(
        np.full((1, 2), (size - 1) / 2), invert_transform(transform)
    )
    for parsing in sorted(parsings, key=lambda x: x.distance(middle)):
        left = np.clip(1 - classes.sum(-1, keepdims=True), 0, 1)
        if (left > 0.5).any():
            classes += left * parsing.seen_in(transform, size)
    return classes


def follow_photo(classes, image, known):
    """Move outlines to where they are seen, and in a hole to where they meet those.

    Outlines of a small parsing are a little off. Next to them, what is known is told
    apart by the colours that each thing has nearby.

    Args:
        classes: float32, (size, size, 4).
        image: float32, (size, size, 3), [0, 1]. Unknown pixels are never read.
        known: float32, (size, size), 1 = known, 0 = hole.

    Returns:
        float32, (size, size, 4).
    """
    size, known = len(known), known > 0.5
    if not known.any():
        return classes
    image = np.where(known[..., None], image, 0)
    kernel = np.ones((2 * round(_UNSURE * size) + 1,) * 2, "uint8")
    chances = np.empty_like(classes)
    near = known.copy()
    for place in range(classes.shape[-1]):
        sure = cv2.erode((classes[..., place] > 0.5).astype("uint8"), kernel) > 0
        near &= ~sure
        sure = (sure & known).astype("float32")[..., None]
        sums = np.dstack([sure * image, sure * np.square(image), sure])
        sums = cv2.GaussianBlur(sums, (0, 0), _NEARBY * size)
        share = sums[..., 6:]
        mean, square = sums[..., :3] / (share + 1e-6), sums[..., 3:6] / (share + 1e-6)
        spread = np.maximum(square - mean**2, 0) + _SPREAD**2
        chance = -np.square(image - mean) / spread - np.log(spread)
        chance = 0.5 * chance.sum(-1) + np.log(share[..., 0] + 1e-6)
        chances[..., place] = chance + np.log(classes[..., place] + _LEAST_CHANCE)
    chances = np.exp(chances - chances.max(-1, keepdims=True))
    chances *= classes.sum(-1, keepdims=True) / chances.sum(-1, keepdims=True)
    change = np.where(near[..., None], chances - classes, 0)
    away, nearest = cv2.distanceTransformWithLabels(
        (~known).astype("uint8"), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Labels count the known pixels.
    order = np.argsort(nearest[known])
    change = change[known][order][nearest - 1]
    change = cv2.GaussianBlur(change, (0, 0), _SMOOTH * size)
    change *= np.exp(-away / (_FADE * size))[..., None]
    return np.clip(classes + change, 0, 1)


def beside_heads(classes, transform, shape):
    """Where a part of the photo shows the background or clothes, or what is next to it.

    A network blurs outlines, and darkens what is on both sides of them.

    Args:
        classes: float32, (size, size, 4), of a square.
        transform: (2, 3), pixels of the part to square pixels.
        shape: (height, width) of the part.

    Returns:
        bool, (height, width).
    """
    share = classes[..., [BACKGROUND, CLOTH]].sum(-1)
    kernel = np.ones((2 * max(1, round(_OUTLINE * len(share))) + 1,) * 2, "uint8")
    share = cv2.dilate(share, kernel)
    seen = align(share, invert_transform(transform), shape[::-1], border="zero")
    return seen > 0.5
