"""Makeup, part by part, painted in linear light on one face.

Each painter takes a ``Canvas``, a seeded generator, the strength of its part in [0, 1]
and its own style. What a painter draws at random does not depend on the strength.
"""

import cv2
import numpy as np

from facekit.data.eye_lids import SIDES, EyeLids
from facekit.data.face_regions import box_of
from facekit.data.linear_light import luminance, to_light
from facekit.data.textures import (
    blur,
    blur_within,
    on_colours,
    smooth_noise,
    smoothstep,
)

_LASH_SUPERSAMPLING = 4


def srgb(*colour):
    """Return the linear light, float32 (3,), of an 8-bit sRGB colour."""
    return to_light(np.array([[colour]], "uint8"))[0, 0]


def jitter(rng, colour, amount=0.12):
    """Return a colour near the given one."""
    return np.clip(colour * np.exp(rng.normal(0, amount, 3)), 0, 1).astype("float32")


def foundation(canvas, rng, strength, tone=None, evenness=0.7, powder=0.5):
    """Even the skin, shift its tone and take its shine."""
    frame = canvas.frame
    skin = frame.skin
    shift = np.exp(rng.normal(0, (0.05, 0.05, 0.07))).astype("float32")
    shift = shift if tone is None else np.asarray(tone, "float32")
    amount = strength * frame.inner_skin
    light = canvas.light
    coarse = blur_within(light, skin + 1e-4, 0.12 * frame.unit)
    fine = blur_within(light, skin + 1e-4, 0.022 * frame.unit)
    middle = fine - coarse
    # Spots darker than their surroundings are what a concealer is for; form stays.
    middle *= 1 - evenness * np.where(middle < 0, 0.85, 0.6).astype("float32")
    texture = (light - fine) * (1 - 0.45 * evenness)
    film = np.maximum(coarse + middle + texture, 0)
    # Powder takes the gloss off: what is brighter than the form is drawn towards it.
    level = luminance(film) / np.maximum(luminance(coarse), 1e-4)
    matte = np.maximum(level, 1) ** np.float32(-powder)
    canvas.lay(film * on_colours(matte) * shift, amount)


def lipstick(canvas, rng, strength, colour, gloss=0.3, cover=0.75, edge=0.0):
    """Colour the lips; their folds remain, and gloss shines on them."""
    frame = canvas.frame
    colour = jitter(rng, colour, 0.1)
    lips = lip_mask(canvas)
    box = box_of(lips)
    if box is None:
        return
    lips = lips[box]
    level = luminance(canvas.light[box])
    weight = lips + 1e-5
    mean = max(float(np.average(level, weights=weight)), 1e-3)
    folds = level / mean
    even = blur_within(level, weight, 0.12 * frame.unit) / mean
    # Opaque colour still shows the form in full, but only some of the blotches.
    shade = even * (folds / np.maximum(even, 1e-3)) ** np.float32(0.8)
    exposure = np.float32(np.sqrt(frame.brightness / 0.35))
    film = on_colours(shade * exposure) * colour
    canvas.lay(film, cover * strength * lips, box)
    if edge:
        rim = lips * (1 - smoothstep(0.6, 1.0, blur(lips, 0.03 * frame.unit)))
        canvas.stain(colour**0.5, 0.8 * edge * strength * rim, box)
    _gloss(canvas, rng, strength * gloss, lips, folds / np.maximum(even, 1e-3), box)


def lip_mask(canvas):
    """Return the lips, without teeth, hair or fingers before them."""
    frame = canvas.frame

    def draw():
        lips = frame.lips
        light = frame.light
        body = np.maximum(luminance(light), 1e-3)
        ratios = np.log(np.maximum(light[..., (0, 2)], 1e-3) / body[..., None])
        values = np.concatenate([ratios, 0.35 * np.log(body)[..., None]], -1)
        inside = lips > 0.8
        if inside.sum() < 8:
            return lips
        middle = np.median(values[inside], 0)
        away = np.abs(values - middle)
        spread = 1.4826 * np.median(away[inside], 0)
        distance = (away / np.clip(spread, 0.06, 0.25)).max(-1)
        return lips * blur(smoothstep(5.0, 3.0, distance), 0.008 * frame.unit)

    return frame.cached("lip_mask", draw)


