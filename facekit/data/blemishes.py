"""Spoil the skin of portraits, reproducibly: the opposite of retouching.

Colour is added as absorbance of haemoglobin and melanin, form as shade of raised and
sunken skin under the photo's own light, grease as light of the lamp's colour. Two
families differ in shapes and distribution: a network trained on "train" is tested on
"held_out" too.
"""

import numpy as np

from facekit.data import blemish_held_out, blemish_kinds
from facekit.data.blemish_skin import Skin
from facekit.data.face_frame import face_frame

BLEMISH_KINDS = (
    "acne",
    "freckles",
    "dark_spots",
    "moles",
    "scars",
    "redness",
    "dark_circles",
    "shine",
)
BLEMISH_FAMILIES = ("train", "held_out")

_FAMILY_MODULES = {"train": blemish_kinds, "held_out": blemish_held_out}
# How often each kind is part of a random draw.
_CHANCES = (0.75, 0.25, 0.35, 0.3, 0.3, 0.45, 0.4, 0.35)


def add_blemishes(
    image, face, rng, kinds=None, density=1.0, strength=1.0, family="train"
):
    """Add blemishes to the bare skin of a face.

    Eyes, brows, lips, nostrils, and what has not the colour of this face's skin, such
    as hair and glasses, keep their bytes. The same arguments give the same bytes.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``Face``, (468, 2) landmarks in pixels, or ``FaceFrame`` of the image.
        rng: ``numpy.random.Generator`` or integer seed.
        kinds: names out of ``BLEMISH_KINDS``; None draws some. Defaults to None.
        density: float >= 0, how many spots and how large an area, relative to what is
            usual. Defaults to 1.
        strength: float in [0, 2], contrast of all of it. 0 returns the bytes of the
            image. Defaults to 1.
        family: "train" or "held_out". Defaults to "train".

    Returns:
        ``Damage``.

    Raises:
        ValueError: a kind or family is unknown, a number out of range.
        PhotoError: the image is not uint8 (height, width, 3).
        NoFaceError: no face, one too small, outside the image or in profile.
    """
    if family not in BLEMISH_FAMILIES:
        raise ValueError(
            f"`family` must be one of {BLEMISH_FAMILIES}. Received: {family!r}"
        )
    if not 0 <= density <= 20:
        raise ValueError(f"`density` must be in [0, 20]. Received: {density}")
    if not 0 <= strength <= 2:
        raise ValueError(f"`strength` must be in [0, 2]. Received: {strength}")
    rng = np.random.default_rng(rng)
    chosen = _kinds(rng, kinds)
    skin = Skin(face_frame(image, face))
    makers = _FAMILY_MODULES[family]
    for kind in BLEMISH_KINDS:
        # Every kind has its own generator, so that leaving one out changes no other.
        kind_rng = np.random.default_rng(rng.integers(2**63))
        if kind in chosen and density > 0:
            getattr(makers, kind)(skin, kind_rng, density)
    return skin.finish(strength)


def _kinds(rng, kinds):
    drawn = rng.random(len(BLEMISH_KINDS)) < _CHANCES
    if not drawn.any():
        drawn[rng.integers(len(BLEMISH_KINDS))] = True
    if kinds is None:
        return {kind for kind, taken in zip(BLEMISH_KINDS, drawn, strict=True) if taken}
    chosen = {kinds} if isinstance(kinds, str) else set(kinds)
    if chosen - set(BLEMISH_KINDS):
        raise ValueError(
            f"`kinds` must be names out of {BLEMISH_KINDS}. Received: {kinds!r}"
        )
    return chosen
