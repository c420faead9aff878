import numpy as np
from skimage.metrics import structural_similarity

from facekit.ops import ssim_map


class TestSSIMMap:
    def test_numerics(self, rng):
        target, restored = rng.random((2, 1, 24, 20, 3), dtype="float32")
        ours = np.asarray(ssim_map(target, restored))[0, 5:-5, 5:-5]
        _, theirs = structural_similarity(
            target[0],
            restored[0],
            channel_axis=-1,
            data_range=1.0,
            gaussian_weights=True,
            use_sample_covariance=False,
            full=True,
        )
        np.testing.assert_allclose(ours, theirs[5:-5, 5:-5], atol=1e-4)