def _gloss(canvas, rng, amount, lips, folds, box):
    """Lay highlights along the middle of the lower lip and on wet folds."""
    frame = canvas.frame
    points = frame.points
    lower = points[[91, 181, 84, 17, 314, 405, 321]] * 0.5
    lower += points[[88, 178, 87, 14, 317, 402, 318]] * 0.5
    upper = points[[39, 37, 0, 267, 269]] * 0.55
    upper += points[[81, 82, 13, 312, 311]] * 0.45
    shift = frame.unit * rng.uniform(-0.05, 0.05) * frame.across
    stroke = canvas.brush(lower[2:-2] + shift, 0.05)[box]
    above = canvas.brush(upper[1:-1] + shift, 0.035)[box]
    stroke = np.maximum(stroke, 0.45 * above)
    grain = smooth_noise(rng, lips.shape, 0.035 * frame.unit, 2)
    # What shines already says where light falls; the stroke only helps it along.
    inside = smoothstep(0.55, 0.95, blur(lips, 0.025 * frame.unit))
    own = smoothstep(1.06, 1.5, folds) * inside
    wet = own + smoothstep(0.45, 1.1, stroke) * smoothstep(-0.4, 1.2, grain) * (
        0.15 + 0.5 * smoothstep(0.95, 1.1, folds)
    )
    white = np.float32(min(0.95, 1.5 * np.sqrt(frame.brightness / 0.35)))
    canvas.lay(white, np.clip(0.5 * amount * wet, 0, 0.6) * lips, box)


def eye_shadow(canvas, rng, strength, colours, reach=0.7, shimmer=0.2, lower=0.0):
    """Shade the lids: a colour on the lid, a darker one in the crease, a light corner.

    Args:
        canvas: ``Canvas``.
        rng: ``numpy.random.Generator``.
        strength: float in [0, 1].
        colours: three linear colours: lid, crease and inner corner.
        reach: float, how far it goes to the brow. Defaults to 0.7.
        shimmer: float in [0, 1], how much it glitters. Defaults to 0.2.
        lower: float in [0, 1], how much lies under the eye. Defaults to 0.
    """
    lid, crease, corner = (jitter(rng, colour) for colour in colours)
    spread = rng.uniform(1.15, 1.4)
    for side in SIDES:
        lids = canvas.lids(side)
        if not lids.s.size:
            continue
        free = _lid_skin(canvas, lids)
        s, t = lids.s, lids.lid_to_brow
        along = smoothstep(-0.18, 0.15, s) * smoothstep(spread, 0.85, s)
        body = smoothstep(reach, 0.1, t) * along * smoothstep(-0.12, 0.02, t)
        fold = np.exp(-(((t - 0.38) / 0.2) ** 2)) * smoothstep(0.2, 0.9, s) * along
        bright = np.exp(-((s + 0.02) ** 2) / 0.02 - t**2 / 0.1)
        grain = smooth_noise(rng, s.shape, 0.06 * lids.width, 2)
        powder = np.clip(1 + 0.07 * grain, 0, 2)
        form = _form(canvas, lids.box)
        canvas.lay(lid * form, 0.62 * strength * body * powder * free, lids.box)
        canvas.stain(crease, 0.75 * strength * fold * powder * free, lids.box)
        canvas.lay(corner * form, 0.5 * strength * bright * free, lids.box)
        glitter = smooth_noise(rng, s.shape, max(1.3, 0.02 * lids.width))
        spark = np.clip(glitter - 1.2, 0, 1.5) * body * free
        glow = np.exp(-(((s - 0.45) / 0.22) ** 2)) * body * free
        shine = shimmer * strength * (0.35 * spark + 0.22 * glow)
        canvas.lay(np.sqrt(corner) * form, np.clip(shine, 0, 0.8), lids.box)
        under = smoothstep(0.16, 0.0, lids.below) * smoothstep(-0.06, 0.0, lids.below)
        under = under * smoothstep(-0.05, 0.5, s) * smoothstep(1.2, 0.95, s)
        canvas.lay(lid * form, 0.5 * lower * strength * under * free, lids.box)


def _lid_skin(canvas, lids):
    """Return where lids may be painted: not in the eye, not on hair or glasses."""
    frame = canvas.frame
    free = 1 - np.maximum(frame.eyes[lids.box], 0.9 * frame.brows[lids.box])
    if not free.size:
        return free
    # Lashes and the crease are dark without being hair before the face.
    like = frame.likeness[lids.box]
    near = (lids.lid_to_brow > -0.1) & (lids.lid_to_brow < 0.45)
    near = near & (lids.s > 0.0) & (lids.s < 1.05)
    return free * np.where(near, np.maximum(like, 0.75), like)


def _form(canvas, box):
    """Return the shading that an opaque film keeps, (height, width, 1)."""
    frame = canvas.frame
    level = luminance(canvas.light[box])
    if not level.size:
        return level[..., None]
    smooth = blur(level, 0.02 * frame.unit)
    exposure = np.sqrt(frame.brightness / 0.35)
    shade = 0.75 * smooth + 0.25 * level
    return (shade / frame.brightness * exposure)[..., None].astype("float32")


