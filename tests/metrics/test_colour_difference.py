import keras
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from facekit.metrics import ColourDifference, colour_difference


class TestColourDifference:
    def test_numerics(self, rng):
        target, restored = rng.random((2, 2, 16, 16, 3), dtype="float32")
        restored[1] = np.clip(target[1] + 0.02 * rng.normal(size=(16, 16, 3)), 0, 1)
        expected = deltaE_ciede2000(rgb2lab(target), rgb2lab(restored))
        ours = keras.ops.convert_to_numpy(colour_difference(target, restored))
        np.testing.assert_allclose(ours, expected.mean((1, 2)), rtol=2e-3)
        region = (rng.random((2, 16, 16, 1)) > 0.5).astype("float32")
        inside = (expected * region[..., 0]).sum((1, 2)) / region.sum((1, 2, 3))
        ours = keras.ops.convert_to_numpy(colour_difference(target, restored, region))
        np.testing.assert_allclose(ours, inside, rtol=2e-3)

    def test_greys(self):
        grey = np.full((1, 4, 4, 3), 0.5, "float32")
        assert float(colour_difference(grey, grey)[0]) < 1e-3
        lighter = deltaE_ciede2000(rgb2lab(grey), rgb2lab(grey + 0.1))
        ours = float(colour_difference(grey, grey + 0.1)[0])
        assert ours == pytest.approx(lighter.mean(), rel=1e-3)

    def test_serialization(self, rng):
        metric = ColourDifference()
        images = rng.random((2, 3, 8, 8, 3), dtype="float32")
        metric.update_state(*images)
        expected = float(np.mean(colour_difference(*images)))
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
        revived = keras.metrics.deserialize(keras.metrics.serialize(metric))
        assert revived.get_config() == metric.get_config()
