"""Fill a hole with patches of the photo around it: hair, cloth, background."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows

from facekit.restore.patches import (
    RADIUS,
    SIDE,
    Sources,
    differences,
    padded,
    patches_of,
)

_COARSEST = 128  # longest side, pixels, at which a hole is closed ring by ring
_FINEST = 256  # longest side at which patches are searched
_RING = 2.0  # pixels
_MIN_SOURCES = 64
_ROUNDS = 3  # of matching at each of these resolutions
# As what mean squared difference it counts if a patch comes from the other end of the
# picture; the second, if there is a mirror image, which lies where it belongs.
_FAR, _FAR_MIRRORED = 0.03, 0.15
# Detail is what a blur of so many pixels, at the searched resolution, takes away; it is
# limited to so many times its mean.
_DETAIL, _FAINT = 1.5, 2.5
# Colours are averages, detail beyond a blur of so many pixels is copied, as long as
# blurred colours differ by little more than this: strands on a wall would be specks.
_SMOOTH, _OF_THE_SAME = 3.0, 0.08
# Where averages differ from what is around by more than this, an edge was drawn, and
# colours are copied, too, at twice as much all of them.
_EDGE = 0.04
# The pixel itself comes last.
_AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1), (0, 0))
_STEPS = ((0, 2), (0, -2), (2, 0), (-2, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
# A neighbour's match is preferred if it is worse by no more than this.
_COHERENCE = 1.15
# Votes of patches farther inside the hole count less, by this factor a pixel.
_TRUST = 1.6


def fill_by_exemplars(image, known, face=None, axis=None, sources=None):
    """Fill a hole so that every patch in it looks like a known one.

    At a low resolution the hole is closed ring by ring from outside. Then, at this and
    each finer one, every patch that touches the hole looks for the most similar known
    patch, near ones first, and what is filled becomes the average of what those say,
    three times over. At the end detail is copied from where most of the patches that
    cover a pixel point, so that it is sharp; beyond 256 pixels at the higher
    resolution.

    Args:
        image: float32, (height, width, 3), [0, 1]. Unknown pixels are never read.
        known: float32, (height, width), 1 = known, 0 = hole.
        face: bool, (height, width), True = face; patches whose middle lies in it fill
            nothing outside it. Defaults to None, no face.
        axis: float, column of a head's middle. Heads and shoulders are much the same on
            both sides, so the mirror image is searched as well, as if it lay over the
            picture. Defaults to None, no mirror image.
        sources: bool, (height, width), what of the known may be copied. Defaults to
            None, all of it.

    Returns:
        float32, (height, width, 3), [0, 1], known pixels unchanged; None if too little
        is known to fill from.

    Reference: Criminisi et al. 2004; Wexler et al., Space-time completion of video,
    2007; Barnes et al., PatchMatch, 2009.
    """
    known = known > 0.5
    face = np.zeros(known.shape, bool) if face is None else face
    image = np.where(known[..., None], image, 0)
    levels = [_Level(image, known, face, axis, sources)]
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
            last = level is levels[0] or 2 * max(size) > _FINEST
            for left in reversed(range(_ROUNDS)):
                filled, matches = level.refined(filled, last and not left)
        elif matches:
            filled, matches = level.copied(filled, matches)
    return np.clip(filled, 0, 1)


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
    sources: np.ndarray  # (count, 2), columns of the mirror image follow on
    distances: np.ndarray | None = None  # (count,), mean squared difference

    def select(self, chosen):
        return _Matches(self.targets[chosen], self.sources[chosen])


class _Level:
    """A picture with a hole at one resolution."""

    def __init__(self, image, known, face, axis=None, sources=None):
        self.image = image.astype("float32")
        self.known = known
        self.sources = known if sources is None else known & sources
        self.face = face
        self.axis = axis
        kernel = np.ones((SIDE, SIDE), "uint8")
        self.touched = cv2.erode(known.astype("uint8"), kernel) == 0
        whole = cv2.erode(self.sources.astype("uint8"), kernel) > 0
        inner = np.zeros_like(known)
        inner[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
        self.valid = self._searched(whole & inner)
        self.usable = self.valid & ~self._searched(face)

    def _searched(self, values):
        """Values, and those of the mirror image beside them, if that is searched."""
        return values if self.axis is None else np.hstack([values, values[:, ::-1]])

    @cached_property
    def _all_sources(self):
        return self._sources(self.valid)

    @cached_property
    def _sources_outside(self):
        return self._sources(self.usable)

    def _sources(self, allowed):
        columns, far = np.arange(self.known.shape[1]), _FAR
        if self.axis is not None:
            # The mirror image lies over the picture.
            columns = np.concatenate([columns, 2 * self.axis - columns[::-1]])
            far = _FAR_MIRRORED
        return Sources(self._searched(self.image), allowed, columns, far)

    def halved(self):
        height, width = self.known.shape
        size = ((width + 1) // 2, (height + 1) // 2)
        share, face, sources = (
            cv2.resize(mask.astype("float32"), size, interpolation=cv2.INTER_AREA)
            for mask in (self.known, self.face, self.sources)
        )
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA)
        image /= np.maximum(share, 1e-6)[..., None]
        known = share >= 0.5
        image = np.where(known[..., None], image, 0)
        axis = None if self.axis is None else (self.axis + 0.5) / 2 - 0.5
        sources = known & (sources >= np.minimum(share, 0.99))
        return _Level(image, known, face > 0.5, axis, sources)

    def has_sources(self):
        outside = (self.touched & ~self.face).any()
        usable = self.usable if outside else self.valid
        return self.known.all() or usable.sum() >= _MIN_SOURCES

    def peeled(self):
        """Close the hole ring by ring; only what is known already is compared."""
        image, known = self.image.copy(), self.known.copy()
        compared = self.sources.copy()
        while not known.all():
            distance = cv2.distanceTransform((~known).astype("uint8"), cv2.DIST_L2, 3)
            ring = ~known & (distance <= _RING)
            matches = self._search(image, np.argwhere(ring), compared)
            image[ring] = self._voted(matches)[ring]
            known |= ring
            compared |= ring
        return image

    def refined(self, image, last):
        """Look for similar patches, and average what they say.

        The last time detail, and all of an edge, is copied from where most of them
        point.
        """
        targets, matches = np.argwhere(self.touched), None
        if not len(targets):
            return image, matches
        matches = self.matched(image, targets)
        image = np.where(self.known[..., None], image, self._voted(matches))
        if last:
            matches = self._agreed(matches)
            places, sources = tuple(matches.targets.T), tuple(matches.sources.T)
            smooth = self._smooth(image, np.ones_like(self.known), _SMOOTH)
            theirs = self._smooth(self.image, self.sources, _SMOOTH)
            apart = np.abs(self._searched(theirs)[sources] - smooth[places]).max(-1)
            share = np.exp(-np.square(apart / _OF_THE_SAME))[:, None]
            detail = self._searched(self._detail(_SMOOTH))
            softened = smooth[places] + share * detail[sources]
            contrast = np.abs(image - smooth).max(-1, keepdims=True)
            contrast = self._smooth(contrast, np.ones_like(self.known), _SMOOTH / 2)
            edge = np.clip(contrast[places] / _EDGE - 1, 0, 1)
            copied = self._searched(self.image)[sources]
            image[places] = softened + edge * (copied - softened)
            matches = matches.select(share[:, 0] > 0.5)
        return image, matches

    def _detail(self, sigma):
        """What a blur takes away from what is known, but of edges no more than that."""
        detail = self.image - self._smooth(self.image, self.sources, sigma)
        usual = _FAINT * np.abs(detail[self.sources]).mean()
        return np.clip(detail, -usual, usual)

    def _smooth(self, image, known, sigma):
        """Means of known pixels nearby, of the face and of all else for themselves."""
        result = np.empty_like(image)
        for region in (self.face, ~self.face):
            weight = (known & region).astype("float32")[..., None]
            sums = np.dstack([image * weight, weight])
            sums = cv2.GaussianBlur(sums, (0, 0), sigma)[region]
            result[region] = sums[:, :-1] / np.maximum(sums[:, -1:], 1e-3)
        return result

    def matched(self, image, targets):
        """Match targets so that neighbours go together."""
        matches = self._search(image, targets)
        self._spread(image, matches)
        return matches

    def copied(self, image, matches):
        """Copy detail from where it came from at half the resolution."""
        half = (np.array(self.known.shape) + 1) // 2
        sources = np.full((*half, 2), -1)
        sources[tuple(matches.targets.T)] = matches.sources
        targets = np.argwhere(~self.known)
        detail = self._searched(self._detail(_DETAIL))
        known = self._searched(self.sources)
        size = np.array(known.shape)
        total = np.zeros((len(targets), 4), "float32")
        found = np.empty_like(targets)
        for step in _AROUND:
            near = np.clip(targets // 2 + step, 0, half - 1)
            theirs = sources[tuple(near.T)]
            moved = targets + 2 * (theirs - near)
            usable = (theirs[:, 0] >= 0) & (moved >= 0).all(1) & (moved < size).all(1)
            usable &= known[tuple(np.clip(moved, 0, size - 1).T)]
            total[usable, :3] += detail[tuple(moved[usable].T)]
            total[usable, 3] += 1
            found[usable] = moved[usable]
        some = total[:, 3] > 0
        targets, total = targets[some], total[some]
        image[tuple(targets.T)] += total[:, :3] / total[:, 3:]
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
                    found = index.nearest(patches_of(image), wanted)
                else:
                    found = index.nearest_known(patches_of(image), wanted, known)
                sources[chosen], distances[chosen] = found
        return _Matches(targets, sources, distances)

    def _spread(self, image, matches):
        """Take over the matches of neighbours, moved alike, that are hardly worse."""
        targets, sources = matches.targets, matches.sources
        patches = patches_of(image), patches_of(self._searched(self.image))
        matches.distances = differences(*patches, targets, sources)
        in_face = self.face[tuple(targets.T)]
        limits = np.array(self.known.shape) - 1
        last = np.array(self.valid.shape) - 1
        for step in _STEPS:
            field = np.full((*self.known.shape, 2), -1)
            field[tuple(targets.T)] = sources
            neighbour = targets + step
            inside = ((neighbour >= 0) & (neighbour <= limits)).all(1)
            theirs = field[tuple(np.clip(neighbour, 0, limits).T)]
            moved = np.clip(theirs - step, 0, last)
            places = tuple(moved.T)
            usable = inside & (theirs[:, 0] >= 0) & (moved != sources).any(1)
            usable &= np.where(in_face, self.valid[places], self.usable[places])
            chosen = np.flatnonzero(usable)
            if not len(chosen):
                continue
            found = differences(*patches, targets[chosen], moved[chosen])
            better = found < matches.distances[chosen] * _COHERENCE
            chosen, found = chosen[better], found[better]
            sources[chosen], matches.distances[chosen] = moved[chosen], found

    def _weights(self, matches):
        """How much each match counts, float32 (count,)."""
        depth = cv2.distanceTransform(self.touched.astype("uint8"), cv2.DIST_L2, 5)
        usual = np.quantile(matches.distances, 0.75) + 1e-6
        weights = np.maximum(np.exp(-matches.distances / (2 * usual)), 1e-4)
        weights *= _TRUST ** -np.minimum(depth[tuple(matches.targets.T)], 20)
        return weights.astype("float32")

    def _agreed(self, matches):
        """For every missing pixel the source to which most of its patches point."""
        (height, width), shape = self.valid.shape, self.known.shape
        weights, moves = np.zeros(shape, "float32"), np.zeros(shape, "int64")
        places = tuple(matches.targets.T)
        weights[places] = self._weights(matches)
        moves[places] = (matches.sources - matches.targets) @ (2 * width, 1)
        targets = np.argwhere(~self.known)
        # Patches that cover each pixel, those with the same move next to one another.
        weights, moves = (
            windows(np.pad(x, RADIUS), (SIDE, SIDE))[tuple(targets.T)]
            for x in (weights, moves)
        )
        weights, moves = (x.reshape(len(targets), -1) for x in (weights, moves))
        order = np.argsort(moves, 1, kind="stable")
        weights, moves = (np.take_along_axis(x, order, 1) for x in (weights, moves))
        totals = np.cumsum(weights, 1)
        starts = np.diff(moves, axis=1, prepend=moves[:, :1] - 1) != 0
        before = np.where(starts, totals - weights, 0)
        totals -= np.maximum.accumulate(before, 1)
        move = np.take_along_axis(moves, totals.argmax(1)[:, None], 1)
        rows = np.floor_divide(move + width, 2 * width)
        sources = targets + np.hstack([rows, move - 2 * width * rows])
        return _Matches(targets, np.clip(sources, 0, (height - 1, width - 1)))

    def _voted(self, matches):
        """Average, at every pixel, the sources of all patches that cover it."""
        weights = self._weights(matches)[:, None]
        image = np.dstack([self.image, np.ones_like(self.image[..., 0])])
        votes = np.zeros_like(padded(image))
        image = padded(self._searched(image))
        # Pixels are counted through; that is faster than by rows and columns.
        widths = votes.shape[1], image.shape[1]
        ours, theirs = (x.reshape(-1, x.shape[-1]) for x in (votes, image))
        corners = (matches.targets, matches.sources)
        to, source = (x @ (w, 1) for x, w in zip(corners, widths, strict=True))
        for row in range(SIDE):
            for column in range(SIDE):
                there = theirs[source + (row * widths[1] + column)]
                ours[to + (row * widths[0] + column)] += weights * there
        votes = votes[RADIUS:-RADIUS, RADIUS:-RADIUS]
        return votes[..., :3] / np.maximum(votes[..., 3:], 1e-12)
