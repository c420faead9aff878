"""Pure functions on ``keras.ops``."""

from facekit.ops.activations import gelu
from facekit.ops.blending import soft_light
from facekit.ops.colour import (
    camera_to_srgb,
    decode_srgb,
    encode_srgb,
    white_balanced_weights,
)
from facekit.ops.masks import composite, dilate_hole, hole_ratio, zero_missing
from facekit.ops.multi_scale_similarity import multi_scale_similarity
from facekit.ops.pyramids import enlarge, pull_push
from facekit.ops.similarity import ssim_map
from facekit.ops.skin import skin_channels, skin_reflectance
from facekit.ops.skin_edit import edit_ratio
from facekit.ops.skin_units import pigment_fraction, pigment_units

__all__ = [
    "camera_to_srgb",
    "composite",
    "decode_srgb",
    "dilate_hole",
    "edit_ratio",
    "encode_srgb",
    "enlarge",
    "gelu",
    "hole_ratio",
    "multi_scale_similarity",
    "pigment_fraction",
    "pigment_units",
    "pull_push",
    "skin_channels",
    "skin_reflectance",
    "soft_light",
    "ssim_map",
    "white_balanced_weights",
    "zero_missing",
]
