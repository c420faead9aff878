"""What makeup is laid on: the light of a face, and how much lies where."""

import numpy as np

from facekit.data.eye_lids import EyeLids
from facekit.data.face_regions import box_of
from facekit.data.strokes import soft_stroke
from facekit.data.textures import on_colours


class Canvas:
    """Linear light of a face that makeup is laid on, and how much lies where.

    Args:
        frame: ``FaceFrame``.

    Attributes:
        light: float32, (height, width, 3), linear sRGB of the frame's box.
        alpha: float32, (height, width), [0, 1], how much makeup covers each pixel.
    """

    def __init__(self, frame):
        self.frame = frame
        self.light = frame.light.copy()
        self.alpha = np.zeros(frame.shape, "float32")
        self._lids = {}

    def lids(self, side):
        """Return the ``EyeLids`` of a side."""
        if side not in self._lids:
            self._lids[side] = EyeLids(self.frame, side)
        return self._lids[side]

    def lay(self, film, amount, box=np.s_[:, :]):
        """Blend a film of linear light over the face.

        Args:
            film: float32, (height, width, 3), or a colour (3,).
            amount: float32, (height, width), [0, 1].
            box: pair of slices that both are for. Defaults to all.
        """
        part = box_of(amount)
        if part is None:
            return
        amount = amount[part]
        below = self.light[box][part]
        film = film[part] if np.ndim(film) == 3 else film
        below += on_colours(amount) * (film - below)
        alpha = self.alpha[box][part]
        alpha += amount * (1 - alpha)

    def stain(self, colour, amount, box=np.s_[:, :]):
        """Multiply the face by a transparent colour, as thick as ``amount``."""
        part = box_of(amount)
        if part is None:
            return
        amount = amount[part]
        depth = np.log(np.maximum(colour, 1e-3)).astype("float32")
        below = self.light[box][part]
        below *= np.exp(on_colours(amount) * depth)
        alpha = self.alpha[box][part]
        alpha += np.minimum(amount, 1) * (1 - alpha)

    def brush(self, path, width):
        """Draw a soft stroke on the face, as ``soft_stroke``."""
        return soft_stroke(self.frame, path, width)
