"""Faces cut out for makers of damage, and what they refuse."""

import numpy as np
import pytest

from facekit.data import FaceFrame, canonical_landmarks
from facekit.data.face_frame import face_frame
from facekit.data.linear_light import to_bytes, to_light
from facekit.errors import NoFaceError, PhotoError

LANDMARKS = canonical_landmarks(64)


def test_light_returns_to_the_same_bytes():
    levels = np.arange(256, dtype="uint8").reshape(1, -1, 1).repeat(3, -1)
    assert np.array_equal(to_bytes(to_light(levels)), levels)
    # IEC 61966-2-1: 8-bit 188 is half of the light.
    assert to_light(levels)[0, 188, 0] == pytest.approx(0.503, abs=1e-3)


def test_parts_lie_in_the_box_and_are_drawn_once(frame):
    for name in ("oval", "skin", "lips", "eyes", "brows", "likeness"):
        part = getattr(frame, name)
        assert part.shape == frame.shape == frame.bytes.shape[:2]
        assert part.min() >= 0 and 0.9 < part.max() <= 1
        assert np.array_equal(part, getattr(frame, name))
    assert (frame.skin * frame.lips).max() < 0.3
    assert (frame.skin * frame.eyes).max() < 0.1


def test_lighting_is_relative_to_the_skin(frame):
    mean = np.average(frame.lighting, weights=frame.skin)
    assert mean == pytest.approx(1, abs=0.1)
    assert np.hypot(*frame.light_direction) == pytest.approx(1)


def test_a_frame_belongs_to_its_image(crop, frame):
    assert face_frame(crop[0], frame) is frame
    assert face_frame(crop[0].copy(), frame) is frame
    with pytest.raises(ValueError, match="of another"):
        face_frame(255 - crop[0], frame)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), "uint8"),
        np.zeros((64, 64, 1), "uint8"),
        np.zeros((64, 64, 4), "uint8"),
        np.zeros((64, 64, 3)),
        "photo.jpg",
    ],
)
def test_errors_of_photos(image):
    with pytest.raises(PhotoError, match="Expected a photo as uint8"):
        FaceFrame(image, LANDMARKS)


@pytest.mark.parametrize(
    ("landmarks", "message"),
    [
        (None, "received none"),
        ([], "received none"),
        (np.zeros((68, 2)), "468"),
        (np.full((468, 2), np.nan), "468"),
        (np.zeros((468, 2)), "between the pupils"),
        (LANDMARKS / 16, "between the pupils"),
        (LANDMARKS + 500, "inside the photo"),
        (LANDMARKS * [0.2, 1], "profile"),
    ],
)
def test_errors_of_faces(landmarks, message):
    with pytest.raises(NoFaceError, match=message):
        FaceFrame(np.zeros((64, 64, 3), "uint8"), landmarks)


def test_a_picture_of_one_pixel_has_no_face():
    with pytest.raises(NoFaceError):
        FaceFrame(np.zeros((1, 1, 3), "uint8"), canonical_landmarks(1))
