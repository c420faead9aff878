import json

import numpy as np
import pytest

from facekit.data import HOLE_BINS, write_photo
from facekit.errors import DataError
from facekit.evaluation import Evaluation, evaluate_inpaint, restorers
from facekit.evaluation.people import skin_tone_angle
from facekit.evaluation.tables import bin_tables, skin_tone_table

METHODS = ("OpenCV Telea", "facekit")


def evaluation(num_people=12):
    records = [
        {
            "method": method,
            "bin": place,
            "person": str(person),
            "tone": 20.0 if person else 60.0,
            "hole_psnr": 20.0 + 3.0 * (method == "facekit") + place,
        }
        for method in METHODS
        for place in range(len(HOLE_BINS))
        for person in range(num_people)
    ]
    return Evaluation("Shipped network", 256, [*"abcdef"], records, None)


def test_bin_tables_hold_the_means():
    table = bin_tables(evaluation())
    assert "| facekit | 23.00 | 24.00 | 25.00 | 26.00 | 27.00 | 28.00 |" in table
    assert "| OpenCV Telea | 20.00 |" in table


def test_skin_tones_are_judged_only_with_enough_people():
    header = ["PSNR", "gain"]
    table = skin_tone_table(
        evaluation().records, "facekit", METHODS[:1], "hole_psnr", header
    )
    rows = table.splitlines()
    assert any("| tan | 11 |" in row and "3.00 [3.00, 3.00]" in row for row in rows)
    assert any("very light (too few to judge) | 1 |" in row for row in rows)


def test_skin_tone_angle_falls_with_darker_skin():
    def face(colour):
        return np.full((64, 64, 3), colour, np.uint8)

    light, dark = (
        skin_tone_angle(face((230, 200, 180))),
        skin_tone_angle(face((80, 50, 35))),
    )
    assert light > 41 > 10 > dark


@pytest.mark.parametrize("restore", [restorers.telea, restorers.navier_stokes])
def test_baselines_touch_only_the_hole_and_fill_it(astronaut, restore):
    image = astronaut[None, :128, 160:288]
    holes = np.zeros((1, 128, 128), bool)
    holes[:, 40:60, 40:60] = True
    damaged = np.where(holes[..., None], np.uint8(0), image)
    restored = restore(damaged, holes)
    np.testing.assert_array_equal(restored[~holes], image[~holes])
    assert np.abs(restored[holes].astype(int) - image[holes]).mean() < 40


def test_evaluation_of_a_folder(astronaut, saved_model_folder, tmp_path):
    (tmp_path / "photos").mkdir()
    write_photo(tmp_path / "photos" / "collins_1.png", astronaut)
    text = evaluate_inpaint(
        tmp_path / "photos", saved_model_folder, out=tmp_path / "out"
    )
    assert "Feature distance left out" in text and "photo tool" not in text
    assert (tmp_path / "out" / "inpaint.md").read_text().strip() == text
    (measured,) = json.loads((tmp_path / "out" / "inpaint.json").read_text())
    assert len(measured["records"]) == 4 * len(HOLE_BINS)
    by_method = {
        method: np.mean(
            [r["hole_psnr"] for r in measured["records"] if r["method"] == method]
        )
        for method in ("copy input", "facekit", "OpenCV Telea")
    }
    assert by_method["copy input"] < by_method["facekit"] < by_method["OpenCV Telea"]


def test_no_faces_is_an_error(saved_model_folder, tmp_path):
    (tmp_path / "photos").mkdir()
    write_photo(tmp_path / "photos" / "grey.png", np.full((64, 64, 3), 128, np.uint8))
    with (
        pytest.warns(UserWarning, match="expected a face"),
        pytest.raises(DataError, match="found none"),
    ):
        evaluate_inpaint(tmp_path / "photos", saved_model_folder, out=tmp_path / "out")


def test_the_tool_is_measured_on_one_picture_of_each_person(
    astronaut, make_saved_model, tmp_path
):
    model = make_saved_model(working_size=192)
    for folder in ("neutral", "smiling"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        write_photo(tmp_path / "photos" / folder / "collins.png", astronaut)
    text = evaluate_inpaint(tmp_path / "photos", model, out=tmp_path / "out", tool=True)
    assert "### The photo tool, 192 pixels" in text
    assert "| pieces | part of the face | worn mask |" in text
    _, tool = json.loads((tmp_path / "out" / "inpaint.json").read_text())
    assert tool["bins"] == ["scribble", "pieces", "part of the face", "worn mask"]
    methods = [record["method"] for record in tool["records"]]
    assert methods.count("facekit, whole tool") == 4
