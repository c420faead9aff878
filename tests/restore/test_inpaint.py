import dataclasses
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from facekit.data import find_faces
from facekit.data.alignment import LEFT_EYE
from facekit.data.hidden_faces import with_landmarks
from facekit.errors import FacekitError, HoleError, ModelError, PhotoError
from facekit.restore import Inpainter, inpaint
from facekit.restore.inpaint import _neck
from facekit.restore.parsing import SKIN, Parser, Parsing


@pytest.fixture
def hole():
    """A hole over the astronaut's mouth, and a scratch across the whole picture."""
    hole = np.zeros((512, 512), bool)
    hole[140:160, 205:245] = True
    hole[300:304, 10:500] = True
    return hole


@pytest.fixture(scope="module")
def faces(astronaut):
    return find_faces(astronaut)


def test_shapes(tool, astronaut, hole):
    before = astronaut.copy()
    result = tool(astronaut, hole=hole)
    assert result.image.shape == astronaut.shape
    assert result.image.dtype == np.uint8
    assert result.maps == {}
    assert len(result.faces) == 1
    assert np.array_equal(astronaut, before)


def test_known_pixels_keep_their_bytes(tool, astronaut, hole):
    result = tool(astronaut, hole=hole)
    assert np.array_equal(result.image[~hole], astronaut[~hole])
    assert (result.image != astronaut)[hole].any(1).mean() > 0.5


def test_content_of_the_hole_is_never_read(tool, astronaut, hole, rng):
    expected = tool(astronaut, hole=hole)
    photo = astronaut.copy()
    photo[hole] = rng.integers(0, 256, (hole.sum(), 3))
    result = tool(photo, hole=hole)
    assert np.array_equal(result.image, expected.image)
    assert np.array_equal(result.faces[0].landmarks, expected.faces[0].landmarks)


def test_restored_beats_damaged(tool, astronaut, hole):
    def error(image):
        difference = image[hole].astype(float) - astronaut[hole]
        return np.square(difference).mean()

    damaged = np.where(hole[..., None], 0, astronaut)
    assert error(tool(astronaut, hole=hole).image) < 0.8 * error(damaged)


def test_strength(tool, astronaut, hole, faces):
    full = tool(astronaut, hole=hole, faces=faces).image.astype(float)
    half = tool(astronaut, hole=hole, faces=faces, strength=0.5).image
    none = tool(astronaut, hole=hole, faces=faces, strength=0)
    assert np.array_equal(none.image, astronaut)
    assert np.abs(half - (full + astronaut) / 2).max() <= 0.5
    again = tool(astronaut, hole=hole, faces=faces, strength=np.float32(0.5))
    assert np.array_equal(again.image, half)


def test_a_grey_photo_stays_grey(make_saved_model, astronaut, hole):
    tool = Inpainter(make_saved_model(tint=(0.2, 0.0, -0.1)))
    coloured = tool(astronaut, hole=hole, faces=[]).image
    grey = tool(astronaut[..., 1], hole=hole, faces=[]).image
    assert (coloured[hole] != coloured[hole][:, :1]).any()
    assert (grey == grey[..., :1]).all()


def test_empty_hole_returns_the_photo(tool, astronaut):
    result = tool(astronaut, hole=np.zeros((512, 512), bool))
    assert np.array_equal(result.image, astronaut)
    assert result.image is not astronaut


def test_transparent_pixels(tool, astronaut, hole, faces):
    rgba = np.dstack([astronaut, np.where(hole, 0, 255).astype("uint8")])
    expected = tool(astronaut, hole=hole, faces=faces).image
    assert np.array_equal(tool(rgba, faces=faces).image, expected)
    assert np.array_equal(tool(Image.fromarray(rgba), faces=faces).image, expected)


def test_which_faces(tool, astronaut, hole, faces):
    assert tool(astronaut, hole=hole, faces=[]).faces == []
    assert len(tool(astronaut, hole=hole, faces=[0]).faces) == 1
    assert tool(astronaut, hole=hole, faces=faces).faces == faces
    for wrong in ([1], [-1], ["0"]):
        with pytest.raises(FacekitError, match="expected indices below 1"):
            tool(astronaut, hole=hole, faces=wrong)


def test_most_of_the_photo_missing(tool, astronaut):
    hole = np.ones((512, 512), bool)
    hole[200, 200] = False
    image = tool(astronaut, hole=hole).image
    assert np.array_equal(image[200, 200], astronaut[200, 200])
    assert np.abs(image.astype(int) - astronaut[200, 200]).max() <= 1


@pytest.mark.parametrize("shape", [(2, 1), (1, 300), (33, 47)])
def test_tiny_photos(tool, rng, shape):
    photo = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    hole = np.zeros(shape, bool)
    hole[0, 0] = True
    image = tool(photo, hole=hole).image
    assert np.array_equal(image[~hole], photo[~hole])


def test_large_photo_reads_no_hole_and_keeps_bytes(tool, astronaut, hole):
    photo = astronaut.repeat(4, 0).repeat(4, 1)
    hole = hole.repeat(4, 0).repeat(4, 1)
    expected = tool(photo, hole=hole).image
    assert np.array_equal(expected[~hole], photo[~hole])
    photo[hole] = 255 - photo[hole]
    assert np.array_equal(tool(photo, hole=hole).image, expected)


