"""Makeup: seeded, exact, where it belongs, and as strong as asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekit.data import (
    MAKEUP_FAMILIES,
    MAKEUP_LOOKS,
    MAKEUP_PARTS,
    apply_makeup,
    canonical_landmarks,
    transfer_makeup,
)
from facekit.errors import NoFaceError
from tests.data.conftest import assert_exact


def worn(crop, frame, rng=0, **options):
    return apply_makeup(crop[0], frame, rng, **options)


@pytest.mark.parametrize("family", MAKEUP_FAMILIES)
@pytest.mark.parametrize("look", [*MAKEUP_LOOKS, None])
def test_looks_are_seeded_and_exact(crop, frame, look, family):
    damage = worn(crop, frame, look=look, family=family)
    assert_exact(crop[0], damage)
    assert damage.changed.any() and not damage.changed.all()
    again = worn(crop, frame, np.random.default_rng(0), look=look, family=family)
    assert np.array_equal(again.image, damage.image)
    other = worn(crop, frame, 1, look=look, family=family)
    assert not np.array_equal(other.image, damage.image)


def test_a_frame_and_landmarks_give_the_same(crop, frame):
    damage = apply_makeup(*crop, 3)
    assert np.array_equal(damage.image, worn(crop, frame, 3).image)


@pytest.mark.parametrize("family", MAKEUP_FAMILIES)
@pytest.mark.parametrize("part", MAKEUP_PARTS)
def test_parts_lie_where_they_belong(crop, frame, part, family):
    damage = worn(crop, frame, look={part: 1.0}, family=family)
    assert_exact(crop[0], damage)
    assert damage.changed.any()
    change = np.abs(damage.image.astype("int32") - crop[0]).sum(-1)[frame.box]
    away = np.ones(frame.shape, "float32")
    lips, brows = (
        points_of(frame, numbers) for numbers in ((61, 291, 0, 17), (105, 334))
    )
    rows = np.indices(frame.shape)[0]
    eyes = points_of(frame, (33, 133, 362, 263))
    reach = 0.75 * frame.unit
    if part == "lipstick":
        away = np.abs(rows - lips[:, 1].mean()) > reach
    elif part == "brows":
        away = np.abs(rows - brows[:, 1].mean()) > reach
    elif part in ("eye_shadow", "eyeliner", "lashes"):
        away = np.abs(rows - eyes[:, 1].mean()) > reach
    else:
        away = frame.skin == 0
    assert change.sum() > 0
    assert change[away].sum() == 0


def points_of(frame, numbers):
    return frame.points[list(numbers)]


@pytest.mark.parametrize("family", MAKEUP_FAMILIES)
def test_strength(crop, frame, family):
    none = worn(crop, frame, look="bold", strength=0.0, family=family)
    assert np.array_equal(none.image, crop[0])
    assert not none.changed.any() and not none.alpha.any()
    differences = [
        np.abs(
            worn(crop, frame, look="bold", strength=strength, family=family).image
            - crop[0].astype("float32")
        ).mean()
        for strength in (0.25, 0.5, 1.0)
    ]
    assert differences == sorted(differences) and differences[0] > 0


def test_strength_of_a_part(crop, frame):
    bare = worn(crop, frame, look="bold", strength={"lipstick": 0.0})
    lips = frame.lips > 0.95
    assert np.array_equal(
        bare.image[frame.box][lips],
        worn(crop, frame, look={**bold(), "lipstick": 0}).image[frame.box][lips],
    )
    whole = worn(crop, frame, look="bold")
    assert not np.array_equal(bare.image[frame.box][lips], whole.image[frame.box][lips])


def bold():
    return dict(zip(MAKEUP_PARTS, MAKEUP_LOOKS["bold"], strict=True))


def test_families_differ(crop, frame):
    one, other = (
        worn(crop, frame, 5, look="evening", family=family)
        for family in MAKEUP_FAMILIES
    )
    assert np.abs(one.image - other.image.astype("float32")).mean() > 1


def test_red_lipstick_reddens_the_lips(crop, frame):
    damage = worn(crop, frame, look={"lipstick": 1.0})
    lips = frame.lips > 0.9
    before, after = (
        picture[frame.box][lips].astype("float32").mean(0)
        for picture in (crop[0], damage.image)
    )
    assert after[0] / after[1] > 1.2 * before[0] / before[1]


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(24, 120),
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.sampled_from(MAKEUP_FAMILIES),
)
def test_any_size_and_place(seed, size, x, y, family):
    image = np.random.default_rng(seed).integers(0, 256, (size, size + 7, 3), "uint8")
    landmarks = canonical_landmarks(80) + [x, y]
    try:
        damage = apply_makeup(image, landmarks, seed, family=family)
    except NoFaceError:
        return
    assert_exact(image, damage)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"look": "clown"}, "`look` must be one of"),
        ({"look": {"nose": 1}}, "`look` must name parts"),
        ({"look": {"blush": 2}}, "`look` must be in"),
        ({"strength": 1.5}, "`strength` must be in"),
        ({"strength": {"nose": 1}}, "`strength` must name parts"),
        ({"family": "test"}, "`family` must be one of"),
    ],
)
def test_errors(crop, frame, options, message):
    with pytest.raises(ValueError, match=message):
        worn(crop, frame, **options)


@pytest.fixture(scope="module")
def model(crop, frame):
    return worn(crop, frame, 2, look="bold").image


class TestTransfer:
    def test_it_moves_towards_the_reference(self, crop, frame, model):
        damage = transfer_makeup(crop[0], frame, model, crop[1])
        assert_exact(crop[0], damage)
        wanted = model.astype("float32")
        before, after = (
            np.abs(picture - wanted)[damage.changed].mean()
            for picture in (crop[0], damage.image)
        )
        assert after < 0.85 * before

    def test_parts_and_strength(self, crop, frame, model):
        lips = transfer_makeup(crop[0], frame, model, crop[1], parts="lips")
        assert not (lips.changed[frame.box] & (frame.lips == 0)).any()
        none = transfer_makeup(crop[0], frame, model, crop[1], strength=0)
        assert np.array_equal(none.image, crop[0]) and not none.alpha.any()

    def test_errors(self, crop, frame, model):
        for options, message in (
            ({"parts": "hair"}, "`parts` must be"),
            ({"strength": 2}, "`strength` must be"),
        ):
            with pytest.raises(ValueError, match=message):
                transfer_makeup(crop[0], frame, model, crop[1], **options)
        with pytest.raises(NoFaceError):
            transfer_makeup(crop[0], frame, model, None)
