import numpy as np
import pytest

from facekit.models import PartialConvUNet, grow_from
from tests.models.test_partial_conv_unet import _random_inputs


@pytest.fixture
def small(rng):
    network = PartialConvUNet((6, 8, 8), (3, 3, 3), num_frequencies=1)
    network.set_weights([w + rng.random(w.shape) / 9 for w in network.get_weights()])
    return network


def _network(first_kernel=2):
    return PartialConvUNet((4, 6, 8, 8), (first_kernel, 3, 3, 3), num_frequencies=1)


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
        shown = np.where(expected > 0, expected, 0.2 * expected)  # LeakyReLU
        np.testing.assert_allclose(restored[inside], shown[inside], atol=2e-3)
        assert np.ptp(expected[inside]) > 0.01

    def test_errors(self, small, inputs):
        with pytest.raises(ValueError, match="not the inner part"):
            grow_from(PartialConvUNet((4, 8, 8), (2, 3, 3)), small, **inputs)
        with pytest.raises(ValueError, match="2x2"):
            grow_from(_network(first_kernel=3), small, **inputs)


@pytest.fixture
def inputs(rng):
    return _random_inputs(rng, (1, 16, 16))
