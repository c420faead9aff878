import colour
import numpy as np
import pytest
from keras import ops

from facekit import spectra
from facekit.layers import CameraSensitivity, SpectralRender
from facekit.ops import camera_to_srgb, white_balanced_weights
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from tests.check_layer import check_layer
from tests.gradients import gradients

LIGHTS = ["A", "D50", "D65", "D25000", *(f"F{number}" for number in range(1, 13))]


def scene(rng, light="D65", weights=(0.7, -1.2), size=4):
    shape = (1, size, size, 1)
    maps = [
        MAX_MELANIN * rng.random(shape) ** 3,
        MAX_HAEMOGLOBIN * rng.random(shape),
        rng.uniform(0.2, 1.2, shape),
        rng.uniform(0, 0.3, shape),
    ]
    seen = [spectra.illuminant(light)[None], spectra.camera(weights)[None]]
    return [x.astype("float32") for x in (*maps, *seen)]


def expected_linear(melanin, blood, diffuse, specular, light, camera):
    reflectance = spectra.skin_reflectance(melanin[..., 0], blood[..., 0])
    albedo = spectra.reflectance_to_srgb(reflectance, light[0], camera[0])
    return diffuse * albedo + specular


class TestSpectralRender:
    def test_shapes(self, rng):
        layer = SpectralRender()
        inputs = scene(rng, size=6)
        assert tuple(layer(inputs).shape) == (1, 6, 6, 3)
        shapes = [(None, 8, None, 1)] * 4 + [(None, 33), (None, 33, 3)]
        assert layer.compute_output_shape(shapes) == (None, 8, None, 3)

    @pytest.mark.parametrize("exact", [False, True])
    def test_serialization(self, rng, exact):
        def make_layer(**kwargs):
            return SpectralRender(0.03, False, exact, **kwargs)

        inputs = [np.repeat(x, 2, 0) for x in scene(rng)]
        check_layer(make_layer, inputs, dynamic=False, low_precision=False)

    @pytest.mark.parametrize("light", LIGHTS)
    def test_numerics(self, rng, light):
        inputs = scene(rng, light)
        expected = expected_linear(*(x.astype(float) for x in inputs))
        exact = SpectralRender(encoded=False, exact=True)(inputs)
        np.testing.assert_allclose(np.asarray(exact), expected, atol=2e-5)
        picture = np.asarray(SpectralRender()(inputs))
        encoded = spectra.encode_srgb(expected)
        assert np.abs(picture - encoded).max() < 0.5 / 255

    @pytest.mark.parametrize("light", LIGHTS)
    def test_white_stays_white(self, rng, light):
        """Under this light, for cameras all over the space of cameras."""
        weights = rng.uniform(-3, 3, (32, 2)).astype("float32")
        cameras = CameraSensitivity()(weights)
        lights = np.tile(spectra.illuminant(light).astype("float32"), (32, 1))
        white = ops.sum(white_balanced_weights(lights, cameras), axis=1)
        linear = ops.einsum("nsc,nc->ns", camera_to_srgb(cameras), white)
        np.testing.assert_allclose(np.asarray(linear), 1, atol=1e-5)

    def test_known_colours_under_d65(self):
        """The observer as camera sees the ColorChecker as colour-science does."""
        patches = colour.SDS_COLOURCHECKERS["ISO 17321-1"].values()
        reflectance = np.array(
            [np.interp(spectra.WAVELENGTHS, x.wavelengths, x.values) for x in patches]
        )
        observer = spectra.spectral_tables()["observer"].astype("float32")[None]
        light = spectra.illuminant("D65").astype("float32")[None]
        weights = white_balanced_weights(light, observer)[0]
        raw = reflectance.astype("float32") @ np.asarray(weights)
        linear = raw @ np.asarray(camera_to_srgb(observer))[0].T
        white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
        ours = colour.XYZ_to_Lab(
            linear @ np.linalg.inv(spectra.colour.XYZ_TO_SRGB).T, white
        )
        shape = colour.SpectralShape(400, 720, 1)
        daylight = colour.SDS_ILLUMINANTS["D65"].copy().align(shape)
        curves = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy()
        curves = curves.align(shape)
        theirs = [
            colour.sd_to_XYZ(
                x.copy().align(shape), curves, daylight, method="Integration"
            )
            / 100
            for x in patches
        ]
        theirs = colour.XYZ_to_Lab(theirs, white)
        assert colour.delta_E(ours, theirs, method="CIE 2000").max() < 1

    def test_pigments_act_as_pigments_do(self):
        """More melanin is darker; more blood is redder."""
        steps = np.linspace(0, 1, 16, dtype="float32")
        melanin = np.tile(MAX_MELANIN * steps[:, None], (1, 16))[None, ..., None]
        blood = np.tile(MAX_HAEMOGLOBIN * steps, (16, 1))[None, ..., None]
        light, camera = spectra.illuminant("D65"), spectra.camera()
        image = SpectralRender()(
            [melanin, blood, np.ones_like(blood), np.zeros_like(blood)]
            + [x[None].astype("float32") for x in (light, camera)]
        )
        xyz = colour.sRGB_to_XYZ(np.asarray(image)[0].astype(float))
        lab = colour.XYZ_to_Lab(xyz, (0.3127, 0.3290))
        assert (np.diff(lab[..., 0], axis=0) < 0).all()
        assert (np.diff(lab[..., 1], axis=1) > 0).all()

    def test_errors(self, rng):
        with pytest.raises(ValueError, match=r"`surface`.*Received: -1"):
            SpectralRender(-1)
        *maps, light, camera = scene(rng)
        for wrong in ([*maps, camera, light], [*maps, light], [*maps, camera, camera]):
            with pytest.raises(ValueError, match="Expected four maps.*camera"):
                SpectralRender()(wrong)

    @pytest.mark.parametrize("exact", [False, True])
    def test_gradient(self, rng, exact):
        """Finite where pigments, light and picture reach their limits, too."""
        inputs = scene(rng)
        for place, value in enumerate((0.0, 0.0, 0.0, 0.0)):
            inputs[place][0, 0] = value
        inputs[0][0, 1] = inputs[1][0, 1] = 2
        inputs[2][0, 2] = 100
        layer = SpectralRender(exact=exact)
        for slope in gradients(lambda *x: ops.sum(layer(list(x))), *inputs):
            assert np.isfinite(slope).all() and np.abs(slope).max() > 0

    def test_gradient_in_float16(self, rng):
        inputs = [ops.cast(x, "float16") for x in scene(rng)]
        layer = SpectralRender(dtype="mixed_float16")
        assert np.isfinite(np.asarray(layer(inputs), "float32")).all()
        for slope in gradients(lambda *x: ops.sum(layer(list(x))), *inputs):
            assert np.isfinite(np.asarray(slope, "float32")).all()
