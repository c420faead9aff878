import json

import numpy as np
import pytest

from facekit.errors import ModelError
from facekit.export import export_inpaint, export_makeup, run_in_fresh_process


@pytest.fixture(scope="module")
def network(tensorflow):
    from facekit.models import PartialConvUNet

    network = PartialConvUNet((4, 8, 8))
    for variable in network.variables:
        variable.assign(np.asarray(variable).astype("float16"))
    return network


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "inpaint"
    export_inpaint(network, folder, {"version": "1"})
    return folder


@pytest.fixture(scope="module")
def makeup(tmp_path_factory, tensorflow):
    """An exported network with weights that half precision holds."""
    from facekit.models import Res34UNet

    network = Res34UNet((1, 1, 1, 1), 0.125, normalization=None)
    rng = np.random.default_rng(1)
    for variable in network.variables:
        noise = rng.normal(0, 0.05, variable.shape)
        variable.assign((np.asarray(variable) + noise).astype("float16"))
    folder = tmp_path_factory.mktemp("models") / "makeup"
    export_makeup(network, folder, {"version": "1"})
    return network, folder


def damaged(rng, batch, height, width):
    image = rng.random((batch, height, width, 3), dtype="float32")
    mask = np.ones((batch, height, width, 1), "float32")
    mask[:, 5:15, 3:13] = 0.0
    return image, mask


def test_a_fresh_process_computes_what_the_network_does(rng, network, folder):
    for batch, height, width in ((1, 24, 32), (2, 40, 16)):
        image, mask = damaged(rng, batch, height, width)
        loaded = run_in_fresh_process(folder, {"image": image, "mask": mask})
        output = network.predict({"image": image * mask, "mask": mask}, verbose=0)
        expected = np.where(mask > 0, image, np.clip(output["restored"], 0, 1))
        np.testing.assert_allclose(loaded["restored"], expected, atol=1e-5)


def test_any_size_and_any_content_of_the_hole(rng, folder, tensorflow):
    restore = tensorflow.saved_model.load(str(folder)).signatures["serving_default"]
    image, mask = damaged(rng, 1, 29, 19)
    first = restore(image=tensorflow.constant(image), mask=tensorflow.constant(mask))
    poisoned = np.where(mask > 0, image, np.nan).astype("float32")
    second = restore(
        image=tensorflow.constant(poisoned), mask=tensorflow.constant(mask)
    )
    np.testing.assert_array_equal(first["restored"], second["restored"])
    np.testing.assert_array_equal(
        np.where(mask > 0, first["restored"], 0), np.where(mask > 0, image, 0)
    )


def test_the_card_tells_interface_and_checksums(folder):
    card = json.loads((folder / "card.json").read_text())
    assert card["task"] == "inpaint"
    assert set(card["inputs"]) == {"image", "mask"}
    assert "saved_model.pb" in card["sha256"]


def test_writing_again_keeps_the_files_beside_the_model(network, tmp_path):
    folder = tmp_path / "inpaint"
    (folder / "ladder").mkdir(parents=True)
    (folder / "ladder" / "V0.npz").write_bytes(b"kept")
    export_inpaint(network, folder, {})
    assert (folder / "ladder" / "V0.npz").read_bytes() == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["inpaint"]


def test_a_damaged_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="nowhere"):
        run_in_fresh_process(tmp_path / "nowhere", {})


class TestExportMakeup:
    def test_a_fresh_process_computes_what_the_network_does(self, rng, makeup):
        network, folder = makeup
        image = rng.random((2, 32, 64, 3), dtype="float32")
        loaded = run_in_fresh_process(folder, {"image": image})
        expected = network.predict({"image": image}, verbose=0)
        for name, value in expected.items():
            value = np.clip(value, 0, 1) if name == "restored" else value
            np.testing.assert_allclose(loaded[name], value, atol=1e-5)

    @pytest.mark.parametrize("size", [(1, 1), (45, 70)])
    def test_any_size(self, rng, makeup, tensorflow, size):
        model = tensorflow.saved_model.load(str(makeup[1]))
        image = rng.random((1, *size, 3), dtype="float32")
        outputs = model.signatures["serving_default"](image=tensorflow.constant(image))
        assert all(tuple(x.shape) == (1, *size, 3) for x in outputs.values())

    def test_the_card_tells_the_interface(self, makeup):
        card = json.loads((makeup[1] / "card.json").read_text())
        assert card["task"] == "makeup"
        assert set(card["outputs"]) == {"restored", "blend", "residual"}
        assert "formula" in card and "saved_model.pb" in card["sha256"]
