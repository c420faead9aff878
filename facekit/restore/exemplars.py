"""Fill a hole with patches of the photo around it: hair, cloth, background."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

_RADIUS = 3  # of a patch, pixels
_SIDE = 2 * _RADIUS + 1
_COARSEST = 64  # longest side, pixels, at which a hole is closed ring by ring
_FINEST = 256  # longest side at which patches are searched
_RING = 2.0  # pixels
_ROUNDS = 2
_COMPONENTS = 24
_MAX_SOURCES = 8192
_MIN_SOURCES = 64
_CHUNK = 2048
# Detail is what a blur of so many pixels, at the searched resolution, takes away; it is
# limited to so many times its mean.
_DETAIL, _FAINT = 1.5, 2.5
# The pixel itself comes last.
_AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1), (0, 0))
_STEPS = ((0, 2), (0, -2), (2, 0), (-2, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
# A patch from the other end of the square counts like one that differs by a half.
_FAR = 0.25
# A neighbour's match is preferred if it is worse by no more than this.
_COHERENCE = 1.15
# Votes of patches farther inside the hole count less, by this factor a pixel.
_TRUST = 1.2


def fill_by_exemplars(image, known, face=None):
    """Fill a hole so that every patch in it looks like a known one.

    At a low resolution the hole is closed ring by ring from outside. Then, at this and
    each finer one, every patch that touches the hole looks for the most similar known
    patch, near ones first, and what is filled becomes the average of what those say.
    Beyond 256 pixels the same patches are taken at the higher resolution.

    Args:
        image: float32, (height, width, 3), [0, 1]. Unknown pixels are never read.
        known: float32, (height, width), 1 = known, 0 = hole.
        face: bool, (height, width), True = face; patches whose middle lies in it fill
            nothing outside it. Defaults to None, no face.

    Returns:
        float32, (height, width, 3), [0, 1], known pixels unchanged; None if too little
        is known to fill from.

    Reference: Criminisi et al. 2004; Wexler et al., Space-time completion of video,
    2007; Barnes et al., PatchMatch, 2009.
    """
    known = known > 0.5
    face = np.zeros(known.shape, bool) if face is None else face
    levels = [_Level(np.where(known[..., None], image, 0), known, face)]
    while max(levels[-1].known.shape) > _COARSEST:
        levels.append(levels[-1].halved())
    filled = matches = None
    for level in reversed(levels):
        if not level.has_sources():
            return None
        if filled is None:
            filled = level.peeled()
        size = level.known.shape[::-1]
        filled = cv2.resize(filled, size, interpolation=cv2.INTER_CUBIC)
        filled = np.where(level.known[..., None], level.image, filled)
        filled = np.clip(filled, 0, 1)
        if max(size) <= _FINEST:
            filled, matches = level.refined(filled)
        elif matches:
            filled, matches = level.copied(filled, matches)
    return filled


def transfer_detail(image, known, face):
    """Give what was drawn into a face the pores and the grain of its known skin.

    Every patch that was drawn looks for the most similar known one of the face, and
    gets as much of its fine detail, what smoothing takes away, as it lacks. Of strong
    detail, such as lashes, no more is taken over than of skin.

    Args:
        image: float32, (size, size, 3), [0, 1], an aligned face, filled.
        known: float32, (size, size), 1 = known, 0 = drawn.
        face: bool, (size, size), True = face.

    Returns:
        float32, (size, size, 3), [0, 1]; only what was drawn in the face changes.
    """
    size = known.shape[::-1]
    factor = -(-max(size) // _FINEST)
    small = [-(-length // factor) for length in size]
    share = cv2.resize(known.astype("float32"), small, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(face.astype("float32"), small, interpolation=cv2.INTER_AREA)
    reduced = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    level = _Level(reduced, share > 0.99, inside > 0.5)
    level.valid &= level.face
    targets = np.argwhere(~level.known & level.face)
    if not len(targets) or level.valid.sum() < _MIN_SOURCES:
        return image
    matches = level.matched(reduced, targets)
    detail = image - cv2.GaussianBlur(image, (0, 0), _DETAIL * factor)
    usual = np.abs(detail[(known > 0.5) & face]).mean()
    power = cv2.GaussianBlur(np.square(detail).mean(-1), (0, 0), 2 * _DETAIL * factor)
    detail = np.clip(detail, -_FAINT * usual, _FAINT * usual)
    moves = np.zeros((*share.shape, 2), int)
    moves[tuple(targets.T)] = matches.sources - targets
    drawn = np.argwhere((known <= 0.5) & face)
    sources = drawn + factor * moves[tuple((drawn // factor).T)]
    sources = np.clip(sources, 0, np.array(known.shape) - 1)
    drawn, sources = tuple(drawn.T), tuple(sources.T)
    # Where nothing was matched a pixel is its own source and lacks nothing.
    lacking = 1 - power[drawn] / np.maximum(power[sources], 1e-9)
    filled = image.copy()
    filled[drawn] += np.sqrt(np.clip(lacking, 0, 1))[:, None] * detail[sources]
    return np.clip(filled, 0, 1)


@dataclass
class _Matches:
    """Centres of patches that touch a hole, and of the known ones they look like."""

    targets: np.ndarray  # (count, 2), rows and columns
    sources: np.ndarray  # (count, 2)
    distances: np.ndarray | None = None  # (count,), mean squared difference


class _Level:
    """A picture with a hole at one resolution."""

    def __init__(self, image, known, face):
        self.image = image.astype("float32")
        self.known = known
        self.face = face
        kernel = np.ones((_SIDE, _SIDE), "uint8")
        whole = cv2.erode(known.astype("uint8"), kernel) > 0
        inner = np.zeros_like(known)
        inner[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS] = True
        self.valid = whole & inner
        self.touched = ~whole

    @cached_property
    def _all_sources(self):
        return _Sources(self.image, self.valid)

    @cached_property
    def _sources_outside(self):
        return _Sources(self.image, self.valid & ~self.face)

    def halved(self):
        height, width = self.known.shape
        size = ((width + 1) // 2, (height + 1) // 2)
        share, face = (
            cv2.resize(mask.astype("float32"), size, interpolation=cv2.INTER_AREA)
            for mask in (self.known, self.face)
        )
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA)
        image /= np.maximum(share, 1e-6)[..., None]
        known = share >= 0.5
        return _Level(np.where(known[..., None], image, 0), known, face > 0.5)

    def has_sources(self):
        outside = (self.touched & ~self.face).any()
        usable = self.valid & ~self.face if outside else self.valid
        return self.known.all() or usable.sum() >= _MIN_SOURCES

    def peeled(self):
        """Close the hole ring by ring; only what is known already is compared."""
        image, known = self.image.copy(), self.known.copy()
        while not known.all():
            distance = cv2.distanceTransform((~known).astype("uint8"), cv2.DIST_L2, 3)
            ring = ~known & (distance <= _RING)
            matches = self._search(image, np.argwhere(ring), known)
            image[ring] = self._voted(image, matches)[ring]
            known |= ring
        return image

    def refined(self, image):
        """Look for similar patches, and average what they say, a few times."""
        targets, matches = np.argwhere(self.touched), None
        if not len(targets):
            return image, matches
        hole = ~self.known
        for _ in range(_ROUNDS):
            matches = self.matched(image, targets)
            image = np.where(hole[..., None], self._voted(image, matches), image)
        return image, matches

    def matched(self, image, targets):
        """Match targets so that neighbours go together."""
        matches = self._search(image, targets)
        self._spread(image, matches)
        return matches

    def copied(self, image, matches):
        """Copy from where the patches came from at half the resolution."""
        size = np.array(self.known.shape)
        half = (size + 1) // 2
        sources = np.full((*half, 2), -1)
        sources[tuple(matches.targets.T)] = matches.sources
        targets = np.argwhere(~self.known)
        total = np.zeros((len(targets), 4), "float32")
        found = np.empty_like(targets)
        for step in _AROUND:
            near = np.clip(targets // 2 + step, 0, half - 1)
            theirs = sources[tuple(near.T)]
            moved = targets + 2 * (theirs - near)
            usable = (theirs[:, 0] >= 0) & (moved >= 0).all(1) & (moved < size).all(1)
            usable &= self.known[tuple(np.clip(moved, 0, size - 1).T)]
            total[usable, :3] += self.image[tuple(moved[usable].T)]
            total[usable, 3] += 1
            found[usable] = moved[usable]
        some = total[:, 3] > 0
        targets, total = targets[some], total[some]
        image[tuple(targets.T)] = total[:, :3] / total[:, 3:]
        return image, _Matches(targets, found[some])

    def _search(self, image, targets, known=None):
        """Match every target with the most similar of the allowed sources."""
        sources = np.empty_like(targets)
        distances = np.empty(len(targets), "float32")
        in_face = self.face[tuple(targets.T)]
        for chosen, name in ((in_face, "_all_sources"), (~in_face, "_sources_outside")):
            if chosen.any():
                index, wanted = getattr(self, name), targets[chosen]
                if known is None:
                    found = index.nearest(_patches(image), wanted)
                else:
                    found = index.nearest_known(_patches(image), wanted, known)
                sources[chosen], distances[chosen] = found
        return _Matches(targets, sources, distances)

    def _spread(self, image, matches):
        """Take over the matches of neighbours, moved alike, that are hardly worse."""
        patches = _patches(image)
        targets, sources = matches.targets, matches.sources
        matches.distances = _differences(patches, targets, sources)
        in_face = self.face[tuple(targets.T)]
        limits = np.array(self.known.shape) - 1
        for step in _STEPS:
            field = np.full((*self.known.shape, 2), -1)
            field[tuple(targets.T)] = sources
            neighbour = targets + step
            inside = ((neighbour >= 0) & (neighbour <= limits)).all(1)
            theirs = field[tuple(np.clip(neighbour, 0, limits).T)]
            moved = np.clip(theirs - step, 0, limits)
            places = tuple(moved.T)
            usable = inside & (theirs[:, 0] >= 0) & (moved != sources).any(1)
            usable &= self.valid[places] & (in_face | ~self.face[places])
            chosen = np.flatnonzero(usable)
            if not len(chosen):
                continue
            found = _differences(patches, targets[chosen], moved[chosen])
            better = found < matches.distances[chosen] * _COHERENCE
            chosen, found = chosen[better], found[better]
            sources[chosen], matches.distances[chosen] = moved[chosen], found

    def _voted(self, image, matches):
        """Average, at every pixel, the sources of all patches that cover it."""
        depth = cv2.distanceTransform(self.touched.astype("uint8"), cv2.DIST_L2, 5)
        usual = np.quantile(matches.distances, 0.75) + 1e-6
        weights = np.maximum(np.exp(-matches.distances / (2 * usual)), 1e-4)
        weights *= _TRUST ** -np.minimum(depth[tuple(matches.targets.T)], 20)
        weights = weights.astype("float32")[:, None]
        ones = np.ones((*image.shape[:2], 1), "float32")
        padded = _padded(np.concatenate((image, ones), -1))
        votes = np.zeros_like(padded)
        for row in range(_SIDE):
            for column in range(_SIDE):
                to = tuple((matches.targets + (row, column)).T)
                values = padded[tuple((matches.sources + (row, column)).T)]
                votes[to] += weights * values
        votes = votes[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
        return votes[..., :3] / np.maximum(votes[..., 3:], 1e-12)


class _Sources:
    """The known patches of a picture, to be looked through."""

    def __init__(self, image, allowed):
        places = np.argwhere(allowed)
        self.places = places[:: -(-len(places) // _MAX_SOURCES)]
        self.values = _rows(_patches(image), self.places)
        self.mean = self.values.mean(0)
        covariance = np.cov(self.values, rowvar=False).astype("float32")
        self.axes = np.linalg.eigh(covariance)[1][:, -_COMPONENTS:]
        self.far = np.float32(_FAR / max(image.shape[:2]) ** 2)
        codes = self._codes(self.values, self.places)
        power = np.square(codes).sum(1, keepdims=True)
        self.codes = np.hstack([-2 * codes, power]).T.copy()

    def _codes(self, values, places):
        """Principal components and, as heavy as meant, the place."""
        scale = np.sqrt(self.far * values.shape[1])
        codes = ((values - self.mean) @ self.axes, scale * places)
        return np.hstack(codes).astype("float32")

    def nearest(self, patches, targets):
        """Return the most similar sources, and how much they differ."""
        best = np.empty(len(targets), int)
        for part in _chunks(targets):
            codes = self._codes(_rows(patches, targets[part]), targets[part])
            codes = np.pad(codes, ((0, 0), (0, 1)), constant_values=1)
            best[part] = (codes @ self.codes).argmin(1)
        sources = self.places[best]
        return sources, _differences(patches, targets, sources)

    def nearest_known(self, patches, targets, known):
        """The same by the pixels of each target that are known."""
        weights = _patches(np.repeat(known[..., None], 3, -1).astype("float32"))
        best = np.empty(len(targets), int)
        distances = np.empty(len(targets), "float32")
        for part in _chunks(targets):
            weight = _rows(weights, targets[part])
            ours = weight * _rows(patches, targets[part])
            error = weight @ np.square(self.values).T - 2 * ours @ self.values.T
            error += np.square(ours).sum(1, keepdims=True)
            error /= np.maximum(weight.sum(1, keepdims=True), 1)
            away = targets[part][:, None] - self.places
            error += self.far * np.square(away).sum(-1).astype("float32")
            best[part], distances[part] = error.argmin(1), error.min(1)
        return self.places[best], np.maximum(distances, 0)


def _chunks(targets):
    return [np.s_[k : k + _CHUNK] for k in range(0, len(targets), _CHUNK)]


def _rows(patches, places):
    """Patches as (count, 3 * side * side)."""
    return patches[tuple(places.T)].reshape(len(places), -1)


def _patches(image):
    """Views of all patches by their centres, (height, width, 3, side, side)."""
    windows = np.lib.stride_tricks.sliding_window_view
    return windows(_padded(image), (_SIDE, _SIDE), (0, 1))


def _padded(image):
    return np.pad(image, ((_RADIUS, _RADIUS), (_RADIUS, _RADIUS), (0, 0)), "reflect")


def _differences(patches, targets, sources):
    """Mean squared differences of patches."""
    found = np.empty(len(targets), "float32")
    for part in _chunks(targets):
        error = _rows(patches, targets[part]) - _rows(patches, sources[part])
        found[part] = np.square(error).mean(1)
    return found
