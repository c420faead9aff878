import cv2
import numpy as np
import pytest

from facekit.data.smooth_fill import smooth_fill
from facekit.restore.exemplars import (
    _Level,
    _Matches,
    fill_by_exemplars,
    transfer_detail,
)


@pytest.fixture
def cloth():
    """Woven stripes with a little noise."""
    rows, columns = np.mgrid[:128, :128] / 128
    weave = 0.5 + 0.2 * np.sin(80 * columns) + 0.2 * np.sin(50 * (rows + columns))
    noise = np.random.default_rng(0).normal(0, 0.01, (128, 128, 3))
    return np.clip(weave[..., None] * (1, 0.8, 0.6) + noise, 0, 1).astype("float32")


@pytest.fixture
def known():
    known = np.ones((128, 128), "float32")
    known[40:76, 50:80] = 0
    return known


def error(image, other, known):
    return np.abs(image - other)[known == 0].mean()


def test_texture_goes_on(cloth, known):
    filled = fill_by_exemplars(cloth, known)
    smooth = smooth_fill(cloth, known)
    assert error(filled, cloth, known) < 0.35 * error(smooth, cloth, known)
    hole = known == 0
    assert filled[hole].std() > 0.85 * cloth[hole].std()


def test_only_sources_are_copied(cloth, known):
    """The hole lies in one half, the sources in the other, which is twice as bright."""
    sources = np.zeros(known.shape, bool)
    sources[:, 90:] = True
    image = np.where(sources[..., None], cloth, cloth / 2)
    filled = fill_by_exemplars(image, known, sources=sources)
    hole = known == 0
    assert abs(filled[hole].mean() - cloth[sources].mean()) < 0.05
    assert abs(fill_by_exemplars(image, known)[hole].mean() - cloth.mean() / 2) < 0.05
    np.testing.assert_array_equal(filled[~hole], image[~hole])


def test_edges_are_as_sharp_as_the_rest(known):
    """Averages of patches would blur them."""
    image = np.full((128, 128, 3), 0.9, "float32")
    image[:, 64:] = 0.1
    filled = fill_by_exemplars(image, known)
    middle = filled[45:71, 50:80].mean(-1)
    between = (middle > 0.2) & (middle < 0.8)
    assert between.mean() < 0.04
    assert error(filled, image, known) < 0.04


def test_known_pixels_keep_their_values(cloth, known):
    filled = fill_by_exemplars(cloth, known)
    assert np.array_equal(filled[known == 1], cloth[known == 1])


def test_content_of_hole_is_never_read(cloth, known):
    spoiled = np.where(known[..., None] > 0, cloth, np.nan)
    assert np.array_equal(
        fill_by_exemplars(spoiled, known), fill_by_exemplars(cloth, known)
    )


def test_what_is_filled_is_as_sharp_as_the_rest():
    """Averages of patches without a pattern have three quarters of their detail."""
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.random((192, 192, 3), "float32"), (0, 0), 1)
    grain = 0.5 + (grain - grain.mean()) * 0.1 / grain.std()
    known = np.ones((192, 192), "float32")
    known[50:140, 50:140] = 0
    filled = fill_by_exemplars(grain, known)
    detail = np.abs(filled - cv2.GaussianBlur(filled, (0, 0), 1.5)).mean(-1)
    assert detail[known == 0].mean() > 0.85 * detail[known == 1].mean()


def test_nothing_outside_a_face_comes_from_it(known):
    image = np.full((128, 128, 3), 0.2, "float32")
    face = np.zeros((128, 128), bool)
    face[:, :50] = True
    image[face] = (0.9, 0.6, 0.5)
    filled = fill_by_exemplars(image, known, face)
    np.testing.assert_allclose(filled[known == 0], 0.2, atol=1e-3)
    assert (fill_by_exemplars(image, known)[known == 0] > 0.4).any()


def test_detail_is_not_copied_onto_another_material(rng, monkeypatch):
    """Strands of hair would be specks on a wall."""
    image = np.full((128, 128, 3), 0.8, "float32")
    image[:, :50] = rng.uniform(0, 0.4, (128, 50, 1))
    known = np.ones((128, 128), "float32")
    known[50:70, 90:110] = 0

    def from_the_hair(level, matches):
        targets = np.argwhere(~level.known)
        return _Matches(targets, targets - (0, 70))

    monkeypatch.setattr(_Level, "_agreed", from_the_hair)
    filled = fill_by_exemplars(image, known)
    np.testing.assert_allclose(filled[known == 0], 0.8, atol=0.01)


