"""Photos, faces and seeded makers of training examples, in NumPy and OpenCV."""

from facekit.data.holes import (
    HOLE_BINS,
    HOLE_KINDS,
    ellipse_hole,
    face_part_hole,
    free_form_hole,
    polygon_hole,
    random_hole,
    worn_mask_hole,
)

__all__ = [
    "HOLE_BINS",
    "HOLE_KINDS",
    "ellipse_hole",
    "face_part_hole",
    "free_form_hole",
    "polygon_hole",
    "random_hole",
    "worn_mask_hole",
]
