"""Normals of a face from its landmarks, and the smooth light they explain."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import Delaunay

from facekit.data.alignment import canonical_landmarks


def face_normals(landmarks, height, width):
    """Normals of an average face, turned and bent to landmarks.

    The mean depth of each landmark, turned as the landmarks are, is spanned by
    triangles. It knows the form of a face, not that of this one.

    Args:
        landmarks: (468, 2) points in the picture, MediaPipe's numbering, pixels.
        height: int, of the picture in pixels.
        width: int, of the picture in pixels.

    Returns:
        float32, (height, width, 3), unit, x right, y up, z to the camera; 0 outside
        the mesh.

    Raises:
        ValueError: the landmarks are of another form.
    """
    points = np.asarray(landmarks, "float64")
    if points.shape != (468, 2) or not np.isfinite(points).all():
        raise ValueError(
            "`landmarks` must be 468 finite (x, y) points. Received: shape "
            f"{points.shape}"
        )
    solid = np.column_stack([points * (1, -1), _depth_of(points)])
    corners = solid[_triangles()]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((468, 3))
    for corner in range(3):
        np.add.at(normals, _triangles()[:, corner], faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    picture = _painted(points, normals, height, width)
    length = np.linalg.norm(picture, axis=-1, keepdims=True)
    return np.where(length > 0.1, picture / np.maximum(length, 0.1), 0)


def smooth_light(grey, normals, weight):
    """Light of second-order spherical harmonics that fits a picture best.

    Args:
        grey: float, (height, width), linear light.
        normals: (height, width, 3), unit; 0 where unknown.
        weight: float, (height, width), at least 0, how much a pixel counts.

    Returns:
        float32, (height, width): the fitted light, at least 0; 0 where the normal is
        unknown.

    Reference: Ramamoorthi and Hanrahan 2001, "An efficient representation for
    irradiance environment maps".
    """
    known = np.abs(normals).sum(-1) > 0
    x, y, z = np.moveaxis(normals[known].astype("float64"), -1, 0)
    basis = np.stack(
        (np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1), 1
    )
    root = np.sqrt(weight[known])[:, None]
    # A little damping, since a face shows less than half of all directions.
    damping = 1e-2 * np.sqrt(root.sum()) * np.eye(9)
    damping[0] = 0
    coefficients = np.linalg.lstsq(
        np.concatenate((basis * root, damping)),
        np.concatenate((grey[known] * root[:, 0], np.zeros(9))),
        rcond=None,
    )[0]
    light = np.zeros(grey.shape, "float32")
    light[known] = np.maximum(basis @ coefficients, 0)
    return light


def _depth_of(points):
    """Height of each landmark towards the camera, pixels, after the face's turn."""
    solid = _canonical()
    middle = points.mean(0)
    # Best affine view of the average face; its rows are two axes of the turned head.
    view = np.linalg.lstsq(solid, (points - middle) * (1, -1), rcond=None)[0].T
    scale = np.sqrt(np.linalg.norm(view[0]) * np.linalg.norm(view[1]))
    towards = np.cross(view[0], view[1])
    towards *= scale / max(np.linalg.norm(towards), 1e-9)
    return solid @ towards


@cache
def _canonical():
    """Average face, (468, 3), centred, x right, y up, z to the camera."""
    depth = np.load(Path(__file__).with_name("canonical_depth.npy"))
    solid = np.column_stack([canonical_landmarks(1) * (1, -1), -depth])
    return solid - solid.mean(0)


@cache
def _triangles():
    """Triangles over the average face, (n, 3), all turned towards the camera."""
    plane = _canonical()[:, :2]
    triangles = Delaunay(plane).simplices
    first, second, third = np.moveaxis(plane[triangles], 1, 0)
    turn = _turn(second - first, third - first)
    return np.where(turn[:, None] > 0, triangles, triangles[:, ::-1])


def _turn(one, other):
    """Third component of the cross product of plane vectors (n, 2)."""
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def _painted(points, values, height, width):
    """Fill the triangles with the mean of their corners' values; 0 outside."""
    picture = np.zeros((height, width, 3), "float32")
    triangles = _triangles()
    corners = points[triangles]
    first, second, third = np.moveaxis(corners, 1, 0)
    # What is turned away is hidden behind the rest.
    seen = _turn(second - first, third - first) < 0
    places = np.rint(corners[seen] * 16).astype("int32")
    colours = values[triangles[seen]].mean(1)
    for place, colour in zip(places, colours.tolist(), strict=True):
        cv2.fillConvexPoly(picture, place, colour, shift=4)
    sigma = max(height, width) / 100
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma)
    return np.where(np.abs(picture).sum(-1, keepdims=True) > 0, blurred, 0)
