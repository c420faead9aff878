import numpy as np
import pytest

from facekit.restore.border import match_border


@pytest.fixture
def mask():
    mask = np.ones((48, 64), "float32")
    mask[12:36, 20:50] = 0
    return mask


@pytest.mark.parametrize("as_light", [False, True])
def test_known_pixels_stay(mask, rng, as_light):
    image = rng.random((48, 64, 3), dtype="float32")
    result = match_border(image, mask, as_light=as_light)
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


def test_as_light_what_is_black_stays_black(mask):
    filled = np.full((48, 64, 3), 0.6, "float32")
    filled[mask == 0] = 0.4
    filled[20:28, 30:40] = 0.02
    added, multiplied = (match_border(filled, mask, as_light=x) for x in (False, True))
    assert np.allclose(multiplied[14:16, 22:24], 0.6, atol=0.02)
    assert added[24, 35].max() > 0.2
    assert multiplied[24, 35].max() < 0.06


def test_what_dark_parts_lack_bright_ones_do_not_get(mask):
    truth = np.full((48, 64, 3), 0.9, "float32")
    truth[:, :32] = 0.1
    filled = truth.copy()
    filled[:, :32][mask[:, :32] == 0] += 0.1
    assert np.abs(match_border(filled, mask) - truth).max() < 0.03


def test_a_good_fill_stays(mask):
    image = np.full((48, 64, 3), 0.4, "float32")
    assert np.allclose(match_border(image, mask), image)


@pytest.mark.parametrize("as_light", [False, True])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_known_or_nothing(value, as_light, rng):
    image, mask = rng.random((9, 7, 3), "float32"), np.full((9, 7), value, "float32")
    assert np.array_equal(match_border(image, mask, as_light=as_light), image)


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


def test_light_has_a_limit(mask):
    image = np.full((*mask.shape, 3), 0.9, "float32")
    image[mask == 0] = 0.1
    matched = match_border(image, mask, as_light=True)[mask == 0]
    assert 0.12 < matched.min() and matched.max() < 0.2
