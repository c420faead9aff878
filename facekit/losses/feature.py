"""Losses on the feature maps of a recognition network."""

from keras import ops


def perceptual_loss(target_features, features):
    """L1 between feature maps, each map's mean, summed over layers.

    Args:
        target_features: list of (batch, height, width, channels).
        features: list of the same shapes.

    Returns:
        Scalar.

    Reference: Liu et al. 2018, equation 3; Gatys et al. 2015.
    """
    return sum(
        ops.mean(ops.abs(a - b)) for a, b in zip(target_features, features, strict=True)
    )


def gram_matrix(features):
    """Correlations between channels, divided by channels x height x width.

    Args:
        features: (batch, height, width, channels).

    Returns:
        (batch, channels, channels).

    Reference: Gatys et al., A Neural Algorithm of Artistic Style, 2015.
    """
    shape = ops.shape(features)
    pixels = shape[1] * shape[2]
    flat = ops.reshape(features, (shape[0], pixels, shape[3]))
    elements = ops.cast(pixels * shape[3], features.dtype)
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / elements


def style_loss(target_features, features):
    """L1 between Gram matrices, each one's mean, summed over layers.

    Args and returns: as ``perceptual_loss``.

    Reference: Liu et al. 2018, equations 4 and 5.
    """
    return sum(
        ops.mean(ops.abs(gram_matrix(a) - gram_matrix(b)))
        for a, b in zip(target_features, features, strict=True)
    )
