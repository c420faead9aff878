import numpy as np
import pytest

from facekit.data import InpaintingExamples
from facekit.layers import GappyPCA2D
from facekit.training.cross_fit import CrossFit


@pytest.fixture
def crops(rng):
    return rng.integers(0, 255, (6, 16, 16, 3), "uint8")


def plain(crops, weights=None):
    return InpaintingExamples(crops, 0.2, augment=False, shuffle=False, weights=weights)


def test_halves_take_turns(crops):
    batches = CrossFit(plain, crops).batches(3)
    for step in range(4):
        wanted = crops[step % 2 :: 2] / np.float32(255)
        np.testing.assert_array_equal(next(batches)["target"], wanted)


def test_goes_on_where_it_was(crops):
    examples = CrossFit(plain, crops)
    found = next(examples.batches(2, start_step=3))["image"]
    np.testing.assert_array_equal(found, examples.batch(3, 2)["image"])


def test_weights_follow_their_crops(crops):
    weights = np.asarray([1, 0, 0, 1, 0, 0])
    examples = CrossFit(plain, crops, weights)
    for step, number in enumerate((0, 3)):
        target = examples.batch(step, 1)["target"][0]
        np.testing.assert_array_equal(target, crops[number] / np.float32(255))


def test_each_half_is_guessed_from_the_other(crops):
    layer, wanted = GappyPCA2D(16, 4), GappyPCA2D(16, 4)
    guesses = CrossFit(plain, crops).adapt(layer)
    for half in (0, 1):
        wanted.adapt(crops[1 - half :: 2] / np.float32(255))
        for a, b in zip(guesses[half], wanted.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    wanted.adapt(crops / np.float32(255))
    for a, b in zip(layer.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_errors(crops):
    with pytest.raises(ValueError, match="two crops"):
        CrossFit(plain, crops[:1])
