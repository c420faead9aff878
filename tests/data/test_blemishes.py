"""Blemishes: seeded, exact, on skin alone, and of the colour of pigments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekit.data import (
    BLEMISH_FAMILIES,
    BLEMISH_KINDS,
    FaceFrame,
    add_blemishes,
    canonical_landmarks,
)
from facekit.data.linear_light import to_light
from facekit.data.pigments import HAEMOGLOBIN, MELANIN, absorb
from facekit.errors import NoFaceError
from tests.data.conftest import assert_exact


def spoilt(crop, frame, rng=0, **options):
    return add_blemishes(crop[0], frame, rng, **options)


@pytest.mark.parametrize("family", BLEMISH_FAMILIES)
@pytest.mark.parametrize("kind", [*BLEMISH_KINDS, None])
def test_kinds_are_seeded_exact_and_on_skin(crop, frame, kind, family):
    options = {"kinds": kind, "family": family, "density": 3}
    damage = spoilt(crop, frame, 0, **options)
    assert_exact(crop[0], damage)
    assert damage.changed.any()
    assert not (damage.changed[frame.box] & (frame.skin == 0)).any()
    outside = damage.changed.copy()
    outside[frame.box] = False
    assert not outside.any()
    again = spoilt(crop, frame, np.random.default_rng(0), **options)
    assert np.array_equal(again.image, damage.image)
    assert not np.array_equal(spoilt(crop, frame, 1, **options).image, damage.image)


@pytest.mark.parametrize("family", BLEMISH_FAMILIES)
def test_strength_and_density(crop, frame, family):
    for options in ({"strength": 0}, {"density": 0}, {"kinds": ()}):
        none = spoilt(crop, frame, family=family, **options)
        assert np.array_equal(none.image, crop[0])
        assert not none.changed.any() and not none.alpha.any()
    differences = [
        np.abs(
            spoilt(crop, frame, kinds="redness", strength=strength, family=family).image
            - crop[0].astype("float32")
        ).mean()
        for strength in (0.3, 1, 2)
    ]
    assert differences == sorted(differences) and differences[0] > 0


def test_families_differ(crop, frame):
    for kind in BLEMISH_KINDS:
        one, other = (
            spoilt(crop, frame, 4, kinds=kind, family=family)
            for family in BLEMISH_FAMILIES
        )
        assert not np.array_equal(one.image, other.image), kind


@pytest.mark.parametrize("family", BLEMISH_FAMILIES)
def test_freckles_are_brown_and_redness_is_red(crop, frame, family):
    skin = frame.skin > 0.95
    before = to_light(crop[0][frame.box])[skin]
    for kind, absorbance in (("freckles", MELANIN), ("redness", HAEMOGLOBIN)):
        damage = spoilt(crop, frame, 2, kinds=kind, density=3, family=family)
        after = to_light(damage.image[frame.box])[skin]
        change = -np.log(np.maximum(after, 1e-3) / np.maximum(before, 1e-3)).mean(0)
        change /= change[1]
        assert np.allclose(change, absorbance, atol=0.25), kind


def test_pigments_absorb_by_their_law():
    light = np.full((1, 2, 3), 0.5, "float32")
    amount = np.float32([[0, 1]])
    darker = absorb(light, haemoglobin=amount)
    assert np.array_equal(darker[0, 0], light[0, 0])
    assert np.allclose(darker[0, 1], 0.5 * np.exp(-HAEMOGLOBIN))
    both = absorb(light, amount, amount)
    assert np.allclose(both[0, 1], 0.5 * np.exp(-HAEMOGLOBIN - MELANIN))


def test_spots_keep_their_size_in_a_larger_photo():
    """The same seed draws spots of the same place and size, in shares of the face."""
    shares = []
    for size in (128, 256):
        landmarks = canonical_landmarks(size)
        image = np.full((size, size, 3), (205, 160, 140), "uint8")
        damage = add_blemishes(image, landmarks, 7, "dark_spots", density=2)
        shares.append((damage.alpha > 0.2).mean())
    assert shares[0] == pytest.approx(shares[1], rel=0.25)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(24, 120),
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.sampled_from(BLEMISH_FAMILIES),
)
def test_any_size_and_place(seed, size, x, y, family):
    image = np.random.default_rng(seed).integers(0, 256, (size, size + 7, 3), "uint8")
    landmarks = canonical_landmarks(80) + [x, y]
    try:
        damage = add_blemishes(image, landmarks, seed, family=family)
    except NoFaceError:
        return
    assert_exact(image, damage)
    frame = FaceFrame(image, landmarks)
    assert not (damage.changed[frame.box] & (frame.skin == 0)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": "warts"}, "`kinds` must be names"),
        ({"kinds": ("acne", "warts")}, "`kinds` must be names"),
        ({"density": -1}, "`density` must be in"),
        ({"density": np.nan}, "`density` must be in"),
        ({"strength": 3}, "`strength` must be in"),
        ({"family": "test"}, "`family` must be one of"),
    ],
)
def test_errors(crop, frame, options, message):
    with pytest.raises(ValueError, match=message):
        spoilt(crop, frame, **options)
