import json
import shutil

import numpy as np
import pytest

from facekit.errors import ModelError, WeightsError
from facekit.restore import SavedModel, find_saved_model, load


@pytest.fixture
def copy(saved_model_folder, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(saved_model_folder, folder)
    return folder


def test_runs(saved_model_folder):
    model = SavedModel(saved_model_folder)
    assert model.task == "inpaint"
    image = np.full((2, 64, 128, 3), 0.5, "float32")
    mask = np.ones((2, 64, 128, 1), "float32")
    assert np.array_equal(model(image=image, mask=mask)["restored"], image)


def test_unknown_signature(saved_model_folder):
    model = SavedModel(saved_model_folder)
    image = np.zeros((1, 64, 64, 3), "float32")
    with pytest.raises(ModelError, match="signature 'detect'"):
        model("detect", image=image)
    with pytest.raises(ModelError, match=r"found \['image', 'mask'\]"):
        model(image=image)


@pytest.mark.parametrize("missing", ["card.json", "saved_model.pb", "variables"])
def test_incomplete(copy, missing):
    path = copy / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ModelError, match=f"{missing} is missing"):
        SavedModel(copy)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"task": "dance"}'])
def test_bad_card(copy, text):
    (copy / "card.json").write_text(text)
    with pytest.raises(ModelError, match="card.json: expected"):
        SavedModel(copy)


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index"])
def test_damaged(copy, name):
    (copy / name).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="cannot be loaded"):
        SavedModel(copy)


def test_missing_folder(tmp_path):
    with pytest.raises(ModelError, match="found none"):
        SavedModel(tmp_path / "none")


@pytest.mark.parametrize("gain", [np.nan, np.inf])
def test_weights_that_are_not_finite(make_saved_model, gain):
    with pytest.raises(WeightsError, match="not finite"):
        SavedModel(make_saved_model(gain))


def test_output_that_is_not_finite(saved_model_folder):
    model = SavedModel(saved_model_folder)
    image = np.full((1, 64, 64, 3), np.nan, "float32")
    with pytest.raises(WeightsError, match="'restored' is not finite"):
        model(image=image, mask=np.ones((1, 64, 64, 1), "float32"))


def test_load(copy, monkeypatch):
    assert load(copy).task == load(str(copy)).task == "inpaint"
    with pytest.raises(ModelError, match="Expected the name of a task"):
        load(None)
    with pytest.raises(ModelError, match="Unknown task 'dance'"):
        load("dance")
    (copy / "card.json").write_text(json.dumps({"task": "retouch"}))
    with pytest.raises(ModelError, match="no tool for the task 'retouch'"):
        load(copy)
    monkeypatch.setattr("facekit.restore.loading.find_saved_model", lambda _: copy)
    with pytest.raises(ModelError, match="'inpaint', found one of 'retouch'"):
        load("inpaint")


def test_find_saved_model(tmp_path, monkeypatch):
    package = tmp_path / "facekit"
    monkeypatch.setattr("facekit.restore.saved_model._PACKAGE", package)
    with pytest.raises(ModelError, match="folder of a SavedModel"):
        find_saved_model("inpaint")
    for root in (tmp_path, package):
        (root / "saved_models" / "inpaint").mkdir(parents=True)
        assert find_saved_model("inpaint") == root / "saved_models" / "inpaint"
