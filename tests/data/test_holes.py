"""Makers of holes: size, reproducibility, place."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekit.data import (
    HOLE_BINS,
    HOLE_KINDS,
    ellipse_hole,
    face_part_hole,
    free_form_hole,
    polygon_hole,
    random_hole,
    worn_mask_hole,
)

MAKERS = {
    "free_form": free_form_hole,
    "polygon": polygon_hole,
    "ellipse": ellipse_hole,
    "face_part": face_part_hole,
    "worn_mask": worn_mask_hole,
}
kinds = st.sampled_from(HOLE_KINDS)
sides = st.integers(1, 90)
seeds = st.integers(0, 2**32 - 1)
ratios = st.floats(0.001, 0.999)


def draw(kind, seed, height, width, ratio):
    return MAKERS[kind](np.random.default_rng(seed), height, width, ratio)


def test_every_kind_has_a_maker():
    assert set(HOLE_KINDS) == set(MAKERS)


@settings(max_examples=150, deadline=None)
@given(kinds, seeds, sides, sides, ratios)
def test_a_float_ratio_is_met_within_five_percent(kind, seed, height, width, ratio):
    hole = draw(kind, seed, height, width, ratio)
    assert hole.shape == (height, width) and hole.dtype == bool
    pixels = height * width
    wanted = max(1, min(max(1, pixels - 1), round(ratio * pixels)))
    assert abs(hole.sum() - wanted) <= 0.05 * wanted


@settings(max_examples=150, deadline=None)
@given(kinds, seeds, sides, sides, ratios, ratios)
def test_a_ratio_range_holds_the_result(kind, seed, height, width, one, other):
    low, high = sorted((one, other))
    hole = draw(kind, seed, height, width, (low, high))
    pixels = height * width
    counts = [c for c in range(1, pixels) if low <= c / pixels <= high]
    if counts:
        assert low <= hole.mean() <= high
    else:
        assert abs(hole.sum() - (low + high) / 2 * pixels) <= 1


@pytest.mark.parametrize("kind", HOLE_KINDS)
@pytest.mark.parametrize("ratio", HOLE_BINS)
def test_every_kind_fills_every_bin(kind, ratio):
    shares = [draw(kind, seed, 64, 64, ratio).mean() for seed in range(20)]
    assert min(shares) >= ratio[0] and max(shares) <= ratio[1]
    assert max(shares) - min(shares) > 0.3 * (ratio[1] - ratio[0])


@pytest.mark.parametrize("kind", HOLE_KINDS)
def test_a_seed_gives_one_hole_and_seeds_differ(kind):
    holes = [draw(kind, seed, 67, 81, (0.2, 0.3)) for seed in (0, 0, 1, 2, 3)]
    assert np.array_equal(holes[0], holes[1])
    assert all(
        (holes[i] != holes[j]).any() for i in range(1, 5) for j in range(i + 1, 5)
    )


@settings(max_examples=60, deadline=None)
@given(seeds, st.sampled_from(HOLE_BINS))
def test_a_random_hole_keeps_the_range(seed, ratio):
    low, high = ratio
    hole = random_hole(np.random.default_rng(seed), 45, 51, ratio)
    assert low <= hole.mean() <= high
    again = random_hole(np.random.default_rng(seed), 45, 51, ratio)
    assert np.array_equal(hole, again)


def test_random_holes_cover_the_ratios_evenly():
    rng = np.random.default_rng(5)
    shares = [random_hole(rng, 32, 32).mean() for _ in range(400)]
    counts, _ = np.histogram(shares, bins=[0.01, 0.2, 0.4, 0.6])
    assert counts.min() > 100


def test_weights_choose_the_kind(monkeypatch):
    drawn = []
    for name in HOLE_KINDS:
        monkeypatch.setitem(
            random_hole.__globals__["_MAKERS"],
            name,
            lambda *_, name=name: drawn.append(name),
        )
    rng = np.random.default_rng(0)
    for _ in range(300):
        random_hole(rng, 32, 32, 0.25, ("polygon", "ellipse", "worn_mask"), (3, 1, 0))
    assert drawn.count("worn_mask") == 0
    assert 2 < drawn.count("polygon") / drawn.count("ellipse") < 4.5


def test_a_worn_mask_is_passed_over_at_ratios_it_never_has():
    for seed in range(20):
        both, alone = (
            random_hole(np.random.default_rng(seed), 64, 64, 0.02, kinds)
            for kinds in (("worn_mask", "ellipse"), ("worn_mask",))
        )
        centre = [np.mean(np.nonzero(alone)[axis]) / 64 for axis in (0, 1)]
        np.testing.assert_allclose(centre, (0.74, 0.5), atol=0.1)
        assert not np.array_equal(both, alone)


def test_a_worn_mask_covers_nose_to_chin_and_no_eye():
    for seed in range(30):
        hole = draw("worn_mask", seed, 200, 200, 0.2)
        assert hole[146, 100], "mouth"
        assert hole[128, 100], "nose"
        assert not hole[80:96, 68:84].any() and not hole[80:96, 116:132].any(), "eyes"


def test_face_parts_lie_on_the_face():
    total = sum(draw("face_part", seed, 100, 100, (0.01, 0.1)) for seed in range(200))
    eyes, mouth = total[47, [38, 62]], total[73, 50]
    assert min(*eyes, mouth) > 10
    assert total[:8].max() == 0 and total[:, :8].max() == 0


def test_strokes_are_thin_and_polygons_solid():
    def thickness(hole):
        return cv2.distanceTransform(hole.astype("uint8"), cv2.DIST_L2, 5).max()

    strokes = [thickness(draw("free_form", s, 128, 128, 0.1)) for s in range(20)]
    polygons = [thickness(draw("polygon", s, 128, 128, 0.1)) for s in range(20)]
    assert np.median(strokes) < 0.6 * np.median(polygons)


def test_large_sizes_keep_their_shape():
    small, large = (draw("polygon", 3, s, s, 0.3) for s in (64, 256))
    shrunk = large.reshape(64, 4, 64, 4).mean(axis=(1, 3)) > 0.5
    overlap = (small & shrunk).sum() / (small | shrunk).sum()
    assert overlap > 0.9


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.1, (0.5, 0.2), (0.0, 0.5), math.nan])
def test_a_ratio_out_of_range_is_an_error(ratio):
    with pytest.raises(ValueError, match="`ratio` must be"):
        random_hole(np.random.default_rng(0), 16, 16, ratio)


@pytest.mark.parametrize("maker", MAKERS.values())
def test_an_empty_size_is_an_error(maker):
    with pytest.raises(ValueError, match="at least 1"):
        maker(np.random.default_rng(0), 0, 16, 0.2)


def test_kinds_and_weights_are_checked():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="`kinds` must be names"):
        random_hole(rng, 16, 16, kinds=("circle",))
    with pytest.raises(ValueError, match="`kinds` must be names"):
        random_hole(rng, 16, 16, kinds=())
    for weights in ((1,), (0, 0), (1, -1)):
        with pytest.raises(ValueError, match="`weights` must be 2 numbers"):
            random_hole(rng, 16, 16, kinds=("polygon", "ellipse"), weights=weights)
