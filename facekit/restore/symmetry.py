"""Draw what is hidden of a head like its other side."""

import cv2
import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.data.alignment import similarity, transform_points
from facekit.data.face_chart import ThinPlate
from facekit.data.face_regions import draw_hull, feature_areas
from facekit.data.faces import mirror_order
from facekit.data.smooth_fill import smooth_fill
from facekit.restore.gaze import eyes_aside, look_aside

_BACKGROUND = PARSING_CLASSES.index("background")
_HEAD = [PARSING_CLASSES.index(name) for name in ("skin", "hair")]
SIDE = 256  # pixels, at which both sides are laid over one another
_MOUTH = 13  # landmark, below which hoods and shoulders may be
_NODE = 4  # pixels between which the map of one side to the other is interpolated
_FRAME = 6  # points along each border of the square that do not bend
_EVERY = 3  # landmarks, of which one bends the map
_UNIT = 0.25  # of the square
# Shares of the square: how far hair and neck reach beyond the face, and wisps of hair
# beyond what is known to be hair.
_BESIDE, _WISPS = 0.2, 0.03
# Landmarks of a face that is turned aside differ by more than this share of its height
# from those of its mirror image, on average; of such a head only the face is mirrored.
_TURNED = 0.03
# Shares of the square: holes no wider than the first are left alone; how wide a rim
# around wider ones is compared, how far the other side may be off, how much is smoothed
# before colours are compared, which leaves out strands of hair and pores, and over how
# much light differs on both sides of a feature.
_THIN, _RIM, _SHIFT, _SMOOTH, _LIGHT = 0.06, 0.047, 0.02, 0.008, 0.04
_BLACK = 0.05  # of the range; much darker pixels are as good as black
# What moving by a pixel has to gain, of the range.
_MOVE = 4e-4
_LEAST_HIDDEN, _LEAST_RIM = 30, 60  # pixels
# Shares of the range: both sides go together if half of the rim differs by less than
# the first but for one step in colour, where the nearest of it differs by less than the
# second, as half of the rim of a feature does but for the light. Beside the face, what
# differs by more than the third lies on one side alone.
_LIKE_MOST, _LIKE, _SAME = 0.08, 0.06, 0.12
# An eye is drawn as a whole or not at all, and so is a brow, by its own rim, if such a
# share of it is hidden, and so much seen on the other side; of a mouth, of which each
# half has to do for the other, the last.
_LEAST_LOST, _LEAST_SEEN, _LEAST_MOUTH = 0.2, 0.75, 0.5
_LEAST_SKIN = 0.5  # of what is hidden of a face beside its features, or none
# What is thinner than this share of the square is not drawn, or left out.
_SCRAP = 0.03


