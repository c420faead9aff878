"""A flat chart of the lower face, and thin-plate maps between it and a photo.

Chart coordinates are those of an average frontal face: the origin lies between the
eyes, x runs to the left ear, y to the chin, in distances of the pupils. The chin is at
(0, 1.72), the tip of the nose at (0, 0.6), the ears at (1.05, 0.1) and mirrored.
"""

from functools import cache

import cv2
import numpy as np

from facekit.data.alignment import LEFT_EYE, RIGHT_EYE, canonical_landmarks

# A cloth lies on bridge, tip of the nose, cheeks, jaw and chin; lips do not move it.
_MIDDLE = (168, 6, 197, 195, 4, 2, 152)
_RIGHT_SIDE = (33, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 120, 118, 117,
               116, 50, 205, 187, 147)  # fmt: skip
_LEFT_SIDE = (263, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 349, 347, 346,
              345, 280, 425, 411, 376)  # fmt: skip
_ANCHORS = (*_MIDDLE, *_RIGHT_SIDE, *_LEFT_SIDE)
_ORIGIN, _CHIN = 168, 152
# Points below the chin, which has no landmarks there, as (x, depth) in units.
_NECK = ((0.0, 0.4), (-0.6, 0.32), (0.6, 0.32))
_SMOOTHING = 3e-3
_NODE = 8


class FaceChart:
    """Thin-plate maps between the chart and the box of a ``FaceFrame``.

    Args:
        frame: ``FaceFrame``.
    """

    def __init__(self, frame):
        self.frame = frame
        self._to_box, self._to_chart = frame.noted("chart plates", self._plates)

    def _plates(self):
        frame = self.frame
        chart, chin = _chart_anchors()
        placed = frame.points[list(_ANCHORS)]
        neck = [frame.at(x, depth, frame.points[_CHIN]) for x, depth in _NECK]
        placed = np.concatenate([placed, neck])
        chart = np.concatenate([chart, chin + np.array(_NECK)])
        return ThinPlate(chart, placed), ThinPlate(placed / frame.unit, chart)

    def to_box(self, points):
        """Map chart points (count, 2) to pixels of the box."""
        return self._to_box(np.asarray(points, "float64"))

    def maps(self):
        """Return where each pixel lies in the chart: float32 x and y of the box."""
        return dense_map(self.frame, self._to_chart)


def dense_map(frame, plate):
    """Return where a ``ThinPlate`` takes each pixel of a frame.

    Args:
        frame: ``FaceFrame``.
        plate: ``ThinPlate`` that takes pixels of the frame's box, divided by the unit.

    Returns:
        Pair of float32, (height, width), x and y.
    """
    height, width = frame.shape
    # The map is smooth: nodes a few pixels apart and cubics between them suffice.
    step = max(_NODE, frame.unit / 12)
    columns = np.arange(int(np.ceil(width / step)) + 3) * step - step
    rows = np.arange(int(np.ceil(height / step)) + 3) * step - step
    nodes = np.stack(np.meshgrid(columns, rows), -1) / frame.unit
    values = plate(nodes.reshape(-1, 2)).reshape(nodes.shape)
    matrix = np.array([[1 / step, 0, 1], [0, 1 / step, 1]])
    dense = cv2.warpAffine(
        values.astype("float32"),
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return dense[..., 0], dense[..., 1]


class ThinPlate:
    """The smoothest map that takes points to points or other values.

    Args:
        source: (count, 2).
        target: (count, values).

    Reference: Bookstein, Principal Warps, 1989.
    """

    def __init__(self, source, target):
        self.source = source
        count = len(source)
        kernel = _kernel(source, source) + _SMOOTHING * np.eye(count)
        affine = np.column_stack([np.ones(count), source])
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = kernel
        system[:count, count:] = affine
        system[count:, :count] = affine.T
        wanted = np.concatenate([target, np.zeros((3, target.shape[1]))])
        # Landmarks that fall into one point leave the system short of rank.
        self.weights = np.linalg.lstsq(system, wanted, rcond=None)[0]

    def __call__(self, points):
        """Map points (count, 2)."""
        affine = np.column_stack([np.ones(len(points)), points])
        count = len(self.source)
        bent = _kernel(points, self.source) @ self.weights[:count]
        return bent + affine @ self.weights[count:]


def _kernel(one, other):
    squared = np.subtract.outer(one[:, 0], other[:, 0]) ** 2
    squared += np.subtract.outer(one[:, 1], other[:, 1]) ** 2
    return 0.5 * squared * np.log(np.maximum(squared, 1e-12))


@cache
def _chart_anchors():
    points = canonical_landmarks(1000).astype("float64")
    eyes = points[list(LEFT_EYE)].mean(0) - points[list(RIGHT_EYE)].mean(0)
    chart = (points - points[_ORIGIN]) / np.hypot(*eyes)
    return chart[list(_ANCHORS)], chart[_CHIN]
