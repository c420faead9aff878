"""What alignment makes of photographs that are not what it hopes for."""

import dataclasses

import cv2
import numpy as np
import pytest

from facekit.data import (
    FaceFrame,
    align,
    aligned_faces,
    alignment_transform,
    find_faces,
    write_photo,
)
from facekit.errors import NoFaceError, PhotoError
from facekit.portraits import load_embedded, render_portrait, scene
from facekit.portraits.camera import View


@pytest.fixture(scope="module")
def person():
    return load_embedded(8)[2]


@pytest.fixture(scope="module")
def portrait(person):
    return person.pictures["bare"]


@pytest.fixture(scope="module")
def face(portrait):
    (face,) = find_faces(portrait)
    return face


def error(found, face, offset=(0, 0)):
    """Mean distance of landmarks in units of the distance between the eyes."""
    eyes = np.hypot(*(face.landmarks[33] - face.landmarks[263]))
    return np.hypot(*(found.landmarks + offset - face.landmarks).T).mean() / eyes


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 3), (60, 60)])
def test_no_face(shape):
    photo = np.full(shape, 128, "uint8")
    assert find_faces(photo) == []


def test_noise_has_no_face(rng):
    assert find_faces(rng.integers(0, 256, (80, 120, 3), dtype=np.uint8)) == []


def test_files_without_a_face_are_left_out(tmp_path, portrait):
    write_photo(tmp_path / "blank.png", np.full((1, 1, 3), 9, "uint8"))
    write_photo(tmp_path / "face.png", portrait)
    files = [tmp_path / "blank.png", tmp_path / "face.png"]
    with pytest.warns(UserWarning, match=r"blank\.png: expected a face, found none"):
        crops, landmarks, kept = aligned_faces(files, 64)
    assert kept == files[1:] and crops.shape == (1, 64, 64, 3)


@pytest.mark.parametrize("side", ["left", "right", "bottom"])
def test_a_face_cut_by_the_border_keeps_its_place(portrait, face, side):
    x0, x1 = (round(float(face.landmarks[n, 0])) for n in (159, 386))
    lips = round(float(face.landmarks[13, 1]))
    part = {
        "left": np.s_[:, x0:],
        "right": np.s_[:, :x1],
        "bottom": np.s_[:lips],
    }[side]
    cut = np.ascontiguousarray(portrait[part])
    (found,) = find_faces(cut)
    assert error(found, face, (x0 if side == "left" else 0, 0)) < 0.1
    assert FaceFrame(cut, found).shape <= cut.shape[:2]
    crop = align(cut, alignment_transform(found.landmarks, 64), 64)
    assert crop.shape == (64, 64, 3)


def test_a_profile_is_no_face(monkeypatch):
    def from_the_side(rng, size):
        turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
        angles = np.array([np.pi / 2, 0, 0])
        return View(size, 13.0, size * 5.0, np.array((0, -0.2)), turn, angles)

    monkeypatch.setattr(scene, "sample_view", from_the_side)
    assert find_faces(render_portrait(112, 96).pictures["bare"]) == []


def test_a_face_seen_from_the_side_is_refused(portrait, face):
    middle = face.landmarks[:, 0].mean()
    landmarks = (face.landmarks - (middle, 0)) * (0.2, 1) + (middle, 0)
    turned = dataclasses.replace(face, landmarks=landmarks)
    with pytest.raises(NoFaceError, match="received a profile"):
        FaceFrame(portrait, turned)


def test_two_people_are_two_faces(portrait, face):
    small = cv2.resize(portrait, (160, 160), interpolation=cv2.INTER_AREA)
    both = np.pad(small, ((96, 0), (0, 0), (0, 0)), "edge")
    found = find_faces(np.hstack([portrait, both]))
    assert len(found) == 2
    assert error(found[0], face) < 0.1
    second = dataclasses.replace(
        found[1], landmarks=(found[1].landmarks - (256, 96)) * 1.6
    )
    assert error(second, face) < 0.1
    assert len(find_faces(np.hstack([portrait, both]), max_faces=1)) == 1


def test_sunglasses_hide_no_face(person, portrait, face):
    worn = portrait.copy()
    eyes = [np.array(person.landmarks[f"{side}_eye"]) for side in ("left", "right")]
    unit = np.hypot(*(eyes[0] - eyes[1]))
    for eye in eyes:
        axes = (round(0.42 * unit), round(0.33 * unit))
        cv2.ellipse(worn, eye.astype(int), axes, 0, 0, 360, (12, 12, 14), -1)
    cv2.line(worn, *(eye.astype(int) for eye in eyes), (12, 12, 14), 3)
    (found,) = find_faces(worn)
    assert error(found, face) < 0.1


def test_a_greyscale_photo_is_as_good(portrait, face):
    (found,) = find_faces(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY))
    assert error(found, face) < 0.05


@pytest.mark.parametrize("content", [b"", b"no photo", b"\x89PNG\r\n\x1a\n\0\0"])
def test_a_corrupt_file_is_named(tmp_path, portrait, content):
    bad, good = tmp_path / "bad.png", tmp_path / "good.png"
    bad.write_bytes(content)
    write_photo(good, portrait)
    with pytest.raises(PhotoError, match=r"bad\.png"):
        find_faces(bad)
    with pytest.warns(UserWarning, match=r"Left out: .*bad\.png"):
        assert aligned_faces([bad, good], 32)[2] == [good]


def test_a_truncated_file_is_named(tmp_path, portrait):
    file = tmp_path / "half.png"
    write_photo(file, portrait)
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(PhotoError, match=r"half\.png"):
        find_faces(file)
