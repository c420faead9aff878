"""Makeup for training: whole looks, and parts in any combination and colour."""

import cv2
import numpy as np

from facekit.data.damaged_examples import MakeupExamples
from facekit.data.linear_light import to_bytes, to_light
from facekit.data.makeup import MAKEUP_PARTS, apply_makeup

_WHOLE_LOOKS = 0.4
_PRESENT = 0.5
_STRENGTHS = (0.35, 1.0)
_VARIED = 0.6
_THICKNESS, _HUE = 0.4, 0.3
_PATCHED = 0.4
# Of absorption, in natural logarithms; the edge as share of the height.
_PATCH_DENSITY, _FILM_DENSITY, _PATCH_EDGE = 0.15, 0.08, 0.03
_LEAST_LIGHT = np.float32(0.01)


class MixedMakeupExamples(MakeupExamples):
    """``MakeupExamples`` of which most show some parts only, each as strong as may be.

    In whole looks everything goes together, so a network can tell from red lips that
    the skin must wear foundation, and takes off what is not there as soon as somebody
    wears lipstick alone. More than half are dyed anew: what a makeup absorbs is made
    stronger or weaker and mixed among the colour channels, which gives paints that no
    palette holds. As many wear a film and smooth patches of any colour and place
    besides. Takes the arguments of ``DamagedExamples``.
    """

    def _damage(self, frame, rng):
        if rng.random() < _WHOLE_LOOKS:
            return super()._damage(frame, rng)
        present = rng.random(len(MAKEUP_PARTS)) < _PRESENT
        strengths = present * rng.uniform(*_STRENGTHS, len(MAKEUP_PARTS))
        parts = dict(zip(MAKEUP_PARTS, strengths.tolist(), strict=True))
        return apply_makeup(frame.image, frame, rng, strength=parts, family=self.family)

    def varied(self, rng, image, crop):
        """Return the picture with its makeup dyed anew and patched, or neither."""
        dyed, thickness = rng.random() < _VARIED, rng.normal(0, _THICKNESS)
        mixture = np.eye(3) + rng.normal(0, _HUE, (3, 3))
        patched = rng.random() < _PATCHED
        if not dyed and not patched:
            return image
        bare, worn = (to_light(np.ascontiguousarray(x)) for x in (crop, image))
        bare, worn = bare + _LEAST_LIGHT, worn + _LEAST_LIGHT
        density = np.log(worn / bare)
        if dyed:
            density = density @ (np.exp(thickness) * mixture).astype("float32")
        if patched:
            density -= _film_and_patches(rng, (image != crop).any(-1))
        changed = to_bytes(bare * np.exp(density) - _LEAST_LIGHT)
        return np.where(image == crop, crop, changed)


def _film_and_patches(rng, painted):
    """Density of a film with smooth patches, (height, width, 3), where painted."""
    painted = painted.astype("float32")
    sigma = _PATCH_EDGE * len(painted)
    # Full inside, fading to 0 where the painted part ends.
    inside = np.clip(2 * cv2.GaussianBlur(painted, (0, 0), sigma) - 1, 0, 1)
    side = int(rng.integers(3, 9))
    noise = rng.normal(0, 1, (side, side)).astype("float32")
    patches = cv2.resize(noise, painted.shape[::-1], interpolation=cv2.INTER_CUBIC)
    patches = np.maximum(patches, 0) * rng.exponential(_PATCH_DENSITY)
    colour = rng.uniform(0, 1, 3).astype("float32")
    film = rng.normal(0, _FILM_DENSITY) + rng.normal(0, _FILM_DENSITY / 2, 3)
    film = film.astype("float32")
    return inside[..., None] * (patches[..., None] * colour + film)
