"""Figures of restored pictures: a function and a Keras metric for each."""

from facekit.metrics.colour_difference import ColourDifference, colour_difference
from facekit.metrics.feature_distance import FeatureDistance, feature_distance
from facekit.metrics.hole_bin_table import HoleBinTable
from facekit.metrics.pixel import L1, PSNR, l1, psnr
from facekit.metrics.ssim import SSIM, ssim

__all__ = [
    "L1",
    "PSNR",
    "SSIM",
    "ColourDifference",
    "FeatureDistance",
    "HoleBinTable",
    "colour_difference",
    "feature_distance",
    "l1",
    "psnr",
    "ssim",
]
