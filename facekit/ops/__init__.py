"""Pure functions on ``keras.ops``."""

from facekit.ops.colour import (
    camera_to_srgb,
    decode_srgb,
    encode_srgb,
    white_balanced_weights,
)
from facekit.ops.masks import composite, dilate_hole, hole_ratio, zero_missing
from facekit.ops.pyramids import enlarge, pull_push
from facekit.ops.skin import skin_channels, skin_reflectance

__all__ = [
    "camera_to_srgb",
    "composite",
    "decode_srgb",
    "dilate_hole",
    "encode_srgb",
    "enlarge",
    "hole_ratio",
    "pull_push",
    "skin_channels",
    "skin_reflectance",
    "white_balanced_weights",
    "zero_missing",
]
