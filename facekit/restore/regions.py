"""Decide through which squares of a photo its hole is filled."""

from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np

from facekit.data.alignment import (
    alignment_transform,
    invert_transform,
    square_transform,
    transform_points,
)
from facekit.data.face_regions import draw_hull, inner_face

_MAX_CELLS = 512
_MERGE_SHARE = 0.01
_CONTEXT = 2.0
_SMALL_CONTEXT = 3.0
_THICKNESS_CONTEXT = 6.0
# What is thinner than these shares of the network's square is filled at twice and
# four times the resolution, where that gains 1 to 3 dB on studio portraits. What is
# as thick as an eye is left to the square, the scale at which the network knows eyes.
_FINER = ((0.06, 2), (0.03, 4))
_MIN_FINE_SHARE = 0.05
_MAX_PARTS = 32
_MAX_TILES = 64
_MAX_SHARPENING = 4


@dataclass(frozen=True)
class Region:
    """A square of the photo and the hole pixels that are filled from it.

    Attributes:
        transform: float64, (2, 3), photo pixels to square pixels.
        size: int, side of the square in pixels.
        box: (x0, y0, x1, y1), int pixels; what is filled lies inside.
        fill: bool, (y1 - y0, x1 - x0), True = fill this pixel of the box.
        in_face: whether that belongs to a face, or to a neck drawn with it.
    """

    transform: np.ndarray
    size: int
    box: tuple
    fill: np.ndarray
    in_face: bool


def plan_faces(hole, faces, size, beside=None):
    """Cover what a hole hides of faces with aligned squares, and what goes with them.

    Of a face it is what lies below the forehead. The network knows faces best upright
    and whole; what is thin there is filled at a higher resolution.

    Args:
        hole: bool, (height, width).
        faces: list of ``Face``, by falling importance.
        size: int, side of the network's square in pixels.
        beside: list of what is filled beside each face with it, bool (height, width)
            or None. Defaults to None, nothing.

    Yields:
        ``Region``; no hole pixel is in two.
    """
    cells = _Cells(hole)
    left = cells.grid.copy()
    for face, more in zip(faces, beside or repeat(None), strict=False):
        transform = alignment_transform(face.landmarks, size)
        chosen = cells.inside(inner_face(face.landmarks))
        if more is not None:
            margin = float(np.hypot(*transform[0, :2])) * cells.step
            square = cells.inside(_corners(transform, size, margin))
            chosen |= cells.any_of(more) & square
        chosen &= left
        left &= ~chosen
        for layer, factor in _layers(cells, chosen, transform, size):
            yield cells.region(layer, *_enlarged(transform, size, factor), True)


def plan_surroundings(hole, faces, size, multiple=64):
    """Cover all else of a hole with squares.

    In the aligned square of a face all but what is thin is filled in it, as both sides
    of a head are alike. Every other part gets a square around it with as much context
    again, a smaller one if it is small; long thin parts get several, so that they keep
    the photo's own resolution.

    Args:
        hole: bool, (height, width).
        faces: list of ``Face``, by falling importance.
        size: int, side of the network's square in pixels.
        multiple: int, what smaller sides are a multiple of. Defaults to 64.

    Yields:
        ``Region``; each hole pixel is in exactly one.
    """
    cells = _Cells(hole)
    labels = cells.parts()
    for face in faces:
        transform = alignment_transform(face.landmarks, size)
        scale = float(np.hypot(*transform[0, :2]))
        corners = _corners(transform, size, scale * cells.step)
        there = cells.inside(corners) & (labels > 0)
        chosen = cells.near_thick(there, _FINER[0][0] * size / scale)
        chosen |= there & cells.inside(inner_face(face.landmarks))
        if chosen.any():
            labels[chosen] = 0
            yield cells.region(chosen, *_sharpened(transform, size), False)
    for label in np.unique(labels[labels > 0]):
        for chosen, box in _split(cells, labels == label, size):
            place = _window(box, hole.shape, size, multiple)
            yield cells.region(chosen, *_sharpened(*place), False)


