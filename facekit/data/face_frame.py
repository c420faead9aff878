"""One face of one photo, with all that is drawn from it, for makers of damage."""

import zlib
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from facekit.data.face_regions import INNER_LIPS, OUTER_LIPS, OUTLINES, FaceCanvas
from facekit.data.faces import Face
from facekit.data.linear_light import LUMINANCE, luminance, to_bytes, to_light
from facekit.data.skin_colour import skin_likeness
from facekit.data.textures import blur, blur_within, smoothstep
from facekit.errors import NoFaceError, PhotoError

# Shares of the distance between the pupils.
_MARGIN_ABOVE, _MARGIN_BESIDE, _MARGIN_BELOW = 0.35, 0.55, 1.15
_PART_MARGIN = 0.03
_FEATHER = 0.02
_LIGHT_SIGMA = 0.3
_OUTLINE_FADE = 0.09
_MIN_UNIT = 4.0
# Beyond this place of the nose between the outer corners of the eyes, 0 and 1, one
# half of the face is out of sight.
_PROFILE = (-0.05, 1.05)
_RIGHT_CORNER, _LEFT_CORNER, _NOSE_TIP = 33, 263, 1


class Damage(NamedTuple):
    """A damaged photo, and what is damaged in it.

    Attributes:
        image: uint8, (height, width, 3), RGB. Outside ``changed`` it has the bytes of
            the photo.
        changed: bool, (height, width), True exactly where a byte differs.
        alpha: float32, (height, width), [0, 1]: how much covers each pixel. Of makeup
            and blemishes it is > 0 exactly where ``changed`` is True; of a worn mask
            it is the mask's own opacity, without its shadow.
    """

    image: np.ndarray
    changed: np.ndarray
    alpha: np.ndarray


