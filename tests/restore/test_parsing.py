import json

import numpy as np
import pytest

from facekit.data import Face, alignment_transform, canonical_landmarks, find_faces
from facekit.restore import Inpainter
from facekit.restore.parsing import (
    BACKGROUND,
    CLOTH,
    SKIN,
    Parser,
    Parsing,
    beside_heads,
    follow_photo,
    parsed_square,
)
from facekit.restore.saved_model import SavedModel

SIZE = 64
UNMOVED = np.eye(2, 3)


@pytest.fixture(scope="module")
def network(tensorflow):
    import keras

    from facekit.models import FaceParsingUNet

    keras.utils.set_random_seed(1)
    network = FaceParsingUNet((4, 8))
    for variable in network.variables:
        variable.assign(np.asarray(variable).astype("float16"))
    return network


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    from facekit.export import export_inpaint
    from facekit.models import PartialConvUNet

    folder = tmp_path_factory.mktemp("models") / "inpaint"
    small = PartialConvUNet((4, 8, 8))
    export_inpaint(small, folder, {}, parser=network, parsing_size=SIZE)
    return folder


def halves(*labels):
    """A square of 8 pixels, two classes side by side."""
    classes = np.zeros((8, 8, 4), "float32")
    for columns, label in zip((np.s_[:4], np.s_[4:]), labels, strict=True):
        classes[:, columns, label] = 1
    return classes


def test_the_signature_computes_what_the_network_does(rng, network, folder):
    image = rng.random((2, SIZE, SIZE, 3), dtype="float32")
    mask = (rng.random((2, SIZE, SIZE, 1)) > 0.3).astype("float32")
    face = (rng.random((2, SIZE, SIZE, 1)) > 0.5).astype("float32")
    known = np.where(mask > 0, image, np.nan).astype("float32")
    found = SavedModel(folder)("parsing", image=known, mask=mask, face=face)["classes"]
    expected = network({"image": image, "mask": mask, "face": face})
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5)
    about = json.loads((folder / "card.json").read_text())["signatures"]["parsing"]
    assert about["inputs"]["image"]["shape"] == ["batch", SIZE, SIZE, 3]
    assert about["outputs"]["classes"]["shape"][1:] == list(found.shape[1:])


def test_a_face_is_parsed_in_its_square_and_the_hole_is_never_read(
    rng, folder, astronaut
):
    parser = Parser(SavedModel(folder))
    face = find_faces(astronaut)[0]
    hole = np.zeros(astronaut.shape[:2], bool)
    hole[80:150, 190:240] = True
    parsing = parser(astronaut, hole, face)
    assert parsing.classes.shape == (SIZE, SIZE, 4)
    np.testing.assert_array_equal(
        parsing.transform, alignment_transform(face.landmarks, SIZE)
    )
    other = astronaut.copy()
    other[hole] = rng.integers(0, 256, (hole.sum(), 3))
    np.testing.assert_array_equal(parser(other, hole, face).classes, parsing.classes)
    without = parser(astronaut, np.zeros_like(hole), face).classes
    assert np.abs(without - parsing.classes).max() > 1e-3


