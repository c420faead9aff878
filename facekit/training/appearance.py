"""The appearance model: components of faces' shapes, and of faces of one shape."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from rich.progress import track

from facekit.data import (
    FaceTexture,
    aligned_faces,
    face_part_hole,
    free_form_hole,
    list_photos,
    polygon_hole,
    worn_mask_hole,
)
from facekit.data.augmentation import tone_curves
from facekit.data.face_shapes import FaceShapes
from facekit.data.hidden_faces import find_faces_around, hidden_landmarks
from facekit.errors import DataError, WeightsError
from facekit.layers import GappyPCA2D
from facekit.training.checkpoints import UNREADABLE, save_arrays

TEXTURE_SIZE = 144
NUM_COMPONENTS = 120
NUM_SHAPES = 20
# Chosen on studio portraits that the components were not found in, as was how much
# colours vary: in the light of a bulb, skin and teeth are yellow together.
_NOISE, _JITTER = 600.0, 2.0
_CROP_SIZE = 256
# Holes by which the error of landmarks is learned, and their shares of the square.
_HOLES = (
    (face_part_hole, 0.03, 0.15),
    (worn_mask_hole, 0.15, 0.3),
    (polygon_hole, 0.08, 0.3),
    (free_form_hole, 0.1, 0.3),
)
_HOLES_A_FACE = 2
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
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    shapes = FaceShapes.of(landmarks / np.float64(_CROP_SIZE), NUM_SHAPES)
    shapes = learn_correction(shapes, crops, landmarks)
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
    if shapes.correction is not None:
        arrays["shape_correction"] = shapes.correction.astype("float16")
    data = tuple(Path(folder).name for folder in folders)
    arrays["data"] = np.array(data)
    save_arrays(Path(out), arrays)
    return AppearanceModel(layer, shapes, data)


def learn_correction(shapes, crops, landmarks, seed=0):
    """Learn how wrong landmarks are that are found beside holes.

    Args:
        shapes: ``FaceShapes``.
        crops: uint8, (count, 256, 256, 3), aligned faces.
        landmarks: (count, 468, 2), pixels of the crops.
        seed: int, of the holes. Defaults to 0.

    Returns:
        ``FaceShapes`` with a correction; ``shapes``, if no face is found beside a hole.
    """
    rng = np.random.default_rng(seed)
    examples = []
    pairs = list(zip(crops, landmarks, strict=True)) * _HOLES_A_FACE
    for crop, true in track(pairs, description="hiding"):
        make, least, most = _HOLES[rng.integers(len(_HOLES))]
        hole = make(rng, _CROP_SIZE, _CROP_SIZE, rng.uniform(least, most))
        faces = find_faces_around(np.where(hole[..., None], np.uint8(0), crop), hole)
        if faces:
            found = faces[0].landmarks
            examples.append((found, hidden_landmarks(found, hole), true))
    return shapes.with_correction(*zip(*examples, strict=True)) if examples else shapes


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
                weight = getattr(layer, name)
                # Older files hold more components.
                weight.assign(stored[name][tuple(map(slice, weight.shape))])
            correction = stored.get("shape_correction")
            shapes = FaceShapes(
                stored["shape_mean"], stored["shape_components"], correction
            )
            data = tuple(stored["data"].tolist())
    except UNREADABLE as error:
        raise WeightsError(f"{path}: expected an appearance model ({error})") from error
    return AppearanceModel(layer, shapes, data)
