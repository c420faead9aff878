import keras
import numpy as np
import pytest

from facekit.layers import SpectralRender
from facekit.models import BioFaceNet
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN

SCENE = ("melanin", "haemoglobin", "diffuse", "specular", "light", "camera")


@pytest.fixture(scope="module")
def network():
    return BioFaceNet(filters=(4, 8), convolutions=1)


class TestBioFaceNet:
    def test_shapes(self, rng, network):
        for height, width in ((8, 12), (16, 8)):
            maps = network(rng.random((2, height, width, 3), dtype="float32"))
            for name in SCENE[:4]:
                assert tuple(maps[name].shape) == (2, height, width, 1)
            assert tuple(maps["light"].shape) == (2, 33)
            assert tuple(maps["camera"].shape) == (2, 33, 3)
            assert tuple(maps["reconstruction"].shape) == (2, height, width, 3)

    @pytest.mark.slow
    def test_sizes_of_the_networks(self):
        assert BioFaceNet().count_params() == 28_022_389
        assert 2e6 < BioFaceNet.compact().count_params() < 4e6

    def test_numerics(self, rng, network):
        """Maps stay in their ranges, and the decoder makes the picture of them."""
        image = rng.normal(0, 50, (2, 8, 8, 3)).astype("float32")
        maps = {name: np.asarray(x) for name, x in network(image).items()}
        assert all(np.isfinite(x).all() for x in maps.values())
        for name, limit in (("melanin", MAX_MELANIN), ("haemoglobin", MAX_HAEMOGLOBIN)):
            assert 0 <= maps[name].min() and maps[name].max() <= limit * 1.000001
        assert maps["diffuse"].min() > 0 and maps["specular"].min() > 0
        assert np.abs(maps["camera_weights"]).max() <= 3
        np.testing.assert_allclose(maps["light"].sum(1), 1, rtol=1e-5)
        painted = SpectralRender()([maps[name] for name in SCENE])
        np.testing.assert_allclose(
            np.asarray(painted), maps["reconstruction"], atol=1e-6
        )

    def test_serialization(self, rng, tmp_path):
        network = BioFaceNet((4, 8), 1, pyramid=True, surface=0.02, name="small")
        image = rng.random((1, 8, 8, 3), dtype="float32")
        network.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras")
        assert loaded.get_config() == network.get_config()
        for name, value in network(image).items():
            np.testing.assert_allclose(
                np.asarray(loaded(image)[name]), np.asarray(value), rtol=1e-5
            )

    def test_errors(self, network):
        with pytest.raises(ValueError, match=r"two levels.*\(4,\)"):
            BioFaceNet(filters=(4,))
        with pytest.raises(ValueError, match=r"multiples of 2.*\(9, 8\)"):
            network(np.zeros((1, 9, 8, 3), "float32"))
        with pytest.raises(ValueError, match="at least 8"):
            network(np.zeros((1, 4, 8, 3), "float32"))
