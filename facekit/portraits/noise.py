"""Smooth seeded noise in space."""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

_SIDE = 64


@cache
def _volume(seed):
    white = np.random.default_rng(seed).normal(size=(_SIDE,) * 3).astype(np.float32)
    smooth = gaussian_filter(white, 1.1, mode="wrap")
    return smooth / smooth.std()


@cache
def _slopes(seed):
    volume = _volume(seed)
    return [(np.roll(volume, -1, k) - np.roll(volume, 1, k)) / 2 for k in range(3)]


def noise(points, frequency, seed=0):
    """Evaluate noise of mean 0 and standard deviation 1.

    Args:
        points: array (n, 3).
        frequency: lattice cells a unit of length; a hump spans about two cells.
        seed: which noise.

    Returns:
        float32 (n,).
    """
    place = (np.asarray(points, np.float32) * frequency).T
    return map_coordinates(_volume(seed), place, order=1, mode="grid-wrap")


def fractal(points, frequency, octaves, seed=0):
    """Sum octaves of noise, each of twice the frequency and half the strength."""
    total = 0
    for octave in range(octaves):
        shifted = points + np.float32(7.3 * octave)
        total = total + noise(shifted, frequency * 2**octave, seed + octave) / 2**octave
    return total / 1.3


def slope(points, frequency, seed=0, stretch=(1, 1, 1)):
    """Evaluate the slope of noise, for bumps; (n, 3), of order 1."""
    stretch = np.asarray(stretch, np.float32)
    place = (np.asarray(points, np.float32) * stretch * frequency).T
    slopes = [
        map_coordinates(part, place, order=1, mode="grid-wrap")
        for part in _slopes(seed)
    ]
    return np.stack(slopes, 1) * stretch


def smoothstep(low, high, x):
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bump(points, centre, radii):
    """Evaluate a Gaussian hump of height 1; ``points`` (n, 3), the rest (3,)."""
    return np.exp(-(((points - centre) / radii) ** 2).sum(1))


def unit(vectors):
    """Scale vectors (..., 3) to length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
