"""Seeded makers of holes, as people leave them in portraits.

Every maker takes ``(rng, height, width, ratio)`` and returns a bool array of shape
(height, width), True = hole. ``ratio`` is the wanted share of hole pixels: a float,
met to within 5 % of itself, or a range (low, high), in which the result always lies
(both up to the rounding to whole pixels; a picture of more than one pixel always
keeps a hole pixel and a known pixel).

The free-form strokes imitate the doodles of the Quick-Draw Irregular Mask set
(Iskakov 2018, "Semi-parametric image inpainting") by a random model of the moving
pen instead of recorded drawings. Face parts and worn masks expect an FFHQ-aligned
crop: eye centres near (0.38, 0.47) and (0.62, 0.47), mouth near (0.5, 0.73) of
(width, height).
"""

import math

import cv2
import numpy as np

HOLE_BINS = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))

_TOLERANCE = 0.05
_SUBPIXEL_BITS = 4

_STROKES_PER_BATCH = 6
_MAX_BATCHES = 12
_POINTS_PER_STROKE = 49
_CHUNKS_PER_STROKE = 4

# (centre x, centre y, radius x, radius y, superellipse power) of each blob.
_FACE_PARTS = {
    "left_eye": ((0.38, 0.47, 0.075, 0.045, 2.0),),
    "right_eye": ((0.62, 0.47, 0.075, 0.045, 2.0),),
    "both_eyes": ((0.38, 0.47, 0.085, 0.05, 2.2), (0.62, 0.47, 0.085, 0.05, 2.2)),
    "brow_band": ((0.5, 0.43, 0.27, 0.09, 4.0),),
    "nose": ((0.5, 0.58, 0.08, 0.11, 2.2),),
    "mouth": ((0.5, 0.73, 0.12, 0.055, 2.2),),
    "left_cheek": ((0.33, 0.63, 0.09, 0.1, 2.0),),
    "right_cheek": ((0.67, 0.63, 0.09, 0.1, 2.0),),
    "left_half": ((0.32, 0.56, 0.19, 0.38, 3.5),),
    "right_half": ((0.68, 0.56, 0.19, 0.38, 3.5),),
    "lower_half": ((0.5, 0.76, 0.31, 0.21, 3.0),),
    "upper_half": ((0.5, 0.38, 0.33, 0.2, 3.0),),
}

# Right half of the outline, from the bridge of the nose down to the chin.
_WORN_MASK_SIDE = (
    (0.50, 0.535),
    (0.55, 0.545),
    (0.64, 0.585),
    (0.73, 0.60),
    (0.785, 0.605),
    (0.79, 0.68),
    (0.765, 0.775),
    (0.70, 0.865),
    (0.60, 0.925),
    (0.50, 0.945),
)


def free_form_hole(rng, height, width, ratio):
    """Draw a hole of smooth pen strokes of varying width, loops and scribbles.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if the size or the ratio is out of range.
    """
    wanted = _wanted_counts(rng, height, width, ratio)
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(_MAX_BATCHES):
        if _draw_strokes(canvas, *_pen_strokes(rng, height, width, wanted), wanted):
            break
    return _exact(rng, canvas, wanted)


def polygon_hole(rng, height, width, ratio):
    """Draw a hole of one to three big irregular polygons or rotated boxes.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if the size or the ratio is out of range.
    """
    shapes = []
    for _ in range(rng.integers(1, 4)):
        if rng.random() < 0.4:
            side = rng.uniform(0.4, 1.0)
            corners = np.array([(-1, -side), (1, -side), (1, side), (-1, side)])
        else:
            count = int(rng.integers(4, 10))
            turns = (np.arange(count) + rng.uniform(-0.35, 0.35, count)) / count
            corners = _polar(2 * np.pi * turns, rng.uniform(0.45, 1.0, count))
        corners = _rotated(corners, rng.uniform(0, 2 * np.pi)) * rng.uniform(0.15, 0.3)
        shapes.append((rng.uniform(0.15, 0.85, 2), corners))
    return _scaled_hole(rng, height, width, ratio, shapes)


def ellipse_hole(rng, height, width, ratio):
    """Draw a hole of one to three rotated ellipses.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if the size or the ratio is out of range.
    """
    shapes = []
    for _ in range(rng.integers(1, 4)):
        radii = rng.uniform(0.1, 0.3) * np.array([1.0, rng.uniform(0.4, 1.0)])
        outline = _rotated(_CIRCLE * radii, rng.uniform(0, np.pi))
        shapes.append((rng.uniform(0.15, 0.85, 2), outline))
    return _scaled_hole(rng, height, width, ratio, shapes)


