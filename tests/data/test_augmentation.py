import numpy as np

from facekit.data.augmentation import augmented_alike


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


def test_colours_vary_but_grey_stays_nearly_grey():
    grey = np.full((32, 32, 3), 128, "uint8")
    means, spreads = [], []
    for seed in range(40):
        picture, _ = augmented_alike(
            np.random.default_rng(seed), (grey,), np.zeros((32, 32), "float32")
        )
        means.append(picture.mean((0, 1)))
        spreads.append(picture.std((0, 1)).mean())
    casts = np.ptp(means, axis=1)
    assert 0.05 < casts.mean() < 0.3
    assert np.abs(np.mean(means) - 0.5) < 0.1
    assert 0.002 < np.mean(spreads) < 0.05
