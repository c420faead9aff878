"""Pure functions on ``keras.ops``."""

from facekit.ops.masks import composite, dilate_hole, hole_ratio, zero_missing

__all__ = ["composite", "dilate_hole", "hole_ratio", "zero_missing"]