def face_part_hole(rng, height, width, ratio):
    """Cover a part of an aligned face with a rough-edged blob.

    The part (an eye, both eyes, the brows, the nose, the mouth, a cheek or a half
    of the face) is chosen among those whose own size is nearest to the wanted ratio,
    moved a little, and scaled to meet the ratio.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if the size or the ratio is out of range.
    """
    low, target, high = _wanted_counts(rng, height, width, ratio)
    misfit = np.abs(np.log(_PART_AREAS * height * width / target))
    fitting = np.flatnonzero(misfit <= max(0.7, misfit.min() + 1e-3))
    part = _PART_NAMES[fitting[rng.integers(len(fitting))]]
    shift = rng.normal(0, 0.012, 2)
    angle = rng.normal(0, 0.06)
    shapes = []
    for x, y, radius_x, radius_y, power in _FACE_PARTS[part]:
        stretch = 1 + rng.uniform(-0.15, 0.15, 2)
        rough = 1 + _closed_noise(rng, len(_CIRCLE), 0.06)[:, None]
        outline = _superellipse(power) * (radius_x, radius_y) * stretch * rough
        shapes.append((np.array((x, y)) + shift, _rotated(outline, angle)))
    counts = (low, target, high)
    return _exact(rng, _scaled(height, width, shapes, counts), counts)


def worn_mask_hole(rng, height, width, ratio):
    """Cover nose to chin of an aligned face with the outline of a surgical mask.

    Half of the masks have ear loops. Its own size is about a quarter of the crop; the
    outline is scaled about its centre to meet the ratio.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if the size or the ratio is out of range.
    """
    side = np.array(_WORN_MASK_SIDE) + rng.normal(0, 0.008, (len(_WORN_MASK_SIDE), 2))
    mirrored = side[-2:0:-1] * (-1, 1) + (1, 0)
    outline = _smooth_closed(np.concatenate((side, mirrored)))
    centre = np.array((0.5, 0.74))
    outline = _rotated(outline - centre, rng.normal(0, 0.05))
    outline *= 1 + rng.uniform(-0.08, 0.08, 2)
    loops = []
    if rng.random() < 0.5:
        thickness = rng.uniform(0.006, 0.014)
        ear = rng.uniform(0.5, 0.56)
        for sign in (-1, 1):
            start = np.array((0.27 * sign, -0.12))
            end = np.array((0.45 * sign, ear - 0.74))
            half = np.array((0, thickness / 2))
            loops.append(np.array((start - half, end - half, end + half, start + half)))
    place = centre + rng.normal(0, 0.015, 2)
    shapes = [(place, outline), *((place, loop) for loop in loops)]
    return _scaled_hole(rng, height, width, ratio, shapes)


_MAKERS = {
    "free_form": free_form_hole,
    "polygon": polygon_hole,
    "ellipse": ellipse_hole,
    "face_part": face_part_hole,
    "worn_mask": worn_mask_hole,
}
HOLE_KINDS = tuple(_MAKERS)

# Outside this range a kind no longer looks like what it is named after.
_NATURAL_RATIOS = {"face_part": (0.01, 0.45), "worn_mask": (0.14, 0.42)}


def random_hole(rng, height, width, ratio=(0.01, 0.6), kinds=HOLE_KINDS, weights=None):
    """Draw a hole of a random kind.

    The ratio is drawn first, uniformly from the range. Kinds that look unlike
    themselves at that ratio (a worn mask over 2 % of the picture) are passed over as
    long as another kind of positive weight remains.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1.
        ratio: wanted share of hole pixels in (0, 1): a float or a (low, high) pair.
            Defaults to (0.01, 0.6).
        kinds: names out of ``HOLE_KINDS``. Defaults to all of them.
        weights: relative frequency of each kind, or None for equal ones. Defaults
            to None.

    Returns:
        Bool array (height, width), True = hole.

    Raises:
        ValueError: if a kind is unknown, the weights do not fit the kinds, or the
            size or the ratio is out of range.
    """
    kinds = tuple(kinds)
    unknown = sorted(set(kinds) - set(HOLE_KINDS))
    if unknown or not kinds:
        raise ValueError(
            f"`kinds` must be names out of {HOLE_KINDS}. Received: {kinds}"
        )
    chances = np.ones(len(kinds)) if weights is None else np.asarray(weights, float)
    if chances.shape != (len(kinds),) or chances.min() < 0 or chances.sum() <= 0:
        raise ValueError(
            f"`weights` must be {len(kinds)} numbers >= 0, one for each kind, that are "
            f"not all 0. Received: {weights}"
        )
    least, target, most = _wanted_counts(rng, height, width, ratio)
    pixels = height * width
    natural = [_NATURAL_RATIOS.get(kind, (0.0, 1.0)) for kind in kinds]
    suited = chances * [low <= target / pixels <= high for low, high in natural]
    chances = suited if suited.sum() > 0 else chances
    kind = rng.choice(len(kinds), p=chances / chances.sum())
    return _MAKERS[kinds[kind]](rng, height, width, (least / pixels, most / pixels))


