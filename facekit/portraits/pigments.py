"""Melanin and blood of the skin, its relief, and the colour they make."""

from dataclasses import dataclass

import cv2
import numpy as np

from facekit.portraits.noise import bump, fractal, noise, slope, smoothstep
from facekit.spectra import (
    MAX_HAEMOGLOBIN,
    MAX_MELANIN,
    reflectance_to_srgb,
    skin_reflectance,
)

_TABLE_SIDE = 128


@dataclass
class Skin:
    """The skin of the covered pixels, of eyes and cloth too, where it means nothing.

    Attributes:
        melanin, haemoglobin: volume fractions, float32 (n,).
        relief: shift of the normal in the neutral mesh's frame, float32 (n, 3).
        roughness, gloss: of the surface, float32 (n,).
        lips, lids, ears, mouth: shares of these regions, float32 (n,) in [0, 1].
    """

    melanin: np.ndarray
    haemoglobin: np.ndarray
    relief: np.ndarray
    roughness: np.ndarray
    gloss: np.ndarray
    lips: np.ndarray
    lids: np.ndarray
    ears: np.ndarray
    mouth: np.ndarray


class SkinColours:
    """Look-up of linear sRGB by melanin and haemoglobin under one light and camera.

    The table holds ``facekit.spectra.skin_reflectance`` over the square roots of both
    fractions; reading it between its places errs by less than 1/1000.
    """

    def __init__(self, light=None, sensitivities=None):
        root = np.linspace(0, 1, _TABLE_SIDE)
        melanin = MAX_MELANIN * root[:, None] ** 2
        spectra = skin_reflectance(melanin, MAX_HAEMOGLOBIN * root**2)
        table = reflectance_to_srgb(spectra, light, sensitivities)
        self._table = np.maximum(table, 0.002).astype(np.float32)

    def __call__(self, melanin, haemoglobin):
        """Linear sRGB, float32 (n, 3), of two arrays (n,)."""
        scale = _TABLE_SIDE - 1
        y = np.sqrt(np.clip(melanin / MAX_MELANIN, 0, 1)) * scale
        x = np.sqrt(np.clip(haemoglobin / MAX_HAEMOGLOBIN, 0, 1)) * scale
        count, width = len(y), 1024
        padding = -count % width
        x, y = (
            np.pad(a.astype(np.float32), (0, padding)).reshape(-1, width)
            for a in (x, y)
        )
        colour = cv2.remap(self._table, x, y, cv2.INTER_LINEAR)
        return colour.reshape(-1, 3)[:count]


def make_skin(surface, mesh, person, seed):
    """Distribute pigments and relief over a person's skin."""
    uv, rest = surface.uv, surface.rest
    regions = {
        name: mesh.sample_mask(key, uv)
        for name, key in (
            ("lips", "lips"),
            ("lids", "eyelids"),
            ("ears", "ears"),
            ("mouth", "inside-mouth"),
        )
    }
    regions["lips"] = smoothstep(0.15, 0.8, regions["lips"])
    folded = np.abs(rest) * (1, 0, 0) + rest * (0, 1, 1)
    shift = rest + np.float32(seed % 97)
    melanin, haemoglobin = _pigments(folded, shift, person, regions)
    gloss = person.shine * (
        1
        + 0.5 * bump(folded, (0, 7.75, 1.4), (0.5, 0.3, 0.4))
        + 0.7 * bump(folded, (0, 7.0, 1.6), (0.14, 0.35, 0.5))
        + 0.5 * regions["lips"]
        - 0.35 * smoothstep(7.9, 8.3, rest[:, 1])
    )
    return Skin(
        melanin=np.clip(melanin, 0.002, MAX_MELANIN).astype(np.float32),
        haemoglobin=np.clip(haemoglobin, 0.002, MAX_HAEMOGLOBIN).astype(np.float32),
        relief=_relief(rest, shift, person, regions).astype(np.float32),
        roughness=(0.46 - 0.12 * regions["lips"]).astype(np.float32),
        gloss=gloss.astype(np.float32),
        **regions,
    )


