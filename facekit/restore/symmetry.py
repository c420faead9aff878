"""Draw a hidden eye or corner of the mouth like the one on the other side."""

import cv2
import numpy as np

from facekit.data.face_regions import OUTER_LIPS, OUTLINES, draw_hull
from facekit.restore.border import match_border

SIDE = 256  # pixels, at which both sides are laid over one another
# Shares of the square: how far features reach beyond their outlines, how wide a rim
# around a hidden one is compared, how far landmarks may be off, across and down, and
# how much is smoothed before it is compared with what was drawn.
_MARGIN, _RIM, _SHIFT, _SMOOTH = 0.03, 0.05, (0.04, 0.025), 0.012
_LEAST_HIDDEN, _LEAST_COVERED = 20, 0.8
# Root mean squares of the range: known rims must differ by less than the first, what
# was drawn, smoothed, by less than the second.
_LIKE_RIM, _LIKE_DRAWN = 0.1, 0.08


def mirror_features(image, mask, landmarks):
    """Draw what is hidden of eyes, brows and mouth like the other side of the face.

    It is done where the mirrored face, moved a little, fits the rim around what is
    hidden and does not contradict what was drawn there: two eyes of one face then have
    one colour. Between both, the difference at the border is continued smoothly.

    Args:
        image: float32, (size, size, 3), [0, 1], an aligned face, filled; the size is a
            multiple of 256.
        mask: float32, (size, size), 1 = known, 0 = drawn.
        landmarks: (468, 2), pixels of the square.

    Returns:
        Pair of the picture, and where it was changed, bool (size, size).
    """
    size = len(mask)
    factor = size // SIDE
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    known = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 0.99
    sides = _Sides(small, known, (landmarks + 0.5) / factor - 0.5)
    changed = np.zeros(mask.shape, bool)
    for area, place in sides.features():
        found = sides.fit(area, place)
        if found is None:
            continue
        place, step = found
        area = cv2.resize(area.astype("uint8"), (size, size)) > 0
        # Pixels are counted from the middle of the first one.
        middle = 0.5 - place[:, :2].sum(1) / 2
        place = np.column_stack(
            [place[:, :2], factor * (place[:, 2] + middle) - middle]
        )
        other = _warped(image[:, ::-1], place, cv2.INTER_CUBIC)
        there = _warped(mask[:, ::-1], place, cv2.INTER_LINEAR) > 0.99
        part = area & there & (mask == 0)
        moved = np.where(part[..., None], np.clip(other - step, 0, 1), image)
        image = match_border(moved.astype("float32"), 1 - part.astype("float32"))
        changed |= part
    return image, changed


def _warped(values, place, interpolation):
    size = values.shape[1::-1]
    return cv2.warpAffine(
        np.ascontiguousarray(values), place, size, flags=interpolation
    )


def _opposite():
    """Landmarks of both eyes with brows and of the mouth, with those opposite."""
    eyes = [
        [*eye, *brow]
        for eye, brow in zip(OUTLINES["eyes"], OUTLINES["brows"], strict=True)
    ]
    lips = list(OUTER_LIPS)
    half = len(lips) // 2
    return [(*eyes,), (*eyes[::-1],), (lips, [lips[half - k] for k in range(2 * half)])]


class _Sides:
    """A face and its mirror image, with what is known of both."""

    def __init__(self, image, known, landmarks):
        self.image = image
        self.known = known
        self.landmarks = landmarks
        self.face = draw_hull(landmarks, known.shape)
        self.other = image[:, ::-1]
        whole = cv2.erode(known.astype("uint8"), np.ones((3, 3), "uint8"))
        self.other_known = whole[:, ::-1].astype("float32")

    def features(self):
        """Yield masks of features, and the (2, 3) matrix from the mirror image."""
        reach = round(_MARGIN * SIDE)
        kernel = np.ones((2 * reach + 1,) * 2, "uint8")
        left = np.arange(SIDE)[None] < self.landmarks[list(OUTER_LIPS), 0].mean()
        mirrored = self.landmarks * (-1, 1) + (SIDE - 1, 0)
        for numbers, opposite in _opposite():
            area = draw_hull(self.landmarks[numbers], self.known.shape)
            area = cv2.dilate(area.astype("uint8"), kernel) > 0
            source = np.column_stack([mirrored[opposite], np.ones(len(opposite))])
            place = np.linalg.lstsq(source, self.landmarks[numbers], rcond=None)[0].T
            halves = (left, ~left) if numbers[0] == OUTER_LIPS[0] else (True,)
            for half in halves:
                yield area & half, place

    def fit(self, area, place):
        """Find where the other side fits best, near a place.

        Returns:
            The (2, 3) matrix from the mirror image, and its step in colour; None if
            it does not fit, or nothing is hidden.
        """
        part = area & ~self.known
        if part.sum() < _LEAST_HIDDEN:
            return None
        reach = round(_RIM * SIDE)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
        near = cv2.dilate(part.astype("uint8"), disc) > 0
        box = _box(near)
        part, rim = part[box], (near & self.known & self.face)[box]
        across, down = (round(share * SIDE) for share in _SHIFT)
        pad = ((down, down), (across, across))
        other = _warped(self.other, place, cv2.INTER_LINEAR)
        other = np.pad(other, (*pad, (0, 0)))
        there = _warped(self.other_known, place, cv2.INTER_LINEAR) > 0.99
        there = np.pad(there, pad)
        best, least = None, np.inf
        for y in range(-down, down + 1):
            for x in range(-across, across + 1):
                rows, columns = (
                    slice(s.start + far - step, s.stop + far - step)
                    for s, far, step in zip(box, (down, across), (y, x), strict=True)
                )
                moved, known = other[rows, columns], there[rows, columns]
                if (part & known).sum() < _LEAST_COVERED * part.sum():
                    continue
                found = self._compare(self.image[box], moved, part & known, rim & known)
                if found and sum(found[:2]) < least:
                    best, least = (*found, (x, y)), sum(found[:2])
        if best is None or best[0] > _LIKE_RIM or best[1] > _LIKE_DRAWN:
            return None
        shifted = place.copy()
        shifted[:, 2] += best[3]
        return shifted, best[2]

    def _compare(self, image, other, part, rim):
        """Differences at the rim and inside, and the step in colour between both."""
        if rim.sum() < _LEAST_HIDDEN or not part.any():
            return None
        step = (other - image)[rim].mean(0)
        at_rim = np.square((other - image)[rim] - step).mean() ** 0.5
        sigma = _SMOOTH * SIDE
        apart = cv2.GaussianBlur(other - step - image, (0, 0), sigma)
        return at_rim, np.square(apart[part]).mean() ** 0.5, step


def _box(mask):
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
