"""Makeup for training: whole looks, parts in any combination and colour, and more."""

import numpy as np

from facekit.data.damaged_examples import MakeupExamples
from facekit.data.free_makeup import paint_freely, paint_skin
from facekit.data.linear_light import to_bytes, to_light
from facekit.data.makeup import MAKEUP_PARTS, paint_makeup
from facekit.data.makeup_canvas import Canvas

_WHOLE_LOOKS, _VEILED = 0.3, 0.4
_FREE = 0.75
_PRESENT = (0.5, 0.2)  # of each part, without and with strokes of no style
_STRENGTHS = (0.35, 1.0)
_VARIED = 0.35
_THICKNESS = 0.4
# Spreads of how the channels' absorption is mixed: mostly a little, which gives other
# pigments, or so much that some paints lighten; no colour is made stronger than so.
_HUES, _MOST = (0.3, 0.3, 1.0), 1.3
_LEAST_LIGHT = np.float32(0.01)


class MixedMakeupExamples(MakeupExamples):
    """``MakeupExamples`` of which most show some parts only, and faint ones too.

    In whole looks everything goes together, so a network can tell from red lips that
    the skin must wear foundation, and takes off what is not there as soon as somebody
    wears lipstick alone. Half of the others wear strokes of no style too
    (``paint_freely``). On many, skin has another tone than neck and ears, by which a
    network can tell what a foundation changed. A third are dyed anew: what a makeup
    absorbs is made stronger or weaker and mixed among the colour channels, which gives
    paints that no palette holds, and some that lighten. Takes the arguments of
    ``DamagedExamples``.
    """

    def _damage(self, frame, rng):
        canvas = Canvas(frame)
        if rng.random() < _WHOLE_LOOKS:
            strength = float(rng.uniform(*_STRENGTHS))
            paint_makeup(canvas, rng, None, strength, self.family)
        else:
            self._paint_parts(canvas, rng)
        if rng.random() < _VEILED:
            paint_skin(canvas, rng)
        return frame.finish(canvas.light, canvas.alpha)

    def _paint_parts(self, canvas, rng):
        free = rng.random() < _FREE
        present = rng.random(len(MAKEUP_PARTS)) < _PRESENT[free]
        strengths = present * rng.uniform(*_STRENGTHS, len(MAKEUP_PARTS))
        parts = dict(zip(MAKEUP_PARTS, strengths.tolist(), strict=True))
        paint_makeup(canvas, rng, strength=parts, family=self.family)
        if free:
            paint_freely(canvas, rng, rng.uniform(*_STRENGTHS))

    def varied(self, rng, image, crop):
        """Return the picture with its makeup dyed anew, now and then."""
        varied, thickness = rng.random() < _VARIED, rng.normal(0, _THICKNESS)
        mixture = np.eye(3) + rng.normal(0, rng.choice(_HUES), (3, 3))
        mixture /= max(np.linalg.norm(mixture, 2) / _MOST, 1)
        if not varied:
            return image
        bare, worn = (to_light(np.ascontiguousarray(x)) for x in (crop, image))
        bare, worn = bare + _LEAST_LIGHT, worn + _LEAST_LIGHT
        density = np.log(worn / bare) @ (np.exp(thickness) * mixture).astype("float32")
        dyed = to_bytes(bare * np.exp(density) - _LEAST_LIGHT)
        return np.where(image == crop, crop, dyed)
