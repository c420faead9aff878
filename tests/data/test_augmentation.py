import cv2
import numpy as np

from facekit.data.augmentation import _drawn_move, augmented_alike


def test_pairs_stay_equal_where_they_were(rng):
    crop = rng.integers(40, 200, (64, 64, 3)).astype("uint8")
    damaged = crop.copy()
    damaged[24:40, 24:40] = (180, 30, 60)
    amount = (damaged != crop).any(-1).astype("float32")
    image, target, moved = augmented_alike(rng, (damaged, crop), amount)
    assert image.dtype == target.dtype == np.float32
    assert 0 <= image.min() and image.max() <= 1
    np.testing.assert_array_equal(image[:16], target[:16])
    assert np.abs(image - target)[moved > 0.9].mean() > 0.1


def test_colours_vary_alike_everywhere_and_grey_stays_nearly_grey():
    grey = np.full((32, 32, 3), 128, "uint8")
    means = []
    for seed in range(40):
        picture, _ = augmented_alike(
            np.random.default_rng(seed), (grey,), np.zeros((32, 32), "float32")
        )
        means.append(picture.mean((0, 1)))
        assert np.ptp(picture, axis=(0, 1)).max() < 1e-5
    casts = np.ptp(means, axis=1)
    assert 0.05 < casts.mean() < 0.3
    assert np.abs(np.mean(means) - 0.5) < 0.1


def test_saturation_varies_both_ways():
    red = np.full((8, 8, 3), (160, 120, 110), "uint8")
    amount = np.zeros((8, 8), "float32")
    drawn = [
        augmented_alike(np.random.default_rng(i), (red,), amount)[0] for i in range(60)
    ]
    ratios = [picture[..., 0].mean() / picture[..., 1].mean() for picture in drawn]
    usual = 160 / 120
    assert np.min(ratios) < 0.85 * usual and np.max(ratios) > 1.15 * usual
    assert 0.9 * usual < np.median(ratios) < 1.1 * usual


def test_half_of_the_pictures_are_flipped_at_most(rng):
    crop = rng.integers(0, 256, (32, 32, 3)).astype("uint8")
    amount = rng.random((32, 32), dtype="float32")
    kept = []
    for seed in range(60):
        *_, moved = augmented_alike(np.random.default_rng(seed), (crop,), amount)
        same, flipped = (np.array_equal(moved, x) for x in (amount, amount[:, ::-1]))
        kept.append((same, flipped))
    same, flipped = np.sum(kept, 0)
    assert 5 < same < 25 and 5 < flipped < 25


def test_the_middle_of_a_window_lies_in_the_picture():
    for seed in range(30):
        matrix = _drawn_move(np.random.default_rng(seed), (40, 40), window=True)
        x, y = cv2.invertAffineTransform(matrix) @ (19.5, 19.5, 1)
        assert 0 <= x <= 39 and 0 <= y <= 39
