import numpy as np
import pytest

from facekit.models import PartialConvUNet, grow_from
from tests.models.test_partial_conv_unet import _random_inputs


@pytest.fixture
def small(rng):
    network = _network().inner(1)
    network.set_weights([w + rng.random(w.shape) / 40 for w in network.get_weights()])
    # Details differ with the size of the picture.
    guess = network.get_layer("guess")
    guess.set_weights([np.zeros(w.shape) for w in guess.get_weights()])
    # What is handed out has to be positive, as pictures are.
    network.get_layer("restored_conv").bias.assign([5, 5, 5, 0])
    return network


def _network(first_kernel=2):
    return PartialConvUNet(
        (4, 6, 8, 8), (first_kernel, 3, 3, 3), 1, num_components=2, component_size=4
    )


class TestGrowFrom:
    def test_numerics(self, small, rng):
        """On pictures made of 2x2 blocks both networks fill a hole alike."""
        inputs = _random_inputs(rng, (2, 32, 32))
        inputs["mask"][:] = 1
        inputs["mask"][:, 8:24, 8:24] = 0
        large_inputs = {
            key: x.repeat(2, axis=1).repeat(2, axis=2) for key, x in inputs.items()
        }
        expected = np.asarray(small(inputs)["restored"])
        large = _network()
        grow_from(large, small, **large_inputs)
        restored = np.asarray(large(large_inputs)["restored"])[:, ::2, ::2]
        inside = (slice(None), slice(10, 22), slice(10, 22))
        contrast = np.ptp(expected[inside])
        assert contrast > 0.01
        difference = np.abs(restored[inside] - expected[inside])
        assert difference.max() < 0.02 * contrast

    def test_takes_over_the_components(self, small, rng, inputs):
        small.get_layer("guess").adapt(rng.random((5, 4, 4, 3)))
        large = _network()
        grow_from(large, small, **inputs)
        pairs = [x.get_layer("guess").get_weights() for x in (large, small)]
        for found, wanted in zip(*pairs, strict=True):
            np.testing.assert_array_equal(found, wanted)

    def test_errors(self, small, inputs):
        with pytest.raises(ValueError, match="not the inner part"):
            grow_from(PartialConvUNet((4, 8, 8), (2, 3, 3)), small, **inputs)
        with pytest.raises(ValueError, match="2x2"):
            grow_from(_network(first_kernel=3), small, **inputs)


@pytest.fixture
def inputs(rng):
    return _random_inputs(rng, (1, 16, 16))
