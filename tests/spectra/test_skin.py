import colour
import numpy as np
import pytest

from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, skin_reflectance
from facekit.spectra import reflectance_to_srgb as to_srgb
from facekit.spectra.tables import spectral_tables

MELANIN = np.linspace(0.01, MAX_MELANIN, 16)
HAEMOGLOBIN = np.linspace(0.01, MAX_HAEMOGLOBIN, 12)
WHITE = (0.3127, 0.3290)

# CIELAB (D65) of facial skin from very light to very dark: L* 35 to 70, a* 8 to 20,
# b* 12 to 22, as spectrophotometers measure it.
MEASURED = (
    (70, 9, 14),
    (66, 10.5, 16),
    (61, 11.5, 18.5),
    (55, 12.5, 20),
    (47, 13, 20),
    (40, 14, 18),
    (36, 13, 15),
)


def lab(reflectance):
    xyz = colour.RGB_to_XYZ(to_srgb(reflectance), "sRGB")
    return colour.XYZ_to_Lab(xyz, WHITE)


@pytest.fixture(scope="module")
def chart():
    return skin_reflectance(MELANIN[:, None], HAEMOGLOBIN)


def test_shapes():
    assert skin_reflectance(0.1, 0.03).shape == (33,)
    assert skin_reflectance(np.ones((2, 3)) * 0.1, 0.03).shape == (2, 3, 33)


def test_range(chart):
    assert chart.min() > 0 and chart.max() < 0.84
    assert np.isfinite(
        skin_reflectance(np.array((0.0, 1.0)), np.array((0.0, 1.0)))
    ).all()


def test_more_melanin_is_darker_in_every_band(chart):
    assert (np.diff(chart, axis=0) < 0).all()


def test_more_blood_is_redder(chart):
    assert (np.diff(lab(chart)[..., 1], axis=1) > 0).all()


def test_blood_absorbs_as_prahl_published():
    """Molar extinction, 1/(cm M)."""
    tables = spectral_tables()
    published = {
        400: (266232, 223296),
        500: (20932.8, 20862),
        540: (53236, 46592),
        600: (3200, 14677.2),
        700: (290, 1794.28),
    }
    for band, expected in published.items():
        place = list(tables["wavelengths"]).index(band)
        for name, value in zip(("oxy", "deoxy"), expected, strict=True):
            np.testing.assert_allclose(tables[f"{name}haemoglobin"][place], value)


def test_the_surface_term_is_an_option():
    bare = skin_reflectance(0.1, 0.03, surface=0)
    np.testing.assert_allclose(skin_reflectance(0.1, 0.03), 0.04 + 0.96 * bare)


def test_numerics():
    """Written out by hand at 560 nm, the dermis with hyperbolic functions."""
    melanin, blood = 0.05, 0.04
    base = 0.244 + 85.3 * np.exp(-(560 - 154) / 66.2)
    pigment = 0.61 * 80 * np.exp(1.70882) + 0.39 * 12 * np.exp(0.98475)
    haem = 2.302585 * (0.75 * 32613.2 + 0.25 * 53788.0) * 150 / 66500
    epidermis = melanin * pigment + 0.01 * haem + (1 - melanin - 0.01) * base
    absorbed = blood * haem + (1 - blood) * base
    scattered = 2e12 * 560.0**-4 + 2e5 * 560.0**-1.5
    a = 1 + absorbed / scattered
    b = np.sqrt(a**2 - 1)
    dermis = 1 / (a + b / np.tanh(b * scattered * 0.3))
    expected = np.exp(-2 * 0.02 * epidermis) * dermis
    ours = skin_reflectance(melanin, blood, surface=0)[16]
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_measured_skin_is_reached(chart):
    fine = skin_reflectance(np.geomspace(0.005, 0.3, 80)[:, None], HAEMOGLOBIN)
    reached = lab(fine).reshape(-1, 3)
    for measured in MEASURED:
        nearest = colour.delta_E(np.array(measured), reached, method="CIE 2000").min()
        assert nearest < 5, (measured, nearest)


def test_errors():
    with pytest.raises(ValueError, match="melanin.*-0.1"):
        skin_reflectance(-0.1, 0.03)
    with pytest.raises(ValueError, match="haemoglobin"):
        skin_reflectance(0.1, 1.5)
