import cv2
import numpy as np
import pytest

from facekit.restore.registration import register

SIZE = 256


def lip(row):
    """A dark line across grey skin that is lighter to the right."""
    image = np.full((SIZE, SIZE, 3), 0.5, "float32")
    image += np.linspace(0, 0.1, SIZE, dtype="float32")[:, None]
    cv2.line(image, (30, row), (SIZE - 30, row), (0.2, 0.2, 0.2), 4)
    return cv2.GaussianBlur(image, (0, 0), 1)


def line_row(image, columns):
    return image[100:160, columns].mean(-1).argmin(0).mean() + 100


@pytest.fixture
def known():
    known = np.ones((SIZE, SIZE), "float32")
    known[90:170, 110:150] = 0
    return known


@pytest.mark.parametrize("step", [-4, 3])
def test_drawn_line_meets_what_is_seen_of_it(known, step):
    moved = register(lip(130 + step), lip(130), known)
    assert line_row(moved, np.s_[110:150]) == pytest.approx(130, abs=1)


def test_line_that_fits_stays(known):
    np.testing.assert_allclose(register(lip(130), lip(130), known), lip(130), atol=0.02)


def test_other_light_moves_nothing(known):
    moved = register(lip(130), np.clip(0.9 * lip(130) + 0.1, 0, 1), known)
    assert line_row(moved, np.s_[110:150]) == pytest.approx(130, abs=0.5)


def test_never_reads_the_hole(known):
    other = lip(130)
    other[known < 0.5] = 1
    np.testing.assert_array_equal(
        register(lip(133), other, known), register(lip(133), lip(130), known)
    )


def test_all_hidden_moves_nothing():
    hidden = np.zeros((SIZE, SIZE), "float32")
    np.testing.assert_allclose(
        register(lip(130), lip(140), hidden), lip(130), atol=1e-5
    )