def test_what_was_parsed_is_seen_in_another_square():
    """Moved by two pixels; nothing is known beside what was parsed."""
    moved = np.float64([[1, 0, 2], [0, 1, 0]])
    seen = Parsing(halves(1, 2), UNMOVED).seen_in(moved, 8)
    np.testing.assert_allclose(seen[:, 2:6, 1], 1, atol=1e-6)
    np.testing.assert_allclose(seen[:, 6:, 2], 1, atol=1e-6)
    assert (seen[:, :2] == 0).all()
    half = np.float64([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    seen = Parsing(halves(1, 2), UNMOVED).seen_in(half, 4)
    np.testing.assert_allclose(seen[..., 1] > 0.5, np.arange(4) < [[2]] * 4)


def test_the_nearest_parsing_counts_where_it_reaches():
    here = Parsing(halves(1, 2), UNMOVED)
    right = Parsing(halves(3, 3), np.float64([[1, 0, -4], [0, 1, 0]]))
    for parsings in ([here, right], [right, here]):
        classes = parsed_square(parsings, UNMOVED, 8)
        np.testing.assert_allclose(classes, halves(1, 2), atol=1e-6)
        beside = np.float64([[1, 0, -6], [0, 1, 0]])
        classes = parsed_square(parsings, beside, 8)
        np.testing.assert_allclose(classes[:, :6, 3], 1, atol=1e-6)
        assert (classes[:, 6:] == 0).all()
    assert (parsed_square([], UNMOVED, 8) == 0).all()


def skin_from(column, size=128):
    classes = np.zeros((size, size, 4), "float32")
    classes[:, :column, BACKGROUND], classes[:, column:, SKIN] = 1, 1
    return classes


def test_an_outline_lies_where_it_is_seen(rng):
    """Two pixels off by the parsing; a hole across it goes on from there."""
    image = np.full((128, 128, 3), 0.9, "float32")
    image[:, 64:] = (0.7, 0.5, 0.4)
    image += 0.01 * rng.standard_normal(image.shape, dtype="float32")
    known = np.ones((128, 128), "float32")
    known[40:88] = 0
    image[known == 0] = np.nan
    true = np.arange(128) >= 64
    for column in (62, 66):
        classes = follow_photo(skin_from(column), image, known)
        skin = classes[..., SKIN] > 0.5
        assert (skin[known[:, 0] == 1] == true).mean() > 0.99
        assert (skin[[40, 87]] == true).mean() > 0.97
        np.testing.assert_array_equal(skin[64], np.arange(128) >= column)
        np.testing.assert_allclose(classes.sum(-1), 1, atol=1e-3)


def test_far_from_outlines_a_parsing_stays_as_it_is(rng):
    image = rng.random((128, 128, 3), dtype="float32")
    known, parsed = np.ones((128, 128), "float32"), skin_from(64)
    classes = follow_photo(parsed, image, known)
    far = np.abs(np.arange(128) - 63.5) > 4
    np.testing.assert_allclose(classes[:, far], parsed[:, far], atol=1e-3)
    nothing = np.zeros_like(classes)
    np.testing.assert_array_equal(follow_photo(nothing, image, known), nothing)
    np.testing.assert_array_equal(follow_photo(parsed, image, 0 * known), parsed)


def test_beside_heads_and_next_to_their_outlines():
    twice = np.float64([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    beside = beside_heads(skin_from(64), twice, (256, 256))
    assert beside[:, :128].all() and not beside[:, 134:].any()
    skin, hair = halves(SKIN, SKIN), halves(2, 2)
    for classes in (skin, hair):
        assert not beside_heads(classes, UNMOVED, (8, 8)).any()


def test_the_tool_goes_by_it(rng, folder, astronaut):
    """Two faces, one of them cut off by the border; no appearance model."""
    tool = Inpainter(folder)
    assert tool.parser is not None and tool.appearance is None
    face = find_faces(astronaut)[0]
    faces = [face, Face(face.box, face.landmarks - np.float32([190, 20]), 1.0)]
    hole = np.zeros(astronaut.shape[:2], bool)
    hole[30:90, 150:300] = True
    hole[100:120, :40] = True
    filled = tool(astronaut, hole=hole, faces=faces).image
    np.testing.assert_array_equal(filled[~hole], astronaut[~hole])
    other = astronaut.copy()
    other[hole] = rng.integers(0, 256, (hole.sum(), 3))
    again = tool(other, hole=hole, faces=faces).image
    np.testing.assert_array_equal(filled, again)
    tool.parser = None
    assert (tool(astronaut, hole=hole, faces=faces).image != filled).any()


class FixedParser:
    """Says that skin lies right of column 170, or of another one in the hole."""

    size = 64

    def __init__(self, column):
        self.column = column

    def __call__(self, image, hole, face):
        edge = np.where(hole, self.column, 170)
        skin = np.arange(hole.shape[1]) >= edge
        classes = np.zeros((*hole.shape, 4), "float32")
        classes[..., SKIN] = skin
        classes[..., 0] = ~skin
        return Parsing(classes, UNMOVED)


def test_outlines_go_on_where_the_parsing_says(tool, monkeypatch):
    """Skin and a wall meet at a column that the hole hides."""
    wall, skin, column = (40, 90, 60), (200, 150, 130), 170
    photo = np.empty((320, 320, 3), "uint8")
    photo[:, :column], photo[:, column:] = wall, skin
    landmarks = canonical_landmarks(160) + np.float32([120, 80])
    face = Face((165, 125, 235, 215), landmarks, 1.0)
    hole = np.zeros(photo.shape[:2], bool)
    hole[60:100, 130:210] = True
    for where in (column, column - 24, column + 24):
        monkeypatch.setattr(tool, "parser", FixedParser(where))
        filled = tool(photo, hole=hole, faces=[face]).image
        likeness = np.abs(filled.astype(float) - skin).sum(-1) < 30
        assert likeness[62:98, where + 5 : 208].mean() > 0.85
        assert likeness[62:98, 132 : where - 5].mean() < 0.15
        np.testing.assert_array_equal(filled[~hole], photo[~hole])


class ShirtParser:
    """Cloth in the hole below a row and a wall elsewhere; the shirt is not reached."""

    size = 160

    def __init__(self, row, end):
        self.row, self.end = row, end

    def __call__(self, image, hole, face):
        classes = np.zeros((*hole.shape, 4), "float32")
        below = np.arange(hole.shape[0])[:, None] >= self.row
        classes[..., CLOTH] = below & hole
        classes[..., 0] = ~(below & hole)
        classes[self.end :] = 0
        return Parsing(classes, UNMOVED)


def test_cloth_of_which_nothing_is_seen_there_goes_on_from_below(tool, monkeypatch):
    photo = np.full((320, 320, 3), 200, "uint8")
    photo[220:] = np.where(np.arange(320) % 8 < 4, 60, 220)[None, :, None]
    landmarks = canonical_landmarks(160) + np.float32([120, 40])
    face = Face((165, 85, 235, 175), landmarks, 1.0)
    hole = np.zeros(photo.shape[:2], bool)
    hole[196:256, 60:130] = True
    monkeypatch.setattr(tool, "parser", ShirtParser(220, 240))
    filled = tool(photo, hole=hole, faces=[face]).image
    difference = np.abs(filled.astype(float) - photo).mean(-1)
    assert difference[224:240, 64:126].mean() < 20
    np.testing.assert_array_equal(filled[~hole], photo[~hole])
