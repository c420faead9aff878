"""Photos, faces and seeded makers of training examples, in NumPy and OpenCV."""

from facekit.data.alignment import (
    align,
    alignment_transform,
    canonical_landmarks,
    paste_back,
)
from facekit.data.blemishes import BLEMISH_FAMILIES, BLEMISH_KINDS, add_blemishes
from facekit.data.crops import aligned_crops, aligned_faces
from facekit.data.damaged_examples import (
    BlemishExamples,
    MakeupExamples,
    WornMaskExamples,
)
from facekit.data.example_pool import ExamplePool
from facekit.data.examples import as_pair, as_tf_dataset, prefetch
from facekit.data.face_frame import Damage, FaceFrame
from facekit.data.face_regions import FACE_REGIONS, face_region
from facekit.data.face_texture import FaceTexture
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
from facekit.data.inpainting import InpaintingExamples
from facekit.data.makeup import (
    MAKEUP_FAMILIES,
    MAKEUP_LOOKS,
    MAKEUP_PARTS,
    apply_makeup,
)
from facekit.data.makeup_transfer import TRANSFER_PARTS, transfer_makeup
from facekit.data.mask_templates import MaskTemplate, load_mask_templates
from facekit.data.mixed_makeup import MixedMakeupExamples
from facekit.data.photos import Photo, list_photos, read_photo, write_photo
from facekit.data.worn_masks import WORN_MASK_KINDS, wear_mask

__all__ = [
    "BLEMISH_FAMILIES",
    "BLEMISH_KINDS",
    "FACE_REGIONS",
    "HOLE_BINS",
    "HOLE_KINDS",
    "MAKEUP_FAMILIES",
    "MAKEUP_LOOKS",
    "MAKEUP_PARTS",
    "TRANSFER_PARTS",
    "WORN_MASK_KINDS",
    "BlemishExamples",
    "Damage",
    "ExamplePool",
    "ExampleSequence",
    "Face",
    "FaceFrame",
    "FaceTexture",
    "InpaintingExamples",
    "InpaintingSequence",
    "MakeupExamples",
    "MaskTemplate",
    "MixedMakeupExamples",
    "Photo",
    "WornMaskExamples",
    "add_blemishes",
    "align",
    "aligned_crops",
    "aligned_faces",
    "alignment_transform",
    "apply_makeup",
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
    "load_mask_templates",
    "paste_back",
    "photo_files",
    "polygon_hole",
    "prefetch",
    "random_hole",
    "read_photo",
    "split_by_identity",
    "transfer_makeup",
    "wear_mask",
    "worn_mask_hole",
    "write_photo",
]


def __getattr__(name):
    # A PyDataset needs Keras, which photos and holes do without.
    if name == "ExampleSequence":
        from facekit.data.example_sequence import ExampleSequence

        return ExampleSequence
    if name == "InpaintingSequence":
        from facekit.data.inpainting_sequence import InpaintingSequence

        return InpaintingSequence
    raise AttributeError(f"module 'facekit.data' has no attribute {name!r}")
