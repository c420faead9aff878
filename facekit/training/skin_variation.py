"""Rendered faces with other pigments, in another light, by another camera."""

from functools import cache

import cv2
import numpy as np

from facekit.portraits.capture import colour_matrix, sample_capture
from facekit.spectra import (
    MAX_HAEMOGLOBIN,
    MAX_MELANIN,
    camera,
    reflectance_to_srgb,
    skin_reflectance,
)

# Standard deviations of the logarithms of the factors on pigments: of the whole face,
# and of patches of all sizes. Rendered faces differ already, and a network that knows
# more different ones than there are trusts what it sees of them too much.
_WHOLE = {"melanin": 0.4, "haemoglobin": 0.1}
_PATCHES = {"melanin": 0.05, "haemoglobin": 0.1}
_PATCH_SIDES = (4, 8, 16, 32)  # patches along a side of the square
_RIM = 0.02  # how far skin colours its surroundings, share of the side
_TABLE_SIDE = 64
_LEAST = 0.02  # of a linear channel that is divided by; dark skin has hardly any blue


def vary_skin(rng, image, maps, light, camera_weights):
    """Change the pigments of a rendered face, its light's spectrum and the camera.

    How much light falls where, and what the surface reflects, stays as it is. The
    colours of skin follow the same spectra as the portraits; all others only follow
    light and camera.

    Args:
        rng: ``numpy.random.Generator``.
        image: float32, (size, size, 3), linear sRGB.
        maps: float32, (size, size, 5): 1 = skin, volume fractions of melanin and
            haemoglobin, diffuse and specular light.
        light: (33,), relative power.
        camera_weights: (2,), as ``facekit.spectra.camera`` takes them.

    Returns:
        The last four arguments anew; the skin mask is the same.
    """
    capture = sample_capture(rng, rng)
    before = _Seen(light, camera(camera_weights))
    after = _Seen(capture.illuminant, capture.sensitivities)
    varied = maps.copy()
    varied[..., 1] = _varied(rng, maps[..., 1], "melanin", MAX_MELANIN)
    varied[..., 2] = _varied(rng, maps[..., 2], "haemoglobin", MAX_HAEMOGLOBIN)
    skin, specular = maps[..., :1], maps[..., 4:]
    ratio = after.skin(varied) / before.skin(maps)
    surface = np.minimum(specular, image.min(-1, keepdims=True))
    changed = (image - surface) * ratio + surface
    other = image @ (after.matrix @ np.linalg.inv(before.matrix)).T
    near = _continued((changed - other) / np.maximum(image, _LEAST), skin)
    image = np.where(skin > 0, changed, other + near * image)
    return (
        np.maximum(image, 0).astype("float32"),
        varied,
        capture.illuminant,
        capture.camera_weights,
    )


class _Seen:
    """What colours become in a light, for a camera."""

    def __init__(self, light, sensitivities):
        self.matrix = colour_matrix(light, sensitivities)
        to_srgb = reflectance_to_srgb(np.eye(33), light, sensitivities)
        self._table = (_reflectances() @ to_srgb).astype("float32")

    def skin(self, maps):
        """Linear sRGB of skin, at least ``_LEAST``."""
        places = (
            np.sqrt(maps[..., k] / most) * (_TABLE_SIDE - 1)
            for k, most in ((2, MAX_HAEMOGLOBIN), (1, MAX_MELANIN))
        )
        places = (place.astype("float32") for place in places)
        colours = cv2.remap(self._table, *places, cv2.INTER_LINEAR)
        return np.maximum(colours, _LEAST)


@cache
def _reflectances():
    """Skin by the square roots of melanin (down) and haemoglobin (across)."""
    grid = np.linspace(0, 1, _TABLE_SIDE) ** 2
    return skin_reflectance(
        grid[:, None] * MAX_MELANIN, grid[None, :] * MAX_HAEMOGLOBIN
    )


def _varied(rng, pigment, name, most):
    """A pigment's map times a factor for the face and one for each of its patches."""
    size = pigment.shape[0]
    patches = np.zeros((size, size), "float32")
    for side in _PATCH_SIDES:
        noise = rng.normal(0, 1, (side, side)).astype("float32")
        patches += cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    # Few faces are much mottled, many hardly at all.
    patches *= rng.exponential(_PATCHES[name]) / len(_PATCH_SIDES) ** 0.5
    factor = np.exp(patches + rng.normal(0, _WHOLE[name]))
    return np.minimum(pigment * factor, most).astype("float32")


def _continued(values, inside):
    """Values just outside a region like those in it, fading to 0."""
    sigma = _RIM * len(values)
    weight = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None]
    values = cv2.GaussianBlur(values * inside, (0, 0), sigma)
    return values / np.maximum(weight, 0.25)