class _Cells:
    """A hole seen in square cells, so that planning costs the same for any photo."""

    def __init__(self, hole):
        self.hole = hole
        self.step = max(1, -(-max(hole.shape) // _MAX_CELLS))
        self.grid = self.any_of(hole)

    def any_of(self, mask):
        """Return the cells of which a mask holds any pixel."""
        rows = np.arange(0, mask.shape[0], self.step)
        columns = np.arange(0, mask.shape[1], self.step)
        grid = np.logical_or.reduceat(mask, rows, axis=0)
        return np.logical_or.reduceat(grid, columns, axis=1)

    def parts(self):
        """Label the parts of the hole; close ones are joined until they are few."""
        reach = max(1, round(_MERGE_SHARE * max(self.grid.shape)))
        while True:
            kernel = np.ones((2 * reach + 1,) * 2, "uint8")
            joined = cv2.dilate(self.grid.astype("uint8"), kernel)
            count, labels = cv2.connectedComponents(joined)
            if count - 1 <= _MAX_PARTS:
                return np.where(self.grid, labels, 0)
            reach *= 2

    def inside(self, points):
        """Return the cells inside the convex hull of (count, 2) photo pixels."""
        return draw_hull((points + 0.5) / self.step - 0.5, self.grid.shape)

    def box(self, chosen):
        """Return (x0, y0, x1, y1) around cells, photo pixels."""
        rows, columns = np.nonzero(chosen.any(1))[0], np.nonzero(chosen.any(0))[0]
        height, width = self.hole.shape
        return (
            int(columns[0] * self.step),
            int(rows[0] * self.step),
            int(min((columns[-1] + 1) * self.step, width)),
            int(min((rows[-1] + 1) * self.step, height)),
        )

    def region(self, chosen, transform, size, in_face):
        x0, y0, x1, y1 = box = self.box(chosen)
        part = chosen[y0 // self.step :, x0 // self.step :]
        part = part[: -(-(y1 - y0) // self.step), : -(-(x1 - x0) // self.step)]
        part = part.repeat(self.step, 0).repeat(self.step, 1)[: y1 - y0, : x1 - x0]
        fill = part & self.hole[y0:y1, x0:x1]
        return Region(transform, size, box, fill, in_face)

    def distance(self, chosen):
        """Return how many cells each chosen one is from the nearest other."""
        padded = np.pad(chosen, 1).astype("uint8")
        distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return distance[1:-1, 1:-1]

    def thickness(self, chosen):
        """Return the diameter of the largest disc inside cells, photo pixels."""
        return float(2 * self.distance(chosen).max() - 1) * self.step

    def thicker(self, chosen, diameter):
        """Return the cells that a disc inside ``chosen`` can cover (an opening)."""
        radius = (diameter / self.step + 1) / 2
        middles = self.distance(chosen) > radius
        if not middles.any():
            return middles
        away = cv2.distanceTransform(
            (~middles).astype("uint8"), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        return chosen & (away <= radius)

    def near_thick(self, chosen, diameter):
        """Return ``thicker`` cells, and those next to them, such as corners."""
        thick = self.thicker(chosen, diameter).astype("uint8")
        reach = int(np.ceil(diameter / self.step / 2))
        return chosen & (cv2.dilate(thick, np.ones((2 * reach + 1,) * 2)) > 0)


def _layers(cells, chosen, transform, size):
    """Part the cells of a face by thickness.

    Yields:
        ``(cells, factor)``, thick before thin, so that thin ones can go by them.
    """
    scale = float(np.hypot(*transform[0, :2]))
    factor = 1
    rest = chosen
    for share, finer in _FINER:
        # A square finer than the photo itself would gain nothing.
        if scale * finer > 1.25:
            break
        thick = cells.thicker(rest, share * size / scale)
        if (rest & ~thick).sum() < _MIN_FINE_SHARE * rest.sum():
            break
        if thick.any():
            yield thick, factor
        rest, factor = rest & ~thick, finer
    if rest.any():
        yield rest, factor


def _corners(transform, size, margin):
    """Corners in the photo, (4, 2), of a square without a margin."""
    low, high = margin - 0.5, size - margin - 0.5
    corners = np.array([[low, low], [high, low], [high, high], [low, high]])
    return transform_points(corners, invert_transform(transform))


def _enlarged(transform, size, factor):
    """Return transform and side of a square of more pixels.

    It stays whole: the network knows faces by their place in the square.
    """
    transform = factor * transform
    transform[:, 2] += (factor - 1) / 2
    return transform, factor * size


def _sharpened(transform, size):
    """Return transform and side at about the photo's own resolution."""
    factor = 1
    scale = float(np.hypot(*transform[0, :2]))
    while factor < _MAX_SHARPENING and factor * scale < 0.75:
        factor *= 2
    return _enlarged(transform, size, factor)


def _split(cells, part, size):
    """Cut a part into tiles if it is much longer than thick.

    Yields:
        ``(chosen, box)``: the cells of a tile and the tile's box in photo pixels.
    """
    x0, y0, x1, y1 = cells.box(part)
    extent = max(x1 - x0, y1 - y0)
    window = max(size, _THICKNESS_CONTEXT * cells.thickness(part))
    rows, columns = np.nonzero(part)
    for count in range(max(1, int(np.ceil(_CONTEXT * extent / window))), 0, -1):
        tile = -(-extent // (cells.step * count))
        tiles = np.zeros(part.shape, int)
        across = 1 + (columns - columns.min()) // tile
        tiles[rows, columns] = across + count * ((rows - rows.min()) // tile)
        numbers = np.unique(tiles[rows, columns])
        if len(numbers) <= _MAX_TILES:
            break
    for number in numbers:
        chosen = tiles == number
        yield chosen, cells.box(chosen)


def _window(box, shape, size, multiple):
    """Return transform and side of a square with context around a box.

    Around a small box the square is smaller.
    """
    x0, y0, x1, y1 = box
    extent = max(x1 - x0, y1 - y0)
    context = int(_SMALL_CONTEXT * extent)
    size = min(multiple * -(-context // multiple), size)
    side = min(max(_CONTEXT * extent, size), max(extent, max(shape)))
    centre = []
    for low, high, length in ((x0, x1, shape[1]), (y0, y1, shape[0])):
        middle = (low + high) / 2
        if side < length:
            middle = min(max(middle, side / 2), length - side / 2)
        else:
            middle = length / 2
        centre.append(middle - 0.5)
    return square_transform(centre, side, (1.0, 0.0), size), size
