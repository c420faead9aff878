"""Makeup for training: whole looks, and parts in any combination and colour."""

import numpy as np

from facekit.data.damaged_examples import MakeupExamples
from facekit.data.linear_light import to_bytes, to_light
from facekit.data.makeup import MAKEUP_PARTS, apply_makeup

_WHOLE_LOOKS = 0.4
_PRESENT = 0.5
_STRENGTHS = (0.35, 1.0)
_VARIED = 0.6
_THICKNESS, _HUE = 0.4, 0.3
_LEAST_LIGHT = np.float32(0.01)


class MixedMakeupExamples(MakeupExamples):
    """``MakeupExamples`` of which most show some parts only, each as strong as may be.

    In whole looks everything goes together, so a network can tell from red lips that
    the skin must wear foundation, and takes off what is not there as soon as somebody
    wears lipstick alone. More than half are dyed anew: what a makeup absorbs is made
    stronger or weaker and mixed among the colour channels, which gives paints that no
    palette holds. Takes the arguments of ``DamagedExamples``.
    """

    def _damage(self, frame, rng):
        if rng.random() < _WHOLE_LOOKS:
            return super()._damage(frame, rng)
        present = rng.random(len(MAKEUP_PARTS)) < _PRESENT
        strengths = present * rng.uniform(*_STRENGTHS, len(MAKEUP_PARTS))
        parts = dict(zip(MAKEUP_PARTS, strengths.tolist(), strict=True))
        return apply_makeup(frame.image, frame, rng, strength=parts, family=self.family)

    def varied(self, rng, image, crop):
        """Return the picture with its makeup dyed anew, as often as not."""
        varied, thickness = rng.random() < _VARIED, rng.normal(0, _THICKNESS)
        mixture = np.eye(3) + rng.normal(0, _HUE, (3, 3))
        if not varied:
            return image
        bare, worn = (to_light(np.ascontiguousarray(x)) for x in (crop, image))
        bare, worn = bare + _LEAST_LIGHT, worn + _LEAST_LIGHT
        density = np.log(worn / bare) @ (np.exp(thickness) * mixture).astype("float32")
        dyed = to_bytes(bare * np.exp(density) - _LEAST_LIGHT)
        return np.where(image == crop, crop, dyed)
