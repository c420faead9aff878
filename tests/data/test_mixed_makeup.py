import numpy as np

from facekit.data import MixedMakeupExamples, face_region


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
        for epoch in range(16):
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
