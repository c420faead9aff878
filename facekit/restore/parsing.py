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

SKIN = PARSING_CLASSES.index("skin")
_OUTLINE = 0.03  # of the square, on each side of an outline


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
        return Parsing(self._classes(crop, known, face), transform)

    def agreement(self, parsing, crop, face):
        """Where a filled square shows what a parsing of the damaged one says.

        Outlines are left out, which a network blurs.

        Args:
            parsing: ``Parsing`` of the face's square.
            crop: float32, (size, size, 3), [0, 255], that square, filled.
            face: ``Face``.

        Returns:
            bool, (size, size).
        """
        side = (self.size, self.size)
        reduced = cv2.resize(crop, side, interpolation=cv2.INTER_AREA)
        shown = self._classes(reduced, np.ones(side, "float32"), face).argmax(-1)
        expected = parsing.classes.argmax(-1).astype("uint8")
        kernel = np.ones((2 * round(_OUTLINE * self.size) + 1,) * 2, "uint8")
        alike = cv2.erode(expected, kernel) == cv2.dilate(expected, kernel)
        alike &= shown == expected
        alike = alike.astype("float32")
        return cv2.resize(alike, crop.shape[:2], interpolation=cv2.INTER_LINEAR) > 0.5

    def _classes(self, crop, known, face):
        transform = alignment_transform(face.landmarks, self.size)
        points = transform_points(face.landmarks, transform)
        hull = draw_hull(points, known.shape).astype("float32")
        outputs = self.saved_model(
            "parsing",
            image=crop[None] / np.float32(255),
            mask=known[None, ..., None],
            face=hull[None, ..., None],
        )
        return outputs["classes"][0]


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


def inner_skin(classes, margin):
    """Where skin lies, and how much is left of it without its rim.

    Args:
        classes: float32, (size, size, 4).
        margin: int, pixels.

    Returns:
        Pair of bool (size, size).
    """
    skin = classes[..., SKIN] > 0.5
    kernel = np.ones((2 * margin + 1,) * 2, "uint8")
    return skin, cv2.erode(skin.astype("uint8"), kernel) > 0