def eyeliner(canvas, rng, strength, colour, thickness=0.05, wing=0.18, lower=0.0):
    """Draw a line along the upper lid, thicker outside, with a wing."""
    thickness = thickness * np.exp(rng.normal(0, 0.15))
    slope = rng.uniform(0.25, 0.6)
    for side in SIDES:
        lids = EyeLids(canvas.frame, side, slope)
        if not lids.s.size:
            continue
        pixel = 1 / lids.width
        s = lids.s
        end = 1.02 + wing
        taper = smoothstep(-0.05, 0.35, s) * np.clip((end - s) / max(wing, 0.03), 0, 1)
        wide = thickness * (0.3 + 0.7 * np.clip(s, 0, 1)) * taper
        wobble = 0.06 * smooth_noise(rng, s.shape, 0.2 * lids.width)
        wide = wide * (1 + wobble)
        ink = np.clip((wide - lids.above) / pixel + 0.5, 0, 1)
        ink = ink * np.clip((lids.above + 0.018) / pixel + 0.5, 0, 1)
        ink = ink * np.clip(wide / pixel, 0, 1)
        soft = blur(ink.astype("float32"), 0.006 * lids.width)
        under = thickness * 0.5 * smoothstep(0.1, 0.9, s) * smoothstep(1.1, 0.98, s)
        kohl = np.clip((under - lids.below) / pixel + 0.5, 0, 1)
        kohl = kohl * np.clip((lids.below + 0.012) / pixel + 0.5, 0, 1)
        kohl = kohl * np.clip(under / pixel, 0, 1)
        kohl = blur(kohl.astype("float32"), 0.012 * lids.width)
        amount = np.maximum(soft, lower * kohl) * _near_lid(canvas, lids)
        canvas.lay(colour, 0.9 * strength * amount, lids.box)


def _near_lid(canvas, lids):
    """Return 1 on the lids, and beyond the outer corner only where skin is seen."""
    like = canvas.frame.likeness[lids.box]
    return np.where(lids.s < 1.02, np.float32(1), like)


