"""Figures by the size of the hole."""

import math

import numpy as np
import pytest

from facekit.data import HOLE_BINS
from facekit.metrics import HoleBinTable


def test_rows_are_means_within_bins():
    rng = np.random.default_rng(0)
    ratios, figures = rng.uniform(0.01, 0.6, 200), rng.normal(size=200)
    table = HoleBinTable(HOLE_BINS)
    for part in range(4):
        chosen = slice(50 * part, 50 * (part + 1))
        table.add(ratios[chosen], psnr=figures[chosen], l1=-figures[chosen])
    assert table.left_out == 0
    for row, (low, high) in zip(table.rows(), HOLE_BINS, strict=True):
        inside = (ratios >= low) & (ratios < high)
        assert (row["low"], row["high"], row["count"]) == (low, high, inside.sum())
        assert row["psnr"] == pytest.approx(figures[inside].mean())
        assert row["l1"] == pytest.approx(-figures[inside].mean())


def test_borders_belong_to_one_bin_and_the_rest_is_counted():
    table = HoleBinTable([(0.1, 0.2), (0.2, 0.3)])
    table.add([0.1, 0.2, 0.3, 0.05, 0.31], psnr=[1, 2, 3, 4, 5])
    assert [row["count"] for row in table.rows()] == [2, 1]
    assert table.left_out == 2


def test_an_empty_bin_is_nan():
    table = HoleBinTable([(0.1, 0.2), (0.2, 0.3)])
    table.add([0.15], psnr=[30.0])
    assert table.rows()[0]["psnr"] == 30.0
    assert math.isnan(table.rows()[1]["psnr"])


@pytest.mark.parametrize("bins", [(), [(0.2, 0.1)], [(0.1, 0.2, 0.3)]])
def test_bins_are_checked(bins):
    with pytest.raises(ValueError, match="`bins` must be pairs"):
        HoleBinTable(bins)


def test_figures_are_checked():
    table = HoleBinTable(HOLE_BINS)
    with pytest.raises(ValueError, match="`psnr` must be one number"):
        table.add([0.1, 0.2], psnr=[1.0])
    table.add([0.1], psnr=[1.0])
    with pytest.raises(ValueError, match="must be named"):
        table.add([0.1], ssim=[1.0])
