"""Pure functions on ``keras.ops``."""

from facekit.ops.activations import gelu
from facekit.ops.blending import soft_light
from facekit.ops.masks import composite, dilate_hole, hole_ratio, zero_missing
from facekit.ops.pyramids import enlarge, pull_push
from facekit.ops.similarity import ssim_map

__all__ = [
    "composite",
    "dilate_hole",
    "enlarge",
    "gelu",
    "hole_ratio",
    "pull_push",
    "soft_light",
    "ssim_map",
    "zero_missing",
]
