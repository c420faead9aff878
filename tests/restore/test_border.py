import numpy as np
import pytest

from facekit.restore.border import match_border


@pytest.fixture
def mask():
    mask = np.ones((48, 64), "float32")
    mask[12:36, 20:50] = 0
    return mask


def test_known_pixels_stay(mask, rng):
    image = rng.random((48, 64, 3), dtype="float32")
    result = match_border(image, mask)
    assert np.array_equal(result[mask == 1], image[mask == 1])
    assert result.min() >= 0 and result.max() <= 1


def test_a_shift_in_colour_is_removed(mask):
    y, x = np.mgrid[:48, :64].astype("float32")
    truth = np.stack([x / 128 + 0.2, y / 96 + 0.1, (x + y) / 224], -1)
    shift = np.float32([0.15, -0.1, 0.2])
    filled = np.where(mask[..., None] == 1, truth, truth + shift)
    error = np.abs(match_border(filled, mask) - truth)
    assert error.max() < 0.25 * 0.2
    assert error.mean() < 0.005


def test_a_good_fill_stays(mask):
    image = np.full((48, 64, 3), 0.4, "float32")
    assert np.allclose(match_border(image, mask), image)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_known_or_nothing(value, rng):
    image = rng.random((9, 7, 3), dtype="float32")
    assert np.array_equal(match_border(image, np.full((9, 7), value, "float32")), image)


def test_what_is_neither_known_nor_filled_has_no_say(rng):
    image = rng.random((24, 24, 3), dtype="float32")
    known, filled = np.zeros((2, 24, 24), "float32")
    known[:, :8] = 1
    filled[:, 8:16] = 1
    other = image.copy()
    other[:, 16:] = 0
    first = match_border(image, known, filled)
    second = match_border(other, known, filled)
    np.testing.assert_allclose(first[:, :15], second[:, :15], atol=1e-6)
    np.testing.assert_array_equal(second[:, 16:], other[:, 16:])
    assert (first[:, 8:16] != image[:, 8:16]).any()
