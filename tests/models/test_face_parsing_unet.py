import keras
import numpy as np
import pytest

from facekit.models import FaceParsingUNet


@pytest.fixture(scope="module")
def network():
    return FaceParsingUNet(filters=(4, 8))


def inputs(rng, batch, height, width):
    shape = (batch, height, width)
    return {
        "image": rng.random((*shape, 3), dtype="float32"),
        "mask": (rng.random((*shape, 1)) > 0.3).astype("float32"),
        "face": (rng.random((*shape, 1)) > 0.5).astype("float32"),
    }


class TestFaceParsingUNet:
    def test_shapes(self, rng, network):
        for batch, height, width in ((2, 8, 12), (1, 16, 8)):
            found = np.asarray(network(inputs(rng, batch, height, width)))
            assert found.shape == (batch, height, width, 4)
            assert found.dtype == np.float32
            np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)

    def test_what_is_hidden_does_not_matter_all_else_does(self, rng, network):
        known = inputs(rng, 1, 8, 8)
        found = np.asarray(network(known))
        noise = rng.random((1, 8, 8, 3), dtype="float32")
        hidden = np.where(known["mask"] > 0, known["image"], noise)
        again = np.asarray(network({**known, "image": hidden}))
        np.testing.assert_array_equal(found, again)
        hidden = np.where(known["mask"] > 0, known["image"], np.nan)
        again = np.asarray(network({**known, "image": hidden.astype("float32")}))
        np.testing.assert_array_equal(found, again)
        for name in known:
            changed = {**known, name: 1 - known[name]}
            assert np.abs(np.asarray(network(changed)) - found).max() > 1e-5

    def test_size_of_the_network(self):
        assert 2e5 < FaceParsingUNet().count_params() < 6e5

    def test_serialization(self, rng, tmp_path):
        network = FaceParsingUNet((4, 4, 8), name="small")
        network.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras")
        assert loaded.get_config() == network.get_config()
        known = inputs(rng, 1, 8, 8)
        np.testing.assert_allclose(
            np.asarray(loaded(known)), np.asarray(network(known)), rtol=1e-5
        )

    def test_errors(self, rng, network):
        with pytest.raises(ValueError, match=r"two levels.*\(4,\)"):
            FaceParsingUNet(filters=(4,))
        with pytest.raises(ValueError, match=r"multiples of 4.*\(8, 10\)"):
            network(inputs(rng, 1, 8, 10))
