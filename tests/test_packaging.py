import shutil
import tomllib
import zipfile

import pytest

from tests.backends import ROOT, run_python


def test_requirements_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert lines == project["dependencies"]


def test_versions_agree():
    import facekit

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert facekit.__version__ == project["version"]


def test_saved_models_are_small():
    files = [x for x in (ROOT / "saved_models").rglob("*") if x.is_file()]
    assert sum(x.stat().st_size for x in files) <= 40e6
    assert max(x.stat().st_size for x in files) < 20e6


@pytest.mark.slow
def test_wheel_holds_package_saved_models_and_portraits(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("facekit", "saved_models", "data"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    probe = source / "saved_models/probe/variables/variables.index"
    probe.parent.mkdir(parents=True)
    probe.write_text("probe")

    options = "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir"
    run_python(["-m", "pip", "wheel", *options, str(tmp_path), str(source)])

    (wheel,) = tmp_path.glob("facekit-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    package = {_relative(path, source) for path in _files(source / "facekit")}
    models = {_relative(path, source) for path in _files(source / "saved_models")}
    assert package <= held
    assert {f"facekit/{name}" for name in models} <= held
    portraits = source / "data" / "portraits"
    drawn = {_relative(path, portraits) for path in _files(portraits)}
    assert drawn
    assert {f"facekit/portraits/embedded/{name}" for name in drawn} <= held


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def _relative(path, folder):
    return path.relative_to(folder).as_posix()
