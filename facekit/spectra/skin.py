"""Reflectance of skin from its melanin and blood, and the constants of that model.

Light passes the epidermis, which melanin and a little blood absorb in, is scattered
back by the dermis after Kubelka and Munk, and passes the epidermis once more; the
surface adds its own reflection.
"""

import numpy as np

from facekit.spectra.tables import WAVELENGTHS, spectral_tables

MAX_MELANIN = 0.30  # volume fraction; above it the model turns dark skin orange
MAX_HAEMOGLOBIN = 0.07  # volume fraction of blood

EUMELANIN_CONCENTRATION = 80.0  # g/l, Krishnaswamy and Baranoski 2004
PHEOMELANIN_CONCENTRATION = 12.0  # g/l, Krishnaswamy and Baranoski 2004
EUMELANIN_SHARE = 0.61  # BioFaceNet
HAEMOGLOBIN_CONCENTRATION = 150.0  # g/l of whole blood, Jacques 2013
HAEMOGLOBIN_MOLAR_MASS = 66500.0  # g/mol, Krishnaswamy and Baranoski 2004
OXYGENATION = 0.75  # of the haemoglobin, BioFaceNet
EPIDERMIS_THICKNESS = 0.02  # cm, Krishnaswamy and Baranoski 2004
DERMIS_THICKNESS = 0.3  # cm, Krishnaswamy and Baranoski 2004
EPIDERMIS_BLOOD_SHARE = 0.25  # of the dermis' blood, as in BioFaceNet
SURFACE = 0.04  # share reflected by the surface; 0 as in the paper


def melanin_absorption():
    """Absorption of a melanosome.

    Returns:
        float64 (33,), per cm.
    """
    t = (WAVELENGTHS - 560) / 160
    eumelanin = np.exp(1.70882 - 0.96235 * t + 0.01576 * t**2)  # cm-1 / (g / l)
    pheomelanin = np.exp(0.98475 - 1.50695 * t + 0.0867 * t**2)  # cm-1 / (g / l)
    return (
        EUMELANIN_SHARE * EUMELANIN_CONCENTRATION * eumelanin
        + (1 - EUMELANIN_SHARE) * PHEOMELANIN_CONCENTRATION * pheomelanin
    )


def blood_absorption():
    """Absorption of whole blood.

    Returns:
        float64 (33,), per cm.
    """
    tables = spectral_tables()
    extinction = (
        OXYGENATION * tables["oxyhaemoglobin"]
        + (1 - OXYGENATION) * tables["deoxyhaemoglobin"]
    )
    moles = HAEMOGLOBIN_CONCENTRATION / HAEMOGLOBIN_MOLAR_MASS
    return np.log(10) * extinction * moles


def baseline_absorption():
    """Absorption of tissue without blood and melanin (Jacques 1998).

    Returns:
        float64 (33,), per cm.
    """
    return 0.244 + 85.3 * np.exp(-(WAVELENGTHS - 154) / 66.2)


def scattering():
    """Scattering of the dermis, Rayleigh and Mie (Jacques 1998).

    Returns:
        float64 (33,), per cm.
    """
    return 2e12 * WAVELENGTHS**-4.0 + 2e5 * WAVELENGTHS**-1.5


def skin_reflectance(melanin, haemoglobin, surface=SURFACE):
    """Reflectance of skin.

    Args:
        melanin: volume fraction of melanosomes in the epidermis, array of any shape,
            0 to .43. More is darker up to ``MAX_MELANIN``.
        haemoglobin: volume fraction of blood in the dermis, an array that broadcasts
            with it, 0 to .07.
        surface: share of the light that the surface reflects, 0 to 1. Defaults to
            .04; 0 is the bare body of the paper.

    Returns:
        float64 (..., 33), in [0, 1].

    Raises:
        ValueError: a fraction or the share lies outside [0, 1].

    Reference: Krishnaswamy and Baranoski 2004; Alotaibi and Smith 2019, with units
    after Jacques 1998.
    """
    melanin = np.asarray(melanin, float)[..., None]
    blood = np.asarray(haemoglobin, float)[..., None]
    for name, value in (
        ("melanin", melanin),
        ("haemoglobin", blood),
        ("surface", np.asarray(surface)),
    ):
        if not ((value >= 0) & (value <= 1)).all():
            raise ValueError(
                f"`{name}` must lie in [0, 1]. Received: {value.min()} to {value.max()}"
            )
    epidermis_blood = EPIDERMIS_BLOOD_SHARE * blood
    rest = np.maximum(1 - melanin - epidermis_blood, 0)
    baseline, blood_mu = baseline_absorption(), blood_absorption()
    epidermis = (
        melanin * melanin_absorption() + epidermis_blood * blood_mu + rest * baseline
    )
    transmission = np.exp(-EPIDERMIS_THICKNESS * epidermis)
    body = transmission**2 * _dermis_reflectance(
        blood * blood_mu + (1 - blood) * baseline
    )
    return surface + (1 - surface) * body


def _dermis_reflectance(absorption):
    """Kubelka-Munk reflectance of the dermis over black, written without overflow."""
    reach = np.sqrt(absorption * (absorption + 2 * scattering()))
    beta = np.sqrt(absorption / (absorption + 2 * scattering()))
    decay = np.exp(-2 * reach * DERMIS_THICKNESS)
    return (1 - beta**2) * (1 - decay) / ((1 + beta) ** 2 - (1 - beta) ** 2 * decay)
