import keras
import numpy as np
import pytest

from facekit.models import ResNet34Encoder

# torchvision's resnet34 has 21,797,672 parameters, 513,000 of them in its classifier.
PUBLISHED = 21_797_672 - 513_000


@pytest.fixture(scope="module")
def encoder():
    keras.utils.set_random_seed(0)
    return ResNet34Encoder(depths=(1, 2, 1, 1), width=0.125)


class TestResNet34Encoder:
    def test_shapes(self, encoder, rng):
        maps = encoder(rng.random((2, 64, 96, 3), dtype="float32"))
        sizes = [(32, 48, 8), (16, 24, 8), (8, 12, 16), (4, 6, 32), (2, 3, 64)]
        assert [tuple(x.shape) for x in maps] == [(2, *size) for size in sizes]

    @pytest.mark.slow
    def test_number_of_parameters(self, tensorflow):
        """As published, but for the three shortcuts that change the width.

        A published shortcut is a convolution without bias and a normalisation, two
        numbers a channel; here it has a bias, one number a channel.
        """
        counted = ResNet34Encoder().count_params()
        assert counted == PUBLISHED - (128 + 256 + 512)

    def test_serialization(self, encoder, rng, tmp_path):
        encoder.save(tmp_path / "encoder.keras")
        reloaded = keras.saving.load_model(tmp_path / "encoder.keras")
        assert reloaded.get_config() == encoder.get_config()
        image = rng.random((1, 32, 32, 3), dtype="float32")
        for a, b in zip(encoder(image), reloaded(image), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_a_block_without_normalization_starts_as_its_shortcut(self, rng):
        encoder = ResNet34Encoder((3, 1, 1, 1), 0.125, None, "linear")
        image = rng.random((1, 32, 32, 3), dtype="float32")
        first, second = (np.asarray(x) for x in encoder(image)[:2])
        corners = np.stack([first[:, i::2, j::2] for i in (0, 1) for j in (0, 1)])
        # What is left between the two maps is the pooling.
        assert (second >= corners.max(0) - 1e-6).all()
        assert np.isin(second, first).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"depths": (1, 2)}, "`depths`"),
            ({"depths": (1, 0, 1, 1)}, "`depths`"),
            ({"width": 0}, "`width`"),
            ({"normalization": "layer"}, "`normalization`"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=f"{message}.*Received"):
            ResNet34Encoder(**arguments)