def _wanted_counts(rng, height, width, ratio):
    """Return the least, the aimed-at and the largest number of hole pixels."""
    if height < 1 or width < 1:
        raise ValueError(
            f"`height` and `width` must be at least 1. Received: {height}, {width}"
        )
    low, high = ratio if np.ndim(ratio) else (ratio, ratio)
    if not 0 < low <= high < 1:
        raise ValueError(
            "`ratio` must be a float in (0, 1) or a pair 0 < low <= high < 1. "
            f"Received: {ratio}"
        )
    pixels = height * width
    largest = max(1, pixels - 1)
    least = max(1, math.ceil(low * pixels - 1e-6))
    most = min(largest, math.floor(high * pixels + 1e-6))
    if np.ndim(ratio) and least <= most:
        target = int(rng.integers(least, most + 1))
    else:
        target = min(largest, max(1, round((low + high) / 2 * pixels)))
        least, most = (target, target) if np.ndim(ratio) else (1, largest)
    return (
        max(least, math.ceil(target * (1 - _TOLERANCE))),
        target,
        min(most, math.floor(target * (1 + _TOLERANCE))),
    )


def _polar(angles, radii):
    return np.stack((np.cos(angles), np.sin(angles)), axis=-1) * radii[..., None]


_CIRCLE = _polar(np.linspace(0, 2 * np.pi, 64, endpoint=False), np.ones(64))


def _superellipse(power):
    return np.sign(_CIRCLE) * np.abs(_CIRCLE) ** (2 / power)


def _polygon_area(outline):
    x, y = outline.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


_PART_NAMES = tuple(_FACE_PARTS)
_PART_AREAS = np.array(
    [
        sum(_polygon_area(_superellipse(p)) * rx * ry for _, _, rx, ry, p in blobs)
        for blobs in _FACE_PARTS.values()
    ]
)