def test_errors(tool, astronaut, hole, tmp_path):
    with pytest.raises(PhotoError, match="missing.png"):
        tool(tmp_path / "missing.png", hole=hole)
    with pytest.raises(PhotoError, match="megapixels"):
        tool(astronaut, hole=hole, max_megapixels=0.1)
    with pytest.raises(HoleError, match="received neither"):
        tool(astronaut)
    with pytest.raises(HoleError, match="100 x 512, expected 512 x 512"):
        tool(astronaut, hole=hole[:, :100])
    with pytest.raises(HoleError, match="whole photo"):
        tool(astronaut, hole=np.ones((512, 512)))
    for strength in (-0.1, 1.1, np.nan, "1", None):
        with pytest.raises(FacekitError, match="strength must be"):
            tool(astronaut, hole=hole, strength=strength)


def test_model_of_another_task(make_saved_model):
    with pytest.raises(ModelError, match="'inpaint', found one of 'skin'"):
        Inpainter(make_saved_model(task="skin"))


def test_size_is_a_multiple(make_saved_model):
    assert Inpainter(make_saved_model(working_size=200, multiple_of=64)).size == 256


def test_import_loads_no_framework():
    code = (
        "import sys, facekit, facekit.restore, facekit.data.faces\n"
        "loaded = {'tensorflow', 'keras', 'jax'} & set(sys.modules)\n"
        "sys.exit(', '.join(loaded) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _lower_face(faces):
    x0, y0, x1, y1 = (int(value) for value in faces[0].box)
    hole = np.zeros((512, 512), bool)
    hole[(y0 + y1) // 2 : y1, x0:x1] = True
    return hole


def _distance(found, faces):
    return np.linalg.norm(found[0].landmarks - faces[0].landmarks, axis=1).max()


def test_faces_are_measured_again_in_the_filled_photo(
    tool, astronaut, faces, monkeypatch
):
    hole = _lower_face(faces)
    photo = np.where(hole[..., None], 0, astronaut)

    def fill(self, image, hole, faces, rough=False):
        image[hole] = astronaut[hole]

    def forget(self, image, hole, faces, rough=False):
        image[hole] = 0

    monkeypatch.setattr(Inpainter, "_fill", forget)
    assert _distance(tool(photo, hole=hole).faces, faces) > 4
    monkeypatch.setattr(Inpainter, "_fill", fill)
    assert _distance(tool(photo, hole=hole).faces, faces) < 1


@pytest.mark.parametrize(
    ("score", "again"),
    [(0.9, []), (0.3, ["complete", "fill"])],
)
def test_a_doubtful_face_is_completed_between_looks(faces, score, again):
    """The first time as one found beside a hole, then only where that is doubted."""
    steps, face = [], dataclasses.replace(faces[0], score=score)

    class Appearance:
        def correct(self, landmarks, hole):
            steps.append("correct")
            return landmarks

        def complete(self, landmarks, hole):
            steps.append("complete")
            return landmarks

    class Looking(Inpainter):
        def _fill(self, image, hole, faces, rough=False):
            assert rough and (image[hole] == 0).all()
            steps.append("fill")
            image[hole] = 9

    looking = Looking.__new__(Looking)
    looking.appearance = Appearance()
    hole = _lower_face([face])
    looking._looked_at(np.zeros((512, 512, 3), "uint8"), hole, [face])
    assert steps == ["correct", "complete", "fill", *again]


def test_only_a_doubtful_face_at_the_hole_is_looked_for_more_often(faces, monkeypatch):
    fills, hole = [], _lower_face(faces)

    class Looking(Inpainter):
        def _fill(self, image, hole, faces, rough=False):
            fills.append(len(faces))

    def half_a_step(draft, hole, faces):
        step = 8 * 0.5 ** len(fills)
        return [with_landmarks(face, face.landmarks + (0, step)) for face in faces]

    def moved(face):
        return face.landmarks[0, 1] - faces[0].landmarks[0, 1]

    monkeypatch.setattr(inpaint, "_look_again", half_a_step)
    looking = Looking.__new__(Looking)
    looking.appearance = None
    image = np.zeros((512, 512, 3), "uint8")
    sure = dataclasses.replace(faces[0], score=0.9)
    unsure = dataclasses.replace(faces[0], score=0.3)
    found = looking._looked_at(image, hole, [sure, unsure])
    # It has settled once it moves by half a pixel, of the 80 that it is wide.
    assert [float(moved(face)) for face in found] == pytest.approx([4, 7.5])
    assert fills == [2, 2, 2, 2]
    away = with_landmarks(unsure, unsure.landmarks + (0, 300))
    fills.clear()
    looking._looked_at(image, hole, [sure, away])
    assert fills == [2]


def test_given_faces_are_taken_as_they_are(tool, astronaut, faces):
    assert tool(astronaut, hole=_lower_face(faces), faces=faces).faces == faces


def test_what_is_beside_a_face_goes_on_from_its_drawn_features(
    tool, astronaut, faces, monkeypatch
):
    x0, y0, x1, y1 = (int(value) for value in faces[0].box)
    hole = np.zeros(astronaut.shape[:2], bool)
    hole[y1 - 40 : y1 + 40, x0 - 20 : x1 + 20] = True
    steps = []

    def draw_features(image, hole, missing, face):
        steps.append("features")
        image[hole] = 77

    def fill_region(work, region):
        steps.append("face" if region.in_face else "around")
        if not region.in_face:
            assert (work.image[work.missing] == 77).all()

    monkeypatch.setattr(tool, "appearance", object())
    monkeypatch.setattr(tool, "_draw_features", draw_features)
    monkeypatch.setattr(tool, "_fill_region", fill_region)
    tool(astronaut, hole=hole, faces=faces)
    assert list(dict.fromkeys(steps)) == ["face", "features", "around"]


def test_features_are_drawn_on_no_trace_of_what_is_missing(tool, faces, monkeypatch):
    photo = np.full((512, 512, 3), 200, "uint8")
    x0, y0, x1, y1 = (int(value) for value in faces[0].box)
    hole = np.zeros((512, 512), bool)
    hole[(y0 + y1) // 2 : y1 + 40, x0 - 20 : x1 + 20] = True
    missing = hole.copy()
    missing[:y1] = False
    photo[missing] = 0

    class Appearance:
        def draw(self, image, known, landmarks, beside):
            np.testing.assert_allclose(image, 200 / 255, atol=1e-3)
            assert beside.any() and known[beside].mean() < 0.05
            return image + np.float32(26 / 255), np.ones_like(known)

    monkeypatch.setattr(tool, "appearance", Appearance())
    tool._draw_features(photo, hole, missing, faces[0])
    assert (photo[hole & ~missing] == 226).all() and (photo[~hole] == 200).all()


def test_skin_below_the_eyes_goes_with_a_face(faces):
    """A cheek and a neck do, a bald head does not, nor what is no skin, or seen."""
    x0, y0, x1, y1 = (int(value) for value in faces[0].box)
    middle = (x0 + x1) // 2
    hole = np.zeros((512, 512), bool)
    hole[y0 - 10 : y1 + 12, x0:x1] = True
    classes = np.zeros((512, 512, 4), "float32")
    classes[: y1 + 12, middle:x1, SKIN] = 1
    neck = _neck(hole, faces[0], [Parsing(classes, np.eye(2, 3))])
    eyes = faces[0].landmarks[list(LEFT_EYE), 1].mean()
    low = np.arange(512)[:, None] > eyes + 8
    right = np.arange(512) > middle + 2
    assert neck[hole & low & right].all()
    assert not neck[~hole].any() and not neck[:, : middle - 2].any()
    assert not neck[: int(eyes) - 8].any()
    seen = classes.copy()
    seen[y1 + 12 : y1 + 30, middle:x1, SKIN] = 1
    assert _neck(hole, faces[0], [Parsing(seen, np.eye(2, 3))]) is None
    # Ears are no neck, nor is what lies beside the photo.
    ears = classes.copy()
    ears[(y0 + y1) // 2 : y1 - 10, x1 : x1 + 25, SKIN] = 1
    assert _neck(hole, faces[0], [Parsing(ears, np.eye(2, 3))]) is not None
    cut = hole[: y1 + 12]
    assert _neck(cut, faces[0], [Parsing(seen, np.eye(2, 3))]) is not None
    assert _neck(hole, faces[0], []) is None
    far = np.zeros_like(hole)
    far[-5:, :5] = True
    assert _neck(far, faces[0], [Parsing(classes, np.eye(2, 3))]) is None


def test_a_grey_face_stays_grey(tool, astronaut, hole):
    grey = astronaut.mean(2, keepdims=True).astype("uint8").repeat(3, 2)[:200, 100:300]
    result = tool(grey, hole=hole[:200, 100:300])
    assert len(result.faces) == 1
    assert (result.image == result.image[..., :1]).all()


def test_a_face_far_from_the_hole_costs_nothing(tool, astronaut, faces, monkeypatch):
    hole = np.zeros(astronaut.shape[:2], bool)
    hole[480:500, 20:40] = True
    parser = Parser.__new__(Parser)
    parser.size = 64
    monkeypatch.setattr(tool, "parser", parser)
    assert tool._parsings(astronaut, hole, faces) == []


def test_specks_in_a_hole_say_nothing_of_it(tool, rng):
    wall = (200 + rng.normal(0, 2, (256, 256, 3))).astype("uint8")
    hole = np.zeros((256, 256), bool)
    hole[100:160, 100:160] = True
    hole[128:131, 128:131] = False
    wall[~hole & (cv2.dilate(hole.astype("uint8"), np.ones((3, 3))) > 0)] = 200
    wall[128:131, 128:131] = (120, 40, 40)
    filled = tool(wall, hole=hole, faces=[]).image
    assert np.abs(filled[hole] - 200.0).max() < 20
    assert (filled[~hole] == wall[~hole]).all()
