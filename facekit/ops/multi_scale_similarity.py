"""Structural similarity at several scales, for any Keras backend."""

from keras import ops

from facekit.ops.similarity import ssim_map

# Weights of the paper's five scales, finest first.
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_NO_LUMINANCE = 1e4  # a `k1` that makes the comparison of means 1


def multi_scale_similarity(target, restored, num_scales=3, filter_size=7):
    """MS-SSIM of each picture.

    Contrast and structure are compared at every scale, means at the coarsest. The
    paper's weights are taken for as many scales as there are, and scaled to sum 1.

    Args:
        target: (batch, height, width, channels), float32, [0, 1]; height and width are
            multiples of ``2 ** (num_scales - 1)``.
        restored: as ``target``.
        num_scales: int, 1 to 5. Defaults to 3, for pictures of 64 pixels.
        filter_size: odd integer, side of the window in pixels. Defaults to 7.

    Returns:
        (batch,), [0, 1].

    Raises:
        ValueError: ``num_scales`` is not from 1 to 5.

    Reference: Wang, Simoncelli and Bovik 2003, "Multiscale structural similarity for
    image quality assessment".
    """
    if num_scales not in range(1, len(_WEIGHTS) + 1):
        raise ValueError(
            f"`num_scales` must be from 1 to {len(_WEIGHTS)}. Received: {num_scales}"
        )
    weights = _WEIGHTS[:num_scales]
    product = 1.0
    for scale, weight in enumerate(weights, start=1):
        last = scale == num_scales
        k1 = 0.01 if last else _NO_LUMINANCE
        similarity = ssim_map(target, restored, filter_size=filter_size, k1=k1)
        # A power of what is negative is no number; its gradient at 0 is infinite.
        mean = ops.maximum(ops.mean(similarity, axis=(1, 2, 3)), 1e-3)
        product = product * ops.power(mean, weight / sum(weights))
        if not last:
            target, restored = (ops.average_pool(x, 2, 2) for x in (target, restored))
    return product
