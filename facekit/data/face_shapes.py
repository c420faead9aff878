"""Shapes of faces as sums of a few: their principal components."""

import numpy as np

from facekit.data.alignment import invert_transform, similarity, transform_points
from facekit.data.face_regions import INNER_LIPS
from facekit.data.faces import mirror_order

_COUNT = 468  # landmarks
# How exact landmarks are, as a share of the aligned square.
_EXACTNESS = 0.004
_FITS = 4
_LIPS = np.array(INNER_LIPS)
_MEETING = np.stack([_LIPS[1:10], _LIPS[:10:-1]])  # of the lower and the upper lip
# How much every number of a correction is held back, as a share of the examples.
_RIDGE = 0.1
# Grey levels of a texture for one standard deviation.
_CONTRAST = 0.5
_MAX_SCORE = 3.0  # of a texture; landmarks may be found where no face is


class FaceShapes:
    """Mean and principal components of the landmarks of faces.

    Where a face lies, how large it is and how it is turned in the picture are none of
    its shape.

    Args:
        mean: (468, 2), shares of the aligned square.
        components: (count, 468, 2), each as long as its standard deviation.
        correction: (1 + 468 + count, 468, 2), shares of the aligned square, as
            ``with_correction`` finds it, or None. Defaults to None.

    Reference: Cootes, Edwards and Taylor, Active Appearance Models, 2001.
    """

    def __init__(self, mean, components, correction=None):
        self.mean = np.asarray(mean, "float64")
        self.components = np.asarray(components, "float64")
        self.correction = correction
        self._basis = self.components.reshape(len(components), -1)
        mirrored = self.components[:, mirror_order()] * (-1, 1)
        # Of a mirrored face some scores are the same and others have the other sign.
        self._parities = np.sign((mirrored * self.components).sum((1, 2)))

    @classmethod
    def of(cls, shapes, count):
        """Find the components of shapes and of their mirror images.

        Args:
            shapes: (number, 468, 2), shares of the aligned square.
            count: int, components.

        Returns:
            ``FaceShapes``.
        """
        mirrored = shapes[:, mirror_order()] * (-1, 1) + (1, 0)
        shapes = np.concatenate([shapes, mirrored])
        mean = shapes.mean(0)
        shapes = np.stack([transform_points(x, similarity(x, mean)) for x in shapes])
        mean = shapes.mean(0)
        rows = (shapes - mean).reshape(len(shapes), -1)
        _, lengths, axes = np.linalg.svd(rows, full_matrices=False)
        scaled = axes * lengths[:, None] / len(rows) ** 0.5
        components = np.zeros((count, rows.shape[1]))
        components[: len(scaled)] = scaled[:count]
        return cls(mean, components.reshape(count, *mean.shape))

    def with_correction(self, found, hidden, true):
        """Learn how landmarks are wrong that were found beside a hole.

        The detector finds all of a face at once, so those next to the hole are wrong
        as well, and each hole is wrong in its own way: a bar over both eyes moves them
        down. The error is taken to be linear in what is hidden and in the shape.

        Args:
            found: (number, 468, 2), pixels.
            hidden: bool, (number, 468).
            true: (number, 468, 2), the same landmarks where nothing is missing.

        Returns:
            ``FaceShapes`` with a correction.
        """
        order = mirror_order()
        rows, errors = [], []
        for points, covered, right in zip(found, hidden, true, strict=True):
            row, to_mean = self._described(points, covered)
            error = transform_points(right, to_mean) - transform_points(points, to_mean)
            # The mirror image of the face is another example.
            scores = self._parities * row[1 + _COUNT :]
            mirrored = np.concatenate(([1], np.asarray(covered, float)[order], scores))
            rows += row, mirrored
            errors += error, error[order] * (-1, 1)
        rows, errors = np.stack(rows), np.stack(errors)
        held_back = np.full(rows.shape[1], _RIDGE * len(rows))
        held_back[0] = 1e-6
        products = rows.T @ rows + np.diag(held_back)
        correction = np.linalg.solve(products, rows.T @ errors.reshape(len(rows), -1))
        return FaceShapes(self.mean, self.components, correction.reshape(-1, _COUNT, 2))

    def corrected(self, landmarks, hidden):
        """Landmarks found beside a hole, less their usual error.

        Args:
            landmarks: (468, 2), pixels.
            hidden: bool, (468,).

        Returns:
            float32, (468, 2); as they were, if nothing is known of errors.
        """
        points = np.asarray(landmarks, "float64")
        if self.correction is not None:
            row, to_mean = self._described(points, hidden)
            moved = transform_points(points, to_mean)
            moved += np.tensordot(row, self.correction, 1)
            points = transform_points(moved, invert_transform(to_mean))
        return points.astype("float32")

    def _described(self, landmarks, hidden):
        """What a correction depends on, (1 + 468 + count,), and the way to the mean."""
        scores, to_mean = self._fitted(landmarks, np.ones(_COUNT, bool))
        return np.concatenate(([1], hidden, scores)), to_mean

    def complete(self, landmarks, known):
        """Move hidden landmarks to where they go with the others.

        A mouth that is wholly hidden is taken to be closed.

        Args:
            landmarks: (468, 2), pixels.
            known: bool, (468,).

        Returns:
            float32, (468, 2); known ones are where they were.
        """
        points = np.asarray(landmarks, "float64")
        closed = not known[_LIPS].any()
        for _ in range(_FITS):
            scores, to_mean = self._fitted(points, known, closed)
            fitted = self.mean + np.tensordot(scores, self.components, 1)
            fitted = transform_points(fitted, invert_transform(to_mean))
            points = np.where(known[:, None], landmarks, fitted)
        return points.astype("float32")

    def scores(self, landmarks):
        """How much of each component is in a face, in standard deviations, (count,)."""
        return self._fitted(landmarks, np.ones(len(landmarks), bool))[0]

    def _fitted(self, points, known, closed=False):
        # What was guessed says a little about size and place, too.
        to_mean = similarity(points, self.mean, known + 1e-3)
        offset = (transform_points(points, to_mean) - self.mean)[known].reshape(-1)
        basis = self._basis[:, np.repeat(known, 2)]
        if closed:
            lower, upper = _MEETING
            opening = self.mean[lower] - self.mean[upper]
            offset = np.concatenate([offset, -opening.reshape(-1)])
            opening = self.components[:, lower] - self.components[:, upper]
            basis = np.hstack([basis, opening.reshape(len(basis), -1)])
        products = basis @ basis.T + _EXACTNESS**2 * np.eye(len(basis))
        return np.linalg.solve(products, basis @ offset), to_mean

    def write(self, texture, landmarks):
        """Write the scores of a face into the upper corners of its texture.

        So principal components of textures hold shapes, too: open lips go with teeth.

        Args:
            texture: float32, (size, size, 3), [0, 1]; changed in place.
            landmarks: (468, 2), pixels.
        """
        scores = np.clip(self.scores(landmarks), -_MAX_SCORE, _MAX_SCORE)[:, None]
        count = len(scores)
        texture[0, :count] = 0.5 + _CONTRAST * scores
        mirrored = self._parities[:, None] * scores
        texture[0, ::-1][:count] = 0.5 + _CONTRAST * mirrored
