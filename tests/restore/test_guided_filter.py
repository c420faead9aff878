import numpy as np

from facekit.restore.guided_filter import guided_filter


def test_a_blurred_edge_goes_where_the_picture_has_its_own():
    picture = np.full((40, 40, 3), 0.6, "float32")
    picture[:, 23:] = (0.6, 0.5, 0.4)
    ramp = np.clip((np.arange(40) - 16) / 14, 0, 1)
    map_ = np.tile(ramp.astype("float32"), (40, 1))
    found = guided_filter(picture, map_, 6, 1e-5)[20]
    assert found[:23].max() < 0.4 < 0.6 < found[23:].min()
    assert np.abs(np.diff(found)).argmax() == 22


def test_an_even_map_and_an_even_picture(rng):
    picture = rng.random((30, 20, 3)).astype("float32")
    even = np.full((30, 20), 0.7, "float32")
    np.testing.assert_allclose(guided_filter(picture, even, 3, 1e-3), even, atol=1e-5)
    map_ = rng.random((30, 20)).astype("float32")
    twice_blurred = guided_filter(np.zeros((30, 20, 3), "float32"), map_, 1, 1e-3)
    windows = [np.roll(map_, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    once = np.mean(windows, 0)
    windows = [np.roll(once, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    inner = np.s_[3:-3, 3:-3]
    np.testing.assert_allclose(twice_blurred[inner], np.mean(windows, 0)[inner], 1e-4)


def test_a_map_that_the_colours_tell_remains(rng):
    picture = rng.random((30, 20, 3)).astype("float32")
    map_ = picture @ np.float32([0.5, -0.3, 0.2]) + np.float32(0.1)
    np.testing.assert_allclose(guided_filter(picture, map_, 4, 1e-7), map_, atol=1e-3)
