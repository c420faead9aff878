import keras
import numpy as np
import pytest

from facekit.losses import hole_patch_weights
from facekit.models import PatchDiscriminator


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return PatchDiscriminator(filters=4, num_layers=2)


class TestPatchDiscriminator:
    def test_shapes(self, model, rng):
        for shape in ((1, 16, 16), (2, 24, 16)):
            outputs = model(_random_inputs(rng, shape))
            rows, columns = shape[1] // 4, shape[2] // 4
            assert tuple(outputs["logits"].shape) == (shape[0], rows, columns, 1)
            assert [tuple(x.shape[1:]) for x in outputs["features"]] == [
                (shape[1] // 2, shape[2] // 2, 4),
                (rows, columns, 8),
                (rows, columns, 16),
            ]

    def test_serialization(self, model, rng, tmp_path):
        inputs = _random_inputs(rng, (1, 16, 16))
        model.save(tmp_path / "model.keras")
        reloaded = keras.saving.load_model(tmp_path / "model.keras")
        assert reloaded.get_config() == model.get_config()
        np.testing.assert_array_equal(
            reloaded(inputs)["logits"], model(inputs)["logits"]
        )

    def test_weights_of_patches_match_logits(self, model, rng):
        inputs = _random_inputs(rng, (2, 16, 24))
        weights = np.asarray(
            hole_patch_weights(inputs["mask"], model(inputs)["logits"])
        )
        wanted = 1 - inputs["mask"].reshape(2, 4, 4, 6, 4, 1).mean((2, 4))
        np.testing.assert_allclose(weights, wanted, atol=1e-6)

    def test_errors(self):
        with pytest.raises(ValueError, match="`num_layers`.*Received"):
            PatchDiscriminator(num_layers=0)


def _random_inputs(rng, shape):
    mask = (rng.random((*shape, 1)) < 0.7).astype("float32")
    return {"image": rng.random((*shape, 3), dtype="float32"), "mask": mask}
