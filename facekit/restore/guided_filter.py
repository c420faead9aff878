"""A filter that lets the edges of a map follow those of a picture."""

import cv2
import numpy as np


def guided_filter(guide, values, radius, epsilon):
    """Make a map, around every pixel, a linear function of the colours of a picture.

    Windows are mirrored at the border.

    Args:
        guide: float32, (height, width, 3), the picture.
        values: float32, (height, width), the map.
        radius: int > 0, pixels; windows are squares of ``2 radius + 1``.
        epsilon: float > 0, variance of the guide below which a window is even.

    Returns:
        float32, (height, width).

    Reference:
        He, Sun, Tang 2010, "Guided image filtering", equations 14 to 16.
    """
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(x):
        return cv2.blur(np.ascontiguousarray(x), window)

    centre, level = mean(guide), mean(values)
    pairs = guide[..., :, None] * guide[..., None, :]
    covariance = mean(pairs.reshape(*values.shape, 9)).reshape(pairs.shape)
    covariance -= centre[..., :, None] * centre[..., None, :]
    shared = mean(guide * values[..., None]) - centre * level[..., None]
    covariance += epsilon * np.eye(3, dtype="float32")
    slope = np.linalg.solve(covariance, shared[..., None])[..., 0]
    offset = level - (slope * centre).sum(-1)
    return (mean(slope) * guide).sum(-1) + mean(offset)
