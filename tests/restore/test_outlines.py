import numpy as np

from facekit.restore.outlines import redraw_outlines
from facekit.restore.parsing import SKIN

SIZE = 256
WALL, BARE = np.float32((60, 110, 80)), np.float32((200, 150, 130))


def specked(rng, other=0):
    """Skin right of column 128, and specks where it meets something else."""
    skin = np.arange(SIZE) >= 128
    crop = np.where(skin[:, None], BARE, WALL)[None].repeat(SIZE, 0)
    clean = crop.copy()
    specks = rng.random((SIZE, 2)) < 0.3
    crop[:, 127:129][specks] = 255
    classes = np.zeros((SIZE, SIZE, 4), "float32")
    classes[:, skin, SKIN] = 1
    classes[:, ~skin, other] = 1
    return crop, clean, classes


def test_specks_are_gone_and_the_outline_is_soft(rng):
    crop, clean, classes = specked(rng)
    hidden = np.zeros((SIZE, SIZE), bool)
    hidden[50:200, 60:200] = True
    drawn = redraw_outlines(crop, hidden, classes)
    np.testing.assert_array_equal(drawn[~hidden], crop[~hidden])
    assert np.abs(crop - clean)[hidden].max() > 50
    assert np.abs(drawn - clean)[hidden].max() < 75  # half of the step
    inside = drawn[60:190, 126:130]
    assert (inside.min(1) >= np.minimum(WALL, BARE) - 1).all()
    assert (inside.max(1) <= np.maximum(WALL, BARE) + 1).all()
    away = np.abs(np.arange(SIZE) - 127.5) > 4
    np.testing.assert_array_equal(drawn[:, away], crop[:, away])


def test_hairlines_and_what_is_not_parsed_stay(rng):
    hidden = np.ones((SIZE, SIZE), bool)
    crop, _, classes = specked(rng, other=2)
    classes[:, 200:] = (1, 0, 0, 0)
    crop[:, 200:] = WALL
    crop[::3, 199:201] = 255
    drawn = redraw_outlines(crop, hidden, classes)
    np.testing.assert_array_equal(drawn[:, :190], crop[:, :190])
    assert (drawn[:, 190:] != crop[:, 190:]).any()
    crop, _, classes = specked(rng, other=2)
    np.testing.assert_array_equal(redraw_outlines(crop, hidden, classes), crop)
    np.testing.assert_array_equal(redraw_outlines(crop, hidden, 0 * classes), crop)
    alone = np.zeros_like(classes)
    alone[..., SKIN] = 1
    np.testing.assert_array_equal(redraw_outlines(crop, hidden, alone), crop)
