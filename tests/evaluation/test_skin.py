import json
import shutil

import colour
import numpy as np
import pytest

from facekit.errors import DataError, FacekitError
from facekit.evaluation.colour import linear_to_lab
from facekit.evaluation.skin import evaluate_skin
from facekit.evaluation.skin_cameras import camera_table
from facekit.evaluation.skin_edits import edit_figures
from facekit.evaluation.skin_truth import SkinTruth
from facekit.portraits import embedded_folders, render_portrait, write_portrait
from facekit.restore import SavedModel, SkinAnalyser, find_saved_model
from facekit.spectra import camera, camera_places


def test_lab_is_that_of_colour_science(rng):
    linear = rng.random((32, 3))
    xyz = colour.RGB_to_XYZ(linear, "sRGB")
    expected = colour.XYZ_to_Lab(xyz, (0.3127, 0.3290))
    np.testing.assert_allclose(linear_to_lab(linear), expected, atol=0.05)


def test_the_truth_scores_best():
    truth = SkinTruth(embedded_folders()[3:6], 64)
    perfect = truth.compare(truth.maps)
    constant = truth.constant()
    for name in truth.maps:
        assert perfect[name]["within"] > 0.999 and perfect[name]["error"] == 0
        assert constant[name]["within"] == 0 and constant[name]["error"] > 0
    tones = truth._by_tone(truth.maps).values()
    assert sum(tone["pictures"] for tone in tones) == len(truth.images)


def test_maps_in_two_lights_are_compared_head_by_head(rng, tmp_path):
    for seed in (3, 5):
        portrait = render_portrait(seed, 64, ("light",))
        write_portrait(portrait, tmp_path / str(seed))
    truth = SkinTruth(sorted(tmp_path.iterdir()), 64)
    same = truth._other_light(truth.maps)
    assert same["melanin"]["pixels"] > 0.99 and same["melanin"]["heads"] > 0.99
    noise = {name: rng.random(values.shape) for name, values in truth.maps.items()}
    assert abs(truth._other_light(noise)["melanin"]["pixels"]) < 0.1
    upside_down = dict(truth.maps)
    lit = truth.variants == "light"
    upside_down["melanin"] = np.where(
        lit[:, None, None], -truth.maps["melanin"], truth.maps["melanin"]
    )
    assert truth._other_light(upside_down)["melanin"]["pixels"] < -0.99


def test_tables_and_card(tmp_path, tensorflow):
    from facekit.export import export_skin
    from facekit.models import BioFaceNet

    portraits = tmp_path / "portraits"
    portraits.mkdir()
    for source in embedded_folders()[:2]:
        (portraits / source.name).symlink_to(source)
    own = render_portrait(3, 64, ("light", "white_light"))
    write_portrait(own, portraits / "own")
    model = tmp_path / "skin"
    export_skin(BioFaceNet((4, 4, 8), 1), model, {"working_size": 64})
    text = evaluate_skin(
        portraits, model, {"again": model}, out=tmp_path / "out", update_card=True
    )
    assert text.count("| again |") == 3 and "all lamps of one spectrum" in text
    assert text.count("| brightness alone |") == 1
    assert (tmp_path / "out" / "skin.json").is_file()
    figures = json.loads((model / "card.json").read_text())["figures"]
    edits = figures["facekit"]["edits"]
    assert min(edits["melanin"]) > 0.99 and min(edits["haemoglobin"]) > 0.9
    with pytest.raises(FacekitError, match="name of its own.*'again'"):
        evaluate_skin(portraits, model, {"again": model}, name="again")
    with pytest.raises(FacekitError, match="name of its own.*'brightness alone'"):
        evaluate_skin(portraits, model, {"brightness alone": model})
    assert SkinAnalyser(model).surface == BioFaceNet((4, 4, 8), 1).surface
    matt = tmp_path / "matt"
    export_skin(BioFaceNet((4, 4, 8), 1, surface=0.01), matt, {"working_size": 64})
    assert SkinAnalyser(matt).surface == 0.01
    larger = shutil.copytree(model, tmp_path / "larger")
    card = json.loads((larger / "card.json").read_text())
    (larger / "card.json").write_text(json.dumps({**card, "working_size": 96}))
    with pytest.raises(FacekitError, match="one working_size.*96"):
        evaluate_skin(portraits, model, {"larger": larger})


def test_edited_portraits_are_like_renderings_of_changed_people():
    figures = edit_figures(SavedModel(find_saved_model("skin")), [91001, 91006])
    assert figures["people"] == 2
    for part, share in (("skin", 0.5), ("lips", 0.7)):
        assert figures["edited"][part] < share * figures["copy"][part]
    assert max(figures["changed"].values()) < 1.5
    assert figures["changed"]["background"] < 0.1


def test_cameras(tmp_path):
    file = tmp_path / "cameras.csv"
    bands = ",".join(str(x) for x in range(400, 721, 10))
    lines = [f"camera,channel,{bands}"]
    for name in list(camera_places())[:4]:
        for channel, curve in zip("RGB", camera(name).T, strict=True):
            lines.append(f"{name},{channel}," + ",".join(f"{x:.6f}" for x in curve))
    file.write_text("\n".join(lines))
    table = camera_table(file, ("D65",))
    cells = [row.split("|")[1:-1] for row in table.splitlines()[2:4]]
    medians = [float(row[4]) for row in cells]
    assert 0.3 < min(medians) < max(medians) < 10
    with pytest.raises(DataError, match="nowhere.csv"):
        camera_table(tmp_path / "nowhere.csv")
    file.write_text(lines[0])
    with pytest.raises(DataError, match="cameras.csv.*no rows"):
        camera_table(file)
