import numpy as np
import pytest

from facekit.ops import pull_push


class TestPullPush:
    def test_known_pixels_stay(self, rng):
        image = rng.random((2, 16, 8, 3), dtype="float32")
        mask = (rng.random((2, 16, 8, 1)) < 0.5).astype("float32")
        filled = np.asarray(pull_push(image, mask, 3))
        known = mask[..., 0] == 1
        np.testing.assert_allclose(filled[known], image[known], atol=1e-6)
        assert filled.min() >= image[known].min() - 1e-6
        assert filled.max() <= image[known].max() + 1e-6

    def test_a_constant_goes_on(self):
        image = np.full((1, 16, 16, 1), 0.25, "float32")
        mask = np.zeros((1, 16, 16, 1), "float32")
        mask[0, 0, 15] = 1
        np.testing.assert_allclose(
            np.asarray(pull_push(image * mask, mask, 3)), 0.25, atol=1e-6
        )

    def test_a_ramp_goes_on_smoothly(self):
        ramp = np.linspace(0, 1, 32, dtype="float32")
        image = np.broadcast_to(ramp[:, None], (1, 32, 32, 1)).copy()
        mask = np.ones_like(image)
        mask[:, 10:22] = 0
        filled = np.asarray(pull_push(image, mask, 5))[0, :, 16, 0]
        assert (np.diff(filled) > -1e-6).all()
        assert np.abs(np.diff(filled)).max() < 5 * (ramp[1] - ramp[0])

    def test_nothing_known(self):
        image = np.full((1, 8, 8, 1), np.nan, "float32")
        filled = np.asarray(pull_push(image, np.zeros_like(image), 2))
        np.testing.assert_array_equal(filled, 0)

    @pytest.mark.parametrize("content", [np.nan, np.inf, 1e30])
    def test_what_is_in_the_hole_is_not_read(self, rng, content):
        image = rng.random((1, 8, 8, 3), dtype="float32")
        mask = np.ones((1, 8, 8, 1), "float32")
        mask[:, 2:6, 2:6] = 0
        wanted = np.asarray(pull_push(image, mask, 2))
        found = np.asarray(pull_push(np.where(mask == 1, image, content), mask, 2))
        np.testing.assert_array_equal(found, wanted)
