import numpy as np
import pytest

from facekit.data.smooth_fill import smooth_fill


@pytest.fixture(params=[0, 12])
def relaxations(request):
    return request.param


def test_known_pixels_stay(rng, relaxations):
    image = rng.random((13, 21, 3), dtype="float32")
    known = (rng.random((13, 21)) > 0.4).astype("float32")
    filled = smooth_fill(image, known, relaxations)
    assert np.array_equal(filled[known == 1], image[known == 1])
    assert np.isfinite(filled).all()
    assert filled.min() >= 0 and filled.max() <= 1


def test_unknown_content_is_never_read(rng, relaxations):
    image = rng.random((16, 16, 3), dtype="float32")
    known = np.ones((16, 16), "float32")
    known[3:12, 4:9] = 0
    expected = smooth_fill(image, known, relaxations)
    image[known == 0] = np.nan
    assert np.array_equal(smooth_fill(image, known, relaxations), expected)


def test_constant_is_continued(relaxations):
    image = np.zeros((40, 30, 3), "float32")
    known = np.zeros((40, 30), "float32")
    image[0, 0], known[0, 0] = 0.25, 1
    assert np.allclose(smooth_fill(image, known, relaxations), 0.25, atol=1e-4)


def test_relaxed_it_is_a_membrane():
    """Between two walls it goes over from one to the other, whatever else there is."""
    ramp = np.linspace(0.2, 0.8, 64, dtype="float32")
    image = np.repeat(np.repeat(ramp[None, :, None], 48, 0), 3, 2)
    known = np.ones((48, 64), "float32")
    known[:, 16:48] = 0
    errors = [np.abs(smooth_fill(image, known, n) - image).max() for n in (0, 12)]
    assert errors[1] < 0.04 < 0.1 < errors[0]


def test_nothing_known(relaxations):
    image, known = np.ones((5, 1, 3), "float32"), np.zeros((5, 1), "float32")
    filled = smooth_fill(image, known, relaxations)
    assert not filled.any()
