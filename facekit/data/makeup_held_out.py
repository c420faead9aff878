"""A second way to paint makeup, to test on what a network has never seen.

It shares with ``makeup_parts`` the landmarks and nothing else that could be learnt:
films absorb instead of covering, powders are soft light on the encoded picture, and
shapes follow distances from eyes, lips and the outline of the face instead of strokes.
"""

import cv2
import numpy as np

from facekit.data.face_regions import OUTER_LIPS, OUTLINES
from facekit.data.linear_light import luminance
from facekit.data.makeup_parts import lip_mask
from facekit.data.textures import blur, smooth_noise, smoothstep

_CLUSTER_SUPERSAMPLING = 4


def foundation(canvas, rng, strength, lift=0.08):
    """Smooth the skin by a bilateral filter and lift it in soft light."""
    frame = canvas.frame
    amount = strength * frame.inner_skin
    factor = max(1.0, frame.unit / 64)
    size = [max(2, round(length / factor)) for length in frame.shape[::-1]]
    small = cv2.resize(np.sqrt(canvas.light), size, interpolation=cv2.INTER_AREA)
    smooth = cv2.bilateralFilter(small, 9, 0.09, 3.5)
    correction = cv2.resize(
        smooth - small, frame.shape[::-1], interpolation=cv2.INTER_LINEAR
    )
    encoded = np.sqrt(canvas.light) + correction
    tint = 0.5 + lift + rng.normal(0, (0.02, 0.012, 0.02))
    film = soft_light(np.clip(encoded, 0, 1), tint.astype("float32"))
    canvas.lay(film**2, 0.85 * amount)


def soft_light(base, blend):
    """Return Pegtop's soft light of two pictures in [0, 1]; 0.5 changes nothing."""
    return base * (2 * blend + (1 - 2 * blend) * base)


def lipstick(canvas, rng, strength, colour, ombre=0.5, gloss=0.5):
    """Stain the lips, darker to rim or middle, and drawn beyond their edge."""
    frame = canvas.frame
    lips = lip_mask(canvas)
    beyond = frame.outline(OUTER_LIPS, rng.uniform(0, 0.025)) * frame.likeness
    rim = np.clip(beyond - frame.outline(OUTER_LIPS), 0, 1)
    depth = blur(lips, 0.07 * frame.unit) * 1.6
    inner = smoothstep(0.3, 1.1, depth)
    fade = 1 + ombre * (inner if rng.random() < 0.5 else 1 - inner)
    stripes = smooth_noise(rng, frame.shape, 0.03 * frame.unit, 2)
    amount = strength * np.maximum(lips, 0.6 * rim)
    thick = amount * fade * (1 + 0.1 * stripes) * 0.8
    level = luminance(canvas.light)
    canvas.stain(colour / max(float(colour.max()), 1e-3) * 0.97, np.clip(thick, 0, 2))
    # Two tones of varnish: the brighter part of the lips is made brighter still.
    mean = float(np.average(level, weights=lips + 1e-6))
    inside = smoothstep(0.55, 0.95, blur(lips, 0.025 * frame.unit))
    shine = smoothstep(1.05, 1.7, level / max(mean, 1e-3)) * lips * inside
    canvas.lay(np.float32(min(1, 3.2 * mean + 0.2)), 0.6 * gloss * strength * shine)


