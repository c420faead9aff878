"""Coordinates around an eye: along its lids, and from the lid to the brow."""

from functools import cached_property

import numpy as np

# From the inner to the outer corner, in MediaPipe's numbering.
# fmt: off
_RIGHT = {
    "upper": (133, 173, 157, 158, 159, 160, 161, 246, 33),
    "lower": (133, 155, 154, 153, 145, 144, 163, 7, 33),
    "brow": (55, 65, 52, 53, 46),
    "ridge": (107, 66, 105, 63, 70),
}
_LEFT = {
    "upper": (362, 398, 384, 385, 386, 387, 388, 466, 263),
    "lower": (362, 382, 381, 380, 374, 373, 390, 249, 263),
    "brow": (285, 295, 282, 283, 276),
    "ridge": (336, 296, 334, 293, 300),
}
# fmt: on
SIDES = ("right", "left")
_REACH_INNER, _REACH_OUTER = 0.45, 0.75
_REACH_UP, _REACH_DOWN = 0.2, 0.75


class EyeLids:
    """The surroundings of one eye, in its own coordinates.

    ``s`` runs from 0 at the inner to 1 at the outer corner, ``height`` upward from the
    line of the lid, both in widths of the eye; all are float32 of the shape of ``box``.

    Args:
        frame: ``FaceFrame``.
        side: "right" or "left", the person's own.
        wing: float, how steeply the line of the upper lid goes on beyond the outer
            corner. Defaults to 0.3.

    Attributes:
        box: pair of slices of the frame's box; may be empty.
        width: float, of the eye in pixels.
    """

    def __init__(self, frame, side, wing=0.3):
        self.frame = frame
        self.side = side
        numbers = {"right": _RIGHT, "left": _LEFT}[side]
        points = frame.points
        self.inner, outer = points[numbers["upper"][0]], points[numbers["upper"][-1]]
        along = outer - self.inner
        self.width = max(float(np.hypot(*along)), 1e-3)
        self.along = along / self.width
        up = np.array([self.along[1], -self.along[0]])
        self.up = up if up @ frame.down < 0 else -up
        self.wing = wing
        self._numbers = numbers
        self.curves = {
            name: self._to_eye(points[list(part)]) for name, part in numbers.items()
        }
        self.box = self._box()
        rows, columns = self.box
        y, x = np.mgrid[rows, columns].astype("float32")
        self.s, self.y = self._to_eye(np.stack([x, y], -1)).astype("float32").T
        self.s, self.y = self.s.T, self.y.T

    def _to_eye(self, points):
        away = (points - self.inner) / self.width
        return np.stack([away @ self.along, away @ self.up], -1)

    def to_box(self, s, y):
        """Return points of the frame's box at eye coordinates."""
        s, y = np.asarray(s, "float64"), np.asarray(y, "float64")
        away = s[..., None] * self.along + y[..., None] * self.up
        return self.inner + self.width * away

    def _box(self):
        ridge = self.curves["ridge"][:, 1].max()
        s = np.array([-_REACH_INNER, 1 + _REACH_OUTER])
        y = np.array([-_REACH_DOWN, ridge + _REACH_UP])
        corners = self.to_box(*np.meshgrid(s, y)).reshape(-1, 2)
        limits = np.array(self.frame.shape[::-1])
        low = np.clip(np.floor(corners.min(0)), 0, limits).astype(int)
        high = np.clip(np.ceil(corners.max(0)) + 1, low, limits).astype(int)
        return np.s_[low[1] : high[1], low[0] : high[0]]

    @cached_property
    def _smooth_lines(self):
        return self.frame.noted(f"lines of the {self.side} eye", self._draw_lines)

    def _draw_lines(self):
        return {name: _smooth_line(curve) for name, curve in self.curves.items()}

    def line(self, name, s):
        """Return the height of a lid or brow at ``s``, in widths of the eye."""
        fine, smooth = self._smooth_lines[name]
        level = np.interp(s, fine, smooth)
        if name in ("upper", "lower"):
            slope = self.wing if name == "upper" else 0.15
            level = level + slope * np.maximum(s - fine[-1], 0)
        return level.astype("float32") if np.ndim(level) else level

    @cached_property
    def above(self):
        """Height above the line of the upper lid."""
        return self.y - self.line("upper", self.s)

    @cached_property
    def below(self):
        """Depth below the line of the lower lid."""
        return self.line("lower", self.s) - self.y

    @cached_property
    def lid_to_brow(self):
        """0 at the upper lid, 1 at the lower edge of the brow."""
        room = self.line("brow", self.s) - self.line("upper", self.s)
        return self.above / np.maximum(room, 0.12)


def _smooth_line(curve):
    """Return a curve (count, 2) as heights at 65 places along it."""
    order = np.argsort(curve[:, 0], kind="stable")
    along, height = curve[order].T
    # A lid is round: a polygon of nine points shows its corners in a large photo.
    fine = np.linspace(along[0], along[-1], 65)
    kernel = np.hanning(9)[1:-1]
    padded = np.pad(np.interp(fine, along, height), 3, "reflect", reflect_type="odd")
    return fine, np.convolve(padded, kernel / kernel.sum(), "valid")
