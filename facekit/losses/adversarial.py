"""Least-squares adversarial losses that judge only the patches a hole touches."""

from keras import ops


def hole_patch_weights(mask, logits):
    """How much of each patch is hole, averaged down to the logits' grid.

    Args:
        mask: (batch, height, width, 1), 1 = known, 0 = missing; height and width are
            multiples of the logits'.
        logits: (batch, rows, columns, 1), of a patch discriminator.

    Returns:
        (batch, rows, columns, 1), in [0, 1].
    """
    factor = ops.shape(mask)[1] // ops.shape(logits)[1]
    return ops.average_pool(1.0 - mask, factor, strides=factor, padding="valid")


def adversarial_generator_loss(fake_logits, weights):
    """Weighted mean of ``(D(fake) - 1)^2``.

    Args:
        fake_logits: (batch, rows, columns, 1), of composites.
        weights: as ``fake_logits``, see ``hole_patch_weights``.

    Returns:
        Scalar; 0 where no patch has weight.

    Reference: Mao et al., Least Squares GAN, 2017, equation 2.
    """
    return _weighted_mean(ops.square(fake_logits - 1.0), weights)


def adversarial_discriminator_loss(real_logits, fake_logits, weights):
    """Half the weighted mean of ``(D(real) - 1)^2 + D(fake)^2``.

    Args:
        real_logits: (batch, rows, columns, 1), of true pictures.
        fake_logits: as ``real_logits``, of composites.
        weights: as ``real_logits``, see ``hole_patch_weights``.

    Returns:
        Scalar; 0 where no patch has weight.

    Reference: Mao et al., Least Squares GAN, 2017, equation 2.
    """
    real = _weighted_mean(ops.square(real_logits - 1.0), weights)
    return 0.5 * (real + _weighted_mean(ops.square(fake_logits), weights))


def feature_matching_loss(real_features, fake_features):
    """L1 between a discriminator's features of real and restored, mean over layers.

    Args:
        real_features: list of (batch, height, width, channels), of any float type; no
            gradient flows into them.
        fake_features: list of the same shapes.

    Returns:
        Scalar, float32.

    Reference: Wang et al., pix2pixHD, 2018, equation 4.
    """
    terms = []
    for real, fake in zip(real_features, fake_features, strict=True):
        difference = ops.stop_gradient(real) - fake
        terms.append(ops.mean(ops.abs(ops.cast(difference, "float32"))))
    return sum(terms) / len(terms)


def _weighted_mean(values, weights):
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1e-6)
