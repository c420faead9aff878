import keras
import numpy as np
import pytest

from facekit.data import random_hole
from facekit.layers import MaskedBatchNormalization
from facekit.losses import InpaintingLoss
from facekit.models import PartialConvUNet


@pytest.fixture(scope="module", params=[False, True], ids=["paper", "guided"])
def model(request):
    keras.utils.set_random_seed(0)
    if not request.param:
        return PartialConvUNet(filters=(4, 8, 8))
    return PartialConvUNet(
        (4, 8, 8), num_frequencies=2, num_components=3, component_size=8
    )


@pytest.fixture
def inputs(rng):
    return _random_inputs(rng, (3, 16, 24))


class TestPartialConvUNet:
    def test_shapes(self, model, rng):
        assert model.multiple_of == 8
        assert model.compute_output_shape(
            {"image": (None, None, None, 3), "mask": (None, None, None, 1)}
        ) == {"restored": (None, None, None, 3)}
        for shape in ((1, 8, 8), (2, 24, 16)):
            restored = model(_random_inputs(rng, shape))["restored"]
            assert tuple(restored.shape) == (*shape, 3)

    @pytest.mark.parametrize(
        ("build", "count"),
        [(PartialConvUNet, 32_859_732), (PartialConvUNet.compact, 3_049_352)],
    )
    def test_number_of_parameters(self, build, count, tensorflow):
        weights = build().trainable_weights
        assert sum(int(np.prod(w.shape)) for w in weights) == count

    def test_inner(self):
        small = PartialConvUNet((4, 6, 8, 8), (5, 3, 3, 3)).inner(1)
        assert small.filters == (6, 8, 8)
        assert small.kernel_sizes == (3, 3, 3)

    @pytest.mark.parametrize("sizes", [(3,), (3, 3, 3, 3)])
    def test_one_kernel_size_a_level(self, sizes):
        with pytest.raises(ValueError, match="kernel_sizes"):
            PartialConvUNet(filters=(4, 8, 8), kernel_sizes=sizes)

    def test_serialization(self, model, inputs, tmp_path):
        rng = np.random.default_rng(1)
        model.set_weights([w + rng.random(w.shape) / 50 for w in model.get_weights()])
        model.save(tmp_path / "model.keras")
        reloaded = keras.saving.load_model(tmp_path / "model.keras")
        assert type(reloaded) is PartialConvUNet
        assert reloaded.get_config() == model.get_config()
        np.testing.assert_array_equal(
            reloaded(inputs)["restored"], model(inputs)["restored"]
        )

    def test_hole_content_changes_nothing(self, model, inputs, rng):
        wanted = model(inputs)["restored"]
        for content in (np.nan, np.inf, rng.random(inputs["image"].shape)):
            image = np.where(inputs["mask"] == 1, inputs["image"], content)
            spoiled = {**inputs, "image": image.astype("float32")}
            np.testing.assert_array_equal(model(spoiled)["restored"], wanted)

    def test_one_picture_equals_many_at_inference(self, model, inputs):
        together = np.asarray(model(inputs)["restored"])
        scale = np.abs(together).max()
        for index in range(3):
            one = {key: x[index : index + 1] for key, x in inputs.items()}
            alone = np.asarray(model(one)["restored"])[0]
            np.testing.assert_allclose(alone, together[index], atol=1e-5 * scale)

    def test_bottleneck_mask_is_closed(self, rng, tensorflow):
        """Nothing is missing in the middle of the shipped network's geometry."""
        model = PartialConvUNet(filters=(1,) * 7)
        bottleneck = keras.Model(
            model.input, model.get_layer("encoder_7_conv").output[1]
        )
        holes = [random_hole(rng, 256, 256, (0.58, 0.6)) for _ in range(4)]
        square = np.zeros((256, 256))
        square[29:227, 29:227] = 1
        masks = np.stack([np.asarray(hole) == 0 for hole in (*holes, square)])
        assert all(0.35 < mask.mean() < 0.45 for mask in masks)
        mask = masks[..., None].astype("float32")
        image = np.zeros((len(mask), 256, 256, 3), "float32")
        closed = np.asarray(bottleneck({"image": image, "mask": mask}))
        assert closed.shape == (len(mask), 2, 2, 1)
        assert closed.min() == 1

    def test_fit(self, inputs):
        model = PartialConvUNet(filters=(4, 8), normalization_momentum=0.5)
        model.freeze_normalization()
        target = np.concatenate([inputs["image"], inputs["mask"]], axis=-1)
        model.compile("adam", loss={"restored": InpaintingLoss("V1")})
        before = _normalization_weights(model)
        history = model.fit(inputs, {"restored": target}, verbose=0)
        after = _normalization_weights(model)
        assert 0 < history.history["loss"][0] < 100
        for name in before:
            same = np.array_equal(before[name], after[name])
            assert same == name.startswith("encoder"), name

    def test_freeze_normalization(self, model):
        trainable = len(model.trainable_weights)
        model.freeze_normalization()
        assert len(model.trainable_weights) == trainable - 2 * 2
        model.freeze_normalization(("decoder",))
        assert len(model.trainable_weights) == trainable - 2 * 4
        model.freeze_normalization(("encoder", "decoder"), frozen=False)
        assert len(model.trainable_weights) == trainable

    def test_errors(self):
        with pytest.raises(ValueError, match="`filters`.*Received"):
            PartialConvUNet(filters=(8,))


def _random_inputs(rng, shape):
    mask = (rng.random((*shape, 1)) < 0.7).astype("float32")
    mask[:, 2:7, 1:6] = 0
    return {"image": rng.random((*shape, 3), dtype="float32"), "mask": mask}


def _normalization_weights(model):
    return {
        layer.name: np.stack(layer.get_weights())
        for layer in model.layers
        if isinstance(layer, MaskedBatchNormalization)
    }


def test_a_size_that_does_not_fit_is_named():
    model = PartialConvUNet((4, 8))
    image = np.zeros((1, 16, 18, 3), "float32")
    with pytest.raises(ValueError, match="multiples of 4"):
        model({"image": image, "mask": image[..., :1]})
