import keras
import numpy as np
import pytest

from benchmarks.networks import (
    MultiChannelPartialConv2D,
    multi_channel_unet,
    plain_unet,
)
from facekit.models import PartialConvUNet

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
