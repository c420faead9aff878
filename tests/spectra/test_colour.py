import colour
import numpy as np
import pytest

from facekit.spectra import (
    WAVELENGTHS,
    camera,
    camera_places,
    camera_to_xyz,
    daylight,
    decode_srgb,
    encode_srgb,
    illuminant,
    reflectance_to_srgb,
    skin_reflectance,
    spectral_tables,
)

LIGHTS = ("A", "D50", "D65", "D9300", *(f"F{number}" for number in range(1, 13)))


def test_tables():
    tables = spectral_tables()
    assert np.array_equal(tables["wavelengths"], WAVELENGTHS)
    assert all(np.isfinite(table).all() for table in tables.values())
    with pytest.raises(ValueError, match="read-only"):
        tables["observer"][0] = 1


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("weights", [None, (0, 0), (2, -2)])
def test_white_stays_white(light, weights):
    curves = None if weights is None else camera(weights)
    white = reflectance_to_srgb(np.ones(33), illuminant(light), curves)
    np.testing.assert_allclose(white, 1, atol=1e-12)


def test_d65_is_that_of_colour_science():
    published = colour.SDS_ILLUMINANTS["D65"]
    expected = np.interp(WAVELENGTHS, published.wavelengths, published.values)
    np.testing.assert_allclose(illuminant("D65"), expected / expected.sum(), rtol=1e-3)


@pytest.mark.parametrize("name", ["A", *(f"F{k}" for k in range(1, 13))])
def test_lamps_are_those_of_colour_science(name):
    published = colour.SDS_ILLUMINANTS[name.replace("F", "FL")]
    fine = np.interp(np.arange(395, 726), published.wavelengths, published.values)
    # Bands of 10 nm; what lies on an edge is half of either.
    weights = np.convolve(np.ones(10), (0.5, 0.5))
    expected = np.convolve(fine, weights, "valid")[::10]
    np.testing.assert_allclose(illuminant(name), expected / expected.sum(), rtol=2e-3)


@pytest.mark.parametrize("temperature", [4000, 6500, 7001, 25000])
def test_daylight_has_its_temperature(temperature):
    spectrum = daylight(temperature)
    xy = colour.XYZ_to_xy(spectrum @ spectral_tables()["observer"])
    expected = colour.temperature.CCT_to_xy_CIE_D(temperature)
    np.testing.assert_allclose(xy, expected, atol=2e-3)


def test_skin_under_d65_is_that_of_colour_science():
    spectrum = skin_reflectance(0.05, 0.04)
    shape = colour.SpectralShape(400, 720, 1)
    domain = colour.SpectralDistribution(dict(zip(WAVELENGTHS, spectrum, strict=True)))
    xyz = colour.sd_to_XYZ(
        domain.interpolate(shape),
        colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape),
        colour.SDS_ILLUMINANTS["D65"].copy().align(shape),
        method="Integration",
    )
    expected = colour.XYZ_to_Lab(xyz / 100, (0.3127, 0.3290))
    linear = reflectance_to_srgb(spectrum)
    ours = colour.XYZ_to_Lab(colour.sRGB_to_XYZ(encode_srgb(linear)), (0.3127, 0.3290))
    assert colour.delta_E(ours, expected, method="CIE 2000") < 1


def test_encoding_is_that_of_colour_science():
    linear = np.linspace(0, 1, 1001)
    encoded = colour.models.eotf_inverse_sRGB(linear)
    np.testing.assert_allclose(encode_srgb(linear), encoded, atol=1e-7)
    np.testing.assert_allclose(decode_srgb(encoded), linear, atol=1e-6)
    assert encode_srgb(-1.0) == 0 and encode_srgb(2.0) == pytest.approx(1)


def test_a_camera_of_the_observers_curves_sees_as_the_observer():
    observer = spectral_tables()["observer"]
    matrix = camera_to_xyz(observer)
    np.testing.assert_allclose(matrix, np.diag(matrix.sum(1)), atol=1e-9)


def test_errors():
    for name in ("F13", "E", "D", "a", 65):
        with pytest.raises(ValueError, match="F1 to F12"):
            illuminant(name)
    with pytest.raises(ValueError, match="3999"):
        daylight(3999)
    with pytest.raises(ValueError, match="at most 5"):
        camera(np.zeros(6))
    with pytest.raises(ValueError, match="finite.*nan"):
        camera((np.nan, 0))


def test_gains_of_a_camera_do_not_matter():
    curves = camera((1.0, -0.5))
    reflectance = skin_reflectance(0.05, 0.03)
    expected = reflectance_to_srgb(reflectance, sensitivities=curves)
    scaled = reflectance_to_srgb(reflectance, sensitivities=curves * (0.5, 1, 7))
    np.testing.assert_allclose(scaled, expected)


def test_named_cameras():
    places = np.array(list(camera_places().values()))
    assert places.shape == (52, 5)
    # Standard deviations from the mean, by their own definition.
    np.testing.assert_allclose(places.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(places.std(0, ddof=1), 1, atol=1e-3)
    np.testing.assert_array_equal(camera("Canon EOS 5D"), camera(places[6]))
    with pytest.raises(ValueError, match="Canon.*Received: 'Leica'"):
        camera("Leica")