def eye_shadow(canvas, rng, strength, colours, size=0.32, glitter=0.4):
    """Lay rings of colour around the eyes, in soft light, with single sparkles."""
    frame = canvas.frame
    inner, outer = colours
    turn, squash = rng.uniform(0.1, 0.4), rng.uniform(0.25, 0.6)
    number = int(rng.integers(20, 90))
    for side in ("right", "left"):
        lids = canvas.lids(side)
        places = rng.uniform((-0.1, 0.02), (1.25, 0.45), (number, 2))
        bright = rng.uniform(0.3, 1, number)
        box = lids.box
        if not lids.s.size:
            continue
        away = _distance(frame.eyes[box], frame.unit) * frame.unit / lids.width
        # Less below the eye and beside the nose, more beyond the outer corner; all
        # without an edge.
        away = away * (1 + (1 / squash - 1) * smoothstep(-0.15, 0.15, lids.below))
        away = away * np.where(lids.s > 0.6, 1 - turn * (lids.s - 0.6), 1.0)
        away = away * (1 + 0.8 * smoothstep(0.05, -0.2, lids.s))
        free = (1 - frame.eyes[box]) * frame.likeness[box] * (1 - frame.brows[box])
        band = np.exp(-((away / size) ** 2)) * free * strength
        edge = np.exp(-(((away - 0.8 * size) / (0.4 * size)) ** 2)) * free * strength
        for colour, amount in ((inner, 0.95 * band), (outer, 0.6 * edge)):
            base = np.sqrt(np.maximum(canvas.light[box], 0))
            canvas.lay(soft_light(base, np.sqrt(colour)) ** 2, amount, box)
        spots = _sparkles(lids, places, bright)
        canvas.lay(np.float32(0.95), np.clip(glitter * spots * band, 0, 0.9), box)


def _distance(mask, unit):
    """Return the distance from a mask in units, of the shape of the mask."""
    if not mask.size:
        return mask
    outside = (mask < 0.5).astype("uint8")
    if outside.all():
        return np.full(mask.shape, np.float32(9))
    return cv2.distanceTransform(outside, cv2.DIST_L2, 5) / np.float32(unit)


def _sparkles(lids, places, bright):
    spots = np.zeros(lids.s.shape, "float32")
    rows, columns = lids.box
    offset = (columns.start, rows.start)
    s, y = places.T
    points = lids.to_box(s, lids.line("upper", s) + y) - offset
    for (x, y), value in zip(np.rint(points).astype(int), bright, strict=True):
        if 0 <= y < spots.shape[0] and 0 <= x < spots.shape[1]:
            spots[y, x] = value
    return blur(spots, 0.006 * lids.width) if lids.width > 60 else spots


def eyeliner(canvas, rng, strength, colour, width=0.07, smudge=0.5, floating=0.0):
    """Smudge a ring around the eyes; a graphic line may float in the crease."""
    frame = canvas.frame
    for side in ("right", "left"):
        lids = canvas.lids(side)
        box = lids.box
        if not lids.s.size:
            continue
        away = _distance(frame.eyes[box], lids.width)
        around = smoothstep(-0.25, 0.1, lids.s) * smoothstep(1.35, 1.0, lids.s)
        wide = width * np.where(lids.below > 0, 0.6, 1.0)
        ring = np.exp(-np.maximum(away - 0.5 * wide, 0) / (wide * (0.2 + smudge)))
        grain = 1 + 0.12 * smooth_noise(rng, away.shape, 0.05 * lids.width, 2)
        ring = ring * around * (1 - frame.eyes[box]) * grain
        middle = 0.45 + 0.1 * np.cos(np.pi * (lids.s - 0.5))
        line = np.abs(lids.lid_to_brow - middle) * lids.width * 0.3
        line = np.clip(0.02 * lids.width + 0.5 - line, 0, 1) * around
        free = np.where(ring > 0.3, np.float32(1), frame.likeness[box])
        ink = np.maximum(ring, floating * line) * free
        canvas.stain(colour, np.clip(0.9 * strength * ink, 0, 1), box)


