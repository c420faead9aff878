"""Square patches of a picture, and a search for the most similar ones."""

from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

RADIUS = 3  # of a patch, pixels
SIDE = 2 * RADIUS + 1
_COMPONENTS = 24
_MAX_SOURCES = 8192
_CHUNK = 256  # so that a processor's cache holds what they are compared by


class Sources:
    """The known patches of a picture, to be looked through.

    Args:
        image: float32, (height, width, 3).
        allowed: bool, (height, width), the middles of patches that may be found.
        columns: (width,), where each column is taken to lie.
        far: float, as what mean squared difference it counts if a patch comes from
            the other end of the picture.
    """

    def __init__(self, image, allowed, columns, far):
        self.patches = patches_of(image)
        places = np.argwhere(allowed)
        self.places = places[:: -(-len(places) // _MAX_SOURCES)]
        self.where = np.stack([self.places[:, 0], columns[self.places[:, 1]]], -1)
        self.values = _rows(self.patches, self.places)
        self.mean = self.values.mean(0)
        covariance = np.cov(self.values, rowvar=False).astype("float32")
        self.axes = np.linalg.eigh(covariance)[1][:, -_COMPONENTS:]
        self.far = np.float32(far / max(len(image), np.ptp(columns)) ** 2)
        codes = self._codes(self.values, self.where)
        power = np.square(codes).sum(1, keepdims=True)
        self.codes = np.hstack([-2 * codes, power]).T.copy()

    def _codes(self, values, places):
        """Principal components and, as heavy as meant, the place."""
        scale = np.sqrt(self.far * values.shape[1])
        codes = ((values - self.mean) @ self.axes, scale * places)
        return np.hstack(codes).astype("float32")

    def nearest(self, patches, targets):
        """Find the most similar patches, near ones first.

        Args:
            patches: ``patches_of`` a picture.
            targets: int, (count, 2), rows and columns of the middles of some of them.

        Returns:
            Pair of the middles of what was found, (count, 2), and mean squared
            differences, (count,).
        """
        best = np.empty(len(targets), int)
        for part in _chunks(targets):
            codes = self._codes(_rows(patches, targets[part]), targets[part])
            codes = np.pad(codes, ((0, 0), (0, 1)), constant_values=1)
            best[part] = (codes @ self.codes).argmin(1)
        sources = self.places[best]
        return sources, differences(patches, self.patches, targets, sources)

    def nearest_known(self, patches, targets, known):
        """The same by the pixels that are known, bool (height, width)."""
        weights = patches_of(np.repeat(known[..., None], 3, -1).astype("float32"))
        best = np.empty(len(targets), int)
        distances = np.empty(len(targets), "float32")
        for part in _chunks(targets):
            weight = _rows(weights, targets[part])
            ours = weight * _rows(patches, targets[part])
            # (a - b)^2 = a^2 - 2 a b + b^2, of the pixels and of the places.
            place = targets[part].astype("float32")
            count = np.maximum(weight.sum(1, keepdims=True), 1)
            terms = weight / count, -2 * ours / count, -2 * self.far * place
            error = np.hstack([*terms, np.ones_like(count)]) @ self._weighed
            found = error.argmin(1)
            own = np.square(ours).sum(1) / count[:, 0]
            own += self.far * np.square(place).sum(1)
            best[part] = found
            distances[part] = error[np.arange(len(found)), found] + own
        return self.places[best], np.maximum(distances, 0)

    @cached_property
    def _weighed(self):
        """By what weights, weighted pixels and places are multiplied, for a sum."""
        where = self.where.astype("float32")
        power = self.far * np.square(where).sum(1, keepdims=True)
        return np.hstack([np.square(self.values), self.values, where, power]).T.copy()


def _chunks(targets):
    return [np.s_[k : k + _CHUNK] for k in range(0, len(targets), _CHUNK)]


def _rows(patches, places):
    """Patches as (count, 3 * side * side)."""
    return patches[tuple(places.T)].reshape(len(places), -1)


def patches_of(image):
    """Views of all patches by their centres, (height, width, 3, side, side)."""
    return sliding_window_view(padded(image), (SIDE, SIDE), (0, 1))


def padded(image):
    """The picture with a border that the patches at its edge reach into."""
    return np.pad(image, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), "reflect")


def differences(patches, others, targets, sources):
    """Mean squared differences of patches of two pictures."""
    found = np.empty(len(targets), "float32")
    for part in _chunks(targets):
        error = _rows(patches, targets[part]) - _rows(others, sources[part])
        found[part] = np.square(error).mean(1)
    return found