def _pigments(folded, shift, person, regions):
    """Volume fractions before they are limited to the model's range."""
    ears, lips = regions["ears"], regions["lips"]
    melanin = 0.10 * fractal(shift, 4, 3) + 0.035 * noise(shift, 30, 1)
    melanin += _sites(folded, person)
    haemoglobin = 0.14 * fractal(shift + 3, 5, 3, 1) + 0.05 * noise(shift, 45, 2)
    flush = (
        0.60 * bump(folded, (0.50, 6.86, 1.15), (0.28, 0.24, 0.5))
        + 0.50 * bump(folded, (0, 6.90, 1.62), (0.17, 0.17, 0.3))
        + 0.50 * ears
        + 0.15 * bump(folded, (0, 6.30, 1.4), (0.3, 0.16, 0.4))
    )
    around_eye = bump(folded, (0.31, 7.2, 1.35), (0.26, 0.16, 0.4))
    below_eye = bump(folded, (0.29, 7.12, 1.35), (0.2, 0.08, 0.4))
    melanin += 0.22 * around_eye * (0.4 + person.age)
    haemoglobin += flush + 0.25 * below_eye
    spots = smoothstep(1.5, 2.2, noise(shift, 32, 5))
    spots *= smoothstep(0.2, 1, noise(shift, 3, 6) + 0.7)
    clear = (1 - lips) * (1 - smoothstep(0.1, 0.5, regions["lids"]))
    melanin += 0.7 * person.freckles * spots * clear * (folded[:, 2] > 0.7)
    sun = smoothstep(1.9, 2.6, noise(shift, 13, 9)) * clear
    melanin += 0.45 * smoothstep(0.5, 1, person.age) * sun
    melanin += lips * 0.12
    haemoglobin += lips * (1.0 + 8 * max(0.0, 0.12 - person.melanin))
    return (
        person.melanin * np.exp(np.clip(melanin, -0.6, 1)),
        person.haemoglobin * np.exp(np.clip(haemoglobin, -0.7, 1.6)),
    )


def _sites(folded, person):
    """How much more melanin some sites have than the cheek, as a logarithm.

    Spectrophotometers find forehead, nose and chin a class of the individual typology
    angle darker than cheek, jaw and neck (Choi, "Facial skin color variability in
    Korean women", AIC 2017). The amounts here make that about 13 degrees, the width of
    a class; of light skin that takes more of its melanin than of dark skin.
    """
    forehead, nose, chin, cheekbones, neck = person.sites
    height = folded[:, 1]
    darker = (
        forehead * smoothstep(7.25, 7.7, height)
        + 0.9 * nose * bump(folded, (0, 6.98, 1.55), (0.2, 0.3, 0.5))
        + 0.8 * chin * bump(folded, (0, 6.36, 1.4), (0.3, 0.26, 0.5))
        + 0.4 * cheekbones * bump(folded, (0.72, 7.02, 0.9), (0.26, 0.24, 0.5))
        - 0.6 * neck * smoothstep(6.35, 5.85, height)
    )
    return 0.34 * (0.045 / person.melanin) ** 0.4 * darker


def _relief(rest, shift, person, regions):
    """Pores, fine wrinkles, folds of the forehead and of the lips."""
    age = person.age
    lids = smoothstep(0.1, 0.5, regions["lids"])
    relief = 0.02 * slope(shift, 26, 3) + 0.06 * slope(shift, 70, 4)
    relief += (0.005 + 0.012 * age) * slope(shift, 14, 8)
    relief *= (1 - 0.7 * lids)[:, None]
    forehead = smoothstep(7.58, 7.72, rest[:, 1]) * (rest[:, 2] > 0.9)
    folds = slope(shift, 9, 2, (0.25, 2.2, 0.3))
    relief += (0.11 * age * forehead)[:, None] * folds
    corner = np.abs(rest) * (1, 0, 0) + rest * (0, 1, 1)
    crow = bump(corner, (0.52, 7.3, 1.15), (0.12, 0.16, 0.3))
    relief += (0.08 * age * crow)[:, None] * slope(shift, 14, 6, (0.5, 2, 0.5))
    lips = slope(shift, 22, 5, (2.4, 0.5, 1))
    relief += (0.10 * regions["lips"])[:, None] * lips
    return relief
