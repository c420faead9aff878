"""A z-buffer rasteriser of triangles in NumPy."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Fragments:
    """What a picture shows of a mesh: one entry for every covered pixel.

    Attributes:
        pixel: flat pixel indices, ascending, int64 (n,).
        triangle: triangle seen there, int64 (n,).
        weights: perspective-correct barycentric weights, float32 (n, 3).
        depth: distance along the view axis, float32 (n,).
    """

    pixel: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    depth: np.ndarray

    def interpolate(self, values, triangles):
        """Interpolate values of vertices (v, channels) or (v,)."""
        corners = triangles[self.triangle]
        if values.ndim == 1:
            return np.einsum("nk,nk->n", self.weights, values[corners])
        total = self.weights[:, :1] * values[corners[:, 0]]
        total += self.weights[:, 1:2] * values[corners[:, 1]]
        return total + self.weights[:, 2:] * values[corners[:, 2]]

    def select(self, kept):
        """Keep some of the fragments."""
        return Fragments(
            self.pixel[kept], self.triangle[kept], self.weights[kept], self.depth[kept]
        )


def rasterize(positions, depth, triangles, size):
    """Find the nearest triangle at every pixel centre; back faces are left out.

    Args:
        positions: vertices in pixels, (v, 2), x right, y down.
        depth: distance of the vertices, (v,), above 0.
        triangles: vertex indices, (t, 3), anticlockwise seen from outside.
        size: side of the square picture.

    Returns:
        ``Fragments``.
    """
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    area = _cross(b - a, c - a)
    low = np.floor(np.minimum(np.minimum(a, b), c) - 0.5).astype(int).clip(0)
    high = (
        np.ceil(np.maximum(np.maximum(a, b), c) - 0.5).astype(int).clip(None, size - 1)
    )
    shown = np.flatnonzero((area < -1e-9) & (high >= low).all(1))
    triangle, x, y = _boxes(shown, low, high)
    centre = np.stack((x, y), 1) + 0.5
    first = _cross(b[triangle] - centre, c[triangle] - centre) / area[triangle]
    second = _cross(c[triangle] - centre, a[triangle] - centre) / area[triangle]
    weights = np.stack((first, second, 1 - first - second), 1)
    inside = (weights >= -1e-6).all(1)
    triangle, weights = triangle[inside], weights[inside]
    pixel = y[inside] * size + x[inside]
    weights /= depth[triangles[triangle]]
    nearness = weights.sum(1)
    best = np.zeros(size * size)
    np.maximum.at(best, pixel, nearness)
    winners = np.flatnonzero(nearness == best[pixel])
    nearest = np.full(size * size, -1)
    nearest[pixel[winners]] = winners
    seen = np.flatnonzero(nearest >= 0)
    kept = nearest[seen]
    weights = weights[kept] / nearness[kept, None]
    return Fragments(
        seen,
        triangle[kept],
        weights.astype(np.float32),
        (1 / nearness[kept]).astype(np.float32),
    )


def _cross(u, v):
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def _boxes(shown, low, high):
    """Every pixel in the bounding box of every triangle."""
    extent = (high - low + 1)[shown]
    count = extent[:, 0] * extent[:, 1]
    triangle = np.repeat(shown, count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    width = np.repeat(extent[:, 0], count)
    return triangle, low[triangle, 0] + place % width, low[triangle, 1] + place // width
