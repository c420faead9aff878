import keras
import numpy as np
import pytest

from facekit.losses import (
    InpaintingLoss,
    hole_total_variation,
    perceptual_loss,
    style_loss,
)
from facekit.losses.inpainting import VERSIONS
from tests.gradients import gradients


@pytest.fixture(scope="module")
def features():
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(image)
    second = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(first)
    return keras.Model(image, [first, second])


@pytest.fixture
def pictures(rng):
    """Target, restored and mask."""
    mask = (rng.random((2, 16, 12, 1)) < 0.7).astype("float32")
    target, restored = rng.random((2, 2, 16, 12, 3), dtype="float32")
    return target, restored, mask


class TestInpaintingLoss:
    def test_numerics(self, features, pictures):
        target, restored, mask = pictures
        merged = np.where(mask == 1, target, restored)
        true, output, filled = (features(x) for x in (target, restored, merged))
        error = np.abs(restored - target)
        wanted = {
            "hole": 2 * (error * (1 - mask)).mean(),
            "valid": 3 * (error * mask).mean(),
            "perceptual": 4
            * float(perceptual_loss(true, output) + perceptual_loss(true, filled)),
            "style": 5 * float(style_loss(true, output) + style_loss(true, filled)),
            "variation": 6 * float(hole_total_variation(merged, mask)),
        }
        names = {
            "V1": ("hole", "valid"),
            "V2": ("hole", "valid", "perceptual"),
            "V3": tuple(wanted),
        }
        for version in ("V1", "V2", "V3"):
            loss = InpaintingLoss(version, features, 2, 3, 4, 5, 6)
            terms = loss.terms(target, restored, mask)
            assert tuple(terms) == names[version]
            for name, value in terms.items():
                assert float(value) == pytest.approx(wanted[name], rel=1e-4), name
            total = loss(np.concatenate([target, mask], -1), restored)
            assert float(total) == pytest.approx(
                sum(wanted[name] for name in names[version]), rel=1e-4
            )

    def test_published_weights(self):
        config = InpaintingLoss("V1").get_config()
        weights = [
            config[f"{name}_weight"]
            for name in ("valid", "hole", "perceptual", "style", "variation")
        ]
        assert weights == [1, 6, 0.05, 120, 0.1]

    def test_equal_weights_give_the_mean_absolute_error(self, pictures):
        target, restored, mask = pictures
        y_true = np.concatenate([target, mask], -1)
        whole = float(InpaintingLoss("V0")(y_true, restored))
        assert whole == pytest.approx(np.abs(restored - target).mean(), rel=1e-5)
        equal = InpaintingLoss("V1", hole_weight=1, valid_weight=1)
        assert float(equal(y_true, restored)) == pytest.approx(whole, rel=1e-5)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_gradient(self, version, features, pictures):
        target, restored, mask = pictures
        loss = InpaintingLoss(version, features)

        def total(restored):
            return sum(loss.terms(target, restored, mask).values())

        (gradient,) = gradients(total, restored)
        assert np.isfinite(gradient).all()
        assert (np.abs(gradient) > 0).mean() > 0.9
        # Where restored equals target, so that every difference is exactly 0.
        (gradient,) = gradients(total, target)
        assert np.isfinite(gradient).all()
        stepped = restored - 1e-3 * np.sign(gradients(total, restored)[0])
        assert float(total(stepped)) < float(total(restored))

    @pytest.mark.parametrize("version", VERSIONS)
    def test_perfect_picture(self, version, features, pictures):
        target, _, mask = pictures
        terms = InpaintingLoss(version, features).terms(target, target, mask)
        terms.pop("variation", None)
        assert all(float(value) == 0 for value in terms.values())

    def test_serialization(self, features):
        loss = InpaintingLoss("V2", features, perceptual_weight=0.5, name="ladder")
        revived = InpaintingLoss.from_config(loss.get_config())
        assert revived.version == "V2"
        assert revived.perceptual_weight == 0.5
        assert revived.name == "ladder"
        assert len(revived.features.outputs) == 2
        assert InpaintingLoss.from_config(InpaintingLoss("V0").get_config())

    def test_errors(self):
        with pytest.raises(ValueError, match="`version`"):
            InpaintingLoss("V4")
        for version in ("V2", "V3"):
            with pytest.raises(ValueError, match="feature_network"):
                InpaintingLoss(version)
