"""Pure functions on ``keras.ops``."""

from facekit.ops.masks import composite, dilate_hole, hole_ratio, zero_missing
from facekit.ops.pyramids import enlarge, pull_push

__all__ = [
    "composite",
    "dilate_hole",
    "enlarge",
    "hole_ratio",
    "pull_push",
    "zero_missing",
]
