import pytest

from facekit import cli
from facekit.portraits import read_portrait


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


def test_rendering_and_going_on(run, tmp_path):
    out = tmp_path / "portraits"
    options = "-o", out, "--size", 48, "--seed", 7, "--workers", 1
    code, text = run("render", "-n", 1, *options, "--variant", "makeup")
    assert code == 0 and "1 portraits" in text
    made = (out / "000007" / "bare.webp").stat().st_mtime_ns
    code, _ = run("render", "-n", 1, *options, "--variant", "makeup")
    assert code == 0
    assert (out / "000007" / "bare.webp").stat().st_mtime_ns == made
    assert set(read_portrait(out / "000007").pictures) == {"bare", "makeup"}


def test_bad_arguments_end_in_one_message(run, tmp_path):
    for options, expected in (
        (("--size", 20), "32 to 1024"),
        (("--variant", "hat"), "hat"),
    ):
        code, text = run("render", "-n", 1, "-o", tmp_path / "out", *options)
        assert code == 1
        assert expected in text and "Traceback" not in text
    assert not (tmp_path / "out").exists()


def test_another_size_in_the_same_folder_is_refused(run, tmp_path):
    (tmp_path / "portraits.json").write_text('{"size": 64, "variants": []}')
    code, text = run("render", "-n", 1, "-o", tmp_path, "--size", 48)
    assert code == 1 and "another folder" in text
