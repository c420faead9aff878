import sys
from types import ModuleType

import pytest

from benchmarks import __main__ as benchmarks


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Replaces every part by one row of its name."""
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path / "results.json")
    ran = []
    for part in benchmarks.PARTS:
        module = ModuleType(part)

        def rows(part=part):
            ran.append(part)
            return [
                {"row": part, "ratio": 1.0, "bar": 1.1, "holds": True, "detail": ""}
            ]

        setattr(module, f"{part}_rows", rows)
        monkeypatch.setitem(sys.modules, f"benchmarks.{part}", module)
    return ran


def test_all_parts_or_those_named(measured):
    benchmarks.main(["spectral", "unet"])
    assert measured == ["spectral", "unet"] and benchmarks.RESULTS.is_file()
    benchmarks.main([])
    assert tuple(measured[2:]) == benchmarks.PARTS


def test_an_unknown_part_runs_nothing(measured, capsys):
    with pytest.raises(SystemExit):
        benchmarks.main(["--help"])
    with pytest.raises(SystemExit):
        benchmarks.main(["unet", "unnet"])
    assert "unknown 'unnet', expected cold_start, unet" in capsys.readouterr().err
    assert not measured


def test_every_part_has_its_rows():
    for part in benchmarks.PARTS:
        file = benchmarks.RESULTS.with_name(f"{part}.py")
        assert f"def {part}_rows():" in file.read_text()
