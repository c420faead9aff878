import numpy as np
import pytest

from facekit import cli
from facekit.data import read_photo, write_photo


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs the command line; returns its exit code and all it wrote."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["facekit", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capfd.readouterr()
        return stopped.value.code or 0, written.out + written.err

    return run


def test_maps_and_edits_are_written(run, tmp_path, astronaut, skin_folder):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    write_photo(photos / "collins.png", astronaut)
    write_photo(photos / "nobody.png", np.full((64, 64, 3), 90, np.uint8))
    code, text = run(
        *("skin", photos, "-o", out, "--melanin", 0.4, "--model", skin_folder)
    )
    assert code == 1 and "nobody.png: expected a face" in text
    assert sorted(path.name for path in out.iterdir()) == [
        "collins.npz",
        "collins_edited.png",
        "collins_maps.png",
        "collins_reconstruction.png",
    ]
    edited = read_photo(out / "collins_edited.png").image
    assert edited.shape == astronaut.shape and edited.mean() < astronaut.mean()
    code, text = run("skin", photos / "collins.png", "-o", out, "--model", skin_folder)
    assert code == 1 and "--overwrite" in text


def test_no_file_is_replaced_unasked(run, tmp_path, astronaut, skin_folder):
    photo, out = tmp_path / "a.png", tmp_path / "out"
    write_photo(photo, astronaut)
    out.mkdir()
    for name in ("a.npz", "a_maps.png", "a_reconstruction.png", "a_edited.png"):
        (out / name).write_bytes(b"kept")
        options = ("skin", photo, "-o", out, "--melanin", 0.4, "--model", skin_folder)
        code, text = run(*options)
        assert code == 1 and name in text and "--overwrite" in text
        assert [path.name for path in out.iterdir()] == [name]
        assert (out / name).read_bytes() == b"kept"
        (out / name).unlink()


def test_no_photo_is_replaced(run, tmp_path, astronaut, skin_folder):
    for name in ("a.png", "a_edited.png"):
        write_photo(tmp_path / name, astronaut)
    before = (tmp_path / "a_edited.png").read_bytes()
    options = ("-o", tmp_path, "--melanin", 0.4, "--overwrite", "--model", skin_folder)
    photos = (tmp_path / "a.png", tmp_path / "a_edited.png")
    code, text = run("skin", *photos, *options)
    assert code == 1 and "a_edited.png: the output must not be" in text
    assert (tmp_path / "a_edited.png").read_bytes() == before
    assert not (tmp_path / "a_maps.png").exists()


def test_names_keep_apart(run, tmp_path, astronaut, skin_folder):
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("x/a.png", "y/a.png"):
        (photos / name).parent.mkdir(parents=True)
        write_photo(photos / name, astronaut)
    code, _ = run("skin", photos, "-o", out, "--model", skin_folder)
    assert code == 0
    for folder in ("x", "y"):
        assert (out / folder / "a_maps.png").is_file()
    write_photo(photos / "x" / "a.jpg", astronaut)
    code, text = run("skin", photos, "-o", tmp_path / "other", "--model", skin_folder)
    assert code == 1 and "Several photos would be written" in text
    assert not (tmp_path / "other").exists()


def test_errors(run, tmp_path, skin_folder):
    code, text = run("skin", tmp_path / "x.png", "-o", tmp_path / "y.png")
    assert code == 1 and "expected a folder" in text
