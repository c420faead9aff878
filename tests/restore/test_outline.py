import numpy as np
import pytest

from facekit.conventions import PARSING_CLASSES
from facekit.restore.outline import fair_outline

SIZE, RADIUS = 96, 34
BACKGROUND, SKIN, HAIR, _ = range(len(PARSING_CLASSES))
MIDDLE = (SIZE - 1) / 2
LANDMARKS = np.full((468, 2), MIDDLE)


def polar():
    y, x = np.mgrid[:SIZE, :SIZE] - MIDDLE
    return np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi)


def head(thing, dent=0):
    """Shares of a round head, dented at the top right, where it is hidden."""
    radius, angle = polar()
    turn = np.clip((angle - 1.55 * np.pi) / (0.3 * np.pi), 0, 1)
    outline = RADIUS - dent * np.sin(np.pi * turn) ** 2
    classes = np.zeros((SIZE, SIZE, len(PARSING_CLASSES)), "float32")
    classes[..., thing] = np.clip(outline - radius + 0.5, 0, 1)
    classes[..., BACKGROUND] = 1 - classes[..., thing]
    return classes, np.float32((turn <= 0) | (turn >= 1))


def test_a_skull_goes_on_round():
    true, known = head(SKIN)
    dented, _ = head(SKIN, dent=5)
    fair = fair_outline(dented, known, LANDMARKS)
    error = np.abs(fair - true)[known == 0].sum()
    assert error < 0.4 * np.abs(dented - true)[known == 0].sum()
    np.testing.assert_array_equal(fair[known == 1], dented[known == 1])
    np.testing.assert_allclose(fair.sum(-1), 1, atol=1e-5)


def test_hair_stays_as_it_was_parsed():
    dented, known = head(HAIR, dent=5)
    np.testing.assert_array_equal(fair_outline(dented, known, LANDMARKS), dented)


def test_what_is_inside_stays():
    dented, known = head(SKIN, dent=5)
    inner = polar()[0] < 0.5 * RADIUS
    dented[inner, SKIN], dented[inner, HAIR] = 0.75, 0.25
    fair = fair_outline(dented, known, LANDMARKS)
    np.testing.assert_array_equal(fair[inner], dented[inner])


@pytest.mark.parametrize("known", [0, 1])
def test_nothing_to_go_on_from_or_to_move(known):
    dented, seen = head(SKIN, dent=5)
    known = np.full_like(seen, known)
    np.testing.assert_array_equal(fair_outline(dented, known, LANDMARKS), dented)


def test_a_head_that_leaves_the_square():
    dented, known = head(SKIN, dent=5)
    shifted = np.roll(dented, 30, 1)[:, 30:], np.roll(known, 30, 1)[:, 30:]
    dented, known = (np.ascontiguousarray(x[: SIZE - 30]) for x in shifted)
    fair = fair_outline(dented, known, LANDMARKS)
    assert np.isfinite(fair).all()
    np.testing.assert_allclose(fair.sum(-1), dented.sum(-1), atol=1e-5)
    assert (fair != dented).any()


def test_a_hidden_ear_stays_below_hair():
    """Hair reaches farther than the skin below it, which goes on by itself."""
    radius, angle = polar()
    above = angle > 1.1 * np.pi
    classes = np.zeros((SIZE, SIZE, len(PARSING_CLASSES)), "float32")
    classes[..., HAIR] = np.clip(1.3 * RADIUS - radius + 0.5, 0, 1) * above
    classes[..., SKIN] = np.clip(RADIUS - radius + 0.5, 0, 1) * ~above
    classes[..., BACKGROUND] = 1 - classes.sum(-1)
    known = np.float32((angle < 0.9 * np.pi) | (angle > 1.15 * np.pi))
    fair = fair_outline(classes, known, LANDMARKS)
    assert np.abs(fair - classes).max() < 0.3
