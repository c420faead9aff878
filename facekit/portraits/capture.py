"""The light's spectrum and the camera's, and what they do to colours."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from facekit.portraits.person import generator
from facekit.spectra import camera, illuminant, reflectance_to_srgb


@dataclass
class Capture:
    """How colours are taken.

    Attributes:
        illuminant: relative power, (33,).
        sensitivities: of the camera, (33, 3).
        matrix: linear sRGB under D65 for the observer, to that of this camera and
            light after white balance, for materials without a spectrum, (3, 3).
        cast: what the white balance leaves, a factor on the light, (3,).
        name: of the illuminant.
        camera_weights: of the camera, as ``facekit.spectra.camera`` takes them, (2,).
    """

    illuminant: np.ndarray
    sensitivities: np.ndarray
    matrix: np.ndarray
    cast: np.ndarray
    name: str
    camera_weights: np.ndarray


# Generators of illuminant and camera, by variant.
_PURPOSES = {
    "light": ("light of the variant", "camera of light of the variant"),
    "camera": ("capture", "camera of the variant"),
}


def portrait_capture(seed, variant="bare"):
    """How a portrait's colours were taken; its files do not tell.

    Args:
        seed: int, of the portrait.
        variant: name of the variant. Defaults to the bare portrait.

    Returns:
        ``Capture``.
    """
    purposes = _PURPOSES.get(variant, ("capture", "camera of capture"))
    return sample_capture(*(generator(seed, purpose) for purpose in purposes))


def sample_capture(rng, camera_rng):
    """Draw an illuminant, mostly daylight, and a camera."""
    name = f"D{rng.integers(4800, 8000)}"
    daylight = rng.random() < 0.75
    if not daylight:
        name = str(rng.choice(("A", "F7", "F10", "F11")))
    light = illuminant(name)
    weights = camera_rng.normal(0, 0.6 if daylight else 0.3, 2).clip(-1.3, 1.3)
    sensitivities = camera(weights)
    matrix = colour_matrix(light, sensitivities)
    cast = np.exp(rng.normal(0, 0.02) * np.array((1, 0, -1.4)))
    return Capture(light, sensitivities, matrix, cast, name, weights)


def colour_matrix(light, sensitivities):
    """Linear sRGB under D65 to that of a light and camera, see ``Capture``."""
    return reflectance_to_srgb(_spectra().T, light, sensitivities).T


@cache
def _spectra():
    """The smoothest spectra, (33, 3), whose sum weighted by sRGB has that colour."""
    bands = 33
    to_rgb = reflectance_to_srgb(np.eye(bands)).T
    bend = np.diff(np.eye(bands), 2, axis=0)
    system = np.block([[bend.T @ bend, to_rgb.T], [to_rgb, np.zeros((3, 3))]])
    wanted = np.concatenate((np.zeros((bands, 3)), np.eye(3)))
    return np.linalg.solve(system, wanted)[:bands]
