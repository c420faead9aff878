import numpy as np
import pytest

from facekit.data import free_makeup
from facekit.data.free_makeup import paint_freely, paint_skin
from facekit.data.makeup_canvas import Canvas


@pytest.mark.parametrize("seed", range(8))
def test_paints_a_part_of_the_face_and_not_the_eyes(frame, seed):
    canvas = Canvas(frame)
    paint_freely(canvas, np.random.default_rng(seed))
    assert canvas.alpha.max() > 0.02
    assert np.isfinite(canvas.light).all()
    assert canvas.light.min() >= 0 and canvas.light.max() <= 1
    changed = np.abs(canvas.light - frame.light).max(-1) > 1e-6
    assert not (changed & (canvas.alpha == 0)).any()
    open_eye = frame.eyes > 0.999
    assert not changed[open_eye].any()


def test_the_same_seed_paints_the_same(frame):
    first, second, other = Canvas(frame), Canvas(frame), Canvas(frame)
    for canvas, seed in ((first, 3), (second, 3), (other, 4)):
        paint_freely(canvas, np.random.default_rng(seed))
    np.testing.assert_array_equal(first.light, second.light)
    assert (first.light != other.light).any()


def test_no_strength_changes_nothing(frame):
    canvas = Canvas(frame)
    paint_freely(canvas, np.random.default_rng(0), strength=0.0)
    np.testing.assert_array_equal(canvas.light, frame.light)


def test_glitter_is_bright_and_lies_in_specks(frame, monkeypatch):
    monkeypatch.setattr(free_makeup, "_KINDS", {"glitter": 1.0})
    monkeypatch.setattr(free_makeup, "_PAINTERS", {free_makeup._on_lips: 1.0})
    for seed in range(4):
        canvas = Canvas(frame)
        paint_freely(canvas, np.random.default_rng(seed))
        change = (canvas.light - frame.light).mean(-1)
        specks = change > 0.5 * change.max()
        assert change[specks].mean() > 0.1
        assert specks.sum() < 0.5 * (canvas.alpha > 0).sum()


def test_cheeks_get_redder_rather_than_greener(frame):
    warmth = []
    for seed in range(40):
        canvas = Canvas(frame)
        free_makeup._on_cheeks(canvas, np.random.default_rng(seed), 1.0)
        where = canvas.alpha > 0.1
        if where.any():
            change = (canvas.light / np.maximum(frame.light, 1e-3))[where].mean(0)
            warmth.append(np.log(change[0] / change[1]))
    assert np.mean(warmth) > 0.05


def test_the_outline_of_the_face_is_shaded_and_not_its_middle(frame):
    alpha = np.zeros(frame.shape, "float32")
    for seed in range(8):
        canvas = Canvas(frame)
        free_makeup._on_outline(canvas, np.random.default_rng(seed), 1.0)
        alpha = np.maximum(alpha, canvas.alpha)
    column, row = np.rint(frame.points[4]).astype(int)
    assert alpha[row, column] < 0.01
    assert alpha.max() > 0.5


def test_a_veil_changes_the_tone_of_all_skin_and_nothing_else(frame):
    canvas = Canvas(frame)
    paint_skin(canvas, np.random.default_rng(1))
    inside = (frame.inner_skin > 0.99) & (frame.light.max(-1) < 0.6)
    factors = canvas.light[inside] / frame.light[inside]
    np.testing.assert_allclose(
        factors, np.broadcast_to(factors[:1], factors.shape), rtol=0.02
    )
    assert np.abs(factors[0] - 1).max() > 0.01
    away = frame.inner_skin == 0
    np.testing.assert_array_equal(canvas.light[away], frame.light[away])
