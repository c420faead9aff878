import numpy as np
import pytest
from keras import ops

from facekit.losses import (
    adversarial_discriminator_loss,
    adversarial_generator_loss,
    feature_matching_loss,
    hole_patch_weights,
)
from tests.gradients import gradients


def test_hole_patch_weights():
    mask = np.ones((1, 8, 12, 1), "float32")
    mask[0, :4, :4] = 0
    mask[0, 4:, 8:10] = 0
    weights = hole_patch_weights(mask, np.zeros((1, 2, 3, 1), "float32"))
    np.testing.assert_array_equal(
        np.asarray(weights)[0, ..., 0], [[1, 0, 0], [0, 0, 0.5]]
    )


def test_adversarial_losses(rng):
    real, fake, weights = rng.random((3, 2, 4, 4, 1), dtype="float32")
    total = weights.sum()
    generator = (weights * (fake - 1) ** 2).sum() / total
    discriminator = (weights * ((real - 1) ** 2 + fake**2)).sum() / total / 2
    assert float(adversarial_generator_loss(fake, weights)) == pytest.approx(
        generator, rel=1e-5
    )
    assert float(adversarial_discriminator_loss(real, fake, weights)) == pytest.approx(
        discriminator, rel=1e-5
    )


def test_patches_without_hole_do_not_count(rng):
    real, fake = rng.random((2, 1, 2, 2, 1), dtype="float32")
    weights = np.zeros((1, 2, 2, 1), "float32")
    assert float(adversarial_generator_loss(fake, weights)) == 0
    assert float(adversarial_discriminator_loss(real, fake, weights)) == 0
    weights[0, 0, 0] = 1
    (gradient,) = gradients(lambda x: adversarial_generator_loss(x, weights), fake)
    np.testing.assert_array_equal(gradient != 0, weights == 1)


def test_feature_matching_loss(rng):
    shapes = ((1, 4, 4, 2), (1, 2, 2, 3))
    real, fake = ([rng.random(s, dtype="float32") for s in shapes] for _ in range(2))
    wanted = np.mean([np.abs(a - b).mean() for a, b in zip(real, fake, strict=True)])
    assert float(feature_matching_loss(real, fake)) == pytest.approx(wanted, rel=1e-5)
    of_real, of_fake = gradients(
        lambda a, b: feature_matching_loss([a], [b]), real[0], fake[0]
    )
    assert not of_real.any()
    assert of_fake.any()


def test_losses_are_scalars(rng):
    logits = rng.random((2, 4, 4, 1), dtype="float32")
    assert ops.shape(adversarial_generator_loss(logits, logits)) == ()
