import cv2
import keras
import numpy as np
import pytest

from facekit.layers import LearnedTemplate2D
from facekit.ops import pull_push
from tests.check_layer import check_layer


@pytest.fixture
def mask():
    mask = np.ones((2, 16, 24, 1), "float32")
    mask[0, 4:11, 6:14] = 0
    mask[1, :, :8] = 0
    return mask


class TestLearnedTemplate2D:
    def test_shapes(self):
        layer = LearnedTemplate2D(8)
        shape = (None, 4, None, 3)
        assert layer.compute_output_shape([shape, (None, 4, None, 1)]) == (shape, shape)

    def test_serialization(self, rng, mask):
        image = rng.random((2, 16, 24, 3), dtype="float32")

        def make_layer(**kwargs):
            return LearnedTemplate2D(4, num_levels=2, **kwargs)

        check_layer(make_layer, [image, mask])

    @pytest.mark.parametrize("size", [8, 16, 40])
    def test_numerics(self, rng, mask, size):
        image = rng.random((2, 16, 24, 3), dtype="float32") * mask
        layer = LearnedTemplate2D(size, num_levels=3)
        layer([image, mask])
        template = cv2.GaussianBlur(
            rng.random((size, size, 3), dtype="float32"), None, 4
        )
        layer.template.assign(template)
        smooth, details = (np.asarray(x) for x in layer([image, mask]))
        known = mask[..., 0] == 1
        np.testing.assert_allclose(smooth[known], image[known], atol=1e-6)
        np.testing.assert_allclose(details[known], 0, atol=1e-6)
        resized = cv2.resize(template, (24, 16), interpolation=cv2.INTER_LINEAR)
        resized = np.broadcast_to(resized, image.shape)
        wanted = resized - np.asarray(pull_push(resized, mask, 3))
        # An average where it shrinks, where OpenCV interpolates.
        tolerance = 1e-5 if size <= 16 else 0.02
        np.testing.assert_allclose(details, wanted, atol=tolerance)
        assert np.ptp(details) > 0.01

    def test_what_is_in_the_hole_is_not_read(self, rng, mask):
        layer = LearnedTemplate2D(8, num_levels=3)
        image = rng.random((2, 16, 24, 3), dtype="float32")
        wanted = layer([image, mask])
        found = layer([np.where(mask == 1, image, np.nan), mask])
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))

    def test_gradient(self, rng, mask):
        from tests.gradients import gradients

        layer = LearnedTemplate2D(8, num_levels=3)
        image = rng.random((2, 16, 24, 3), dtype="float32")
        weights = rng.random((2, 16, 24, 3), dtype="float32")
        (gradient,) = gradients(
            lambda x: keras.ops.sum(layer([x, mask])[0] * weights), image
        )
        assert np.isfinite(gradient).all()
        assert (gradient[mask[..., 0] == 0] == 0).all()

    @pytest.mark.parametrize("arguments", [{"size": 0}, {"num_levels": 1.5}])
    def test_errors(self, arguments):
        with pytest.raises(ValueError, match="positive int.*Received"):
            LearnedTemplate2D(**arguments)
