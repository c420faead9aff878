"""Folders of photographs: listing, loading, splitting by person."""

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekit.data import (
    centre_crop,
    identity_of,
    identity_table,
    load_folder,
    photo_files,
    split_by_identity,
    write_photo,
)
from facekit.errors import DataError

names = st.lists(st.text("abc019_", min_size=1, max_size=8), max_size=40, unique=True)


@pytest.fixture
def folder(tmp_path, rng):
    for name in ("b.png", "a.png", "sub/c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write_photo(path, rng.integers(0, 256, (12, 16, 3), "uint8"))
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a photograph")
    return tmp_path


def test_photo_files_lists_photographs_in_order(folder):
    found = [str(path.relative_to(folder)) for path in photo_files(folder)]
    assert found == ["a.png", "b.png", "sub/c.png"]


def test_a_folder_without_photographs_is_an_error(tmp_path):
    for place in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match=re.escape(str(place))):
            photo_files(place)


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("017_03.jpg", "017"),
        ("017-smiling.jpg", "017"),
        ("set1/anna2_left.png", "anna2"),
        ("female_asian_0017.jpg", "female_asian_0017"),
        ("00017.png", "00017"),
        ("anna.png", "anna"),
        ("IMG_2024_01.jpg", "IMG_2024"),
    ],
)
def test_identity_of(name, identity):
    assert identity_of(name) == identity


def test_identity_table_reads_celeba(tmp_path):
    table = tmp_path / "identity_CelebA.txt"
    table.write_text("000001.jpg 2880\n000002.jpg 2937\n\n")
    identity = identity_table(table)
    assert identity("images/000002.jpg") == "2937"
    with pytest.raises(DataError, match="000009.jpg"):
        identity("000009.jpg")
    table.write_text("000001.jpg\n")
    with pytest.raises(DataError, match="line 1"):
        identity_table(table)
    with pytest.raises(DataError, match="readable table"):
        identity_table(tmp_path / "missing.txt")


@given(names, st.integers(0, 5), st.sampled_from([(0.9, 0.1), (0.5, 0.3, 0.2)]))
def test_splits_are_disjoint_and_complete(files, seed, fractions):
    splits = split_by_identity(files, fractions, seed)
    assert len(splits) == len(fractions)
    assert sorted(sum(splits, [])) == sorted(files)
    persons = [{identity_of(file) for file in split} for split in splits]
    assert sum(map(len, persons)) == len(set().union(*persons))


@given(names, names, st.integers(0, 5))
def test_splits_stay_when_files_are_added(files, more, seed):
    before = split_by_identity(files, seed=seed)
    after = split_by_identity([*more, *files], seed=seed)
    for old, new in zip(before, after, strict=True):
        assert set(old) <= set(new)


def test_fractions_are_met_and_the_seed_matters():
    files = [f"{i:05d}.png" for i in range(4000)]
    train, test = split_by_identity(files, (0.6, 0.1))
    assert abs(len(train) / 4000 - 0.6) < 0.03 and abs(len(test) / 4000 - 0.1) < 0.02
    assert train != split_by_identity(files, (0.6, 0.1), seed=1)[0]
    everyone, nobody = split_by_identity(files, (1, 0))
    assert everyone == files and nobody == []


def test_an_identity_function_is_used():
    files = [f"{i}.png" for i in range(100)]
    splits = split_by_identity(files, (0.5, 0.5), identity=lambda file: "one person")
    assert sorted(map(len, splits)) == [0, 100]


@pytest.mark.parametrize("fractions", [(), (0.9, 0.2), (-0.1, 0.5)])
def test_fractions_out_of_range_are_errors(fractions):
    with pytest.raises(ValueError, match="`fractions` must be"):
        split_by_identity(["a.png"], fractions)


def test_load_folder_gives_crops_and_their_files(folder):
    crops, files = load_folder(folder, 8)
    assert crops.shape == (3, 8, 8, 3) and crops.dtype == np.uint8
    assert files == photo_files(folder)
    again, _ = load_folder(files[1:], 8)
    assert np.array_equal(again, crops[1:])


def test_a_corrupt_photograph_is_left_out_with_one_warning(folder):
    data = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.warns(UserWarning, match=r"Left out: .*a\.png") as caught:
        crops, files = load_folder(folder, 8)
    assert len(caught) == 1
    assert [path.name for path in files] == ["b.png", "c.png"] and len(crops) == 2


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"not a photograph")
    with pytest.warns(UserWarning, match="Left out"), pytest.raises(DataError):
        load_folder(tmp_path, 8)
    with pytest.raises(ValueError, match="`size` must be"):
        load_folder(tmp_path, 0)


def test_centre_crop_keeps_the_middle():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 10:30] = 200
    assert (centre_crop(image, 20) == 200).all()
    assert (centre_crop(image, 10) == 200).all()
    assert centre_crop(image, 33).shape == (33, 33, 3)


def test_load_folder_takes_a_crop_function(folder):
    def corner(image, size):
        return image[:size, :size]

    crops, files = load_folder(folder, 6, crop=corner)
    first = cv2.cvtColor(cv2.imread(str(files[0])), cv2.COLOR_BGR2RGB)
    assert np.array_equal(crops[0], first[:6, :6])
