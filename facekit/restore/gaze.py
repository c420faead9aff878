"""Turn the eyes of a face aside as its mirror image needs it."""

import cv2
import numpy as np

from facekit.data.face_regions import OUTLINES, draw_hull

# Corners of the eyes, the one farther to the left of the picture first, and how wide an
# iris is, as a share of the way between them.
_CORNERS = {"right_eye": (33, 133), "left_eye": (362, 263)}
_IRIS = 0.4
_PLACES = np.linspace(0.25, 0.75, 51)  # where its middle may be on that way
_ASIDE = 0.06  # how far it is from the middle of eyes that look aside
_LEAST_CONTRAST = 0.06  # of the range, between iris and white
_LEAST_PIXELS = 20
# Of the way between the corners: landmarks lie beside lids by so much, and what is
# turned fades out over so much.
_MARGIN, _SOFT = 0.03, 0.04


def eyes_aside(image, seen, landmarks):
    """Find eyes that do not look straight ahead.

    Args:
        image: float32, (height, width, 3), [0, 1].
        seen: bool, (height, width), what of the image is known.
        landmarks: (468, 2), pixels of the image.

    Returns:
        List of "right_eye", "left_eye", both or none; what is hidden or closed is
        left out.
    """
    places = {eye: _iris(image, seen, landmarks, eye) for eye in _CORNERS}
    return [eye for eye, place in places.items() if abs(place - 0.5) > _ASIDE]


def look_aside(image, landmarks, eyes):
    """Make eyes look as far to the other side.

    In a mirror image an eye that looks to the left looks to the right, and beside the
    other one it would squint. So what lies between the lids is turned around, and the
    lids stay.

    Args:
        image: float32, (height, width, 3), [0, 1].
        landmarks: (468, 2), pixels of the image.
        eyes: sequence of "right_eye" and "left_eye"; others are left alone.

    Returns:
        float32, like ``image``.
    """
    for eye in eyes:
        lids = _Lids(image.shape[:2], landmarks, eye)
        turned = cv2.remap(
            image, *lids.turned(), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        share = lids.soft()[..., None]
        image = image + share * (np.clip(turned, 0, 1) - image)
    return image


class _Lids:
    """Where pixels lie between the corners and the lids of an eye.

    Attributes:
        along: float64, (height, width), 0 = left corner, 1 = right corner.
        down: float64, (height, width), below the line of the corners, in the same unit.
    """

    def __init__(self, shape, landmarks, eye):
        self.shape = shape
        self.outline = np.asarray(landmarks, "float64")[list(OUTLINES[eye][0])]
        self.start, end = (np.asarray(landmarks[i], "float64") for i in _CORNERS[eye])
        self.way = end - self.start
        self.width = max(float(np.hypot(*self.way)), 1.0)
        self.along, self.down = self._place(np.indices(shape)[::-1])
        along, down = self._place(self.outline.T)
        # The outline starts at one corner; the lower lid comes first.
        half = len(along) // 2
        self._lower, self._upper = (
            (along[part][order], down[part][order])
            for part in (np.r_[0 : half + 1], np.r_[half : 2 * half, 0])
            for order in [np.argsort(along[part])]
        )

    def _place(self, points):
        x, y = points[0] - self.start[0], points[1] - self.start[1]
        across, up = self.way / self.width**2
        return x * across + y * up, y * across - x * up

    def opening(self):
        """bool, (height, width), between the lids."""
        return draw_hull(self.outline, self.shape)

    def soft(self):
        """float32, (height, width), [0, 1], the opening with soft edges."""
        reach = round(_MARGIN * self.width)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
        wide = cv2.dilate(self.opening().astype("float32"), disc)
        return cv2.GaussianBlur(wide, (0, 0), _SOFT * self.width)

    def turned(self):
        """Where each pixel lies if the eye is turned around, as float32 x and y."""
        other = 1 - self.along
        top, bottom, there_top, there_bottom = (
            np.interp(place, *lid)
            for place in (self.along, other)
            for lid in (self._upper, self._lower)
        )
        share = (self.down - top) / np.maximum(bottom - top, 0.05)
        down = there_top + share * np.maximum(there_bottom - there_top, 0.05)
        x = self.start[0] + other * self.way[0] - down * self.way[1]
        y = self.start[1] + other * self.way[1] + down * self.way[0]
        return np.float32(x), np.float32(y)


def _iris(image, seen, landmarks, eye):
    """Where the iris is on the way from the left corner; 0.5 if that is not seen."""
    lids = _Lids(seen.shape, landmarks, eye)
    inside = lids.opening()
    # What is hidden must not be turned to where something is seen.
    if inside.sum() < _LEAST_PIXELS or not seen[lids.soft() > 0].all():
        return 0.5
    along, light = lids.along[inside], image[inside].mean(-1)
    best, darkest = 0.5, _LEAST_CONTRAST
    for place in _PLACES:
        iris = np.abs(along - place) < _IRIS / 2
        if iris.any() and not iris.all():
            dark = light[~iris].mean() - light[iris].mean()
            if dark > darkest:
                best, darkest = float(place), dark
    return best
