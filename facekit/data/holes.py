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

import numpy as np

from facekit.data.hole_drawing import (
    CIRCLE,
    closed_noise,
    draw_strokes,
    fill_scaled,
    meet_counts,
    pen_strokes,
    polar,
    rotated,
    smooth_closed,
    wanted_counts,
)

HOLE_BINS = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))

_MAX_BATCHES = 12

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


def _superellipse(power):
    return np.sign(CIRCLE) * np.abs(CIRCLE) ** (2 / power)


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
    wanted = wanted_counts(rng, height, width, ratio)
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(_MAX_BATCHES):
        if draw_strokes(canvas, *pen_strokes(rng, height, width, wanted), wanted):
            break
    return meet_counts(rng, canvas, wanted)


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
            corners = polar(2 * np.pi * turns, rng.uniform(0.45, 1.0, count))
        corners = rotated(corners, rng.uniform(0, 2 * np.pi)) * rng.uniform(0.15, 0.3)
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
        outline = rotated(CIRCLE * radii, rng.uniform(0, np.pi))
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
    low, target, high = wanted_counts(rng, height, width, ratio)
    misfit = np.abs(np.log(_PART_AREAS * height * width / target))
    fitting = np.flatnonzero(misfit <= max(0.7, misfit.min() + 1e-3))
    part = _PART_NAMES[fitting[rng.integers(len(fitting))]]
    shift = rng.normal(0, 0.012, 2)
    angle = rng.normal(0, 0.06)
    shapes = []
    for x, y, radius_x, radius_y, power in _FACE_PARTS[part]:
        stretch = 1 + rng.uniform(-0.15, 0.15, 2)
        rough = 1 + closed_noise(rng, len(CIRCLE), 0.06)[:, None]
        outline = _superellipse(power) * (radius_x, radius_y) * stretch * rough
        shapes.append((np.array((x, y)) + shift, rotated(outline, angle)))
    counts = (low, target, high)
    return meet_counts(rng, fill_scaled(height, width, shapes, counts), counts)


def worn_mask_hole(rng, height, width, ratio):
    """Cover nose to chin of an aligned face with the outline of a surgical mask.

    Half of the masks have ear loops. Its own size is about a fifth of the crop; the
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
    outline = smooth_closed(np.concatenate((side, mirrored)))
    centre = np.array((0.5, 0.74))
    outline = rotated(outline - centre, rng.normal(0, 0.05))
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


def _scaled_hole(rng, height, width, ratio, shapes):
    counts = wanted_counts(rng, height, width, ratio)
    return meet_counts(rng, fill_scaled(height, width, shapes, counts), counts)


_MAKERS = {
    "free_form": free_form_hole,
    "polygon": polygon_hole,
    "ellipse": ellipse_hole,
    "face_part": face_part_hole,
    "worn_mask": worn_mask_hole,
}
HOLE_KINDS = tuple(_MAKERS)

# Outside this range a kind no longer looks like what it is named after.
_NATURAL_RATIOS = {"face_part": (0.01, 0.45), "worn_mask": (0.1, 0.36)}


def random_hole(rng, height, width, ratio=(0.01, 0.6), kinds=HOLE_KINDS, weights=None):
    """Draw a hole of a random kind.

    The ratio is drawn first, uniformly from the range. Kinds that look unlike
    themselves at that ratio (a worn mask over 2 % of the picture) are passed over as
    long as another kind of positive weight remains.

    Args:
        rng: ``numpy.random.Generator``; the only source of randomness.
        height: height of the hole in pixels, at least 1.
        width: width of the hole in pixels, at least 1, or 2 if the height is 1.
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
    least, target, most = wanted_counts(rng, height, width, ratio)
    pixels = height * width
    natural = [_NATURAL_RATIOS.get(kind, (0.0, 1.0)) for kind in kinds]
    suited = chances * [low <= target / pixels <= high for low, high in natural]
    chances = suited if suited.sum() > 0 else chances
    kind = rng.choice(len(kinds), p=chances / chances.sum())
    return _MAKERS[kinds[kind]](rng, height, width, (least / pixels, most / pixels))
