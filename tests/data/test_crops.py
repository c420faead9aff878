import numpy as np
import pytest
import skimage.data
from PIL import Image

from facekit.data import aligned_crops, crops, find_faces


@pytest.fixture
def files(tmp_path):
    astronaut = Image.fromarray(skimage.data.astronaut())
    paths = [tmp_path / name for name in ("a.png", "blank.png", "cut.png", "d.png")]
    astronaut.save(paths[0])
    Image.new("RGB", (80, 80)).save(paths[1])
    paths[2].write_bytes(paths[0].read_bytes()[:9000])
    astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(paths[3])
    return paths


def test_bad_files_are_left_out(files):
    with pytest.warns(UserWarning) as caught:
        pictures, kept = aligned_crops(files, 64, num_workers=2)
    assert [
        str(warning.message) for warning in caught if "blank" in str(warning.message)
    ]
    assert len(caught) == 2
    assert kept == [files[0], files[3]]
    assert pictures.shape == (2, 64, 64, 3)
    assert pictures.dtype == np.uint8
    assert len(find_faces(pictures[0])) == 1


def test_cache(files, tmp_path, monkeypatch):
    files, cache = [files[0], files[3]], tmp_path / "cache"
    pictures, kept = aligned_crops(files, 32, cache)
    assert len(list(cache.iterdir())) == 3

    def fail(*_):
        raise AssertionError("the cache was not used")

    cut_crop = crops._cut_crop
    monkeypatch.setattr(crops, "_cut_crop", fail)
    again, kept_again = aligned_crops(files, 32, cache)
    assert np.array_equal(again, pictures)
    assert kept_again == kept
    monkeypatch.chdir(tmp_path)
    relative = [file.relative_to(tmp_path) for file in files]
    assert aligned_crops(relative, 32, cache)[1] == relative
    monkeypatch.setattr(crops, "_cut_crop", cut_crop)
    Image.open(files[1]).save(files[0])
    closer, _ = aligned_crops(files, 32, cache, framing="face")
    assert not np.array_equal(closer[1], pictures[1])
    changed, _ = aligned_crops(files, 32, cache)
    assert np.array_equal(changed[0], pictures[1])


def test_no_files():
    pictures, kept = aligned_crops([], 16)
    assert pictures.shape == (0, 16, 16, 3)
    assert kept == []
