"""Examples of parsed portraits: rendered ones with holes, all things recoloured."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data import find_faces, random_hole
from facekit.data.alignment import (
    LEFT_EYE,
    RIGHT_EYE,
    align,
    alignment_transform,
    transform_points,
)
from facekit.data.examples import Examples
from facekit.data.face_regions import draw_hull
from facekit.errors import DataError
from facekit.portraits import LABELS, read_portrait
from facekit.training.rendered import kept_arrays

BACKGROUND, SKIN, HAIR, CLOTH = range(len(PARSING_CLASSES))
UNKNOWN = len(PARSING_CLASSES)  # beside the picture
_CLASS_OF = {"background": BACKGROUND, "hair": HAIR, "cloth": CLOTH}
_VARIANTS = ("light", "camera")
# Kinds of holes, how often, and their shares of the square.
_HOLES = (
    (("polygon",), 0.4, (0.05, 0.5)),
    (("worn_mask",), 0.15, (0.12, 0.3)),
    (None, 0.37, (0.05, 0.6)),
)
_CUT_OFF = 0.3  # how often a side of the photo is beside the square
_MAX_CUT = 0.3
_RECOLOURED = 0.65  # how often each of the things is
_FRINGED = 0.35  # how often hair falls lower
_MAX_FRINGE, _FALLS = 0.2, 3  # of the square, in so many steps
_HAIR = (0.03, 0.7)  # mean of hair, of the range
_IN_HOLE, _IN_CLOTH = 3.0, 2.0  # how much more pixels count there; cloth is rare
_GREY = 0.07  # share of black-and-white pictures


class ParsingExamples(Examples):
    """Draw holes into portraits whose backdrop, clothes, hair and light vary.

    Rendered backdrops and clothes are plain. Here they are of any colour and pattern,
    or are cut from photographs, so that a network does not take what is plain for
    them.

    Args:
        crops: uint8, (count, size, size, 3).
        labels: uint8, (count, size, size), numbers in ``PARSING_CLASSES``, 4 = beside
            the picture.
        points: float32, (count, 468, 2), landmarks in pixels of the crops.
        backdrops: uint8, (count, side, side, 3), photographs, or None. Defaults to
            None.
        seed: int. Defaults to 0.
        rendered: bool, (count,), which ones are rendered; photographs are moved, but
            not recoloured. Defaults to None, all of them.
        augment: whether to recolour and move; holes are drawn in any case. Defaults
            to True.
        shuffle: see ``Examples``. Defaults to True.
    """

    channels = {"image": 3, "mask": 1, "face": 1, "label": 1, "weight": 1}

    def __init__(
        self,
        crops,
        labels,
        points,
        backdrops=None,
        seed=0,
        rendered=None,
        augment=True,
        shuffle=True,
    ):
        super().__init__(crops, seed, shuffle)
        self.labels = labels
        self.points = points
        self.backdrops = backdrops
        self.rendered = np.ones(len(crops), bool) if rendered is None else rendered
        self.augment = augment

    def _draw(self, rng, number):
        labels, points = self.labels[number], self.points[number]
        image = self.crops[number].astype("float32") / 255
        if self.augment:
            if self.rendered[number]:
                if rng.random() < _FRINGED:
                    image, labels = _fringed(rng, image, labels, points)
                image = self._recoloured(rng, image, labels)
            image, labels, points = _moved(rng, image, labels, points)
            image = _exposed(rng, image)
        hole = _draw_hole(rng, len(labels))
        inside = labels != UNKNOWN
        weight = inside * (1 + (_IN_HOLE - 1) * hole)
        weight *= np.where(labels == CLOTH, np.float32(_IN_CLOTH), np.float32(1))
        layers = {
            "mask": inside & ~hole,
            "face": draw_hull(points, labels.shape),
            "label": np.where(inside, labels, 0),
            "weight": weight,
        }
        layers = {name: x[..., None].astype("float32") for name, x in layers.items()}
        return {"image": image * layers["mask"], **layers}

    def _recoloured(self, rng, image, labels):
        """Give backdrop, clothes and hair other colours."""
        backdrop, hair, cloth = (
            cv2.GaussianBlur(np.float32(labels == k), (0, 0), 0.6)[..., None]
            for k in (BACKGROUND, HAIR, CLOTH)
        )
        if rng.random() < _RECOLOURED:
            image = image + backdrop * (self._backdrop(rng, len(image)) - image)
        if rng.random() < _RECOLOURED:
            colour = rng.uniform(0.02, 1) * _tint(rng, 0.2, 0.4)
            shades = 0.6 + 0.4 * image.mean(-1, keepdims=True) / 0.5
            clothes = colour * shades + rng.uniform(0, 0.15) * _noise(
                rng, len(image), rng.integers(4, 30)
            )
            image = image + cloth * (np.clip(clothes, 0, 1) - image)
        if rng.random() < _RECOLOURED:
            # From black to blond and white, evenly; blond and red hair lack blue.
            usual = (image * hair).sum() / max(3 * hair.sum(), 1)
            bright = np.exp(rng.uniform(*np.log(_HAIR))) / max(usual, 0.01)
            tint = np.float32(bright) * _tint(rng, 0, 0.12)
            tint *= np.float32([1.15, 1, 0.8]) ** rng.uniform(-0.5, 1.5)
            image = image + hair * (np.clip(image * tint, 0, 1) - image)
        return image

    def _backdrop(self, rng, size):
        """A plain, a mottled or a photographed backdrop, float32 (size, size, 3)."""
        colour = rng.uniform(0.04, 0.96) * _tint(rng, 0.1, 0.15)
        kind = rng.random()
        if kind < 0.35:
            picture = colour + rng.uniform(0, 0.1) * _noise(rng, size, 3)
        elif kind < 0.6 or self.backdrops is None:
            cells = rng.integers(3, 12)
            picture = colour + rng.uniform(0.02, 0.25) * _noise(rng, size, cells)
        else:
            photo = self.backdrops[rng.integers(len(self.backdrops))]
            side = rng.integers(len(photo) // 12, len(photo) // 3)
            row, column = rng.integers(0, len(photo) - side, 2)
            part = photo[row : row + side, column : column + side]
            picture = cv2.resize(part, (size, size)).astype("float32") / 255
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4))
            picture *= _tint(rng, 0.3, 0.2)
        return np.clip(picture, 0, 1)


def parsing_arrays(folders, size, cache=None):
    """Rendered portraits aligned by the landmarks found in them, with their labels.

    Args:
        folders: of single portraits.
        size: int, side of the examples.
        cache: folder that keeps the result, or None. Defaults to None.

    Returns:
        Dict of the arguments of ``ParsingExamples``.

    Raises:
        DataError: a folder holds no portrait, or no face is found in any.
    """

    def make():
        made = [_portrait_arrays(read_portrait(folder), size) for folder in folders]
        made = [arrays for arrays in made if arrays]
        if not made:
            raise DataError("Expected rendered portraits, found no face in any.")
        return [np.concatenate(part) for part in zip(*made, strict=True)]

    crops, labels, points = kept_arrays("parsing", folders, size, cache, make)
    return {"crops": crops, "labels": labels, "points": points}


def _portrait_arrays(portrait, size):
    """Crops, labels and landmarks of a portrait's pictures; None if it has no face."""
    names = [name for name in _VARIANTS if name in portrait.pictures] or ["bare"]
    faces = find_faces(portrait.pictures[names[0]])
    if not faces:
        return None
    landmarks = faces[0].landmarks
    transform = alignment_transform(landmarks, size)
    crops, labels = [], []
    # Eyes, lips and brows belong to the skin.
    classes = np.array([_CLASS_OF.get(label, SKIN) for label in LABELS])
    for name in names:
        picture = portrait.pictures[name]
        crops.append(align(picture, transform, size, border="zero"))
        shares = np.eye(len(PARSING_CLASSES), dtype="float32")
        shares = shares[classes[portrait.buffers[name]["labels"]]]
        shares = align(shares, transform, size, border="zero")
        inside = shares.sum(-1) > 0.5
        labels.append(np.where(inside, shares.argmax(-1), UNKNOWN).astype("uint8"))
    points = transform_points(landmarks, transform).astype("float32")
    return np.stack(crops), np.stack(labels), np.stack([points] * len(names))


