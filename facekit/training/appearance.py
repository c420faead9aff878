"""The appearance model: components of faces' shapes, and of faces of one shape."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from rich.progress import track

from facekit.data import FaceTexture, aligned_faces, list_photos
from facekit.data.augmentation import tone_curves
from facekit.data.face_shapes import FaceShapes
from facekit.errors import DataError, WeightsError
from facekit.layers import GappyPCA2D
from facekit.training.checkpoints import UNREADABLE, save_arrays

TEXTURE_SIZE = 144
NUM_COMPONENTS = 128
NUM_SHAPES = 20
# Chosen on 20 studio portraits that the components were not found in, as was how much
# colours vary: in the light of a bulb, skin and teeth are yellow together.
_NOISE, _JITTER = 200.0, 2.0
_CROP_SIZE = 256
_WEIGHTS = ("mean", "components", "parities", "variance")


class AppearanceModel(NamedTuple):
    """What the photo tool draws hidden features by.

    Attributes:
        layer: ``GappyPCA2D`` of textures (``facekit.data.FaceTexture``), which carry
            the scores of their shapes in the upper corners.
        shapes: ``facekit.data.face_shapes.FaceShapes``.
        data: names of the folders of photographs it was found in.
    """

    layer: GappyPCA2D
    shapes: FaceShapes
    data: tuple


def train_appearance(folders, out, cache=None):
    """Find the principal components of faces and of their shapes; write them to a file.

    Args:
        folders: sequence of folders of photographs with faces.
        out: the ``.npz`` file.
        cache: folder that keeps the aligned crops, or None.

    Returns:
        ``AppearanceModel``.

    Raises:
        DataError: there are no photographs or no faces.
    """
    files = [file for folder in folders for file in list_photos(folder)]
    names = ", ".join(map(str, folders))
    if not files:
        raise DataError(f"{names}: no photographs found")
    crops, landmarks, _ = aligned_faces(files, _CROP_SIZE, cache=cache)
    if not len(crops):
        raise DataError(f"{names}: no faces found")
    shapes = FaceShapes.of(landmarks / np.float64(_CROP_SIZE), NUM_SHAPES)
    unwrap = FaceTexture(TEXTURE_SIZE).unwrap
    textures = np.empty((len(crops), TEXTURE_SIZE, TEXTURE_SIZE, 3), "float32")
    rng = np.random.default_rng(0)
    pairs = zip(textures, crops, landmarks, strict=True)
    for texture, crop, points in track(list(pairs), description="warping"):
        varied = cv2.LUT(np.asarray(crop), tone_curves(rng, _JITTER))
        texture[:] = unwrap(varied, points)
        shapes.write(texture, points)
    layer = make_appearance()
    layer.adapt(textures)
    arrays = {name: np.asarray(getattr(layer, name)) for name in _WEIGHTS}
    arrays["components"] = arrays["components"].astype("float16")
    arrays["shape_mean"] = shapes.mean.astype("float32")
    arrays["shape_components"] = shapes.components.astype("float32")
    data = tuple(Path(folder).name for folder in folders)
    arrays["data"] = np.array(data)
    save_arrays(Path(out), arrays)
    return AppearanceModel(layer, shapes, data)


def make_appearance():
    """The layer before it has seen a face."""
    layer = GappyPCA2D(
        TEXTURE_SIZE, NUM_COMPONENTS, noise=_NOISE, reach=None, name="appearance"
    )
    layer.build([(None, None, None, 3)])
    return layer


def load_appearance(path):
    """Load what ``train_appearance`` has written.

    Args:
        path: the ``.npz`` file.

    Returns:
        ``AppearanceModel``.

    Raises:
        WeightsError: the file is missing, damaged or holds something else.
    """
    layer = make_appearance()
    try:
        with np.load(path) as stored:
            for name in _WEIGHTS:
                getattr(layer, name).assign(stored[name])
            shapes = FaceShapes(stored["shape_mean"], stored["shape_components"])
            data = tuple(stored["data"].tolist())
    except UNREADABLE as error:
        raise WeightsError(f"{path}: expected an appearance model ({error})") from error
    return AppearanceModel(layer, shapes, data)
