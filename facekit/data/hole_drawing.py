"""Drawing of holes: pens, filled outlines, and meeting a wanted size.

``counts`` are the least, the aimed-at and the largest number of hole pixels.
"""

import math

import cv2
import numpy as np

_TOLERANCE = 0.05
_SUBPIXEL_BITS = 4

_STROKES_PER_BATCH = 6
_POINTS_PER_STROKE = 49
_CHUNKS_PER_STROKE = 4


def wanted_counts(rng, height, width, ratio):
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


def polar(angles, radii):
    """Return the points (..., 2) at the given angles in radians and radii."""
    return np.stack((np.cos(angles), np.sin(angles)), axis=-1) * radii[..., None]


CIRCLE = polar(np.linspace(0, 2 * np.pi, 64, endpoint=False), np.ones(64))


def rotated(points, angle):
    """Return points (count, 2) turned about the origin by an angle in radians."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return points @ np.array(((cosine, sine), (-sine, cosine)))


def closed_noise(rng, count, amplitude):
    """Return periodic noise of a few low harmonics, for rough outlines."""
    harmonics = np.arange(2, 12)
    phases = rng.uniform(0, 2 * np.pi, len(harmonics))
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    waves = np.cos(turns[:, None] * harmonics + phases)
    return waves @ (amplitude * rng.normal(size=len(harmonics)) / np.sqrt(harmonics))


def smooth_closed(points, per_side=4):
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


def fill_scaled(height, width, shapes, counts):
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


def meet_counts(rng, canvas, counts):
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


def pen_strokes(rng, height, width, counts):
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
    path = np.cumsum(polar(heading, np.ones_like(heading)), axis=1)
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


def draw_strokes(canvas, paths, widths, counts):
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