def _draw_hole(rng, size):
    """A hole of any kind, sometimes none, and sometimes a side that is cut off."""
    hole = np.zeros((size, size), bool)
    kind = rng.random()
    for kinds, share, ratio in _HOLES:
        kind -= share
        if kind < 0:
            settings = {"kinds": kinds} if kinds else {}
            hole = random_hole(rng, size, size, ratio, **settings)
            break
    if rng.random() < _CUT_OFF:
        turns, width = rng.integers(4), rng.integers(1, round(_MAX_CUT * size))
        np.rot90(hole, turns)[:width] = True
    return hole


def _fringed(rng, image, labels, points):
    """Let the hair above a face fall lower, down to the eyes; few portraits have it."""
    size = len(labels)
    lower = rng.uniform(0.03, _MAX_FRINGE) * size
    turn = cv2.getRotationMatrix2D(
        (float(points[:, 0].mean()), float(points[:, 1].min())), rng.normal(0, 5), 1
    )
    turn[1, 2] += lower / _FALLS
    eyes = points[[*RIGHT_EYE, *LEFT_EYE], 1].mean()
    # Step by step, or thin hair would leave a gap.
    for _ in range(_FALLS):
        fallen = cv2.warpAffine(image, turn, (size, size))
        hair = cv2.warpAffine(np.float32(labels == HAIR), turn, (size, size))
        hair[int(np.clip(eyes, 0, size)) :] = 0
        hair *= labels == SKIN
        image = image + hair[..., None] * (fallen - image)
        labels = np.where(hair > 0.5, np.uint8(HAIR), labels)
    return image, labels


