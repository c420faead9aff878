import numpy as np
import pytest

from facekit.data import InpaintingExamples
from facekit.layers import GappyPCA2D
from facekit.training.cross_fit import CrossFit


@pytest.fixture
def crops(rng):
    return rng.integers(0, 255, (6, 16, 16, 3), "uint8")


def plain(crops, **options):
    return InpaintingExamples(crops, 0.2, augment=False, shuffle=False, **options)


PEOPLE = ["a", "b", "c", "d", "c", "b"]
HALVES = {"a": 0, "b": 1, "c": 0, "d": 1}


def numbers_in(batch, crops):
    """Which crops a batch shows."""
    shown = np.round(batch["target"] * 255).astype("uint8")
    return {int(np.flatnonzero((crops == x).all((1, 2, 3)))[0]) for x in shown}


def test_halves_take_turns_and_share_nobody(crops):
    batches = CrossFit(plain, crops, PEOPLE).batches(6)
    for step in range(4):
        found = numbers_in(next(batches), crops)
        assert found == {n for n in range(6) if HALVES[PEOPLE[n]] == step % 2}


def test_goes_on_where_it_was(crops):
    examples = CrossFit(plain, crops, PEOPLE)
    found = next(examples.batches(2, start_step=3))["image"]
    np.testing.assert_array_equal(found, examples.batch(3, 2)["image"])


def test_halves_draw_other_holes(crops):
    examples = CrossFit(plain, crops, PEOPLE, seed=3)
    first, second = (examples.batch(step, 6)["mask"] for step in (0, 1))
    assert not np.array_equal(first, second)


def test_weights_follow_their_crops(crops):
    weights = np.asarray([1, 0, 0, 1, 0, 0])
    examples = CrossFit(plain, crops, PEOPLE, weights)
    for step, number in enumerate((0, 3)):
        assert numbers_in(examples.batch(step, 1), crops) == {number}


def test_each_half_is_guessed_from_the_other(crops):
    layer, wanted = GappyPCA2D(16, 4), GappyPCA2D(16, 4)
    guesses = CrossFit(plain, crops, PEOPLE).adapt(layer)
    for half in (0, 1):
        others = [HALVES[person] != half for person in PEOPLE]
        wanted.adapt(crops[others] / np.float32(255))
        for a, b in zip(guesses[half], wanted.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    wanted.adapt(crops / np.float32(255))
    for a, b in zip(layer.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_errors(crops):
    with pytest.raises(ValueError, match="two people"):
        CrossFit(plain, crops, ["a"] * 6)
