"""Photos, faces and seeded makers of training examples, in NumPy and OpenCV."""

from facekit.data.alignment import (
    align,
    alignment_transform,
    canonical_landmarks,
    paste_back,
)
from facekit.data.crops import aligned_crops
from facekit.data.faces import Face, find_faces
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
from facekit.data.photos import Photo, list_photos, read_photo, write_photo

__all__ = [
    "Face",
    "Photo",
    "align",
    "aligned_crops",
    "alignment_transform",
    "canonical_landmarks",
    "find_faces",
    "list_photos",
    "paste_back",
    "read_photo",
    "write_photo",
    "HOLE_BINS",
    "HOLE_KINDS",
    "ellipse_hole",
    "face_part_hole",
    "free_form_hole",
    "polygon_hole",
    "random_hole",
    "worn_mask_hole",
]
