import numpy as np
import pytest

from facekit.portraits import embedded_folders, read_portrait
from facekit.spectra import (
    MAX_HAEMOGLOBIN,
    MAX_MELANIN,
    camera,
    decode_srgb,
    illuminant,
    reflectance_to_srgb,
    skin_reflectance,
)
from facekit.training.skin_examples import portrait_examples
from facekit.training.skin_variation import vary_skin


@pytest.fixture(scope="module")
def portrait():
    """Linear picture, maps, light and camera of an embedded portrait."""
    crops, maps, lights, cameras = portrait_examples(
        read_portrait(embedded_folders()[3]), 64
    )
    linear = decode_srgb(crops[0] / 255).astype("float32")
    return linear, maps[0].astype("float32"), lights[0], cameras[0]


def colours(maps, light, camera_weights):
    """What skin looks like by its maps, in NumPy without tables."""
    skin, melanin, blood, diffuse, specular = np.moveaxis(maps.astype(float), -1, 0)
    albedo = reflectance_to_srgb(
        skin_reflectance(melanin, blood), light, camera(camera_weights)
    )
    return diffuse[..., None] * albedo + specular[..., None]


@pytest.mark.parametrize("seed", range(4))
def test_the_maps_explain_the_new_picture_as_well(portrait, seed):
    varied = vary_skin(np.random.default_rng(seed), *portrait)
    inside = portrait[1][..., 0] > 0.5
    before = np.abs(colours(*portrait[1:]) - portrait[0])[inside].mean()
    after = np.abs(colours(*varied[1:]) - varied[0])[inside].mean()
    stale = np.abs(colours(*portrait[1:]) - varied[0])[inside].mean()
    assert after < 1.6 * before
    assert stale > after


def test_light_and_what_is_no_skin_stay(portrait):
    image, maps, *_ = vary_skin(np.random.default_rng(0), *portrait)
    np.testing.assert_array_equal(maps[..., [0, 3, 4]], portrait[1][..., [0, 3, 4]])
    far = (slice(0, 8), slice(0, 8))
    assert np.abs(image[far] - portrait[0][far]).mean() < 0.05
    assert (image >= 0).all()


def test_pigments_vary_within_their_range(portrait):
    inside = portrait[1][..., 0] > 0.5
    factors = []
    for seed in range(20):
        _, maps, light, weights = vary_skin(np.random.default_rng(seed), *portrait)
        assert maps[..., 1].max() <= MAX_MELANIN
        assert maps[..., 2].max() <= MAX_HAEMOGLOBIN
        assert light.shape == (33,) and weights.shape == (2,)
        factor = maps[inside, 1:3] / portrait[1][inside, 1:3]
        factors.append(factor.mean(0))
    # Faces differ in melanin by far more than in blood.
    spread = np.std(factors, axis=0)
    assert spread[0] > 0.2 and 0.05 < spread[1] < 0.2
    assert (np.abs(np.log(factors).mean(0)) < 0.35).all()


def test_light_and_camera_are_counted_once_beside_skin():
    """One colour all over, half of it skin: no rim where skin ends."""
    maps = np.zeros((64, 64, 5), "float32")
    maps[:, :32] = (1, 0.05, 0.03, 0.8, 0)
    light, weights = illuminant("D65"), np.zeros(2)
    body = skin_reflectance(0.05, 0.03)
    image = 0.8 * reflectance_to_srgb(body, light, camera(weights))
    image = np.broadcast_to(image, (64, 64, 3)).astype("float32")
    for seed in range(6):
        varied, *_ = vary_skin(np.random.default_rng(seed), image, maps, light, weights)
        ends = varied[32, 31], varied[32, 60]
        low, high = np.minimum(*ends) - 0.02, np.maximum(*ends) + 0.02
        rim = varied[32, 32:60]
        assert (rim >= low).all() and (rim <= high).all()
