"""Measured spectra, and the physics of skin colour on them, in NumPy."""

from facekit.spectra.colour import (
    camera_to_xyz,
    decode_srgb,
    encode_srgb,
    reflectance_to_srgb,
)
from facekit.spectra.light import camera, daylight, illuminant
from facekit.spectra.skin import MAX_HAEMOGLOBIN, MAX_MELANIN, skin_reflectance
from facekit.spectra.tables import WAVELENGTHS, camera_places, spectral_tables

__all__ = [
    "MAX_HAEMOGLOBIN",
    "MAX_MELANIN",
    "WAVELENGTHS",
    "camera",
    "camera_places",
    "camera_to_xyz",
    "daylight",
    "decode_srgb",
    "encode_srgb",
    "illuminant",
    "reflectance_to_srgb",
    "skin_reflectance",
    "spectral_tables",
]
