"""Whether a restored face is still the same person, by dlib's descriptor."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np

_MODEL = "models/dlib_face_recognition_resnet_model_v1.dat"
_CHIP = 150
# dlib's chip shows less around the face than the aligned square: by the framing of
# that, such a share of its side, and its middle lies so far below the square's.
_CHIPS = {"head": (0.58, 0.06), "face": (0.75, -0.04)}


def identity_cosine():
    """Return a function that compares faces, and why there is none.

    Returns:
        ``(function, note)``. The function takes two uint8 arrays (count, size, size,
        3) of aligned faces and their framing, see ``facekit.data.alignment_transform``,
        and returns the cosines of their descriptors, (count,); None where dlib is not
        installed. The note is None where there is a function.
    """
    files = importlib.util.find_spec("face_recognition_models")
    if files is None or importlib.util.find_spec("dlib") is None:
        return None, (
            "Identity left out: dlib is not installed (pip install 'facekit[eval]')."
        )
    import dlib

    # The package itself does not import without the old pkg_resources.
    network = dlib.face_recognition_model_v1(str(Path(files.origin).parent / _MODEL))

    def cosine(targets, restored, framing="head"):
        first, second = (
            np.array(
                [network.compute_face_descriptor(_chip(x, framing)) for x in faces]
            )
            for faces in (targets, restored)
        )
        lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
        return (first * second).sum(1) / lengths

    return cosine, None


def _chip(face, framing):
    size = face.shape[0]
    share, drop = _CHIPS[framing]
    side = round(share * size)
    left = (size - side) // 2
    top = left + round(drop * size)
    part = face[top : top + side, left : left + side]
    return cv2.resize(part, (_CHIP, _CHIP), interpolation=cv2.INTER_CUBIC)
