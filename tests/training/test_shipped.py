import numpy as np
import pytest

from facekit.restore.saved_model import find_saved_model
from facekit.training import InpaintConfig, MakeupConfig, SkinConfig
from facekit.training.inpaint import build_network as inpaint_network
from facekit.training.makeup import build_network as makeup_network
from facekit.training.runs import load_generator
from facekit.training.skin import build_skin_network


def built(task):
    """The network that a run with the default settings trains."""
    if task == "inpaint":
        return inpaint_network(InpaintConfig(("photos",), "run").network)
    if task == "makeup":
        return makeup_network(MakeupConfig(("photos",), "run"))
    return build_skin_network(SkinConfig(("photos",), "run").network)


@pytest.mark.parametrize("task", ("inpaint", "makeup", "skin"))
def test_shipped_networks_can_be_trained_on(task, tensorflow):
    network = built(task)
    before = network.get_weights()
    load_generator(network, find_saved_model(task))
    pairs = zip(before, network.get_weights(), strict=True)
    moved = [not np.array_equal(old, new) for old, new in pairs]
    assert np.mean(moved) > 0.6
