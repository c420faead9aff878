"""Structural similarity, pixel by pixel, for any Keras backend."""

import numpy as np
from keras import ops


def ssim_map(
    target, restored, max_value=1.0, filter_size=11, sigma=1.5, k1=0.01, k2=0.03
):
    """Structural similarity of every pixel and channel under a Gaussian window.

    The borders are mirrored. ``facekit.metrics.ssim`` gives the formula and averages.

    Args:
        target: (batch, height, width, channels), float32, [0, max_value].
        restored: as ``target``.
        max_value: float, the largest value a pixel can have. Defaults to 1.
        filter_size: odd integer, side of the window in pixels. Defaults to 11.
        sigma: float, standard deviation of the window in pixels. Defaults to 1.5.
        k1: float, steadies the comparison of means. Defaults to 0.01.
        k2: float, steadies the comparison of variances. Defaults to 0.03.

    Returns:
        Tensor of the shape of ``target``, [-1, 1].

    Reference: Wang et al. 2004, equation 13.
    """
    maps = (target, restored, target**2, restored**2, target * restored)
    windowed = _windowed(ops.concatenate(maps, axis=-1), filter_size, sigma)
    mean_t, mean_r, square_t, square_r, product = ops.split(windowed, 5, axis=-1)
    c1, c2 = (k1 * max_value) ** 2, (k2 * max_value) ** 2
    covariance = product - mean_t * mean_r
    variances = square_t - mean_t**2 + square_r - mean_r**2
    similarity = (2 * mean_t * mean_r + c1) * (2 * covariance + c2)
    return similarity / ((mean_t**2 + mean_r**2 + c1) * (variances + c2))


def _windowed(maps, filter_size, sigma):
    """Average maps under a Gaussian window, mirrored at the borders."""
    radius = filter_size // 2
    window = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    window = (window / window.sum()).astype("float32")
    padding = ((0, 0), (radius, radius), (radius, radius), (0, 0))
    maps = ops.pad(maps, padding, mode="symmetric")
    for shape in ((filter_size, 1, 1, 1), (1, filter_size, 1, 1)):
        kernel = np.tile(window.reshape(shape), (1, 1, maps.shape[-1], 1))
        maps = ops.depthwise_conv(maps, kernel, data_format="channels_last")
    return maps
