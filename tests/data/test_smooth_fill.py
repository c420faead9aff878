import numpy as np

from facekit.data.smooth_fill import smooth_fill


def test_known_pixels_stay(rng):
    image = rng.random((13, 21, 3), dtype="float32")
    known = (rng.random((13, 21)) > 0.4).astype("float32")
    filled = smooth_fill(image, known)
    assert np.array_equal(filled[known == 1], image[known == 1])
    assert np.isfinite(filled).all()
    assert filled.min() >= 0 and filled.max() <= 1


def test_unknown_content_is_never_read(rng):
    image = rng.random((16, 16, 3), dtype="float32")
    known = np.ones((16, 16), "float32")
    known[3:12, 4:9] = 0
    expected = smooth_fill(image, known)
    image[known == 0] = np.nan
    assert np.array_equal(smooth_fill(image, known), expected)


def test_constant_is_continued():
    image = np.zeros((40, 30, 3), "float32")
    known = np.zeros((40, 30), "float32")
    image[0, 0], known[0, 0] = 0.25, 1
    assert np.allclose(smooth_fill(image, known), 0.25, atol=1e-4)


def test_nothing_known():
    filled = smooth_fill(np.ones((5, 1, 3), "float32"), np.zeros((5, 1), "float32"))
    assert not filled.any()
