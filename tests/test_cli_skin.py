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


def test_errors(run, tmp_path, skin_folder):
    code, text = run("skin", tmp_path / "x.png", "-o", tmp_path / "y.png")
    assert code == 1 and "expected a folder" in text
