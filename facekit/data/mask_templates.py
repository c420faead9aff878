"""Pictures of face masks with six key points, to be put on faces."""

import configparser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from facekit.data.face_chart import ThinPlate
from facekit.data.linear_light import to_light
from facekit.data.photos import read_photo
from facekit.errors import DataError, PhotoError

# Where the key points of a mask lie on the chart of a face.
_CHART_POINTS = {
    "front": ((-0.95, 0.46), (0, 0.18), (0.95, 0.46), (-0.92, 1.12), (0, 1.84),
              (0.92, 1.12)),
    "left": ((-0.85, 0.46), (0, 0.18), (0.95, 0.44), (-0.82, 1.16), (0, 1.84),
             (0.93, 1.1)),
    "right": ((-0.95, 0.44), (0, 0.18), (0.85, 0.46), (-0.93, 1.1), (0, 1.84),
              (0.82, 1.16)),
}  # fmt: skip
_LONGEST = 640


@dataclass(frozen=True)
class MaskTemplate:
    """A picture of a face mask.

    Attributes:
        name: str.
        picture: uint8, (height, width, 3), RGB.
        opacity: float32, (height, width), [0, 1].
        points: float64, (6, 2), pixels: a, b, c along the upper edge from left to
            right, d, e, f along the lower one.
        view: "front", or the side of the picture that the mask points to: "left" or
            "right".
    """

    name: str
    picture: np.ndarray
    opacity: np.ndarray
    points: np.ndarray
    view: str

    @cached_property
    def light(self):
        """float32, (height, width, 3), linear sRGB, continued beyond the mask."""
        return to_light(self.picture)

    @cached_property
    def from_chart(self):
        """``ThinPlate`` from the chart of a face to pixels of the picture."""
        return ThinPlate(np.array(_CHART_POINTS[self.view]), self.points)


def load_mask_templates(folder):
    """Read pictures of face masks with key points, as MaskTheFace has them.

    Args:
        folder: path of a folder that holds ``keypoints.cfg`` and RGBA pictures. The
            file has a section for each mask with the picture's name (``template``) and
            ``mask_a`` to ``mask_f``, each ``x, y`` in pixels; a section whose name ends
            in ``_left`` or ``_right`` shows a mask from the side. Sections without a
            ``template`` are passed over.

    Returns:
        List of ``MaskTemplate``, in the order of the file.

    Raises:
        DataError: the folder or file is missing or of another form, or a picture
            cannot be read or has no transparency.

    Reference: Anwar and Raychowdhury, Masked Face Recognition for Secure
        Authentication, 2020 (github.com/aqeelanwar/MaskTheFace).
    """
    file = Path(folder) / "keypoints.cfg"
    parser = configparser.ConfigParser()
    try:
        with file.open(encoding="utf-8") as lines:
            parser.read_file(lines)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise DataError(
            f"{file}: expected a readable file of key points of face masks."
        ) from error
    templates = [
        _read_template(file, name, parser[name])
        for name in parser.sections()
        if "template" in parser[name]
    ]
    if not templates:
        raise DataError(f"{file}: expected a section with a template, found none.")
    return templates


def _read_template(file, name, section):
    try:
        points = [
            [float(value) for value in section[f"mask_{letter}"].split(",")]
            for letter in "abcdef"
        ]
        points = np.array(points, "float64").reshape(6, 2)
    except (KeyError, ValueError) as error:
        raise DataError(
            f"{file}: expected six points mask_a to mask_f, each 'x, y', in "
            f"the section {name}."
        ) from error
    path = file.parent / Path(section["template"].strip()).name
    try:
        photo = read_photo(path)
    except PhotoError as error:
        raise DataError(str(error)) from error
    if photo.alpha is None:
        raise DataError(f"{path}: expected a picture with transparency, found none.")
    view = next((side for side in ("left", "right") if name.endswith(side)), "front")
    return _prepared(name, photo.image, photo.alpha, points, view)


def _prepared(name, picture, alpha, points, view):
    """Reduce a picture to a size worth keeping, its edges freed from their ground."""
    scale = min(1.0, _LONGEST / max(picture.shape[:2]))
    solid = (alpha > 200).astype("uint8")
    # The colour of half-transparent pixels is that of a table or a wall.
    picture = cv2.inpaint(
        picture, cv2.erode(1 - solid, None) | (1 - solid), 3, cv2.INPAINT_TELEA
    )
    size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    opacity = cv2.medianBlur(alpha, 5).astype("float32") / 255
    opacity = cv2.resize(opacity, size, interpolation=cv2.INTER_AREA)
    opacity = cv2.GaussianBlur(opacity, (0, 0), 0.8)
    return MaskTemplate(name, picture, opacity, (points + 0.5) * scale - 0.5, view)