def _rotated(points, angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    return points @ np.array(((cosine, sine), (-sine, cosine)))


def _closed_noise(rng, count, amplitude):
    """Return periodic noise of a few low harmonics, for rough outlines."""
    harmonics = np.arange(2, 12)
    phases = rng.uniform(0, 2 * np.pi, len(harmonics))
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    waves = np.cos(turns[:, None] * harmonics + phases)
    return waves @ (amplitude * rng.normal(size=len(harmonics)) / np.sqrt(harmonics))


def _smooth_closed(points, per_side=4):
    """Return a closed Catmull-Rom curve through the points."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    beyond = np.roll(points, -2, 0)
    t = (np.arange(per_side) / per_side)[None, :, None]
    start, end = points[:, None], after[:, None]
    leave = (after - before)[:, None] / 2
    arrive = (beyond - points)[:, None] / 2
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * leave
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * arrive
    )
    return curve.reshape(-1, 2)


def _fixed_point(points):
    return np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _scaled(height, width, shapes, counts):
    """Fill the shapes, each scaled about its own centre to meet the counts."""
    least, target, most = counts
    sides = np.array((width, height))
    canvas = np.zeros((height, width), np.uint8)
    scale = 1.0
    for _ in range(8):
        canvas[:] = 0
        for centre, outline in shapes:
            points = (centre + scale * outline) * sides - 0.5
            points = np.clip(points, -4 * sides, 5 * sides)
            cv2.fillPoly(canvas, [_fixed_point(points)], 1, shift=_SUBPIXEL_BITS)
        count = cv2.countNonZero(canvas)
        if least <= count <= most:
            break
        scale *= math.sqrt(target / max(count, 1))
    return canvas


def _scaled_hole(rng, height, width, ratio, shapes):
    counts = _wanted_counts(rng, height, width, ratio)
    return _exact(rng, _scaled(height, width, shapes, counts), counts)


def _exact(rng, canvas, counts):
    """Grow or shrink a hole along its outline until it meets the counts."""
    least, target, most = counts
    count = cv2.countNonZero(canvas)
    if least <= count <= most:
        return canvas.astype(bool)
    if count in (0, canvas.size):
        canvas = np.zeros_like(canvas)
        canvas[rng.integers(canvas.shape[0]), rng.integers(canvas.shape[1])] = 1
    depth = np.zeros(canvas.shape, np.float32)
    if canvas.size > 1:
        depth += cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_5)
        depth -= cv2.distanceTransform(1 - canvas, cv2.DIST_L2, cv2.DIST_MASK_5)
    hole = np.zeros(canvas.size, bool)
    hole[np.argpartition(depth.ravel(), -target)[-target:]] = True
    return hole.reshape(canvas.shape)


def _pen_strokes(rng, height, width, counts):
    """Move a pen: return points (strokes, points, 2) and widths (strokes, chunks).

    The heading of the pen is a line plus a turn, a wave and a wobble, which gives
    strokes, arcs, loops and scribbles depending on how much of each is drawn.
    """
    strokes = _STROKES_PER_BATCH
    t = np.linspace(0, 1, _POINTS_PER_STROKE)
    uniform = rng.random((10, strokes, 1))
    looping, waving = uniform[0] < 0.45, uniform[1] < 0.35
    turns = np.where(looping, 0.7 + 1.6 * uniform[2], 0.35 * uniform[2])
    turns *= np.where(uniform[3] < 0.5, -1, 1)
    swing = np.where(waving, 0.9 + 0.7 * uniform[4], 0.35 * uniform[4])
    waves = np.where(waving, 2 + 4 * uniform[5], 1 + 2 * uniform[5])
    wobble = np.cumsum(rng.normal(0, 0.09, (strokes, _POINTS_PER_STROKE)), axis=1)
    heading = 2 * np.pi * (uniform[6] + turns * t + uniform[7] * t * t * looping)
    heading += swing * np.sin(2 * np.pi * (waves * t + uniform[8])) + wobble
    path = np.cumsum(_polar(heading, np.ones_like(heading)), axis=1)
    extent = np.maximum(np.ptp(path, axis=1).max(axis=-1), 1e-3)
    ratio = counts[1] / (height * width)
    size = np.sqrt(ratio) * rng.uniform(0.45, 1.1, strokes) + 0.1
    path = (path - path.mean(axis=1, keepdims=True)) * (size / extent)[:, None, None]
    path += rng.uniform(0.12, 0.88, (strokes, 1, 2))
    brush = rng.uniform(0.018, 0.06, (strokes, 1)) * (0.7 + 0.8 * math.sqrt(ratio))
    pressure = 1 + 0.25 * np.cumsum(
        rng.uniform(-1, 1, (strokes, _CHUNKS_PER_STROKE)), axis=1
    )
    widths = np.maximum(brush * np.clip(pressure, 0.5, 1.6) * min(height, width), 1)
    return _fixed_point(path * (width, height) - 0.5), widths.round().astype(int)


def _draw_strokes(canvas, paths, widths, counts):
    """Draw strokes until the hole is large enough; say whether it is."""
    least, _, most = counts
    step = (_POINTS_PER_STROKE - 1) // _CHUNKS_PER_STROKE
    for path, path_widths in zip(paths, widths.tolist(), strict=True):
        for chunk, thickness in enumerate(path_widths):
            points = path[chunk * step : (chunk + 1) * step + 1]
            before = canvas.copy()
            _draw_line(canvas, points, thickness)
            if cv2.countNonZero(canvas) < least:
                continue
            shortest, longest = 1, len(points)
            while cv2.countNonZero(canvas) > most and longest - shortest > 1:
                middle = (shortest + longest) // 2
                canvas[:] = before
                _draw_line(canvas, points[:middle], thickness)
                if cv2.countNonZero(canvas) < least:
                    shortest = middle
                else:
                    longest = middle
            if cv2.countNonZero(canvas) >= least:
                return True
    return False


def _draw_line(canvas, points, thickness):
    cv2.polylines(canvas, [points], False, 1, thickness, shift=_SUBPIXEL_BITS)
