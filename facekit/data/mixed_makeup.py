"""Makeup for training: whole looks, and parts in any combination."""

from facekit.data.damaged_examples import MakeupExamples
from facekit.data.makeup import MAKEUP_PARTS, apply_makeup

_WHOLE_LOOKS = 0.4
_PRESENT = 0.5
_STRENGTHS = (0.35, 1.0)


class MixedMakeupExamples(MakeupExamples):
    """``MakeupExamples`` of which most show some parts only, each as strong as may be.

    In whole looks everything goes together, so a network can tell from red lips that
    the skin must wear foundation, and takes off what is not there as soon as somebody
    wears lipstick alone. Takes the arguments of ``DamagedExamples``.
    """

    def _damage(self, frame, rng):
        if rng.random() < _WHOLE_LOOKS:
            return super()._damage(frame, rng)
        present = rng.random(len(MAKEUP_PARTS)) < _PRESENT
        strengths = present * rng.uniform(*_STRENGTHS, len(MAKEUP_PARTS))
        parts = dict(zip(MAKEUP_PARTS, strengths.tolist(), strict=True))
        return apply_makeup(frame.image, frame, rng, strength=parts, family=self.family)