def mirror_head(image, known, landmarks, classes=None):
    """Draw what is hidden of a head like its other side, where that is seen and fits.

    The other side is bent by the landmarks of both and moved a little. It fits where
    the nearest parts of the rim look alike; the difference that is left there is
    continued smoothly. Eyes look where the seen ones look.

    Args:
        image: float32, (size, size, 3), [0, 1], an aligned face; the size is a multiple
            of 256. What is hidden is never read.
        known: float32, (size, size), 1 = known, 0 = hidden.
        landmarks: (468, 2), pixels of the square.
        classes: float32, (size, size, 4), shares of
            ``facekit.conventions.PARSING_CLASSES``, in the hole as well. In the face,
            but for its features, only what is the same thing on both sides is drawn,
            and steps in colour go on within each thing. Defaults to None, not known.

    Returns:
        Pair of the picture, and where it was drawn, bool (size, size).
    """
    size = known.shape[::-1]
    factor = len(known) // SIDE
    small, seen = (
        cv2.resize(x, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        for x in (image, known)
    )
    points = (np.asarray(landmarks, "float64") + 0.5) / factor - 0.5
    things = np.zeros(seen.shape, "uint8")
    if classes is not None:
        things = cv2.resize(classes, seen.shape, interpolation=cv2.INTER_AREA)
        things = things.argmax(-1).astype("uint8")
    seen = seen > 0.99
    eyes = eyes_aside(small, seen, points)
    mirrored = look_aside(small, points, eyes)[:, ::-1]
    sides = _Sides(small, mirrored, seen, points, things)
    mirrored = look_aside(image, np.asarray(landmarks), eyes)[:, ::-1]
    drawn, changed = image.copy(), np.zeros(known.shape, bool)
    for part, place in sides.parts():
        fits, places, step, rim = sides.fit(part, place)
        if not fits.any():
            continue
        # Pixels are counted from the middle of the first one.
        places = factor * (cv2.resize(places, size) + 0.5) - 0.5
        other = _remapped(mirrored, places, cv2.INTER_CUBIC)
        fits = cv2.resize(fits.astype("uint8"), size)
        changed |= (fits > 0) & (known < 0.5)
        # A little more, for those who interpolate.
        fits = cv2.dilate(fits, np.ones((5, 5), "uint8"))[..., None] > 0
        # What is darker than the rim is changed less: brown eyes do not turn black.
        share = (other + _BLACK) / (cv2.resize(rim, size) + _BLACK)
        other = other + np.clip(share, 0, 1) * cv2.resize(step, size)
        other = np.clip(other, 0, 1)
        drawn = np.where(fits & (known < 0.5)[..., None], other, drawn)
    return drawn, changed


class _Sides:
    """A face and its mirror image, with what is known of both."""

    def __init__(self, image, mirrored, seen, landmarks, things):
        self.image = image
        self.things = things
        self.seen = seen
        self.landmarks = landmarks
        self.face = draw_hull(landmarks, seen.shape)
        self.places = _opposite(landmarks)
        # Cubics reach two pixels far.
        whole = cv2.erode(seen.astype("uint8"), np.ones((5, 5), "uint8"))
        self.other = _remapped(mirrored, self.places)
        there = _remapped(whole[:, ::-1].astype("float32"), self.places)
        opposite = _remapped(things[:, ::-1], self.places, cv2.INTER_NEAREST)
        # A face that is turned may hide its outline on one side.
        like = np.isin(opposite, _HEAD) == np.isin(things, _HEAD)
        person = things != _BACKGROUND
        if person.any():  # What is behind a head has no other side; shoulders have.
            person |= self.face
            person[round(landmarks[_MOUTH, 1]) :] = True
            near = cv2.dilate(person.astype("uint8"), _disc(round(_WISPS * SIDE)))
            like &= near > 0
        # Brows are taken for hair, too.
        features = np.any([area for area, _ in self._features()], 0)
        like &= features | (opposite == things)
        self.there = (there > 0.99) & like

    def parts(self):
        """Yield wide parts of the hole, and where their rims may lie."""
        hidden = (~self.seen).astype("uint8")
        disc = _disc(round(_THIN * SIDE / 2))
        wide = cv2.morphologyEx(hidden, cv2.MORPH_OPEN, disc)
        away = cv2.distanceTransform((~self.face).astype("uint8"), cv2.DIST_L2, 5)
        beside = (away > 0) & (away < _BESIDE * SIDE)
        areas = [(self.face, self.face)]
        if not is_turned(self.landmarks):
            areas.append((beside, np.ones_like(beside)))
        for area, place in areas:
            count, labels = cv2.connectedComponents(wide * area)
            _, holes = cv2.connectedComponents(hidden * area)
            for label in range(1, count):
                # With the corners that have been rounded, and nothing beside it.
                part = labels == label
                own = (holes == holes[part][0]) & (part | (labels == 0))
                yield own & (cv2.dilate(part.astype("uint8"), disc) > 0), place

    def fit(self, part, place):
        """Lay the other side over a part of the hole.

        Returns:
            Where it fits, bool; the places of all pixels in the mirror image; the step
            in colour; and in a face the colours of its rim there, or else 0.
        """
        rim = _around(part) & place & self.seen
        x, y = self._best_move(rim)
        move = np.float32([[1, 0, x], [0, 1, y]])
        places = cv2.warpAffine(
            self.places, move, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
        )
        there = cv2.warpAffine(self.there.astype("uint8"), move, (SIDE, SIDE)) > 0
        both = rim & there
        step = np.where(both[..., None], self.image - self._moved(x, y), 0)
        fits = np.zeros_like(part)
        if (part & there).sum() < _LEAST_HIDDEN or both.sum() < _LEAST_RIM:
            return fits, places, step, np.zeros_like(step)
        smooth = _smoothed(step, both)
        weight = both.astype("float32")
        if _mostly_alike(smooth[both]):
            apart = np.zeros((*part.shape, 1), "float32")
            apart[both, 0] = _differences(smooth[both])
            fits = part & (smooth_fill(apart, weight)[..., 0] < _LIKE)
        if part[self.face].any():
            features = np.any([area for area, _ in self._features()], 0)
            skin = part & ~features
            if (fits & there)[skin].sum() < _LEAST_SKIN * skin.sum():
                fits[skin] = False
            # Light from one side is continued with the step.
            local = smooth - _smoothed(step, both, _LIGHT)
            for feature, least in self._features():
                some, around = feature & part, _around(feature) & both
                if some.any():
                    whole = there[some].mean() >= least
                    alike = whole and _mostly_alike(local[around], _LIKE)
                    lost = some.sum() > _LEAST_LOST * feature.sum()
                    fits[some] = alike & (lost | fits[some])
        else:
            weight *= np.abs(smooth).max(-1) < _SAME
        fits = (fits & there).astype("uint8")
        disc = _disc(round(_SCRAP * SIDE / 2))
        whole = cv2.morphologyEx(fits, cv2.MORPH_CLOSE, disc) * (part & there)
        fits = cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc) > 0
        step = self._continued(step, weight)
        rim = np.zeros_like(step)
        if part[self.face].any():
            rim = self._continued(self._moved(x, y), weight)
        return fits, places, step, rim

    def _continued(self, step, weight):
        """Colours of a rim, continued by each thing for itself."""
        whole = smooth_fill(step, weight)
        for thing in np.unique(self.things):
            here = self.things == thing
            if (weight * here).any():
                whole[here] = smooth_fill(step, weight * here)[here]
        return whole

    def _moved(self, x, y):
        move = np.float32([[1, 0, x], [0, 1, y]])
        return cv2.warpAffine(
            self.other, move, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
        )

    def _best_move(self, rim):
        """By how many pixels the other side goes best with a rim, (x, y)."""
        reach = round(_SHIFT * SIDE)
        rows, columns = np.nonzero(rim)
        best, least = (0, 0), np.inf
        for y in range(-reach, reach + 1):
            for x in range(-reach, reach + 1):
                there = np.stack([rows - y, columns - x]).clip(0, SIDE - 1)
                there = tuple(there)
                known = self.there[there]
                if known.sum() < max(0.5 * len(rows), _LEAST_RIM):
                    continue
                apart = self.image[rows[known], columns[known]]
                apart = apart - self.other[there][known]
                found = _differences(apart).mean() + _MOVE * np.hypot(x, y)
                if found < least:
                    best, least = (x, y), found
        return best

    def _features(self):
        """Eyes, brows and mouth, and how much has to be seen of their like."""
        areas = feature_areas(self.landmarks, SIDE)
        return zip(areas, (*[_LEAST_SEEN] * 4, _LEAST_MOUTH), strict=True)