def lashes(canvas, rng, strength, colour, length=0.2, count=34, lower=0.3):
    """Draw lashes, each a hair that bends up and outward."""
    factor = _LASH_SUPERSAMPLING
    for side in SIDES:
        lids = canvas.lids(side)
        rows, columns = lids.box
        size = (rows.stop - rows.start, columns.stop - columns.start)
        draws = rng.uniform(-1, 1, (count + count // 2, 3))
        if not min(size):
            continue
        hairs = np.zeros((factor * size[0], factor * size[1]), "uint8")
        offset = np.array([columns.start, rows.start])
        finest = factor * lids.width * 0.012
        paths = _lash_paths(lids, count, draws, length, lower)
        paths = (((paths - offset + 0.5) * factor - 0.5) * 16).clip(-1e6, 1e6)
        upper, below = np.split(np.rint(paths).astype("int32"), [count])
        # Roots are thicker than tips, and lashes of the lower lid finer.
        for parts, wide in (
            (upper, 0.55),
            (upper[:, :4], 1.1),
            (below, 0.25),
            (below[:, :4], 0.5),
        ):
            thickness = max(1, round(finest * wide))
            shade = int(np.clip(255 * finest * wide / thickness, 40, 255))
            cv2.polylines(hairs, list(parts), False, shade, thickness, cv2.LINE_AA, 4)
        amount = cv2.resize(hairs, size[::-1], interpolation=cv2.INTER_AREA)
        amount = amount.astype("float32") / 255
        canvas.lay(colour, np.clip(1.4 * amount, 0, 1) * 0.9 * strength, lids.box)


def _lash_paths(lids, count, draws, length, lower):
    """Return seven points of every lash; those from ``count`` on are of the lower lid.

    Returns:
        float64, (number, 7, 2), pixels of the frame's box.
    """
    steps = np.linspace(0, 1, 7)
    below = np.arange(len(draws)) >= count
    share = np.arange(len(draws)) / count
    share = np.where(below, (share - 1) * count / (count // 2), share) + 0.01
    wander = np.where(below, 0.03, 0.012) * draws[:, 0]
    s = np.clip(0.1 + 0.9 * share + wander, 0.02, 1.0)
    reach = length * (0.55 + 0.45 * share) * (1 + 0.25 * draws[:, 1])
    reach *= np.where(below, 1.3 * lower * (1 + 0.5 * draws[:, 0]), 1)
    lean = -0.25 + 0.95 * share + 0.12 * draws[:, 2]
    root = np.where(below, lids.line("lower", s), lids.line("upper", s))
    # Seen from the front a lash first comes forward and down, then curls up.
    rise = steps**1.6 - 0.12 * np.sin(np.pi * steps)
    course = np.where(below[:, None], -steps, rise)
    along = s[:, None] + (reach * lean)[:, None] * steps
    return lids.to_box(along, root[:, None] + reach[:, None] * course)


def brows(canvas, rng, strength, colour, density=0.6):
    """Fill the brows with a pencil, stroke by stroke."""
    frame = canvas.frame
    area = blur(frame.brows, 0.015 * frame.unit)
    box = box_of(area > 1e-3) or np.s_[:0, :0]
    area = area[box]
    grain = smooth_noise(rng, area.shape, 0.035 * frame.unit, 2)
    y, x = np.mgrid[box].astype("float32")
    middle = frame.points[168]
    away = (x - middle[0]) * frame.across[0] + (y - middle[1]) * frame.across[1]
    fall = (x - middle[0]) * frame.down[0] + (y - middle[1]) * frame.down[1]
    phase = (np.abs(away) + 0.9 * fall) / (0.037 * frame.unit)
    hairs = 0.5 + 0.5 * np.sin(2 * np.pi * phase + 4.5 * grain)
    level = _relative(frame, box)
    free = np.maximum(frame.likeness[box], smoothstep(0.55, 0.25, level))
    # A pencil follows the hairs that are there, and fills between them thinly.
    grown = smoothstep(1.0, 0.65, level)
    grown = 0.08 + 0.92 * (blur(grown, 0.025 * frame.unit) if grown.size else grown)
    amount = area * (0.75 + 0.25 * hairs) * grown * density * strength
    canvas.stain(jitter(rng, colour), 1.2 * amount * free, box)


def _relative(frame, box):
    """Return how bright the skin is, relative to its lighting."""
    return luminance(frame.light[box]) / (
        frame.lighting[box] * np.float32(frame.brightness)
    )


def blush(canvas, rng, strength, colour, style="apples"):
    """Redden the cheeks.

    Args:
        canvas: ``Canvas``.
        rng: ``numpy.random.Generator``.
        strength: float in [0, 1].
        colour: linear colour of the powder.
        style: "apples", "draped" up to the temples, or "sun" across the nose.
    """
    frame = canvas.frame
    points = frame.points
    paths = {
        "apples": ((205, 50, 117), (425, 280, 346)),
        "draped": ((205, 50, 117, 227, 156), (425, 280, 346, 447, 383)),
        "sun": ((117, 118, 100, 198, 5, 420, 329, 347, 346),),
    }[style]
    width = {"apples": 0.42, "draped": 0.34, "sun": 0.3}[style]
    width *= rng.uniform(0.85, 1.2)
    area = [canvas.brush(points[list(path)], width) for path in paths]
    area = np.maximum.reduce(area)
    grain = smooth_noise(rng, frame.shape, 0.15 * frame.unit, 3)
    amount = strength * area * np.clip(1 + 0.12 * grain, 0, 2) * frame.inner_skin
    canvas.stain(jitter(rng, colour, 0.06), 0.45 * amount)


def contour(canvas, rng, strength, colour, highlight=0.5):
    """Darken below cheekbones, jaw, temples and beside the nose; brighten ridges."""
    frame = canvas.frame
    points = frame.points
    shade = np.zeros(frame.shape, "float32")
    for path, width, weight in (
        ((132, 147, 187, 207), 0.2, 1.0),
        ((361, 376, 411, 427), 0.2, 1.0),
        ((172, 136, 150, 176), 0.16, 0.7),
        ((397, 365, 379, 400), 0.16, 0.7),
        ((54, 21, 162), 0.25, 0.6),
        ((284, 251, 389), 0.25, 0.6),
        ((193, 122, 174, 198), 0.07, 0.5),
        ((417, 351, 399, 420), 0.07, 0.5),
    ):
        stroke = canvas.brush(points[list(path)], width * rng.uniform(0.85, 1.15))
        shade = np.maximum(shade, weight * stroke)
    canvas.stain(jitter(rng, colour, 0.05), 0.48 * strength * shade * frame.inner_skin)
    bright = np.zeros(frame.shape, "float32")
    for path, width in (
        ((8, 168, 6, 197, 195, 5), 0.06),
        ((118, 117, 111, 143), 0.13),
        ((347, 346, 340, 372), 0.13),
        ((164, 0), 0.05),
        ((9, 151), 0.2),
    ):
        bright = np.maximum(bright, canvas.brush(points[list(path)], width))
    amount = 0.22 * strength * highlight * bright * frame.skin
    glow = np.sqrt(np.maximum(canvas.light, 0)) * np.float32([1.0, 0.97, 0.92])
    canvas.lay(glow, amount)
