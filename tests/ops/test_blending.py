import keras
import numpy as np

from facekit.ops import soft_light


class TestSoftLight:
    def test_numerics(self, rng):
        image, blend = rng.random((2, 1, 4, 5, 3))
        residual = rng.normal(0, 0.1, image.shape)
        expected = (1 - 2 * blend) * image**2 + 2 * blend * image + residual
        tensors = [keras.ops.convert_to_tensor(x) for x in (image, blend, residual)]
        changed = keras.ops.convert_to_numpy(soft_light(*tensors))
        np.testing.assert_allclose(changed, expected, atol=1e-6)
        half = keras.ops.convert_to_numpy(soft_light(*tensors, strength=0.5))
        np.testing.assert_allclose(half, (image + expected) / 2, atol=1e-6)

    def test_neutral_maps_and_no_strength_change_no_bit(self, rng):
        image, noise = rng.random((2, 1, 8, 8, 3), dtype="float32")
        for maps in ((np.full_like(image, 0.5), np.zeros_like(image), 1.0),
                     (noise, noise, 0.0)):  # fmt: skip
            np.testing.assert_array_equal(soft_light(image, *maps), image)

    def test_the_curve_rises_for_every_map(self):
        tones = np.linspace(0, 1, 256)
        for blend in np.linspace(0, 1, 11):
            assert (np.diff(soft_light(tones, blend, 0.0)) > 0).all()