def is_turned(points):
    """Whether a face is turned aside, so that its sides are not alike.

    Args:
        points: (468, 2), landmarks.
    """
    mirrored = points[mirror_order()] * (-1, 1)
    mirrored = transform_points(mirrored, similarity(mirrored, points))
    apart = np.linalg.norm(mirrored - points, axis=1).mean()
    return apart > _TURNED * np.ptp(points, axis=0).max()


def _opposite(points):
    """Where each pixel lies in the mirror image, float32 (SIDE, SIDE, 2)."""
    mirrored = points[mirror_order()] * (-1, 1) + (SIDE - 1, 0)
    along = np.linspace(0, SIDE - 1, _FRAME)
    border = np.stack(np.meshgrid(along, along), -1)
    border = border[(border % (SIDE - 1) == 0).any(-1)]
    stiff = transform_points(border, similarity(points, mirrored))
    unit = _UNIT * SIDE
    plate = ThinPlate(
        np.concatenate([points[::_EVERY], border]) / unit,
        np.concatenate([mirrored[::_EVERY], stiff]),
    )
    nodes = np.arange(0, SIDE + _NODE, _NODE, dtype="float64")
    grid = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    values = plate(grid / unit).reshape(len(nodes), len(nodes), 2).astype("float32")
    along = np.arange(SIDE, dtype="float32") / _NODE
    return cv2.remap(values, *np.meshgrid(along, along), cv2.INTER_LINEAR)


def _remapped(values, places, interpolation=cv2.INTER_LINEAR):
    return cv2.remap(np.ascontiguousarray(values), places, None, interpolation)


def _disc(reach):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)


def _around(area):
    return cv2.dilate(area.astype("uint8"), _disc(round(_RIM * SIDE))) > 0


def _smoothed(values, where, share=_SMOOTH):
    weight = where.astype("float32")[..., None]
    sums = np.dstack([values * weight, weight])
    sums = cv2.GaussianBlur(sums, (0, 0), share * SIDE)
    return sums[..., :-1] / np.maximum(sums[..., -1:], 1e-3)


def _differences(steps):
    """How much (count, 3) colours differ, but for one step, (count,)."""
    return np.abs(steps - np.median(steps, 0)).mean(-1)


def _mostly_alike(steps, most=_LIKE_MOST):
    """Whether most of a rim looks alike: hair may hang over the rest."""
    return len(steps) >= _LEAST_RIM and np.median(_differences(steps)) < most
