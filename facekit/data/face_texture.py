"""Faces warped to one shape, so that every feature lies where it does on all others."""

from functools import cached_property

import cv2
import numpy as np

from facekit.data.alignment import canonical_landmarks
from facekit.data.face_chart import ThinPlate
from facekit.data.face_regions import draw_hull, inner_face
from facekit.data.faces import mirror_order

_MARGIN = 0.06  # around the landmarks, share of their extent
_NODE = 4  # pixels between which maps are interpolated
_UNIT = 0.35  # of the side: about the distance of the pupils


class FaceTexture:
    """The maps between a face in a picture and the average face's symmetric shape.

    Between the landmarks the maps are thin-plate splines. A texture reaches from jaw to
    brows; beyond, where hair may fall, it is 0.

    Args:
        size: int, at least 32, side of the texture in pixels.

    Attributes:
        size: int.
        shape: float64, (468, 2), where the landmarks lie in every texture.
        inside: bool, (size, size), True = face.

    Reference: Cootes, Edwards and Taylor, Active Appearance Models, 2001, whose
    shape-free patch this is.
    """

    def __init__(self, size):
        self.size = size
        points = canonical_landmarks(1).astype("float64")
        points = (points + points[mirror_order()] * (-1, 1)) / 2
        inner = inner_face(points)
        points -= (inner.min(0) + inner.max(0)) / 2
        extent = np.ptp(inner, axis=0).max() * (1 + 2 * _MARGIN)
        self.shape = points / extent * size + (size - 1) / 2
        hull = draw_hull(inner_face(self.shape), (size, size)).astype("uint8")
        self.inside = cv2.dilate(hull, np.ones((5, 5), "uint8")) > 0

    @cached_property
    def _from_landmarks(self):
        """The nodes' places in a picture are this matrix times its landmarks."""
        unit = _UNIT * self.size
        plate = ThinPlate(self.shape / unit, np.eye(len(self.shape)))
        return plate(_nodes(self.size) / unit)

    def unwrap(self, picture, landmarks):
        """Warp a face to the common shape.

        Pixels are interpolated linearly, not averaged: a face should be about as large
        as its texture, as in an aligned square of twice the texture's side.

        Args:
            picture: uint8 or float32, (height, width) or (height, width, channels), at
                most 32,767 pixels a side.
            landmarks: (468, 2), pixels of the picture.

        Returns:
            The texture, (size, size) or (size, size, channels), of the same type; 0
            where the face leaves the picture.

        Raises:
            ValueError: the landmarks have another shape.
        """
        texture = cv2.remap(picture, self._places(landmarks), None, cv2.INTER_LINEAR)
        texture[~self.inside] = 0
        return texture.reshape(self.size, self.size, *picture.shape[2:])

    def areas(self, landmarks):
        """How much of a picture each pixel of a texture comes from.

        On a face that is turned the far side is narrow, or folded over: then what is
        beside the face, or before it, is taken for it.

        Args:
            landmarks: (468, 2), pixels of the picture.

        Returns:
            float32, (size, size), 1 = as much as the median in the face, negative where
            it is folded.

        Raises:
            ValueError: the landmarks have another shape.
        """
        x, y = cv2.split(self._places(landmarks))
        (x_down, x_across), (y_down, y_across) = np.gradient(x), np.gradient(y)
        area = x_across * y_down - x_down * y_across
        return area / max(float(np.median(area[self.inside])), 1e-6)

    def wrap(self, texture, landmarks, size):
        """Warp a texture to the shape of a face.

        Args:
            texture: float32, (size, size) or (size, size, channels).
            landmarks: (468, 2), pixels of the picture.
            size: int, side of the picture in pixels.

        Returns:
            The picture, float32, (size, size) or (size, size, channels), 0 beside the
            face; cubic interpolation goes a little beyond the texture's values.

        Raises:
            ValueError: the landmarks have another shape.
        """
        landmarks = _checked(landmarks)
        unit = max(np.ptp(landmarks, axis=0).max() * _UNIT, 1.0)
        plate = ThinPlate(landmarks / unit, self.shape)
        places = _between(plate(_nodes(size) / unit), size)
        picture = cv2.remap(texture, places, None, cv2.INTER_CUBIC)
        return picture.reshape(size, size, *texture.shape[2:])

    def _places(self, landmarks):
        """Where in a picture each pixel of its texture lies."""
        return _between(self._from_landmarks @ _checked(landmarks), self.size)


def _checked(landmarks):
    landmarks = np.asarray(landmarks, "float64")
    if landmarks.shape != (468, 2):
        raise ValueError(
            f"`landmarks` must be of shape (468, 2). Received: {landmarks.shape}"
        )
    return landmarks


def _nodes(size):
    along = np.arange(0, size + _NODE, _NODE, dtype="float64")
    return np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)


def _between(values, size):
    """Interpolate values (count, 2) of the nodes for every pixel."""
    along = np.arange(size, dtype="float32") / _NODE
    side = len(np.arange(0, size + _NODE, _NODE))
    values = values.reshape(side, side, 2).astype("float32")
    return cv2.remap(values, *np.meshgrid(along, along), cv2.INTER_LINEAR)
