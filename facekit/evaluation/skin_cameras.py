"""How far the colours of skin by real cameras are from what an observer sees."""

import csv

import numpy as np

from facekit.errors import DataError
from facekit.evaluation.colour import linear_to_lab
from facekit.evaluation.tables import markdown_table
from facekit.spectra import (
    MAX_HAEMOGLOBIN,
    MAX_MELANIN,
    illuminant,
    reflectance_to_srgb,
    skin_reflectance,
    spectral_tables,
)

LIGHTS = ("D65", "D50", "A", "F2", "F11")
_BANDS = 33


def camera_table(path, lights=LIGHTS):
    """Colour differences of skin, through each camera's own colour matrix.

    Args:
        path: table with the columns camera, channel (R, G, B) and one for each band.
        lights: names of illuminants. Defaults to ``LIGHTS``.

    Returns:
        Markdown: quantiles over the cameras of their mean difference, for the measured
        curves and for the nearest of the space of two components.

    Raises:
        DataError: the file is of another form.
    """
    cameras = read_cameras(path)
    shares = np.linspace(0.05, 1, 8)
    melanin = MAX_MELANIN * shares[:, None] ** 3
    spectra = skin_reflectance(melanin, MAX_HAEMOGLOBIN * shares)
    rows = []
    for light in lights:
        for name, curves in (("measured", cameras), ("2 numbers", _nearest(cameras))):
            means = [_difference(spectra, light, camera) for camera in curves]
            cells = np.percentile(means, (0, 25, 50, 75, 100))
            rows.append([light, name, *(f"{cell:.1f}" for cell in cells)])
    header = ["light", "curves", "best", "quarter", "median", "three quarters", "worst"]
    return markdown_table(header, rows) + (
        f"\n\nCIEDE2000 between {len(cameras)} cameras and the CIE 1931 observer, both "
        "white-balanced, mean over light to dark skin."
    )


def read_cameras(path):
    """Read measured sensitivities, float64 (count, 33, 3), each curve of sum 1."""
    curves = {}
    try:
        with open(path, newline="", encoding="utf-8") as lines:
            for camera, channel, *values in list(csv.reader(lines))[1:]:
                curve = np.clip(np.array(values, float), 0, None)
                if curve.shape != (_BANDS,):
                    raise ValueError(f"{camera} has {len(curve)} bands")
                curves.setdefault(camera, {})[channel] = curve / curve.sum()
        if not curves:
            raise ValueError("it has no rows")
        return np.array([np.stack([c[x] for x in "RGB"], -1) for c in curves.values()])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path}: expected a table camera,channel,400,...,720: {error}"
        ) from error


def _nearest(cameras):
    """Cameras of two numbers, the closest to the measured ones."""
    tables = spectral_tables()
    mean = tables["camera_mean"].ravel()
    span = tables["camera_components"][:2].reshape(2, -1)
    places = (cameras.reshape(len(cameras), -1) - mean) @ np.linalg.pinv(span)
    return np.maximum(mean + places @ span, 0).reshape(cameras.shape)


def _difference(spectra, light, camera):
    """Mean difference from the observer in the same light, adapted as a camera is."""
    from skimage.color import deltaE_ciede2000

    seen, true = (
        linear_to_lab(reflectance_to_srgb(spectra, illuminant(light), curves))
        for curves in (camera, None)
    )
    return float(deltaE_ciede2000(true, seen).mean())