def lashes(canvas, rng, strength, colour, length=0.24, clusters=9):
    """Glue clusters of false lashes to the upper lid, as tapered spikes."""
    factor = _CLUSTER_SUPERSAMPLING
    for side in ("right", "left"):
        lids = canvas.lids(side)
        rows, columns = lids.box
        size = (rows.stop - rows.start, columns.stop - columns.start)
        draws = rng.uniform(-1, 1, (clusters, 3))
        if not min(size):
            continue
        picture = np.zeros((factor * size[0], factor * size[1]), "uint8")
        offset = np.array([columns.start, rows.start])
        for place, draw in enumerate(draws):
            s = 0.12 + 0.88 * (place + 0.5) / clusters + 0.02 * draw[0]
            reach = length * (0.6 + 0.4 * s) * (1 + 0.2 * draw[1])
            root = np.array([s - 0.045, s + 0.045])
            foot = lids.to_box(root, lids.line("upper", root))
            tip_s = s + reach * (0.7 * s - 0.15 + 0.1 * draw[2])
            tip = lids.to_box(tip_s, lids.line("upper", s) + reach)
            spike = np.stack([foot[0], tip, foot[1]]) - offset
            spike = np.rint(((spike + 0.5) * factor - 0.5) * 16)
            spike = spike.clip(-1e6, 1e6).astype("int32")
            cv2.fillPoly(picture, [spike], 255, cv2.LINE_AA, 4)
        amount = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        amount = blur(amount.astype("float32") / 255, 0.01 * lids.width)
        canvas.lay(colour, np.clip(0.85 * amount * strength, 0, 1), lids.box)


def brows(canvas, rng, strength, power=1.6):
    """Darken the brows by a steeper tone curve, as a gel does."""
    frame = canvas.frame
    area = blur(frame.outline(OUTLINES["brows"][0], 0.02), 0.01 * frame.unit)
    area += blur(frame.outline(OUTLINES["brows"][1], 0.02), 0.01 * frame.unit)
    reference = np.float32(frame.brightness) * frame.lighting[..., None]
    share = np.clip(canvas.light / np.maximum(1.1 * reference, 1e-4), 1e-4, 4)
    power = power * np.exp(rng.normal(0, 0.08))
    film = canvas.light * np.minimum(share ** np.float32(power - 1), 1) * 0.9
    canvas.lay(film, np.clip(area, 0, 1) * strength * (0.4 + 0.6 * frame.likeness))


def blush(canvas, rng, strength, colour, reach=0.34):
    """Lay ellipses of soft light on the cheeks, sometimes on the nose and chin too."""
    frame = canvas.frame
    y, x = np.indices(frame.shape, "float32")
    area = np.zeros(frame.shape, "float32")
    wide, shift = rng.uniform(1.1, 1.9), rng.normal(0, 0.06, 2)
    extra = rng.random() < 0.3
    places = [(101, 1, wide), (330, -1, wide)]
    places += [(4, 0, 1.0), (175, 0, 1.2)] if extra else []
    for number, sign, stretch in places:
        centre = frame.points[number]
        if sign:
            step = (-0.12 * sign + sign * shift[0], 0.12 + shift[1])
            centre = frame.at(*step, centre)
        dx, dy = x - centre[0], y - centre[1]
        across = (dx * frame.across[0] + dy * frame.across[1]) / frame.unit
        along = (dx * frame.down[0] + dy * frame.down[1]) / frame.unit
        along = along - 0.35 * sign * across
        q = (across / (reach * stretch)) ** 2 + (along / (reach * 0.8)) ** 2
        area = np.maximum(area, np.exp(-1.5 * q * q) * (1 if sign else 0.4))
    base = np.sqrt(np.maximum(canvas.light, 0))
    film = soft_light(base, np.sqrt(colour)) ** 2
    canvas.lay(film, 0.75 * strength * area * frame.inner_skin)


def contour(canvas, rng, strength, depth=0.35):
    """Darken towards the outline of the face and brighten its middle."""
    frame = canvas.frame
    inside = (frame.oval > 0.5).astype("uint8")
    away = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / np.float32(frame.unit)
    away = blur(away, 0.04 * frame.unit)
    fall = (np.indices(frame.shape, "float32").T - frame.points[168]) @ frame.down
    low = smoothstep(0.1, 0.7, fall.T.astype("float32") / frame.unit)
    shade = smoothstep(0.38, 0.05, away) * (0.5 + 0.5 * low)
    tint = np.float32([1.0, 1.15, 1.3]) * np.float32(depth)
    amount = strength * shade * frame.inner_skin
    canvas.stain(np.exp(-tint), amount)
    light = smoothstep(0.55, 0.95, away) * frame.skin * strength
    base = np.sqrt(np.maximum(canvas.light, 0))
    canvas.lay(soft_light(base, np.float32(0.58 + 0.04 * rng.random())) ** 2, light)
