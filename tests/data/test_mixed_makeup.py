import numpy as np

from facekit.data import MixedMakeupExamples, apply_makeup, face_region


class TestMixedMakeupExamples:
    def test_lips_and_skin_go_apart(self, crop):
        """Some examples show lipstick without foundation, some the other way round."""
        image, landmarks = crop
        examples = MixedMakeupExamples(
            image[None], landmarks[None], augment=False, bare=0.0
        )
        size = len(image)
        lips, skin = (
            face_region(landmarks, name, size, size) > 0.95 for name in ("lips", "skin")
        )
        seen = set()
        for epoch in range(32):
            amount = examples.example(epoch, 0)["amount"][..., 0]
            seen.add(((amount[lips] > 0).mean() > 0.5, (amount[skin] > 0).mean() > 0.5))
        assert len(seen) == 4

    def test_depends_on_the_seed_alone(self, crop):
        image, landmarks = crop
        first, second = (
            MixedMakeupExamples(image[None], landmarks[None], seed=2).batch(3, 2)
            for _ in range(2)
        )
        for key, value in first.items():
            np.testing.assert_array_equal(second[key], value)

    def test_dyes_makeup_and_nothing_else(self, crop):
        image, landmarks = crop
        examples = MixedMakeupExamples(image[None], landmarks[None])
        painted = apply_makeup(image, landmarks, 0, "red_lips").image
        dyed = [
            examples.varied(np.random.default_rng(seed), painted, image)
            for seed in range(12)
        ]
        bare = painted == image
        for picture in dyed:
            np.testing.assert_array_equal(picture[bare], image[bare])
        colours = {tuple(picture[~bare.all(-1)].mean(0).round(3)) for picture in dyed}
        kept = sum((picture == painted).all() for picture in dyed)
        assert len(colours) == len(dyed) - kept + 1 and 0 < kept < len(dyed)
