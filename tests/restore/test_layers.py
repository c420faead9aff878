import cv2
import numpy as np
import pytest

from facekit.conventions import PARSING_CLASSES
from facekit.restore import layers
from facekit.restore.exemplars import fill_by_exemplars
from facekit.restore.layers import fill_layers, hardly_seen

SIZE = 128
BACKGROUND, SKIN, HAIR, CLOTH = range(len(PARSING_CLASSES))
COLOURS = {BACKGROUND: 0.9, SKIN: 0.6, HAIR: 0.1, CLOTH: 0.3}


def labelled(labels):
    return np.eye(len(PARSING_CLASSES), dtype="float32")[labels]


def inner_part(area):
    """Without the outline, which is soft."""
    return cv2.erode(area.astype("uint8"), np.ones((7, 7), "uint8")) > 0


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
            there = hole & inner_part(moved == label)
            assert np.abs(filled[there] - colour).mean() < 0.03
        np.testing.assert_array_equal(filled[~hole], image[~hole])


def test_things_of_which_hardly_anything_is_seen(picture):
    _, known, labels = picture
    hole = known == 0
    assert not hardly_seen(known, labelled(labels)).any()
    for label in COLOURS:
        seen = known.copy()
        seen[labels == label] = 0
        alone = hardly_seen(seen, labelled(labels))
        np.testing.assert_array_equal(alone, labels == label)
    assert not hardly_seen(known, labelled(labels) * 0).any()
    # Strips of cloth hold no patches; of skin the colour will do.
    for label, enough in ((SKIN, True), (CLOTH, False)):
        strip = labels.copy()
        strip[labels == label] = BACKGROUND
        strip[hole & (labels == label)] = label
        strip[40:90, 80:86] = label
        alone = hardly_seen(known, labelled(strip))
        assert alone.any() != enough and not alone[~hole].any()


def test_skin_is_smooth_and_all_else_is_not(picture):
    image, known, labels = picture
    filled = fill_layers(image, known, labelled(labels))
    hole = known == 0
    for label in COLOURS:
        inner = hole & inner_part(labels == label)
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
    monkeypatch.setattr(layers, "_continued", lambda x, y: calls.append(y.min()) or x)
    fill_layers(image, known, classes)
    assert calls[-1] == 1


def test_a_hidden_neck_is_like_what_is_seen_of_it():
    """And a cheek beside a face like that."""
    image = np.full((SIZE, SIZE, 3), 0.8, "float32")
    face = np.zeros((SIZE, SIZE), bool)
    face[20:70, 40:90] = True
    image[95:] = 0.4
    known = np.ones((SIZE, SIZE), "float32")
    known[70:95] = known[30:60, 90:100] = 0
    skin = labelled(np.full((SIZE, SIZE), SKIN))
    filled = fill_layers(image, known, skin, face)
    assert np.abs(filled[76:95, 50:80] - 0.4).max() < 0.05
    assert np.abs(filled[35:55, 91:99] - 0.8).max() < 0.02
    alone = fill_layers(image, known, skin)
    assert alone[72, 50:80].mean() > 0.7


def test_a_plain_wall_goes_on_smoothly_with_its_grain(rng, monkeypatch):
    """Patches alone would have to end the blurred spot that the hole cuts."""
    rows, columns = np.indices((SIZE, SIZE))
    wall = 0.4 + 0.3 * np.exp(-((rows - 64) ** 2 + (columns - 40) ** 2) / 400)
    grain = 0.004 * rng.standard_normal((SIZE, SIZE))
    image = np.repeat((wall + grain)[..., None], 3, -1).astype("float32")
    known = np.ones((SIZE, SIZE), "float32")
    known[40:88, 44:100] = 0
    inner = np.s_[44:84, 48:96]

    def detail(picture):
        return (picture - cv2.GaussianBlur(picture, (0, 0), 1.5))[inner].std()

    classes = labelled(np.full((SIZE, SIZE), BACKGROUND))
    filled = fill_layers(image, known, classes)
    assert 0.5 < detail(filled) / detail(image) < 2
    monkeypatch.setattr(layers, "_PLAIN", 1e-9)
    patches = fill_layers(image, known, classes)
    assert detail(patches) > 1.5 * detail(filled)


def test_filled_hair_has_the_contrast_of_the_rest(rng):
    noise = rng.standard_normal((SIZE, SIZE, 1), dtype="float32")
    strands = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.8, sigmaY=6)[..., None]
    image = np.repeat(0.4 + 0.1 * strands / strands.std(), 3, -1).clip(0, 1)
    known = np.ones((SIZE, SIZE), "float32")
    known[40:90, 40:90] = 0
    hair = labelled(np.full((SIZE, SIZE), HAIR))
    filled = fill_layers(image, known, hair)
    inner, seen = np.s_[46:84, 46:84], known == 1
    assert filled[inner].std() > 0.6 * image[seen].std()
    flat = fill_by_exemplars(image, known, sources=seen)
    assert filled[inner].std() > 1.15 * flat[inner].std()
    np.testing.assert_array_equal(filled[seen], image[seen])
