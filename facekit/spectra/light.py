"""Spectra of lights and cameras."""

import re

import numpy as np

from facekit.spectra.tables import camera_places, spectral_tables


def daylight(temperature):
    """Spectrum of CIE daylight.

    Args:
        temperature: correlated colour temperature in kelvin, 4,000 to 25,000.

    Returns:
        Relative power, float64 (33,), of sum 1.

    Raises:
        ValueError: the temperature lies outside that range.

    Reference: CIE 15:2004, section 3.1.
    """
    if not 4000 <= temperature <= 25000:
        raise ValueError(
            "`temperature` must lie in 4000 to 25000 kelvin. Received: "
            f"temperature={temperature}"
        )
    t = 1000 / temperature
    if temperature <= 7000:
        x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
    else:
        x = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
    y = -3 * x**2 + 2.87 * x - 0.275
    scale = 0.0241 + 0.2562 * x - 0.7341 * y
    first = (-1.3515 - 1.7703 * x + 5.9114 * y) / scale
    second = (0.03 - 31.4424 * x + 30.0717 * y) / scale
    spectrum = np.array((1.0, first, second)) @ spectral_tables()["daylight"]
    return spectrum / spectrum.sum()


def illuminant(name):
    """Spectrum of a CIE illuminant.

    Args:
        name: "A", "F1" to "F12", "D50", "D55", "D65", "D75", or "D" and a temperature
            of 4,000 to 25,000 in kelvin, such as "D5200".

    Returns:
        Relative power, float64 (33,), of sum 1.

    Raises:
        ValueError: there is no such illuminant.
    """
    tables = spectral_tables()
    found = re.fullmatch(r"A|F([1-9]|1[0-2])|D(\d{2}|\d{4,5})", str(name))
    if not found:
        raise ValueError(
            "`name` must be A, F1 to F12, or D and a temperature such as D65 or "
            f"D5200. Received: name={name!r}"
        )
    number, temperature = found.groups()
    if temperature:
        # The second radiation constant was 1.4380e-2 m K when D65 was named.
        named = float(temperature) * 100 * 1.4388 / 1.4380
        return daylight(named if len(temperature) == 2 else float(temperature))
    power = tables["fluorescent"][int(number) - 1] if number else tables["illuminant_a"]
    return power / power.sum()


def camera(weights=(0.0, 0.0)):
    """Sensitivities of a camera out of the space that 52 measured cameras span.

    Args:
        weights: up to 5 numbers, one a principal component, in standard deviations, or
            a name out of ``camera_places``. Defaults to the mean camera.

    Returns:
        float64 (33, 3), red, green, blue, at least 0.

    Raises:
        ValueError: there are more numbers than components, they are not finite, or
            there is no such name.

    Reference: Jiang et al. 2013, "What is the space of spectral sensitivity functions
    for digital color cameras?"
    """
    tables = spectral_tables()
    if isinstance(weights, str):
        if weights not in camera_places():
            raise ValueError(
                f"Expected a camera out of {', '.join(camera_places())}. "
                f"Received: {weights!r}"
            )
        weights = camera_places()[weights]
    weights = np.asarray(weights, float)
    components = tables["camera_components"]
    listed = weights.ndim == 1 and len(weights) <= len(components)
    if not listed or not np.isfinite(weights).all():
        raise ValueError(
            f"`weights` must be at most {len(components)} finite numbers. Received: "
            f"{weights}"
        )
    shift = np.tensordot(weights, components[: len(weights)], 1)
    return np.maximum(tables["camera_mean"] + shift, 0)
