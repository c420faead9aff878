"""Put makeup on portraits, reproducibly, part by part or as a whole look.

Two families paint with different means: "train" lays opaque films and stains along
strokes, "held_out" absorbs and uses soft light along distances. A network trained on
the one is tested on the other too.
"""

import numpy as np

from facekit.data import makeup_held_out, makeup_parts
from facekit.data.face_frame import face_frame
from facekit.data.makeup_canvas import Canvas
from facekit.data.makeup_parts import srgb

MAKEUP_PARTS = (
    "foundation",
    "contour",
    "blush",
    "brows",
    "eye_shadow",
    "eyeliner",
    "lashes",
    "lipstick",
)
MAKEUP_FAMILIES = ("train", "held_out")

# How much of each part a look has, from none to all.
MAKEUP_LOOKS = {
    "natural": (0.5, 0.25, 0.35, 0.35, 0.3, 0.15, 0.4, 0.4),
    "office": (0.6, 0.35, 0.4, 0.5, 0.45, 0.4, 0.5, 0.6),
    "evening": (0.8, 0.6, 0.5, 0.6, 0.75, 0.8, 0.9, 0.9),
    "smoky": (0.7, 0.5, 0.25, 0.6, 1.0, 0.9, 0.9, 0.45),
    "red_lips": (0.7, 0.35, 0.25, 0.55, 0.25, 0.7, 0.7, 1.0),
    "fresh": (0.35, 0.1, 0.7, 0.2, 0.3, 0.0, 0.4, 0.5),
    "bold": (0.85, 0.6, 0.7, 0.8, 1.0, 1.0, 1.0, 1.0),
}

_BLACK, _BROWN_BLACK = srgb(14, 12, 14), srgb(48, 34, 28)
_LIP_COLOURS = {
    "natural": ((196, 112, 106), (186, 100, 92), (170, 92, 84)),
    "office": ((176, 74, 80), (166, 80, 74), (190, 90, 96)),
    "evening": ((150, 22, 42), (122, 18, 46), (168, 34, 66)),
    "smoky": ((180, 112, 100), (160, 96, 88), (150, 84, 84)),
    "red_lips": ((186, 16, 34), (164, 12, 32), (200, 36, 40)),
    "fresh": ((222, 112, 116), (226, 122, 104), (214, 98, 116)),
    "bold": ((160, 14, 92), (96, 16, 52), (206, 30, 104), (90, 32, 72), (214, 66, 44)),
}
_BROWN_EYES = ((150, 104, 84), (96, 62, 50), (238, 214, 194))
_ROSE_EYES = ((188, 126, 122), (118, 68, 68), (244, 218, 208))
_GREY_EYES = ((82, 76, 80), (36, 32, 36), (214, 206, 204))
_EYE_COLOURS = {
    "natural": (_BROWN_EYES, _ROSE_EYES),
    "office": (_BROWN_EYES, ((160, 126, 112), (92, 72, 68), (236, 220, 208))),
    "evening": (
        ((134, 82, 60), (66, 38, 32), (240, 206, 160)),
        ((122, 70, 84), (58, 30, 44), (236, 202, 206)),
    ),
    "smoky": (_GREY_EYES, ((70, 54, 48), (30, 22, 22), (206, 190, 176))),
    "red_lips": (_BROWN_EYES, ((198, 170, 150), (130, 96, 80), (246, 226, 206))),
    "fresh": (_ROSE_EYES, ((224, 160, 140), (164, 104, 88), (248, 226, 212))),
    "bold": (
        ((60, 92, 168), (30, 34, 84), (206, 220, 246)),
        ((46, 120, 104), (16, 58, 56), (210, 236, 214)),
        ((132, 62, 156), (62, 24, 84), (232, 206, 242)),
        ((206, 110, 44), (112, 44, 24), (250, 220, 160)),
    ),
}
_BLUSH_COLOURS = ((232, 132, 128), (236, 146, 124), (214, 112, 124), (206, 128, 112))
_CONTOUR_COLOURS = ((186, 146, 122), (172, 138, 120), (190, 140, 110))
_HELD_OUT_LIPS = (
    (150, 30, 110),
    (190, 70, 60),
    (120, 20, 40),
    (200, 90, 120),
    (90, 50, 90),
    (170, 60, 30),
    (210, 60, 80),
)
_HELD_OUT_EYES = (
    (90, 70, 120),
    (70, 110, 120),
    (140, 90, 60),
    (60, 60, 66),
    (150, 70, 90),
    (90, 110, 60),
    (160, 120, 50),
)


