import keras
import numpy as np
import pytest

from facekit.models import Res34UNet
from facekit.ops import soft_light

SMALL = {"depths": (1, 1, 1, 1), "width": 0.125}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return Res34UNet(**SMALL, normalization="group")


@pytest.fixture
def image(rng):
    return rng.random((2, 32, 64, 3), dtype="float32")


class TestRes34UNet:
    def test_shapes(self, model, image):
        assert model.multiple_of == 32
        outputs = model({"image": image})
        assert set(outputs) == {"restored", "blend", "residual"}
        assert all(tuple(x.shape) == image.shape for x in outputs.values())
        assert model(image[:, :, :32])["restored"].shape == (2, 32, 32, 3)

    def test_starts_by_leaving_the_picture_as_it_is(self, model, image):
        outputs = model(image)
        np.testing.assert_array_equal(outputs["restored"], image)
        np.testing.assert_array_equal(outputs["blend"], np.full_like(image, 0.5))
        np.testing.assert_array_equal(outputs["residual"], np.zeros_like(image))

    def test_number_of_parameters(self, tensorflow):
        assert Res34UNet.compact().count_params() == 3_443_598

    def test_numerics(self, image, rng):
        """The restored picture is the soft light of the maps, and depends on both."""
        model = Res34UNet(**SMALL)
        model.set_weights(
            [w + rng.normal(0, 0.05, w.shape) for w in model.get_weights()]
        )
        outputs = {
            name: keras.ops.convert_to_numpy(x) for name, x in model(image).items()
        }
        expected = soft_light(image, outputs["blend"], outputs["residual"])
        np.testing.assert_allclose(outputs["restored"], expected, atol=1e-6)
        assert np.ptp(outputs["blend"]) > 0 and np.ptp(outputs["residual"]) > 0

    def test_symmetric(self, image, rng):
        """Mirrored pictures are restored alike, by the mean of both maps."""
        plain, symmetric = (Res34UNet(**SMALL, symmetric=x) for x in (False, True))
        weights = [w + rng.normal(0, 0.05, w.shape) for w in plain.get_weights()]
        plain.set_weights(weights)
        symmetric.set_weights(weights)
        mirrored = np.ascontiguousarray(image[:, :, ::-1])
        here, there, both, back, training = (
            {name: np.asarray(x) for name, x in outputs.items()}
            for outputs in (
                plain(image),
                plain(mirrored),
                symmetric(image),
                symmetric(mirrored),
                symmetric(image, training=True),
            )
        )
        for name in ("blend", "residual"):
            mean = (here[name] + there[name][:, :, ::-1]) / 2
            np.testing.assert_allclose(both[name], mean, atol=1e-5)
        assert np.abs(both["restored"] - here["restored"]).max() > 0.01
        np.testing.assert_allclose(
            both["restored"], back["restored"][:, :, ::-1], atol=1e-5
        )
        np.testing.assert_allclose(training["restored"], here["restored"], atol=1e-5)

    def test_direct_head(self, image):
        outputs = Res34UNet(**SMALL, head="direct")(image)
        restored = image + np.asarray(outputs["residual"])
        np.testing.assert_allclose(outputs["restored"], restored, atol=1e-6)
        assert np.abs(restored - image).max() > 0.01

    def test_serialization(self, model, image, rng, tmp_path):
        model.set_weights([w + rng.random(w.shape) / 50 for w in model.get_weights()])
        model.save(tmp_path / "model.keras")
        reloaded = keras.saving.load_model(tmp_path / "model.keras")
        assert type(reloaded) is Res34UNet
        assert reloaded.get_config() == model.get_config()
        np.testing.assert_array_equal(
            reloaded(image)["restored"], model(image)["restored"]
        )

    def test_gradient(self, image):
        """Every layer learns once the maps have left zero."""
        model = Res34UNet(**SMALL, normalization=None)
        rng = np.random.default_rng(1)
        model.set_weights(
            [w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()]
        )
        model.compile(keras.optimizers.SGD(1.0), loss={"restored": "mse"})
        before = model.get_weights()
        model.train_on_batch({"image": image}, {"restored": 1.0 - image})
        pairs = zip(model.get_weights(), before, strict=True)
        assert all((new != old).any() and np.isfinite(new).all() for new, old in pairs)

    def test_errors(self):
        with pytest.raises(ValueError, match="`head`.*Received"):
            Res34UNet(**SMALL, head="mixed")
        with pytest.raises(ValueError, match="`symmetric`.*Received"):
            Res34UNet(**SMALL, head="direct", symmetric=True)
        with pytest.raises(ValueError, match="multiples of 32.*Received"):
            Res34UNet(**SMALL)(np.zeros((1, 32, 40, 3), "float32"))
