import numpy as np
import pytest
from PIL import Image

from facekit.data import read_photo
from facekit.errors import HoleError
from facekit.restore import read_hole


@pytest.fixture
def photo(rng):
    return read_photo(rng.integers(0, 256, (8, 10, 3), dtype=np.uint8))


@pytest.fixture
def expected():
    hole = np.zeros((8, 10), bool)
    hole[2:4, 5:9] = True
    return hole


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int64", "float32"])
def test_arrays(photo, expected, dtype):
    hole = expected.astype(dtype)
    assert np.array_equal(read_hole(photo, hole), expected)
    assert np.array_equal(read_hole(photo, hole[..., None]), expected)
    assert np.array_equal(read_hole(photo, np.dstack([hole] * 3)), expected)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16", "I", "F"])
def test_pictures(photo, expected, mode, tmp_path):
    faint = Image.fromarray(expected.astype("uint16"))
    picture = faint if mode == "I;16" else Image.fromarray(expected).convert(mode)
    path = tmp_path / "hole.tif"
    picture.save(path)
    for source in (path, str(path), path.read_bytes(), picture):
        assert np.array_equal(read_hole(photo, source), expected)


def test_transparent_paint_does_not_count(photo, expected):
    rgba = np.full((8, 10, 4), 255, "uint8")
    rgba[..., 3] = 255 * expected
    assert np.array_equal(read_hole(photo, Image.fromarray(rgba)), expected)


def test_transparent_pixels_of_the_photo(photo, expected):
    alpha = np.where(expected, 0, 200).astype("uint8")
    photo = read_photo(np.dstack([photo.image, alpha]))
    assert np.array_equal(read_hole(photo), expected)
    more = np.zeros((8, 10), bool)
    more[0, 0] = True
    assert np.array_equal(read_hole(photo, more), expected | more)


def test_empty(photo):
    assert not read_hole(photo, np.zeros((8, 10))).any()


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        (None, "received neither"),
        (np.ones((8, 10)), "whole photo"),
        (np.zeros((10, 8)), "8 x 10, expected 10 x 8"),
        (np.full((8, 10), np.nan), "NaN"),
        (np.zeros((8, 10, 4)), "shape"),
        (np.zeros(80), "shape"),
        (np.full((8, 10), "x"), "must hold numbers"),
        (b"no image", "no image"),
        ("missing.png", "missing.png"),
        (3, "cannot be read"),
    ],
)
def test_errors(photo, hole, expected):
    with pytest.raises(HoleError, match=expected):
        read_hole(photo, hole)


def test_half_transparent_photo_is_no_hole(photo):
    photo = read_photo(np.dstack([photo.image, np.full((8, 10), 128, "uint8")]))
    with pytest.raises(HoleError, match="received neither"):
        read_hole(photo)