def apply_makeup(image, face, rng, look=None, strength=1.0, family="train"):
    """Put makeup on a face.

    Lips, lids, lashes, brows, cheeks and skin are painted in linear light and keep
    their texture; what has not the colour of this face's skin, such as hair or glasses
    before it, is kept free. The same arguments give the same bytes.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``Face``, (468, 2) landmarks in pixels, or ``FaceFrame`` of the image.
        rng: ``numpy.random.Generator`` or integer seed; colours, shapes and how much
            of each part are drawn from it, whatever the strength.
        look: str, one of ``MAKEUP_LOOKS``, or a dict from ``MAKEUP_PARTS`` to amounts
            in [0, 1] (parts left out have none). None draws a look and then each part's
            amount around it. Defaults to None.
        strength: float in [0, 1] for all parts, or a dict from parts to such (those
            left out have 1). 0 returns the bytes of the image. Defaults to 1.
        family: "train" or "held_out": two ways to paint. Defaults to "train".

    Returns:
        ``Damage``.

    Raises:
        ValueError: a look, part, strength or family is unknown or out of range.
        PhotoError: the image is not uint8 (height, width, 3).
        NoFaceError: no face, one too small, outside the image or in profile.
    """
    canvas = Canvas(face_frame(image, face))
    paint_makeup(canvas, rng, look, strength, family)
    return canvas.frame.finish(canvas.light, canvas.alpha)


def paint_makeup(canvas, rng, look=None, strength=1.0, family="train"):
    """``apply_makeup`` on a ``Canvas``, which is painted in place."""
    if family not in MAKEUP_FAMILIES:
        raise ValueError(
            f"`family` must be one of {MAKEUP_FAMILIES}. Received: {family!r}"
        )
    strengths = _strengths(strength)
    rng = np.random.default_rng(rng)
    name, amounts = _amounts(rng, look)
    paint = {"train": _painters, "held_out": _held_out_painters}[family]
    for part, painter in paint(rng, name).items():
        amount = amounts[part] * strengths[part]
        # Every part has its own generator, so that leaving one out changes no other.
        part_rng = np.random.default_rng(rng.integers(2**63))
        if amount > 0:
            painter(canvas, part_rng, amount)


def _strengths(strength):
    given = (
        strength
        if isinstance(strength, dict)
        else dict.fromkeys(MAKEUP_PARTS, strength)
    )
    _check_amounts("strength", given)
    return {part: given.get(part, 1.0) for part in MAKEUP_PARTS}


def _check_amounts(name, amounts):
    unknown = sorted(set(amounts) - set(MAKEUP_PARTS))
    if unknown:
        raise ValueError(
            f"`{name}` must name parts out of {MAKEUP_PARTS}. Received: {unknown}"
        )
    if not all(0 <= amount <= 1 for amount in amounts.values()):
        raise ValueError(f"`{name}` must be in [0, 1]. Received: {amounts}")


def _amounts(rng, look):
    """Return the name of a look and the amount of each part."""
    names = tuple(MAKEUP_LOOKS)
    drawn = names[rng.integers(len(names))]
    spread = rng.uniform(0.6, 1.25, len(MAKEUP_PARTS))
    absent = rng.random(len(MAKEUP_PARTS)) < 0.12
    if isinstance(look, dict):
        _check_amounts("look", look)
        return drawn, {part: look.get(part, 0.0) for part in MAKEUP_PARTS}
    if look is None:
        amounts = np.array(MAKEUP_LOOKS[drawn]) * spread * ~absent
        return drawn, dict(zip(MAKEUP_PARTS, amounts.clip(0, 1), strict=True))
    if look not in MAKEUP_LOOKS:
        raise ValueError(
            f"`look` must be one of {names}, a dict or None. Received: {look!r}"
        )
    return look, dict(zip(MAKEUP_PARTS, MAKEUP_LOOKS[look], strict=True))


