"""Draw the hidden parts of a face as they go with what is seen of it."""

import cv2
import numpy as np

from facekit.data.face_regions import (
    FaceCanvas,
    draw_hull,
    face_region,
    inner_face,
)
from facekit.data.face_shapes import FaceShapes
from facekit.data.face_texture import FaceTexture
from facekit.data.hidden_faces import hidden_landmarks
from facekit.data.skin_colour import skin_likeness
from facekit.data.smooth_fill import smooth_fill
from facekit.restore.border import match_border
from facekit.restore.registration import register

_FADE = 0.008  # of the square, towards what is beside the face
# What is known differs from the face by less than so much of the range, root mean
# square of the channels, or is hair or something else before it.
_BEFORE_FACE = 0.1
# What a face has on one side beyond the sum is drawn on the other if it is that small,
# blurred: brows of another colour, and no lock of hair.
_LIKE = 0.2
_MIXED = 7  # pixels of the square
# Sums of many faces are a little soft. What a blur of so many pixels of the texture
# takes away is made stronger by this share.
_BLUR, _SHARPENING = 2.5, 0.45
# Of a face that is turned, parts of which so much less is seen than of half of it are
# mixed with what is beside it; nothing is taken from a side that is so much narrower
# than the other.
_NARROW, _NARROWER = 0.2, 0.5
# Of a face of which less is seen nothing is drawn.
_LEAST_SEEN = 0.08
# Landmarks are known that are farther from the hole than so much of the face's width;
# with fewer than so many nothing is said of the rest.
_NEAR_HOLE, _LEAST_KNOWN = 0.02, 40


