import json

import pytest

from facekit import cli
from facekit.data import write_photo
from facekit.portraits import embedded_folders


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


@pytest.mark.slow
def test_from_photos_to_a_measured_model(run, tmp_path, astronaut, tensorflow):
    photos, model = tmp_path / "photos", tmp_path / "model"
    photos.mkdir()
    write_photo(photos / "collins_1.png", astronaut)
    for loss in ("V0", "V1"):
        code, text = run(
            *("train", "inpaint", photos, "-o", tmp_path / loss, "--loss", loss),
            *("--network", "ladder", "--size", 64, "--steps", 2, "--batch-size", 2),
        )
        assert code == 0, text
    (tmp_path / "heads").mkdir()
    for source in embedded_folders()[:2]:
        (tmp_path / "heads" / source.name).symlink_to(source)
    parsing = tmp_path / "parsing"
    code, text = run(
        *("train", "parsing", tmp_path / "heads", "--data", photos, "-o", parsing),
        *("--size", 64, "--steps", 2, "--batch-size", 2),
    )
    assert code == 0, text
    code, text = run(
        *("export", "inpaint", tmp_path / "V1", "--parsing", parsing, "-o", model)
    )
    assert code == 0, text
    card = json.loads((model / "card.json").read_text())
    assert card["training"]["parsing"] == ["heads", "photos"]
    assert card["signatures"]["parsing"]["inputs"]["mask"]["shape"][1:] == [64, 64, 1]
    runs = (tmp_path / "V0", tmp_path / "V1")
    code, text = run("export", "ladder", *runs, "-o", model / "ladder")
    assert code == 0, text
    readme = tmp_path / "README.md"
    readme.write_text(
        "a <!-- evaluate:inpaint:start -->b<!-- evaluate:inpaint:end --> c"
    )
    code, text = run(
        *("evaluate", "inpaint", "--data", photos, "--model", model, "--update-card"),
        *("-o", tmp_path / "out", "--readme", readme),
    )
    assert code == 0, text
    table = readme.read_text()
    assert table.startswith("a ") and table.endswith(" c")
    assert "| facekit |" in table and "| V0 |" in table and "| V1 |" in table
    figures = json.loads((model / "card.json").read_text())["figures"]
    assert set(figures["by_method_and_hole"]) >= {"facekit", "OpenCV Telea"}


def test_bad_settings_end_in_one_message(run, tmp_path):
    code, text = run(
        *("train", "inpaint", tmp_path, "-o", tmp_path / "run", "--size", 100)
    )
    assert code == 1
    assert "multiple of 128" in text and "Traceback" not in text
    code, text = run(
        *("train", "parsing", tmp_path, "-o", tmp_path / "run", "--size", 100)
    )
    assert code == 1
    assert "multiple of 32" in text and "Traceback" not in text


def test_exporting_what_is_no_run_names_the_folder(run, tmp_path):
    code, text = run("export", "inpaint", tmp_path, "-o", tmp_path / "model")
    assert code == 1
    assert "no config.json" in text and "Traceback" not in text
    assert not (tmp_path / "model").exists()


def test_a_readme_without_marks_is_left_alone(tmp_path):
    from facekit.cli_shared import replace_marked
    from facekit.errors import DataError

    readme = tmp_path / "README.md"
    readme.write_text("no marks")
    with pytest.raises(DataError, match="expected one"):
        replace_marked(readme, "evaluate:inpaint", "table")
    assert readme.read_text() == "no marks"