class FaceFrame:
    """A face in its photo, cut out with a margin; its parts are drawn once, when asked.

    Makers take it in the place of landmarks, so that many kinds of damage to one photo
    share the work that depends on the photo alone. All pictures below have the shape of
    ``box``, float32 in [0, 1], 1 = inside.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``Face``, or (468, 2) points, pixels, MediaPipe's numbering.

    Attributes:
        image: the whole photo.
        box: pair of slices, the part of the photo around the face.
        points: float64, (468, 2), pixels of the box.
        unit: float, distance between the pupils in pixels (on a face turned aside, at
            least 0.9 times that from eyes to mouth).
        across: (x, y), unit vector from the right to the left eye.
        down: (x, y), unit vector from the eyes to the mouth.

    Raises:
        PhotoError: the image is not uint8 (height, width, 3).
        NoFaceError: the landmarks are none, too small, outside, or those of a profile.
    """

    def __init__(self, image, face):
        self.image = _checked_image(image)
        points = _checked_points(face)
        canvas = FaceCanvas(points, *image.shape[:2], _FEATHER)
        self.unit = float(canvas.unit)
        across = points[_LEFT_CORNER] - points[_RIGHT_CORNER]
        self.across = across / max(np.hypot(*across), 1e-9)
        self.down = canvas.down / max(np.hypot(*canvas.down), 1e-9)
        _check_view(points, self.unit, across)
        self.box = self._surroundings(points)
        self.points = points - [self.box[1].start, self.box[0].start]
        self.shape = tuple(part.stop - part.start for part in self.box)
        self._canvas = FaceCanvas(self.points, *self.shape, _FEATHER)
        self._cache = {}
        self._recent = {}
        self._notes = {}

    def _surroundings(self, points):
        height, width = self.image.shape[:2]
        reach = [
            points + self.unit * (x * self.across + y * self.down)
            for x in (-_MARGIN_BESIDE, _MARGIN_BESIDE)
            for y in (-_MARGIN_ABOVE, _MARGIN_BELOW)
        ]
        reach = np.concatenate(reach)
        limits = [width, height]
        low = np.clip(np.floor(reach.min(0)), 0, limits).astype(int).tolist()
        high = np.clip(np.ceil(reach.max(0)) + 1, 0, limits).astype(int).tolist()
        if min(high[0] - low[0], high[1] - low[1]) < 2:
            raise NoFaceError(
                f"Expected a face inside the photo of {width} x {height} pixels, "
                "received landmarks outside of it."
            )
        return np.s_[low[1] : high[1], low[0] : high[0]]

    @property
    def bytes(self):
        """uint8, (height, width, 3), the photo inside the box."""
        return self.image[self.box]

    @property
    def light(self):
        """float32, (height, width, 3), linear sRGB of the photo inside the box."""
        return self._remembered("light", lambda: to_light(self.bytes))

    def outline(self, numbers, margin=0.0):
        """Draw the inside of a closed outline, wider by a share of the unit."""
        return self._canvas.outline(numbers, margin)

    def polygon(self, points):
        """Draw the inside of a polygon (count, 2) of points of the box."""
        return self._canvas.fill(np.asarray(points, "float64"))

    def at(self, x, y, origin=None):
        """Return points of the box, given in units across and down from an origin."""
        origin = self.points[168] if origin is None else origin
        steps = np.multiply.outer(np.asarray(x, "float64"), self.across)
        steps += np.multiply.outer(np.asarray(y, "float64"), self.down)
        return origin + self.unit * steps

    def cached(self, name, draw):
        """Return a picture in [0, 1], drawn at the first call and kept compressed."""
        if name not in self._cache:
            picture = np.rint(255 * np.clip(draw(), 0, 1)).astype("uint8")
            self._cache[name] = zlib.compress(picture.tobytes(), 1)
        return self._remembered(name, lambda: self._unpacked(name))

    def noted(self, name, find_out):
        """Return what is small and depends on the face alone, found out only once."""
        if name not in self._notes:
            self._notes[name] = find_out()
        return self._notes[name]

    def _unpacked(self, name):
        picture = np.frombuffer(zlib.decompress(self._cache[name]), "uint8")
        return picture.reshape(self.shape) * np.float32(1 / 255)

    def _remembered(self, name, make):
        """Return what is needed often while one damage is made; ``finish`` forgets."""
        picture = self._recent.get(name)
        if picture is None:
            picture = make()
            picture.flags.writeable = False
            self._recent[name] = picture
        return picture

    @property
    def oval(self):
        """From hairline to chin, without ears."""
        return self.cached("oval", self._canvas.oval)

    @property
    def likeness(self):
        """Whether a pixel has the colour of this skin, lids and lips included."""
        return self.cached("likeness", self._draw_likeness)

    @property
    def skin(self):
        """Bare skin, without eyes, brows, lips, nostrils, hair and glasses."""
        return self.cached("skin", self._draw_skin)

    @property
    def inner_skin(self):
        """Bare skin, fading towards the outline of the face, where the neck goes on."""
        return self.cached("inner_skin", self._draw_inner_skin)

    @property
    def lips(self):
        """Lips without the open mouth."""
        return self.cached("lips", self._draw_lips)

    @property
    def eyes(self):
        """What the lids leave open."""
        return self.cached(
            "eyes",
            lambda: np.maximum(*[self.outline(part) for part in OUTLINES["eyes"]]),
        )

    @property
    def brows(self):
        """The two eyebrows."""
        return self.cached(
            "brows",
            lambda: np.maximum(*[self.outline(part) for part in OUTLINES["brows"]]),
        )

    def _draw_likeness(self):
        bare = self.oval * (1 - self.eyes) * (1 - self.brows)
        bare = bare * (1 - self.outline(OUTER_LIPS, _PART_MARGIN))
        return skin_likeness(self.bytes, bare, self.points, self.unit)

    def _draw_skin(self):
        skin = self.oval * self.likeness
        parts = (*OUTLINES["eyes"], *OUTLINES["brows"], OUTER_LIPS)
        for part in parts:
            skin *= 1 - self.outline(part, _PART_MARGIN)
        for nostril in ((60, 99, 97, 98), (290, 328, 326, 327)):
            middle = self.points[list(nostril)].mean(0)
            turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
            outline = self.at(0.085 * np.cos(turns), 0.055 * np.sin(turns), middle)
            skin *= 1 - self.polygon(outline)
        return skin

    def _draw_inner_skin(self):
        inside = blur(self.oval, _OUTLINE_FADE * self.unit)
        return self.skin * smoothstep(0.5, 0.95, inside)

    def _draw_lips(self):
        return self.outline(OUTER_LIPS) * (1 - self.outline(INNER_LIPS))

    @cached_property
    def brightness(self):
        """float, mean luminance of the skin in linear light."""
        return max(self._mean_colour @ LUMINANCE, 1e-3)

    @cached_property
    def _mean_colour(self):
        weight = self.skin + 1e-4 * self.oval + 1e-6
        return np.average(self.light.reshape(-1, 3), 0, weight.reshape(-1))

    @property
    def colour(self):
        """float64, (3,), mean linear sRGB of the skin."""
        return self._mean_colour

    @property
    def lighting(self):
        """float32, how much light falls there, relative to the mean of the skin.

        The luminance of the skin, smoothed over 0.3 units and continued beyond it.
        """
        return 2 * self.cached("lighting", self._draw_lighting)

    def _draw_lighting(self):
        weight = self.skin + np.float32(1e-3) * self.oval
        smooth = blur_within(luminance(self.light), weight, _LIGHT_SIGMA * self.unit)
        return np.clip(smooth / self.brightness, 0.15, 2) / 2

    @cached_property
    def light_direction(self):
        """(x, y), towards the light along the picture; length 1."""
        weight = (self.skin > 0.5).astype("float32")
        y, x = np.indices(self.shape, "float32")
        level = self.lighting
        total = max(weight.sum(), 1.0)
        level = (level - (level * weight).sum() / total) * weight
        x, y = (axis - (axis * weight).sum() / total for axis in (x, y))
        slope = np.array([(level * x).sum(), (level * y).sum()]) / total / self.unit
        # Lamps hang above more often than not; one seen to stand elsewhere counts more.
        slope = slope * 4 - 0.3 * self.down
        return slope / max(np.hypot(*slope), 1e-6)

    def finish(self, light, alpha, cover=None):
        """Put changed light back into the photo.

        Args:
            light: float32, (height, width, 3), linear sRGB of the box.
            alpha: float32, (height, width), of the box; 0 leaves the bytes alone.
            cover: float32 like ``alpha``, to be reported instead of it; None reports
                where bytes have changed. Defaults to None.

        Returns:
            ``Damage`` of the whole photo.
        """
        self._recent = {}
        height, width = self.image.shape[:2]
        image = self.image.copy()
        touched = (alpha > 0).astype("uint8")
        image[self.box] = cv2.copyTo(to_bytes(light), touched, self.bytes.copy())
        changed = np.zeros((height, width), bool)
        changed[self.box] = self._differs(image[self.box])
        whole = np.zeros((height, width), "float32")
        if cover is None:
            alpha = np.clip(alpha, 1 / 255, 1) * changed[self.box]
            whole[self.box] = alpha
        else:
            whole[self.box] = np.clip(cover, 0, 1)
        return Damage(image, changed, whole)

    def _differs(self, part):
        """Return where a picture of the box has other bytes than the photo."""
        red, green, blue = cv2.split(cv2.absdiff(part, self.bytes))
        return (red | green | blue) > 0


