"""Seeded noise on grids that follow the face, so that no size of photo changes it."""

import cv2
import numpy as np


def smooth_noise(rng, shape, cell, octaves=1, falloff=0.5):
    """Draw noise of a wanted grain.

    Args:
        rng: ``numpy.random.Generator``.
        shape: (height, width) in pixels.
        cell: float > 0, size of the coarsest grain in pixels.
        octaves: int >= 1, how many times the grain is halved. Defaults to 1.
        falloff: float, amplitude of each octave relative to the last. Defaults to 0.5.

    Returns:
        float32, (height, width), of about zero mean and unit spread.
    """
    total = np.zeros(shape, "float32")
    power = 0.0
    for octave in range(octaves):
        size = max(cell / 2**octave, 1e-3)
        # One draw a call: the course of ``rng`` must not depend on the photo's size.
        seed = rng.integers(2**63)
        weight = falloff**octave
        power += weight**2
        # OpenCV takes an empty size for "as large as the source".
        if size < 0.5 or not min(shape):
            continue
        total += np.float32(weight) * _grain(np.random.default_rng(seed), shape, size)
    return total / np.float32(np.sqrt(power))


def _grain(rng, shape, size):
    rows, columns = (int(np.ceil(length / size)) + 3 for length in shape)
    # Rows of a fixed length keep the coarse picture when the photo grows by a little.
    grid = rng.standard_normal((rows, columns), "float32")
    shift = rng.uniform(1, 2, 2)
    matrix = np.array([[1 / size, 0, shift[0]], [0, 1 / size, shift[1]]])
    noise = cv2.warpAffine(
        grid,
        matrix,
        shape[::-1],
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    # Cubic interpolation between grid points takes away a third of the spread.
    return noise * np.float32(1.35)


def on_colours(picture):
    """Return a picture (height, width) on three channels, (height, width, 3).

    NumPy is slow at broadcasting over a last axis of three.
    """
    if not picture.size:
        return np.zeros((*picture.shape, 3), "float32")
    return cv2.merge((np.ascontiguousarray(picture, "float32"),) * 3)


def smoothstep(low, high, values):
    """Return 0 below ``low``, 1 above ``high``, and an S between; also reversed."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def blur(picture, sigma):
    """Blur by a Gaussian, at lower resolution where nobody can see the difference.

    Args:
        picture: float32, (height, width) or (height, width, channels).
        sigma: float >= 0, pixels.

    Returns:
        Array like ``picture``.
    """
    if sigma < 0.2:
        return picture
    factor = int(max(1, sigma // 3))
    if factor == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    height, width = picture.shape[:2]
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(
        small, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def blur_within(picture, weight, sigma):
    """Blur what a weight marks, without its surroundings flowing in.

    Args:
        picture: float32, (height, width) or (height, width, channels).
        weight: float32, (height, width), >= 0.
        sigma: float >= 0, pixels.

    Returns:
        Array like ``picture``; far from all weight, its weighted mean.
    """
    layers = cv2.split(picture)
    weight = np.ascontiguousarray(weight, "float32")
    total = np.float32(max(float(weight.sum()), 1e-6))
    mean = [np.vdot(weight, layer) / total for layer in layers]
    small = np.float32(1e-3)
    layers = [(layer - m) * weight for layer, m in zip(layers, mean, strict=True)]
    *layers, share = cv2.split(blur(cv2.merge([*layers, weight]), sigma))
    share = np.maximum(share + small, small)
    layers = [m + layer / share for layer, m in zip(layers, mean, strict=True)]
    return cv2.merge(layers).reshape(picture.shape)
