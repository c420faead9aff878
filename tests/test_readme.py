"""The Python of the README runs, in the order in which it stands there."""

import re
import shlex

import keras
import numpy as np
import pytest
import skimage.data
import typer

from facekit import cli
from facekit.data import write_photo
from facekit.export import export_inpaint
from facekit.models import PartialConvUNet
from tests.backends import ROOT

README = (ROOT / "README.md").read_text()


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a photo, a hole and a SavedModel of an untrained network."""
    network = PartialConvUNet(filters=(4, 8))
    network({"image": np.zeros((1, 64, 64, 3)), "mask": np.ones((1, 64, 64, 1))})
    folder = tmp_path / "saved_models" / "inpaint"
    export_inpaint(network, folder, {"working_size": 64})
    photo = skimage.data.astronaut()
    hole = np.zeros(photo.shape[:2], "uint8")
    hole[100:120, 200:230] = 255
    write_photo(tmp_path / "portrait.jpg", photo)
    write_photo(tmp_path / "hole.png", hole)
    monkeypatch.setattr("facekit.restore.loading.find_saved_model", lambda _: folder)
    monkeypatch.chdir(tmp_path)


def test_python_blocks_run(workplace, tensorflow):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    found = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), found)
    assert len(blocks) == 4
    assert found["result"].image.shape == (512, 512, 3)
    assert found["network"].output_shape == (None, None, None, 64)
    image, mask = found["image"], found["mask"]
    restored = keras.ops.convert_to_numpy(found["restored"])
    np.testing.assert_allclose(restored * mask, image * mask, atol=1e-6)


def test_shell_commands_parse():
    """Every `facekit` command names commands and options that there are."""
    blocks = "\n".join(re.findall(r"```shell\n(.*?)```", README, re.DOTALL))
    lines = re.findall(r"^facekit .*", blocks.replace("\\\n", " "), re.MULTILINE)
    assert len(lines) > 20
    for line in lines:
        name, command = "facekit", typer.main.get_command(cli.app)
        words = shlex.split(line, comments=True)[1:]
        while hasattr(command, "commands"):
            name, *words = words
            command = command.commands[name]
        with command.make_context(name, words) as context:
            assert context.params, line


def test_links_lead_to_files():
    targets = re.findall(r"\]\((?!https?:)([\w./-]+)\)", README)
    assert targets
    assert [name for name in targets if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "name", ["alignment", "inpaint", "makeup:shipped", "makeup:recipes", "skin"]
)
def test_it_has_the_place_of_the_figures(name):
    assert README.count(f"<!-- evaluate:{name}:start -->") == 1
    assert README.count(f"<!-- evaluate:{name}:end -->") == 1
