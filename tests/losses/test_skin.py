import numpy as np
import pytest
from keras import ops

from facekit.losses import BioFaceLoss
from facekit.ops import encode_srgb
from facekit.spectra import (
    camera,
    illuminant,
    reflectance_to_srgb,
    skin_reflectance,
)


@pytest.fixture
def scene(rng):
    """Two identical scenes, the first a rendered portrait, and their own truth."""
    shape = (1, 16, 16, 1)
    maps = {
        "melanin": rng.uniform(0.01, 0.2, shape),
        "haemoglobin": rng.uniform(0.02, 0.06, shape),
        "diffuse": rng.uniform(0.4, 0.9, shape),
        "specular": rng.uniform(0, 0.1, shape),
    }
    light, eyes = illuminant("D55"), camera((0.5, -0.5))
    spectra = skin_reflectance(maps["melanin"][..., 0], maps["haemoglobin"][..., 0])
    linear = maps["diffuse"] * reflectance_to_srgb(spectra, light, eyes)
    linear += maps["specular"]
    scene = {**maps, "light": light[None], "camera": eyes[None]}
    scene["camera_weights"] = np.array([[0.5, -0.5]])
    scene["image"] = np.asarray(encode_srgb(linear))
    scene = {k: np.repeat(x, 2, 0).astype("float32") for k, x in scene.items()}
    known = np.array([1, 0], "float32").reshape(2, 1, 1, 1)
    return scene, {**scene, "skin": np.ones_like(scene["melanin"]), "known": known}


def terms(loss, batch, outputs):
    batch, outputs = (
        {name: ops.convert_to_tensor(x) for name, x in part.items()}
        for part in (batch, outputs)
    )
    return {k: float(x) for k, x in loss.terms(batch, outputs).items()}


class TestBioFaceLoss:
    def test_the_truth_costs_nothing(self, scene):
        outputs, batch = scene
        found = terms(BioFaceLoss("both", camera_weight=0), batch, outputs)
        assert found.pop("specular") > 0
        assert max(found.values()) < 1e-4

    def test_numerics(self, scene):
        outputs, batch = scene
        wrong = {**outputs, "diffuse": outputs["diffuse"] + np.float32(0.1)}
        found = terms(BioFaceLoss(truth_weight=0.5), batch, wrong)
        np.testing.assert_allclose(found["true_diffuse"], 0.05, rtol=1e-4)
        np.testing.assert_allclose(found["camera"], 0.08 * 0.5, rtol=1e-4)
        np.testing.assert_allclose(
            found["specular"], 1e-8 * outputs["specular"][1].mean(), rtol=1e-4
        )

    @pytest.mark.parametrize("name, weight", [("melanin", 0.5), ("haemoglobin", 0.2)])
    def test_patterns_of_pigments_count_by_what_they_vary_by(self, scene, name, weight):
        outputs, batch = scene
        pattern = np.ones_like(outputs[name])
        pattern[:, ::2] = np.exp(0.1)
        even = np.full_like(outputs[name], 0.05)
        for true, factor, expected in (
            (outputs[name], np.float32(1.2), 0),
            (outputs[name], pattern, 0.05**2 / np.log(outputs[name][0]).var()),
            (even, pattern, 1),  # as if varying by 0.05, or noise would count much
        ):
            wrong = {**outputs, name: true * factor}
            loss = BioFaceLoss(truth_weight=0.5, pattern_weight=0.5)
            found = terms(loss, {**batch, name: true}, wrong)
            found = found[f"true_{name}_pattern"]
            expected = 0.5 * weight * np.log1p(expected)
            np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_scale_of_the_shading_is_free(self, scene):
        outputs, batch = scene
        batch = {**batch, "diffuse": 7 * batch["diffuse"]}
        assert terms(BioFaceLoss(), batch, outputs)["shading"] < 1e-8

    def test_only_skin_counts(self, scene):
        outputs, batch = scene
        batch["skin"][:, :8] = 0
        wrong = {name: x.copy() for name, x in outputs.items()}
        for name in ("melanin", "diffuse", "specular"):
            wrong[name][:, :8] = 0.2
        found = terms(BioFaceLoss("both"), batch, wrong)
        expected = terms(BioFaceLoss("both"), batch, outputs)
        for name, value in found.items():
            np.testing.assert_allclose(value, expected[name], atol=1e-6)

    def test_dark_skin_counts_as_much_as_light_when_encoded(self, scene):
        outputs, batch = scene
        found = terms(BioFaceLoss("encoded"), batch, outputs)
        assert found["encoded"] < 1e-4
        brighter = {**batch, "image": np.minimum(batch["image"] + 0.05, 1)}
        found = terms(BioFaceLoss("encoded", appearance_weight=2), brighter, outputs)
        error = (brighter["image"] - batch["image"])[batch["skin"][..., 0] > 0].mean()
        np.testing.assert_allclose(found["encoded"], 0.2 * error, rtol=1e-2)

    def test_dark_channel(self, scene):
        outputs, batch = scene
        loss = BioFaceLoss(specular_target="dark_channel", specular_weight=1.0)
        wrong = {**outputs, "specular": outputs["specular"] + np.float32(0.2)}
        found = terms(loss, batch, wrong)["specular"]
        np.testing.assert_allclose(found, 0.2, rtol=1e-4)

    def test_errors(self):
        with pytest.raises(ValueError, match="`appearance`.*Received: 'l3'"):
            BioFaceLoss("l3")
        with pytest.raises(ValueError, match="`specular_target`.*Received: 'black'"):
            BioFaceLoss(specular_target="black")
