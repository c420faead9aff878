import keras
import numpy as np
import pytest

from benchmarks.networks import (
    MultiChannelPartialConv2D,
    multi_channel_unet,
    plain_unet,
)
from benchmarks.res34_unet import bare_convolutions
from facekit.models import PartialConvUNet, Res34UNet

FILTERS = (4, 8, 8)


@pytest.mark.parametrize("build", [plain_unet, multi_channel_unet])
def test_same_parameters(build):
    """The networks that are compared differ in their masks only."""

    def shapes(network):
        return [tuple(weight.shape) for weight in network.trainable_weights]

    assert shapes(build(FILTERS)) == shapes(PartialConvUNet(FILTERS))


def test_symbolic_equals_eager():
    rng = np.random.default_rng(0)
    x = rng.random((1, 8, 8, 3), "float32")
    mask = np.repeat((rng.random((1, 8, 8, 1)) > 0.5).astype("float32"), 3, axis=-1)
    layer = MultiChannelPartialConv2D(4, 3, strides=2)
    inputs = [keras.Input((8, 8, 3)), keras.Input((8, 8, 3))]
    network = keras.Model(inputs, layer(inputs))
    for symbolic, eager in zip(network([x, mask]), layer([x, mask]), strict=True):
        np.testing.assert_allclose(symbolic, eager, atol=1e-6)


def test_bare_convolutions_are_all_there_are():
    network = Res34UNet((1, 1, 1, 1), 0.125, normalization=None)
    found = bare_convolutions(network, 32)
    # Stem, blocks with three shortcuts, decoder, head.
    assert len(found) == 1 + 4 * 2 + 3 + 5 * 2 + 1
    assert found[0][0] == (1, 38, 38, 3)
    assert found[-1][0] == (1, 32, 32, 8)
    counted = sum(layer.count_params() for _, layer in found)
    assert counted == network.count_params()
