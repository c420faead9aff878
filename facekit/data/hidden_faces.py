"""Find faces in photos of which a part is missing."""

import cv2
import numpy as np

from facekit.data.alignment import reduce
from facekit.data.faces import Face, find_faces
from facekit.data.smooth_fill import smooth_fill

_SIDE = 1024  # longest side, pixels, of what is searched
_REACH = 3  # pixels around each one by which the front goes on


def find_faces_around(image, hole):
    """Find faces where the hole is filled, in a reduced picture.

    It is filled smoothly, or, where no face is found so, from its border inwards
    (Telea, An Image Inpainting Technique Based on the Fast Marching Method, 2004).

    Args:
        image: uint8, (height, width, 3), 0 in the hole.
        hole: bool, (height, width).

    Returns:
        List of ``Face``, the largest first; hidden landmarks are guesses.
    """
    known, factor = _reduced(np.where(hole, np.uint8(0), np.uint8(255)))
    known = known.astype("float32") / 255
    small = _reduced(image)[0] / np.maximum(known, 1e-6)[..., None]
    small = np.clip(smooth_fill(small, known), 0, 255).astype("uint8")
    # With eyes or mouth covered, a face upside down looks no less likely.
    faces = find_faces(small, turned=False)
    if not faces:
        hidden = (known == 0).astype("uint8")
        marched = cv2.inpaint(small, hidden, _REACH, cv2.INPAINT_TELEA)
        faces = find_faces(marched, turned=False) or find_faces(small)
    return [_enlarged(face, factor) for face in faces]


def find_faces_again(image):
    """Find faces in a reduced picture, uint8 (height, width, 3), that is filled."""
    small, factor = _reduced(image)
    return [_enlarged(face, factor) for face in find_faces(small, turned=False)]


def with_landmarks(face, landmarks):
    """A face with other landmarks, float32 (468, 2)."""
    low, high = landmarks.min(0), landmarks.max(0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Face(box, landmarks, face.score)


def moved(old, new):
    """How far a face's landmarks lie from others, on average, as a share of its width.

    Args:
        old: ``Face``.
        new: ``Face``.
    """
    apart = np.linalg.norm(new.landmarks - old.landmarks, axis=1).mean()
    return float(apart / max(np.ptp(old.landmarks[:, 0]), 1.0))


def hidden_landmarks(landmarks, hole):
    """Which landmarks, (468, 2), lie in a hole, bool (height, width); bool (468,)."""
    places = np.rint(landmarks).astype(int)
    inside = ((places >= 0) & (places < hole.shape[::-1])).all(1)
    columns, rows = np.where(inside[:, None], places, 0).T
    return inside & hole[rows, columns]


def _reduced(image):
    return reduce(image, min(1.0, _SIDE / max(image.shape[:2])))


def _enlarged(face, factor):
    return with_landmarks(
        face, ((face.landmarks + 0.5) * factor - 0.5).astype("float32")
    )
