"""Makeup of no style: soft strokes of any colour wherever people wear some.

Nobody's palette and nobody's manner, for training. What a network has learned from one
way of painting alone, it does not recognise when somebody paints otherwise.
"""

import numpy as np

from facekit.data.eye_lids import SIDES
from facekit.data.linear_light import luminance
from facekit.data.makeup_parts import lip_mask
from facekit.data.textures import on_colours, smooth_noise, smoothstep

_STROKES = (1, 4)
_CHEEKS = {"right": (205, 50, 117, 116, 123), "left": (425, 280, 346, 345, 352)}
_RIDGES = ((10, 151, 9, 8, 168), (168, 6, 197, 195, 5), (199, 175, 152), (164, 0))
# From the middle of the forehead to the chin.
_OUTLINES = {
    "right": (10, 67, 54, 162, 234, 132, 172, 150, 176, 152),
    "left": (10, 297, 284, 389, 454, 361, 397, 379, 400, 152),
}
_VEIL = 0.11  # spread of the logarithm of how much lighter or darker it is
# Of a stain: mean and spread of how much it absorbs, all colours alike, and of how much
# the three differ.
_DEPTH, _DEPTH_SPREAD, _HUE_SPREAD = 0.5, 0.5, 0.35
_WARM = np.array([-0.8, 0.3, 0.5])  # how much more of each colour a rouge absorbs
_KINDS = {"film": 0.25, "stain": 0.35, "veil": 0.18, "glitter": 0.22}
# Of glitter: size of the specks in units, and how far above the mean of noise they are.
_GRAIN, _SPARSENESS = (0.01, 0.05), (0.3, 1.6)


def paint_freely(canvas, rng, strength=1.0):
    """Lay one to four soft strokes on a face, alike on both sides.

    Args:
        canvas: ``Canvas``; painted in place.
        rng: ``numpy.random.Generator``.
        strength: float in [0, 1]. Defaults to 1.
    """
    for _ in range(rng.integers(*_STROKES, endpoint=True)):
        part_rng = np.random.default_rng(rng.integers(2**63))
        painter = rng.choice(tuple(_PAINTERS), p=tuple(_PAINTERS.values()))
        painter(canvas, part_rng, strength)


def _around_eyes(canvas, rng, strength):
    """Pencil, fine or smudged, on the rim of the upper lid, the lower one, or both."""
    width, smudge = rng.uniform(0.05, 0.35), rng.uniform(0, 1)
    rims = (("upper",), ("lower",), ("upper", "lower"))[rng.integers(3)]
    paint = _Paint(rng, dark=0.8)
    for side in SIDES:
        lids = canvas.lids(side)
        if not lids.s.size:
            continue
        s = np.linspace(-0.05, 1.15, 12)
        # Strokes are given in units of the face, of which an eye is about half.
        strokes = [
            _shaped(canvas.brush(lids.to_box(s, lids.line(rim, s)), width / 2), smudge)
            for rim in rims
        ]
        area = np.maximum.reduce(strokes)[lids.box]
        near = np.maximum(canvas.frame.likeness[lids.box], 0.9 * (area > 0.3))
        area = area * (1 - canvas.frame.eyes[lids.box]) * near
        paint.lay(canvas, strength * area.astype("float32"), lids.box)


def _on_lids(canvas, rng, strength):
    """Shadow between lid and brow, or under the eye."""
    width, softness = rng.uniform(0.1, 0.55), rng.uniform(0, 1)
    start, end = rng.uniform(-0.25, 0.5), rng.uniform(0.7, 1.4)
    height = rng.uniform(0.0, 0.3)
    under = rng.random() < 0.2
    paint = _Paint(rng, dark=0.4)
    for side in SIDES:
        lids = canvas.lids(side)
        if not lids.s.size:
            continue
        s = np.linspace(start, end, 8)
        line = lids.line("lower", s) - height if under else lids.line("upper", s)
        path = lids.to_box(s, line if under else line + height)
        area = _shaped(canvas.brush(path, width), softness)[lids.box]
        frame = canvas.frame
        covered = np.maximum(frame.eyes[lids.box], 0.8 * frame.brows[lids.box])
        area = area * (1 - covered) * np.maximum(frame.likeness[lids.box], 0.5)
        paint.lay(canvas, strength * area.astype("float32"), lids.box)


