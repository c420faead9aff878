"""Photos, faces and seeded makers of training examples, in NumPy and OpenCV."""

from facekit.data.alignment import (
    align,
    alignment_transform,
    canonical_landmarks,
    paste_back,
)
from facekit.data.crops import aligned_crops
from facekit.data.face_regions import FACE_REGIONS, face_region
from facekit.data.faces import Face, find_faces
from facekit.data.folders import (
    centre_crop,
    identity_of,
    identity_table,
    load_folder,
    photo_files,
    split_by_identity,
)
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
from facekit.data.inpainting import (
    InpaintingExamples,
    as_pair,
    as_tf_dataset,
    prefetch,
)
from facekit.data.photos import Photo, list_photos, read_photo, write_photo

__all__ = [
    "FACE_REGIONS",
    "HOLE_BINS",
    "HOLE_KINDS",
    "Face",
    "InpaintingExamples",
    "InpaintingSequence",
    "Photo",
    "align",
    "aligned_crops",
    "alignment_transform",
    "as_pair",
    "as_tf_dataset",
    "canonical_landmarks",
    "centre_crop",
    "ellipse_hole",
    "face_part_hole",
    "face_region",
    "find_faces",
    "free_form_hole",
    "identity_of",
    "identity_table",
    "list_photos",
    "load_folder",
    "paste_back",
    "photo_files",
    "polygon_hole",
    "prefetch",
    "random_hole",
    "read_photo",
    "split_by_identity",
    "worn_mask_hole",
    "write_photo",
]


def __getattr__(name):
    # A PyDataset needs Keras, which photos and holes do without.
    if name == "InpaintingSequence":
        from facekit.data.inpainting_sequence import InpaintingSequence

        return InpaintingSequence
    raise AttributeError(f"module 'facekit.data' has no attribute {name!r}")
