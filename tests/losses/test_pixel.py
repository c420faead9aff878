import numpy as np
import pytest

from facekit.losses import hole_l1, hole_total_variation, valid_l1
from tests.gradients import gradients


@pytest.fixture
def pictures(rng):
    """Target, restored and mask."""
    mask = np.ones((2, 9, 10, 1), "float32")
    mask[0, 3:6, 2:5] = 0
    mask[1, 0:2, 7:] = 0
    target, restored = rng.random((2, 2, 9, 10, 3), dtype="float32")
    return target, restored, mask


def test_hole_and_valid_l1(pictures):
    target, restored, mask = pictures
    error = np.abs(restored.astype("float64") - target)
    in_hole = error[np.broadcast_to(mask == 0, error.shape)].sum() / error.size
    outside = error[np.broadcast_to(mask == 1, error.shape)].sum() / error.size
    assert float(hole_l1(target, restored, mask)) == pytest.approx(in_hole, rel=1e-5)
    assert float(valid_l1(target, restored, mask)) == pytest.approx(outside, rel=1e-5)


def test_hole_total_variation(pictures):
    image, _, mask = pictures
    assert float(hole_total_variation(image, mask)) == pytest.approx(
        _total_variation(image, mask[..., 0] == 0), rel=1e-5
    )


def test_total_variation_sees_the_grown_hole_alone(pictures):
    image, other, mask = pictures
    grown = np.zeros((2, 9, 10, 1), bool)
    grown[0, 2:7, 1:6] = True
    grown[1, 0:3, 6:] = True
    value = float(hole_total_variation(image, mask))
    changed_outside = np.where(grown, image, other)
    assert float(hole_total_variation(changed_outside, mask)) == value
    (gradient,) = gradients(lambda x: hole_total_variation(x, mask), image)
    touched = np.abs(gradient).sum(-1, keepdims=True) > 0
    np.testing.assert_array_equal(touched, grown)


def test_nothing_is_missing(pictures):
    target, restored, _ = pictures
    mask = np.ones((2, 9, 10, 1), "float32")
    assert float(hole_l1(target, restored, mask)) == 0
    assert float(hole_total_variation(restored, mask)) == 0


def _total_variation(image, hole):
    """Pixel by pixel, in float64."""
    image = image.astype("float64")
    count, height, width, channels = image.shape
    padded = np.pad(hole, ((0, 0), (1, 1), (1, 1)))
    sums = {(1, 0): 0.0, (0, 1): 0.0}
    for n, row, column in np.ndindex(count, height, width):
        for down, right in sums:
            if row + down < height and column + right < width:
                here = padded[n, row : row + 3, column : column + 3].any()
                there = padded[
                    n,
                    row + down : row + down + 3,
                    column + right : column + right + 3,
                ].any()
                if here and there:
                    difference = image[n, row + down, column + right]
                    difference = difference - image[n, row, column]
                    sums[down, right] += np.abs(difference).sum()
    rows = count * (height - 1) * width * channels
    columns = count * height * (width - 1) * channels
    return sums[1, 0] / rows + sums[0, 1] / columns