def _moved(rng, image, labels, points):
    """Flip, turn, move and zoom a portrait a little, and its landmarks alike."""
    size = len(labels)
    middle = (size - 1) / 2
    move = cv2.getRotationMatrix2D(
        (middle, middle), rng.normal(0, 3), rng.uniform(0.92, 1.1)
    )
    move[:, 2] += rng.uniform(-0.03, 0.03, 2) * size
    if rng.random() < 0.5:
        move[0] *= -1
        move[0, 2] += size - 1
    image = cv2.warpAffine(image, move, (size, size))
    labels = cv2.warpAffine(
        labels, move, (size, size), flags=cv2.INTER_NEAREST, borderValue=UNKNOWN
    )
    points = transform_points(points, move) + rng.normal(0, 0.006 * size, 2)
    return image, labels, points


def _exposed(rng, image):
    """Vary exposure, contrast, colours, sharpness and grain."""
    image = np.clip(image, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.2)))
    image = image * _tint(rng, 0.2, 0.08)
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.5))
    grain = rng.standard_normal(image.shape, dtype="float32")
    image = image + np.float32(rng.uniform(0, 0.025)) * grain
    if rng.random() < _GREY:
        image = np.repeat(image.mean(-1, keepdims=True), 3, -1)
    return np.clip(image, 0, 1)


def _tint(rng, brightness, colour):
    """Factors of the channels, by standard deviations of their logarithms."""
    factors = np.exp(rng.normal(0, brightness) + rng.normal(0, colour, 3))
    return factors.astype("float32")


def _noise(rng, size, cells):
    """Smooth colour noise of standard deviation 1, float32 (size, size, 3)."""
    noise = rng.standard_normal((cells, cells, 3), dtype="float32")
    return cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
