import numpy as np
import pytest

from facekit.conventions import PARSING_CLASSES
from facekit.restore import layers
from facekit.restore.exemplars import fill_by_exemplars
from facekit.restore.layers import fill_layers

SIZE = 128
BACKGROUND, SKIN, HAIR, CLOTH = range(len(PARSING_CLASSES))
COLOURS = {BACKGROUND: 0.9, SKIN: 0.6, HAIR: 0.1, CLOTH: 0.3}


def labelled(labels):
    return np.eye(len(PARSING_CLASSES), dtype="float32")[labels]


@pytest.fixture
def picture(rng):
    """Four quarters with grain; a hole hides where they meet."""
    labels = np.zeros((SIZE, SIZE), int)
    labels[:64, 64:], labels[64:, :64], labels[64:, 64:] = SKIN, HAIR, CLOTH
    colours = np.array([COLOURS[k] for k in range(len(COLOURS))], "float32")
    image = np.repeat(colours[labels][..., None], 3, -1)
    image += 0.02 * rng.standard_normal(image.shape, dtype="float32")
    known = np.ones((SIZE, SIZE), "float32")
    known[48:80, 48:80] = 0
    return image, known, labels


def test_each_thing_goes_on_up_to_its_outline(picture):
    image, known, labels = picture
    hole = known == 0
    for row, column in ((64, 64), (56, 70)):
        moved = labels.copy()
        inner = np.s_[48:80, 48:80]
        up, left = np.arange(48, 80) < row, np.arange(48, 80) < column
        moved[inner] = np.where(
            up[:, None],
            np.where(left, BACKGROUND, SKIN),
            np.where(left, HAIR, CLOTH),
        )
        filled = fill_layers(image, known, labelled(moved))
        for label, colour in COLOURS.items():
            there = hole & (moved == label)
            assert np.abs(filled[there] - colour).mean() < 0.03
        np.testing.assert_array_equal(filled[~hole], image[~hole])


def test_skin_is_smooth_and_all_else_is_not(picture):
    image, known, labels = picture
    filled = fill_layers(image, known, labelled(labels))
    hole = known == 0
    for label in COLOURS:
        inner = hole & (labels == label)
        assert (filled[inner].std() > 0.01) == (label != SKIN)


def test_hidden_pixels_are_never_read(picture):
    image, known, labels = picture
    spoiled = np.where(known[..., None] > 0, image, np.nan)
    classes = labelled(labels)
    classes[:, 60:] = 0  # beside what was parsed
    np.testing.assert_array_equal(
        fill_layers(spoiled, known, classes), fill_layers(image, known, classes)
    )


def test_what_is_nowhere_seen_is_filled_with_what_is_near(picture):
    image, known, labels = picture
    image[labels != BACKGROUND] = COLOURS[BACKGROUND]
    classes = labelled(np.where(known == 0, HAIR, BACKGROUND))
    filled = fill_layers(image, known, classes)
    assert np.abs(filled[known == 0] - COLOURS[BACKGROUND]).max() < 0.1


def test_without_classes_all_is_one_thing(picture):
    image, known, _ = picture
    image[known == 0] = np.nan
    filled = fill_layers(image, known, np.zeros((SIZE, SIZE, 4), "float32"))
    np.testing.assert_allclose(filled, fill_by_exemplars(image, known), atol=1e-6)


def test_nothing_known():
    empty = np.zeros((SIZE, SIZE), "float32")
    classes = labelled(np.full((SIZE, SIZE), HAIR))
    assert fill_layers(np.dstack([empty] * 3), empty, classes) is None


def test_what_is_undecided_is_no_hole(picture, monkeypatch):
    """However sharp outlines are, as in large squares."""
    image, known, _ = picture
    image[:, :] = COLOURS[BACKGROUND]
    image[64:] = COLOURS[CLOTH]
    classes = np.zeros((SIZE, SIZE, 4), "float32")
    classes[:64, :, BACKGROUND], classes[64:, :, CLOTH] = 1, 1
    classes[known == 0] = (0.5, 0, 0, 0.5)
    monkeypatch.setattr(layers, "_SHARPENING", 300.0)
    calls = []
    monkeypatch.setattr(layers, "smooth_fill", lambda x, y: calls.append(y.min()) or x)
    fill_layers(image, known, classes)
    assert calls[-1] == 1