class Appearance:
    """The appearance model of a SavedModel: faces as sums of principal components.

    Warped to one shape, eyes lie on eyes and lips on lips, so sums of faces are sharp.
    The sum that goes best with what is known of a face also says what is hidden: an eye
    like the other one, a mouth that suits the skin.

    Args:
        saved_model: ``SavedModel`` with a signature "appearance".

    Reference: Cootes, Edwards and Taylor, Active Appearance Models, 2001; Everson and
    Sirovich, Karhunen-Loeve procedure for gappy data, 1995.
    """

    def __init__(self, saved_model):
        inputs = saved_model.card["signatures"]["appearance"]["inputs"]
        self.saved_model = saved_model
        self.texture = FaceTexture(inputs["texture"]["shape"][1])
        shapes = saved_model("shapes")
        self.shapes = FaceShapes(
            shapes["mean"], shapes["components"], shapes.get("correction")
        )

    def correct(self, landmarks, hole):
        """Move landmarks that were found beside a hole by their usual error.

        Args:
            landmarks: float32, (468, 2), pixels of the photo.
            hole: bool, (height, width).

        Returns:
            float32, (468, 2); as they were, if none or all of them are hidden.
        """
        hidden = hidden_landmarks(landmarks, hole)
        if not hidden.any() or hidden.all():
            return landmarks
        return self.shapes.corrected(landmarks, hidden)

    def complete(self, landmarks, hole):
        """Move hidden landmarks to where they are likely to be beside the others.

        Args:
            landmarks: float32, (468, 2), pixels of the photo.
            hole: bool, (height, width).

        Returns:
            float32, (468, 2); as they were, if none or nearly all of them are hidden.
        """
        height, width = hole.shape
        reach = max(1, round(_NEAR_HOLE * float(np.ptp(landmarks, axis=0).max())))
        low = np.floor(landmarks.min(0)).astype(int) - reach
        low = np.clip(low, 0, (width - 1, height - 1))
        x1, y1 = np.ceil(landmarks.max(0)).astype(int) + reach + 1
        kernel = np.ones((2 * reach + 1,) * 2, "uint8")
        part = hole[low[1] : max(y1, low[1] + 1), low[0] : max(x1, low[0] + 1)]
        near = cv2.dilate(part.astype("uint8"), kernel) > 0
        places = np.rint(landmarks).astype(int) - low
        in_photo = ((places >= 0) & (places < near.shape[::-1])).all(1)
        columns, rows = np.where(in_photo[:, None], places, 0).T
        known = in_photo & ~near[rows, columns]
        if known.all() or known.sum() < _LEAST_KNOWN:
            return landmarks
        return self.shapes.complete(landmarks, known)

    def draw(self, image, known, landmarks, beside=None):
        """Draw what is missing of a face, below its forehead.

        Args:
            image: float32, (size, size, 3), [0, 1], an aligned face, filled.
            known: float32, (size, size), 1 = known, 0 = filled or beside the photo.
            landmarks: (468, 2), pixels of the square.
            beside: bool, (size, size), what is still to be filled, beside the face;
                there is nothing there to fade to. None if all is filled. Defaults to
                None.

        Returns:
            ``(face, share)``: float32, (size, size, 3), [0, 1], the face, which meets
            the known skin around the hole and goes on under it, and float32, (size,
            size), [0, 1], how much of it to lay on what is filled: nothing where
            hardly any of the face is seen.
        """
        size = len(known)
        inside = self.texture.inside
        texture = self.texture.unwrap(image, landmarks)
        areas = self.texture.areas(landmarks)
        known_there = inside & (areas > _NARROW)
        known_there &= self.texture.unwrap(known, landmarks) > 0.9999
        self.shapes.write(texture, landmarks)
        face = self._completed(texture, known_there)
        # What hangs before the face says nothing about it.
        seen = known_there & (_rms(texture - face) < _BEFORE_FACE)
        if seen.sum() < _LEAST_SEEN * inside.sum():
            return image, np.zeros_like(known)
        face = self._completed(texture, seen)
        drawn = np.clip(self._with_other_side(texture, known_there, face, areas), 0, 1)
        # Cubic interpolation next to the black around a texture would draw a light rim.
        drawn = smooth_fill(drawn, np.float32(inside))
        drawn = self.texture.wrap(np.dstack([drawn, inside]), landmarks, size)
        drawn, covered = drawn[..., :3], np.float32(drawn[..., 3] > 0.99)
        part = draw_hull(inner_face(landmarks), known.shape) * covered
        if beside is not None:
            part = np.maximum(part, beside)
        part = cv2.GaussianBlur(part, (0, 0), _FADE * size)
        part = np.clip(2 * part - 1, 0, 1) * covered
        drawn = register(drawn, image, known * covered)
        skin = known * (_rms(image - drawn) < _BEFORE_FACE)
        skin *= ~_of_another_colour(image, known, landmarks)
        drawn = np.where(skin[..., None] > 0.5, image, drawn)
        hidden = covered * (known < 0.5)
        return match_border(drawn, covered * skin, hidden, as_light=True), part

    def _with_other_side(self, texture, seen, face, areas):
        """Add to a sum what it lacks, as far as that is seen on the face's other side.

        Textures are symmetric; light from one side is in the sum.
        """
        inside = np.float32(self.texture.inside)
        sharp = face + _SHARPENING * (face - _blurred(face, inside))
        share = np.float32(seen)
        lack = share[..., None] * (texture - face)
        like = share * (_rms(_blurred(lack, share)) < _LIKE)
        like *= areas > _NARROWER * areas[:, ::-1]
        like = cv2.erode(like, np.ones((_MIXED, _MIXED), "uint8"))
        like = cv2.GaussianBlur(like, (0, 0), _BLUR)[:, ::-1, None]
        return sharp + like * (face + lack[:, ::-1] - sharp)

    def _completed(self, texture, seen):
        # Beside the face there is nothing but the shape's scores.
        known = np.float32(seen | ~self.texture.inside)[..., None]
        outputs = self.saved_model(
            "appearance", texture=(texture * known)[None], known=known[None]
        )
        return outputs["face"][0]


def _of_another_colour(image, known, landmarks):
    """What is seen where bare skin lies and is unlike it, such as a strand of hair."""
    bare = known * face_region(landmarks, "skin", *known.shape, feather=0)
    photo = np.rint(255 * np.clip(image, 0, 1)).astype("uint8")
    unit = FaceCanvas(landmarks, *known.shape, feather=0).unit
    likeness = skin_likeness(photo, bare, landmarks, unit)
    unlike = ((bare >= 0.5) & (likeness < 0.5)).astype("uint8")
    # Next to it both are mixed.
    return cv2.dilate(unlike, np.ones((_MIXED, _MIXED), "uint8")) > 0


def _blurred(values, where):
    """Blurred as if there were nothing elsewhere."""
    blurred = cv2.GaussianBlur(values * where[..., None], (0, 0), _BLUR)
    where = cv2.GaussianBlur(where, (0, 0), _BLUR)
    return blurred / np.maximum(where, 1e-6)[..., None]


def _rms(values):
    """Root mean square of the channels, (height, width)."""
    return np.square(values).mean(-1) ** 0.5
