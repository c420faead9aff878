"""Backgrounds: a studio wall, or a room or a garden out of focus."""

import cv2
import numpy as np


def draw_background(rng, size):
    """Draw a background.

    Args:
        rng: generator.
        size: side of the picture.

    Returns:
        Linear sRGB, float32 (size, size, 3) in [0, 1].
    """
    kind = rng.choice(("studio", "room", "garden"), p=(0.45, 0.3, 0.25))
    value = np.exp(rng.uniform(np.log(0.03), np.log(0.6)))
    tint = np.exp(rng.normal(0, 0.10, 3))
    base = np.clip(value * tint / tint.mean(), 0, 0.8)
    y, x = np.mgrid[0:size, 0:size] / size
    centre = rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.6)
    glow = np.exp(-(((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 0.35))
    picture = base * (1 + rng.uniform(0, 0.8) * (glow - 0.5))[..., None]
    if kind == "room":
        picture = picture + _shapes(rng, size, base)
    if kind == "garden":
        picture = _foliage(rng, size, value)
    blur = size * (0.02 if kind == "studio" else rng.uniform(0.02, 0.05))
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur)
    return np.clip(picture, 0.002, 0.95)


def _shapes(rng, size, base):
    """Furniture and windows: upright boxes, some of them bright."""
    layer = np.zeros((size, size, 3), np.float32)
    for _ in range(rng.integers(3, 8)):
        left, top = (rng.uniform(-0.2, 0.9, 2) * size).astype(int)
        wide, high = (rng.uniform((0.08, 0.2), (0.4, 0.9)) * size).astype(int)
        colour = base * rng.uniform(-0.6, 0.9) + rng.normal(0, 0.02, 3)
        corners = (left, top), (left + wide, top + high)
        cv2.rectangle(layer, *corners, colour.tolist(), -1)
    return layer


def _foliage(rng, size, value):
    """Leaves and sky, as discs of light out of focus."""
    layer = np.empty((size, size, 3), np.float32)
    layer[:] = np.array((0.35, 0.45, 0.2)) * value * rng.uniform(0.4, 0.8)
    greens = np.array(((0.30, 0.42, 0.14), (0.16, 0.26, 0.10), (0.75, 0.80, 0.72)))
    for _ in range(90):
        centre = (rng.random(2) * size).astype(int).tolist()
        radius = int(rng.uniform(0.015, 0.06) * size) + 1
        colour = (
            greens[rng.choice(3, p=(0.45, 0.4, 0.15))] * value * rng.uniform(0.6, 1.6)
        )
        cv2.circle(layer, centre, radius, colour.tolist(), -1)
    return layer