def _on_cheeks(canvas, rng, strength):
    """Powder on the cheeks, mostly warm, or along one of the ridges of the face."""
    width, softness = rng.uniform(0.15, 0.7), rng.uniform(0.3, 1)
    paint = _Paint(rng, dark=0.1, warmth=rng.uniform(0, 1))
    points = canvas.frame.points
    if rng.random() < 0.3:
        paths = [points[list(_RIDGES[rng.integers(len(_RIDGES))])]]
    else:
        first = int(rng.integers(0, 3))
        last = int(rng.integers(first + 2, 6))
        step = canvas.frame.unit * rng.normal(0, 0.12, 2)
        paths = []
        for side, sign in (("right", 1), ("left", -1)):
            path = points[list(_CHEEKS[side][first:last])]
            shift = sign * step[0] * canvas.frame.across + step[1] * canvas.frame.down
            paths.append(path + shift)
    area = np.maximum.reduce([canvas.brush(path, width) for path in paths])
    area = _shaped(area, softness) * canvas.frame.inner_skin
    paint.lay(canvas, strength * area.astype("float32"))


def _on_outline(canvas, rng, strength):
    """Shade, or light, along part of the outline of the face."""
    width, softness = rng.uniform(0.2, 0.9), rng.uniform(0.6, 1)
    paint = _Paint(rng, dark=0, hue_spread=0.3 * _HUE_SPREAD)
    first = int(rng.integers(0, 7))
    last = int(rng.integers(first + 3, 11))
    points = canvas.frame.points
    paths = [points[list(outline[first:last])] for outline in _OUTLINES.values()]
    area = np.maximum.reduce([canvas.brush(path, width) for path in paths])
    area = _shaped(area, softness) * canvas.frame.inner_skin
    paint.lay(canvas, strength * area.astype("float32"))


def _on_lips(canvas, rng, strength):
    """Colour on the lips, evenly or more of it at the rim."""
    lips = lip_mask(canvas)
    grain = 1 + 0.15 * smooth_noise(rng, lips.shape, 0.04 * canvas.frame.unit, 2)
    rim = rng.uniform(0, 0.6) * smoothstep(0.9, 0.4, lips)
    area = np.clip(lips * (grain - rim), 0, 1)
    _Paint(rng, dark=0.3).lay(canvas, strength * area.astype("float32"))


def paint_skin(canvas, rng, strength=1.0):
    """Lay a veil on all the skin of a face, which then differs from neck and ears.

    Args:
        canvas: ``Canvas``; painted in place.
        rng: ``numpy.random.Generator``; the veil is lighter, darker, redder or paler.
        strength: float in [0, 1]. Defaults to 1.
    """
    shift = rng.normal(0, _VEIL) + rng.normal(0, _VEIL / 3, 3)
    frame = canvas.frame
    film = np.clip(canvas.light * np.exp(shift).astype("float32"), 0, 1)
    canvas.lay(film, strength * frame.inner_skin)


def _shaped(stroke, softness):
    """Make the rim of a soft stroke sharper, down to a plain line at 0."""
    edge = 0.5 - 0.5 * softness
    return smoothstep(edge, 1 - edge + 1e-3, stroke)


class _Paint:
    """A colour, and whether it covers, absorbs, lightens or lies there in specks."""

    def __init__(self, rng, dark, warmth=0.0, hue_spread=_HUE_SPREAD):
        self.rng = rng
        self.kind = rng.choice(tuple(_KINDS), p=tuple(_KINDS.values()))
        self.amount = rng.uniform(0.3, 1)
        self.brightness = rng.uniform(0.15, 0.5)  # of a veil
        hue = rng.normal(0, hue_spread, 3) + warmth * _WARM
        level = _DEPTH * np.exp(rng.normal(0, _DEPTH_SPREAD))
        if rng.random() < dark:
            level, hue = 3 * level, 0.5 * hue
        self.colour = np.exp(-np.maximum(level + hue * level**0.5, 0.02)).astype("f4")
        self.grain, self.sparseness = rng.uniform(*_GRAIN), rng.uniform(*_SPARSENESS)

    def lay(self, canvas, area, box=np.s_[:, :]):
        if self.kind == "glitter":
            size = max(self.grain * canvas.frame.unit, 1.0)
            specks = smooth_noise(self.rng, area.shape, size)
            specks = smoothstep(self.sparseness, self.sparseness + 0.7, specks)
            canvas.lay(self.colour**0.25, self.amount * area * specks, box)
            return
        if self.kind == "stain":
            canvas.stain(self.colour, 1.3 * self.amount * area, box)
            return
        light = canvas.light[box]
        if self.kind == "film":
            # What covers keeps the form of the skin, not its tone.
            frame = canvas.frame
            exposure = np.sqrt(frame.brightness / 0.35) / frame.brightness
            film = on_colours(luminance(light) * exposure) * (0.8 * self.colour)
        else:
            # A veil of powder brightens dark skin more than bright skin.
            film = light + (1 - light) * (self.brightness * self.colour)
        film = np.clip(film, 0, 1).astype("float32")
        canvas.lay(film, 0.85 * self.amount * area, box)


# How often each is drawn.
_PAINTERS = {
    _around_eyes: 0.26,
    _on_lids: 0.2,
    _on_cheeks: 0.2,
    _on_lips: 0.12,
    _on_outline: 0.11,
    paint_skin: 0.11,
}
