"""Who is on a photograph, and of what skin tone."""

from collections import defaultdict

import cv2
import numpy as np

from facekit.data import identity_of


def skin_tone_angle(crop):
    """Individual typology angle of an aligned face, from its cheeks.

    ``arctan((L* - 50) / b*)`` of the median colour of both cheeks; above 55 degrees
    very light, below -30 dark.

    Args:
        crop: uint8 (size, size, 3), FFHQ-like aligned face.

    Returns:
        float, degrees in [-90, 90].

    Reference: Chardon et al. 1991; Del Bino & Bernerd 2013.
    """
    size = crop.shape[0]
    rows = slice(int(0.58 * size), int(0.66 * size))
    cheeks = np.concatenate(
        [
            crop[rows, int(left * size) : int((left + 0.08) * size)].reshape(-1, 3)
            for left in (0.30, 0.62)
        ]
    )
    colour = np.median(cheeks, axis=0).astype("float32").reshape(1, 1, 3) / 255.0
    lightness, _, yellowness = cv2.cvtColor(colour, cv2.COLOR_RGB2LAB)[0, 0]
    return float(np.degrees(np.arctan2(lightness - 50.0, max(yellowness, 1e-6))))


def tones_of_people(crops, paths):
    """Mean typology angle over each person's photographs."""
    angles = defaultdict(list)
    for crop, path in zip(crops, paths, strict=True):
        angles[identity_of(path)].append(skin_tone_angle(crop))
    return {person: float(np.mean(values)) for person, values in angles.items()}
