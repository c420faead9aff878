"""Last touches on faces that were drawn into a photo: soft seams, and pores."""

import cv2
import numpy as np

from facekit.data.alignment import align, transform_points
from facekit.data.face_regions import draw_hull
from facekit.restore.exemplars import transfer_detail
from facekit.restore.parsing import SKIN, parsed_square
from facekit.restore.squares import change_photo, in_square, own_square, square_box
from facekit.restore.symmetry import SIDE

_SEAM = 0.7  # pixels of a square of 256 pixels, standard deviation of a blur


def soften_seam(image, drawn, beside, face):
    """Soften, in place, the edge between a face and what was filled in beside it.

    Args:
        image: uint8, (height, width, 3), a photo that is filled.
        drawn: bool, (height, width), what was drawn of faces.
        beside: bool, (height, width), what else was filled.
        face: ``Face``.
    """
    transform, size = own_square(face)
    box = square_box(transform, size, drawn.shape)
    drawn, beside = drawn[box], beside[box]
    if not drawn.any() or not beside.any():
        return
    blur = _SEAM * size / SIDE
    kernel = np.ones((2 * round(blur) + 1,) * 2, "uint8")
    near = [cv2.dilate(x.astype("uint8"), kernel) > 0 for x in (drawn, beside)]
    seam = near[0] & near[1] & (drawn | beside)
    softened = cv2.GaussianBlur(image[box], (0, 0), blur)
    np.copyto(image[box], softened, where=seam[..., None])


def add_grain(image, hole, face, parsings):
    """Give what was drawn of a face, and other skin, the pores of its skin, in place.

    It is done in a square of up to 1024 pixels.

    Args:
        image: uint8, (height, width, 3), a photo that is filled.
        hole: bool, (height, width), what was filled.
        face: ``Face``.
        parsings: list of ``Parsing``.
    """
    transform, size = own_square(face)
    drawn = in_square(hole, transform, size)
    hull = draw_hull(transform_points(face.landmarks, transform), drawn.shape)
    hull |= parsed_square(parsings, transform, size)[..., SKIN] > 0.5
    if (drawn & hull).any():
        crop = align(image, transform, size) / np.float32(255)
        with_grain = transfer_detail(crop, 1 - drawn.astype("float32"), hull)
        change_photo(image, hole, transform, with_grain - crop)
