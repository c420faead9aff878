"""Writes facekit/spectra/tables.npz and cameras.json.

    python scripts/build_spectral_tables.py sensitivities_400_720_10nm.csv

Needs colour-science and mne, and the sensitivities of the rawtoaces-data cameras as a
table with the columns camera, channel (R, G, B) and one for each band.
"""

import argparse
import csv
import json
from importlib.resources import files
from pathlib import Path

import colour
import numpy as np
from colour.colorimetry import SDS_BASIS_FUNCTIONS_CIE_ILLUMINANT_D_SERIES as DAYLIGHT
from scipy.io import loadmat

WAVELENGTHS = np.arange(400, 721, 10)
TARGET = Path(__file__).parent.parent / "facekit" / "spectra" / "tables.npz"
CAMERAS = TARGET.with_name("cameras.json")
COMPONENTS = 5


def sampled(spectrum):
    """Value at each band's centre."""
    return np.interp(WAVELENGTHS, spectrum.wavelengths, spectrum.values)


def band_mean(spectrum):
    """Mean over each band, of a spectrum in steps of 5 nm."""
    offsets, weights = (-5, 0, 5), (0.25, 0.5, 0.25)
    return sum(
        weight * np.interp(WAVELENGTHS + offset, spectrum.wavelengths, spectrum.values)
        for offset, weight in zip(offsets, weights, strict=True)
    )


def haemoglobin():
    """Molar extinction of oxygenated and deoxygenated haemoglobin."""
    path = files("mne") / "data" / "extinction_coef.mat"
    wavelength, oxy, deoxy = loadmat(path)["extinct_coef"].T
    return (
        np.interp(WAVELENGTHS, wavelength, oxy),
        np.interp(WAVELENGTHS, wavelength, deoxy),
    )


def cameras(path):
    """Mean and scaled principal components of measured cameras, and their places."""
    with open(path, newline="") as lines:
        rows = [row for row in csv.reader(lines)][1:]
    curves = {}
    for camera, channel, *values in rows:
        curve = np.clip(np.array(values, float), 0, None)
        curves.setdefault(camera, {})[channel] = curve / curve.sum()
    table = np.array([[c[name] for name in "RGB"] for c in curves.values()])
    flat = table.transpose(0, 2, 1).reshape(len(table), -1)
    mean = flat.mean(0)
    _, singular, directions = np.linalg.svd(flat - mean, full_matrices=False)
    scaled = directions * (singular / np.sqrt(len(flat) - 1))[:, None]
    scaled *= np.sign(scaled.sum(1))[:, None]
    shares = singular**2 / (singular**2).sum()
    print("variance explained:", shares.cumsum()[:COMPONENTS].round(3))
    scaled = scaled[:COMPONENTS]
    places = (flat - mean) @ np.linalg.pinv(scaled)
    places = {
        name: row.round(3).tolist() for name, row in zip(curves, places, strict=True)
    }
    return mean.reshape(33, 3), scaled.reshape(-1, 33, 3), places


def main():
    """Collects the tables and writes them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cameras", type=Path)
    arguments = parser.parse_args()
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    rows = np.searchsorted(observer.wavelengths, WAVELENGTHS)
    oxy, deoxy = haemoglobin()
    mean, components, places = cameras(arguments.cameras)
    tables = {
        "wavelengths": WAVELENGTHS,
        "illuminant_a": sampled(colour.SDS_ILLUMINANTS["A"]),
        "daylight": [sampled(DAYLIGHT[name]) for name in ("S0", "S1", "S2")],
        "fluorescent": [
            band_mean(colour.SDS_ILLUMINANTS[f"FL{number}"]) for number in range(1, 13)
        ],
        "observer": observer.values[rows],
        "oxyhaemoglobin": oxy,
        "deoxyhaemoglobin": deoxy,
        "camera_mean": mean,
        "camera_components": components,
    }
    np.savez_compressed(
        TARGET, **{name: np.asarray(value, float) for name, value in tables.items()}
    )
    lines = (f" {json.dumps(name)}: {places[name]}" for name in sorted(places))
    CAMERAS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
