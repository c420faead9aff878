"""Which directions of the sky each vertex sees."""

import cv2
import numpy as np

from facekit.portraits.lighting import DIRECTIONS
from facekit.portraits.noise import smoothstep

_SIDE = 128
_BIAS = (0.07, 0.13)  # dm; nearer occluders than the first cast no shadow
_ROW = 1024


def sky_visibility(vertices, occluders, neighbours):
    """Share of each of the sky's directions that is open.

    Points are splatted into a small depth map from each direction, which is looked up
    at every vertex, and the result is smoothed over the mesh.

    Args:
        vertices: (v, 3) in dm.
        occluders: points that cast shadows beside the vertices, (m, 3).
        neighbours: sparse matrix that averages over each vertex's neighbours.

    Returns:
        float32 (v, 96) in [0, 1].
    """
    points = np.concatenate((vertices, occluders)).astype(np.float32)
    points = np.ascontiguousarray(points.T)
    count = len(vertices)
    visible = np.zeros((count, len(DIRECTIONS)), np.float32)
    for k, direction in enumerate(DIRECTIONS.astype(np.float32)):
        if direction[2] > -0.85:
            gap = _height_above(points, count, direction)
            visible[:, k] = 1 - smoothstep(*_BIAS, gap)
    for _ in range(2):
        visible = 0.5 * visible + 0.5 * (neighbours @ visible)
    return visible.astype(np.float32)


def _height_above(points, count, direction):
    """How far the outermost point (3, m) lies above each of the first ``count``."""
    across = np.cross(direction, (0, 1, 0.01)).astype(np.float32)
    across /= np.linalg.norm(across)
    flat = np.stack((across, np.cross(across, direction))) @ points
    height = direction @ points
    low, high = flat.min(1, keepdims=True), flat.max(1, keepdims=True)
    place = (flat - low) * ((_SIDE - 3) / (high - low).max()) + 1
    cell = place[1].astype(int) * _SIDE + place[0].astype(int)
    top = np.full(_SIDE * _SIDE, -99, np.float32)
    np.maximum.at(top, cell, height)
    # OpenCV looks up pictures, not lists, of places.
    padding = -count % _ROW
    x, y = (np.pad(p, (0, padding)).reshape(-1, _ROW) for p in place[:, :count] - 0.5)
    outermost = cv2.remap(
        top.reshape(_SIDE, _SIDE),
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return outermost.ravel()[:count] - height[:count]
