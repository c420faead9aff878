import keras
import numpy as np
import pytest

from facekit.losses import RestorationLoss, charbonnier
from facekit.ops import ssim_map


@pytest.fixture
def pictures(rng):
    target, restored = rng.random((2, 2, 12, 10, 3), dtype="float32")
    amount = (rng.random((2, 12, 10, 1)) > 0.7).astype("float32")
    return target, restored, amount


def _features():
    image = keras.Input((None, None, 3))
    return keras.Model(image, [keras.layers.AveragePooling2D(2)(image)])


class TestRestorationLoss:
    def test_numerics(self, pictures):
        target, restored, amount = pictures
        loss = RestorationLoss(_features(), 2.0, 0.3, 0.5, 3.0)
        weight = 1 + 3.0 * amount
        weight /= weight.mean()
        error = np.sqrt((target - restored) ** 2 + 1e-6) - 1e-3
        similarity = np.asarray(ssim_map(target, restored, filter_size=7))
        difference = (target - restored).reshape(2, 6, 2, 5, 2, 3).mean((2, 4))
        expected = {
            "pixel": 2.0 * (weight * error).mean(),
            "ssim": 0.3 * (weight * (1 - similarity)).mean(),
            "perceptual": 0.5 * np.abs(difference).mean(),
        }
        terms = {k: float(x) for k, x in loss.terms(*pictures).items()}
        assert terms == pytest.approx(expected, rel=1e-5)
        y_true = np.concatenate([target, amount], axis=-1)
        total = float(loss(y_true, restored))
        assert total == pytest.approx(sum(expected.values()), rel=1e-5)

    @pytest.mark.parametrize("floor", [1.0, 10.0])
    def test_the_logarithm_is_that_of_each_picture(self, pictures, floor):
        target, restored, amount = pictures
        loss = RestorationLoss(
            ssim_weight=0.0, region_weight=3.0, pixel="log", floor=floor
        )
        weight = 1 + 3.0 * amount
        squares = weight * (255 * (target - restored)) ** 2
        errors = squares.mean((1, 2, 3)) / weight.mean((1, 2, 3))
        found = float(loss.terms(*pictures)["pixel"])
        assert found == pytest.approx(np.log1p(errors / floor).mean(), rel=1e-5)
        assert float(loss.terms(target, target, amount)["pixel"]) == 0

    def test_terms_that_weigh_nothing_are_left_out(self, pictures):
        loss = RestorationLoss(ssim_weight=0.0)
        assert set(loss.terms(*pictures)) == {"pixel"}

    def test_made_up_pixels_count_more(self, pictures):
        target, _, amount = pictures
        loss = RestorationLoss(ssim_weight=0.0, region_weight=4.0)
        inside, outside = (
            float(loss.terms(target, target + 0.1 * where, amount)["pixel"])
            / where.mean()
            for where in (amount, 1 - amount)
        )
        assert inside == pytest.approx(5 * outside, rel=1e-4)

    def test_charbonnier(self):
        values = charbonnier(np.zeros(2), np.float64([0.0, 3.0]), epsilon=4.0)
        np.testing.assert_allclose(values, [0.0, 1.0], atol=1e-6)

    def test_serialization(self, pictures):
        loss = RestorationLoss(None, 2.0, 0.3, 0.5, 3.0, "log", 10.0)
        revived = keras.losses.deserialize(keras.losses.serialize(loss))
        assert revived.get_config() == loss.get_config()

    def test_errors(self):
        with pytest.raises(ValueError, match="weights of 0 or more.*Received"):
            RestorationLoss(ssim_weight=-1.0)
        with pytest.raises(ValueError, match="`pixel` must be one of.*'square'"):
            RestorationLoss(pixel="square")
        with pytest.raises(ValueError, match="`floor` must be above 0.*Received: 0"):
            RestorationLoss(floor=0)

    def test_gradient(self, pictures, tensorflow):
        target, restored, amount = map(tensorflow.constant, pictures)
        with tensorflow.GradientTape() as tape:
            tape.watch(restored)
            total = sum(RestorationLoss().terms(target, restored, amount).values())
        assert np.isfinite(tape.gradient(total, restored)).all()