def face_frame(image, face):
    """Return a ``FaceFrame`` of a photo, or the one already given as ``face``.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``FaceFrame`` of this very image, ``Face`` or (468, 2) points.

    Raises:
        PhotoError, NoFaceError: as ``FaceFrame``.
    """
    if not isinstance(face, FaceFrame):
        return FaceFrame(image, face)
    if face.image is not image and not np.array_equal(face.image, image):
        raise ValueError("`face` must be a FaceFrame of `image`. Received: of another.")
    return face


def _checked_image(image):
    if not isinstance(image, np.ndarray):
        raise PhotoError(
            "Expected a photo as uint8 array of shape (height, width, 3), received "
            f"{type(image).__name__}."
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] != 3:
        raise PhotoError(
            "Expected a photo as uint8 array of shape (height, width, 3), received "
            f"{image.dtype} of shape {image.shape}."
        )
    return image


def _checked_points(face):
    if face is None or (isinstance(face, list | tuple) and not len(face)):
        raise NoFaceError("Expected a face, received none.")
    points = face.landmarks if isinstance(face, Face) else face
    points = np.asarray(points, "float64")
    if points.shape != (468, 2) or not np.isfinite(points).all():
        raise NoFaceError(
            "Expected a Face or 468 finite (x, y) landmarks, received an array of "
            f"shape {points.shape}."
        )
    return points


def _check_view(points, unit, across):
    if unit < _MIN_UNIT:
        raise NoFaceError(
            f"Expected a face with at least {_MIN_UNIT:.0f} pixels between the pupils, "
            f"received one with {unit:.1f}."
        )
    length = np.hypot(*across)
    nose = (points[_NOSE_TIP] - points[_RIGHT_CORNER]) @ across / max(length, 1e-9) ** 2
    if length < 0.45 * unit or not _PROFILE[0] < nose < _PROFILE[1]:
        raise NoFaceError("Expected a face that shows both eyes, received a profile.")
