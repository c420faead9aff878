import json

import numpy as np
import pytest

from facekit.data import write_photo
from facekit.errors import DataError
from facekit.evaluation import evaluate_makeup
from facekit.evaluation.makeup import COPY, SETS, SHIPPED, STRENGTHS
from facekit.training import MakeupConfig
from facekit.training.makeup import build_network
from facekit.training.runs import record_settings, save_finished
from tests.restore.makeup_model import write_makeup_model


@pytest.fixture(scope="module")
def measured(astronaut, tmp_path_factory, tensorflow):
    """The text and the records of an evaluation of one face."""
    folder = tmp_path_factory.mktemp("evaluation")
    (folder / "photos").mkdir()
    (folder / "model").mkdir()
    write_photo(folder / "photos" / "collins_1.png", astronaut)
    model = write_makeup_model(folder / "model")
    out = folder / "out"
    tables = evaluate_makeup(folder / "photos", model, out=out, update_card=True)
    assert list(tables) == ["shipped"]
    text = tables["shipped"]
    assert (out / "makeup.md").read_text().strip() == text
    records = json.loads((out / "makeup.json").read_text())["shipped"]
    return text, records, json.loads((model / "card.json").read_text())


class TestEvaluateMakeup:
    def test_every_set_and_method_is_measured(self, measured):
        _, records, _ = measured
        seen = {(record["set"], record["method"]) for record in records}
        assert seen == {(kind, method) for kind in SETS for method in (COPY, SHIPPED)}

    def test_copying_is_perfect_on_bare_faces_only(self, measured):
        _, records, _ = measured
        copied = {r["set"]: r for r in records if r["method"] == COPY}
        assert copied["bare"]["psnr"] == pytest.approx(100)
        for family in ("train", "held_out"):
            assert 10 < copied[family]["region_psnr"] < copied[family]["psnr"] < 50
            assert copied[family]["region_colour"] > copied[family]["colour"] > 0

    def test_text_and_card(self, measured):
        text, records, card = measured
        assert "Feature distance left out" in text
        assert "too few to judge" in text
        for kind in ("train", "held_out"):
            before, after = (r["region_psnr"] for r in records if r["set"] == kind)
            (name,) = (name for name, low, high in STRENGTHS if low <= before < high)
            row = f"1 | {before:.2f} | {after:.2f} | {after - before:.2f} |"
            (line,) = (line for line in text.splitlines() if line.endswith(row))
            assert line.startswith(f"| {SETS[kind]} | {name}, ")
        figures = card["figures"]["by_set_and_method"]
        (copied,) = (
            r["psnr"] for r in records if r["set"] == "train" and r["method"] == COPY
        )
        assert figures["train"][COPY]["psnr"]["mean"] == pytest.approx(copied, abs=1e-4)

    def test_runs_are_compared_by_recipe(self, astronaut, tmp_path, tensorflow):
        (tmp_path / "photos").mkdir()
        (tmp_path / "model").mkdir()
        write_photo(tmp_path / "photos" / "collins_1.png", astronaut)
        model = write_makeup_model(tmp_path / "model")
        runs = [
            _run(tmp_path / "paper", recipe="bareface"),
            _run(tmp_path / "ours", seed=1),
            _run(tmp_path / "again", seed=2),
        ]
        tables = evaluate_makeup(tmp_path / "photos", model, runs, out=tmp_path / "out")
        assert list(tables) == ["shipped", "recipes"]
        rows = [line.split(" | ")[:2] for line in tables["recipes"].splitlines()]
        # Networks that have not learned anything leave pictures as they are.
        copied, ours = (
            [psnr for name, psnr in (row for row in rows if len(row) == 2) if name == x]
            for x in (f"| {COPY}", "| facekit")
        )
        assert len(copied) == len(ours) == 3
        assert ours == [f"{psnr} ± 0.00" for psnr in copied]
        assert tables["recipes"].count("| bareface | ") == 3

    def test_errors(self, tmp_path, tensorflow):
        (tmp_path / "photos").mkdir()
        (tmp_path / "model").mkdir()
        model = write_makeup_model(tmp_path / "model")
        grey = np.full((64, 64, 3), 128, np.uint8)
        write_photo(tmp_path / "photos" / "grey.png", grey)
        with (
            pytest.warns(UserWarning, match="expected a face"),
            pytest.raises(DataError, match="found none"),
        ):
            evaluate_makeup(tmp_path / "photos", model, out=tmp_path / "out")


def _run(folder, **settings):
    """A run's folder, as if its training had changed nothing."""
    config = MakeupConfig(data=("x",), out=str(folder), size=64, **settings)
    folder.mkdir()
    record_settings(config, folder)
    save_finished(build_network(config), folder)
    return folder
