"""Where hair grows, and a smooth hull of the head that hair lies upon."""

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from facekit.portraits.noise import noise, smoothstep

_ROWS, _COLUMNS = 60, 120


def hairline(rest, receding):
    """Signed distance above the hairline, dm, of places in the neutral mesh.

    Args:
        rest: (n, 3).
        receding: 0 = full hair, 1 = far receded.

    Returns:
        (n,), above 0 on the scalp.
    """
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    temple = smoothstep(0.42, 0.72, x)
    corner = smoothstep(0.12, 0.42, x)
    front = 7.96 + receding * (0.12 + 0.3 * corner) - 0.16 * temple * (1 - receding)
    # Down the temple to the sideburn before the ear, round it, and to the nape.
    side = np.interp(z, (0.1, 0.42, 0.52, 0.72, 0.95), (6.85, 7.36, 7.02, 7.2, 7.86))
    nape = 6.6 + 0.2 * smoothstep(-0.5, 0.1, z)
    edge = np.where(z > 0.9, front, np.where(z > 0.1, np.minimum(side, front), nape))
    return y - edge


def scalp_density(rest, person):
    """Density of hair's roots, 0 to 1, of places in the neutral mesh."""
    receding = person.male * person.age * 0.8
    distance = hairline(rest, receding) + 0.03 * noise(rest, 9, 11)
    dense = smoothstep(-0.05, 0.10, distance)
    ear = np.linalg.norm(
        (np.abs(rest) * (1, 0, 0) + rest * (0, 1, 1) - (0.86, 7.1, 0.42))
        / (0.16, 0.32, 0.24),
        axis=1,
    )
    dense = dense * smoothstep(0.95, 1.1, ear)
    crown = ((rest - (0, 8.35, -0.1)) / (0.6, 0.4, 0.6)) ** 2
    thin = np.clip(receding - 0.3, 0, 1) * np.exp(-crown.sum(1))
    return dense * (1 - thin)


class Hull:
    """The head's smoothed distance from its centre, by direction.

    Args:
        vertices: of the skin, relative to the head's centre, (v, 3).
    """

    def __init__(self, vertices):
        place, radius = self._place(vertices)
        row, column = np.round(place).astype(int)
        cell = np.clip(row, 0, _ROWS - 1) * _COLUMNS + column % _COLUMNS
        order = np.argsort(radius, kind="stable")
        farthest = np.zeros(_ROWS * _COLUMNS)
        farthest[cell[order]] = radius[order]
        grid = farthest.reshape(_ROWS, _COLUMNS)
        modes = ("nearest", "wrap")
        known = gaussian_filter((grid > 0).astype(float), 1.5, mode=modes)
        self._grid = gaussian_filter(grid, 1.5, mode=modes) / np.maximum(known, 1e-3)

    @staticmethod
    def _place(points):
        radius = np.maximum(np.linalg.norm(points, axis=-1), 1e-6)
        latitude = np.arcsin(np.clip(points[..., 1] / radius, -1, 1))
        longitude = np.arctan2(points[..., 0], points[..., 2])
        row = (latitude / np.pi + 0.5) * (_ROWS - 1)
        column = (longitude / (2 * np.pi) + 0.5) * _COLUMNS
        return np.stack((row, column)), radius

    def height(self, points):
        """Height of points (..., 3) above the hull, dm, (...)."""
        place, radius = self._place(points)
        flat = place.reshape(2, -1)
        padded = np.concatenate((self._grid, self._grid[:, :1]), 1)
        hull = map_coordinates(padded, flat, order=1, mode="nearest")
        return radius - hull.reshape(radius.shape)


def sample_roots(rng, body, density, count):
    """Draw roots on the skin.

    Args:
        rng: generator.
        body: ``Body``.
        density: relative density at the vertices, (v,).
        count: roots to draw.

    Returns:
        Places (n, 3), unit normals (n, 3) and places in the neutral mesh (n, 3).
    """
    mesh = body.mesh
    triangles = mesh.triangles[mesh.part == 0]
    triangles = triangles[(density[triangles] > 0).any(1)]
    a, b, c = (body.vertices[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chance = area * density[triangles].mean(1)
    if chance.sum() <= 0:
        return tuple(np.zeros((0, 3)) for _ in range(3))
    chosen = triangles[rng.choice(len(triangles), count, p=chance / chance.sum())]
    weights = rng.dirichlet((1, 1, 1), count)

    def blend(values):
        return np.einsum("nk,nkc->nc", weights, values[chosen])

    normals = blend(body.normals)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return blend(body.vertices), normals, blend(mesh.rest)