@pytest.mark.parametrize("width", [100, 141])
def test_both_sides_of_a_head_are_alike(rng, width):
    """Nothing but the mirror image tells what a random pattern looks like."""
    axis = 45.5
    opposite = (2 * axis - np.arange(width)).astype(int)
    pattern = cv2.GaussianBlur(rng.random((160, width, 3), "float32"), (0, 0), 3)
    pattern = 0.5 + (pattern - pattern.mean()) * 0.1 / pattern.std()
    image = np.where((opposite > axis)[:, None], pattern, pattern[:, opposite])
    known = np.ones(image.shape[:2], "float32")
    known[60:90, 56:80] = 0
    alone, alike = (fill_by_exemplars(image, known, axis=x) for x in (None, axis))
    assert error(alike, image, known) < 0.3 * error(alone, image, known)
    assert np.array_equal(alike[known == 1], image[known == 1])


def test_thin_and_odd_sizes(cloth):
    image = cloth[:101, :87]
    known = np.ones(image.shape[:2], "float32")
    known[:, 40:42] = 0
    filled = fill_by_exemplars(image, known)
    smooth = smooth_fill(image, known)
    assert error(filled, image, known) < 0.7 * error(smooth, image, known)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_without_hole_or_known_pixels(cloth, value):
    filled = fill_by_exemplars(cloth, np.full((128, 128), value, "float32"))
    assert filled is None if value == 0 else np.array_equal(filled, cloth)


def test_fine_texture_is_kept_beyond_the_searched_resolution(rng):
    coarse = np.kron(rng.random((16, 16, 1)), np.ones((40, 40, 1)))
    image = 0.3 + 0.2 * coarse + rng.normal(0, 0.08, (640, 640, 3))
    image = np.clip(image, 0, 1).astype("float32")
    known = np.ones((640, 640), "float32")
    known[200:380, 250:400] = 0
    filled = fill_by_exemplars(image, known)
    hole = (known == 0)[:, 1:]

    def grain(picture):
        return np.abs(np.diff(picture, axis=1))[hole].mean()

    assert grain(filled) > 0.6 * grain(image)
    assert np.array_equal(filled[known == 1], image[known == 1])


@pytest.mark.parametrize("size", [256, 600])
def test_drawn_skin_takes_over_the_grain(rng, size):
    skin = np.full((size, size, 3), (0.7, 0.5, 0.4)) + rng.normal(
        0, 0.02, (size,) * 2 + (3,)
    )
    known = np.ones((size, size), "float32")
    known[size // 3 : size // 2, size // 3 : size // 2] = 0
    face = np.zeros((size, size), bool)
    face[size // 8 :, size // 8 :] = True
    smooth = np.full_like(skin, (0.7, 0.5, 0.4))
    image = np.where(known[..., None] > 0, skin, smooth).astype("float32")
    filled = transfer_detail(image, known, face)
    assert np.array_equal(filled[known == 1], image[known == 1])
    drawn = filled[known == 0]
    assert 0.5 < drawn.std(0).mean() / skin[known == 0].std(0).mean() < 1.2
    np.testing.assert_allclose(drawn.mean(0), (0.7, 0.5, 0.4), atol=0.005)


def test_no_detail_comes_from_beside_the_face(rng):
    image = np.full((256, 256, 3), 0.5, "float32")
    face = np.zeros((256, 256), bool)
    face[:, :128] = True
    image[:, 128:] += rng.normal(0, 0.2, (256, 128, 3)).astype("float32")
    known = np.ones((256, 256), "float32")
    known[100:140, 90:110] = 0
    filled = transfer_detail(np.clip(image, 0, 1), known, face)
    np.testing.assert_allclose(filled[known == 0], 0.5, atol=1e-3)
    nothing = np.zeros((256, 256), bool)
    assert np.array_equal(transfer_detail(image, known, nothing), image)