def _pick(rng, colours):
    return colours[rng.integers(len(colours))]


def _painters(rng, look):
    """Draw the style of every part; return its painters in the order they go on."""
    parts = makeup_parts
    bold = look in ("evening", "smoky", "bold")
    eyes = [srgb(*colour) for colour in _pick(rng, _EYE_COLOURS[look])]
    options = {
        "foundation": {
            "evenness": rng.uniform(0.5, 0.9),
            "powder": rng.uniform(0.1, 0.6),
        },
        "contour": {
            "colour": srgb(*_pick(rng, _CONTOUR_COLOURS)),
            "highlight": rng.uniform(0.2, 0.9),
        },
        "blush": {
            "colour": srgb(*_pick(rng, _BLUSH_COLOURS)),
            "style": _pick(rng, ("apples", "draped", "draped", "sun")),
        },
        "brows": {
            "colour": srgb(*_pick(rng, ((120, 92, 76), (104, 82, 70), (92, 78, 72)))),
            "density": rng.uniform(0.4, 0.9),
        },
        "eye_shadow": {
            "colours": eyes,
            "reach": rng.uniform(0.6, 0.95) if bold else rng.uniform(0.4, 0.7),
            "shimmer": rng.uniform(0, 0.8),
            "lower": rng.uniform(0.3, 1) if bold else rng.uniform(0, 0.4),
        },
        "eyeliner": {
            "colour": _BLACK if bold or rng.random() < 0.6 else _BROWN_BLACK,
            "thickness": rng.uniform(0.045, 0.08) if bold else rng.uniform(0.02, 0.05),
            "wing": rng.uniform(0.08, 0.3) if bold else rng.uniform(0.0, 0.12),
            "lower": rng.uniform(0, 1) if bold else rng.uniform(0, 0.3),
        },
        "lashes": {
            "colour": _BLACK,
            "length": rng.uniform(0.18, 0.27) if bold else rng.uniform(0.12, 0.2),
            "lower": rng.uniform(0.2, 0.45),
        },
        "lipstick": {
            "colour": srgb(*_pick(rng, _LIP_COLOURS[look])),
            "gloss": rng.uniform(0, 0.8),
            "cover": rng.uniform(0.6, 0.95),
            "edge": rng.uniform(0, 0.6),
        },
    }
    return {part: _with(getattr(parts, part), options[part]) for part in MAKEUP_PARTS}


def _held_out_painters(rng, look):
    parts = makeup_held_out
    bold = look in ("evening", "smoky", "bold")
    options = {
        "foundation": {"lift": rng.uniform(-0.01, 0.12)},
        "contour": {"depth": rng.uniform(0.2, 0.45)},
        "blush": {
            "colour": srgb(
                *_pick(rng, ((225, 90, 90), (205, 80, 110), (230, 110, 70)))
            ),
            "reach": rng.uniform(0.26, 0.42),
        },
        "brows": {"power": rng.uniform(1.3, 1.9)},
        "eye_shadow": {
            "colours": [srgb(*_pick(rng, _HELD_OUT_EYES)) for _ in range(2)],
            "size": rng.uniform(0.3, 0.5) if bold else rng.uniform(0.2, 0.35),
            "glitter": rng.uniform(0, 0.8),
        },
        "eyeliner": {
            "colour": srgb(*_pick(rng, ((24, 20, 22), (40, 30, 60), (60, 36, 26)))),
            "width": rng.uniform(0.04, 0.09),
            "smudge": rng.uniform(0.1, 1.0),
            "floating": float(bold and rng.random() < 0.25),
        },
        "lashes": {
            "colour": srgb(20, 16, 18),
            "length": rng.uniform(0.16, 0.28),
            "clusters": int(rng.integers(8, 15)),
        },
        "lipstick": {
            "colour": srgb(*_pick(rng, _HELD_OUT_LIPS)),
            "ombre": rng.uniform(0, 0.9),
            "gloss": rng.uniform(0, 1),
        },
    }
    return {part: _with(getattr(parts, part), options[part]) for part in MAKEUP_PARTS}


def _with(painter, options):
    def paint(canvas, rng, strength):
        painter(canvas, rng, strength, **options)

    return paint
