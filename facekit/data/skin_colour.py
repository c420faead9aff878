"""Tell a person's own skin from hair and other things by its colour."""

import cv2
import numpy as np

# Patches that show bare skin on most people: both inner cheeks and the forehead
# between the brows, the tip of the nose left out for its highlights.
# fmt: off
_PATCHES = (
    (117, 118, 119, 100, 142, 203, 206, 205, 50),
    (346, 347, 348, 329, 371, 423, 426, 425, 280),
    (109, 10, 338, 337, 336, 9, 107, 108),
)
# fmt: on
_NOSTRILS = (60, 290)

# The model is fitted and read with this many pixels between the pupils.
_WORKING_UNIT = 120
_MIN_SAMPLES = 40
# Spreads of lightness in octaves, and of saturation and hue in units of a* and b*; the
# least are those of skin as even as a studio portrait's.
_MIN_SPREAD = np.array([0.20, 6.0, 4.0])
_MAX_SPREAD = np.array([0.25, 10.0, 6.5])
_SURE, _NOT = 3.0, 5.0
# Highlights are paler than the skin beneath, but none lies along the outline of the
# face, where what is pale is the background.
_PALER, _PALER_AT_OUTLINE = 0.4, 2.0
_OUTLINE = 0.12
_BLEMISH = 0.16
_NOSTRIL_REACH = 0.14


def skin_likeness(image, region, landmarks, unit):
    """Say of each pixel of a face whether it has the colour of its skin.

    The colour of the cheeks and forehead is followed across the face by a plane for
    each of L*, a* and b*, fitted robustly, so that light from one side does not count
    as another colour, and dark skin is compared with dark skin. What is small and
    enclosed, such as a mole, remains skin.

    Args:
        image: uint8, (height, width, 3), RGB.
        region: float32, (height, width), [0, 1]; 1 = may be skin.
        landmarks: (468, 2) points in the image, pixels.
        unit: float, distance between the pupils, pixels.

    Returns:
        float32, (height, width), in [0, 1], 1 = skin. All 1 where too little skin
        is seen to learn its colour.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _WORKING_UNIT / unit)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    factor = np.array(size) / (width, height)
    points = (landmarks + 0.5) * factor - 0.5
    unit = unit * scale
    if unit > 12:
        small = cv2.bilateralFilter(small, 5, 20, 0.02 * unit)
    lab = cv2.cvtColor(small.astype("float32") / 255, cv2.COLOR_RGB2LAB)
    samples = _sampled(points, inside)
    if samples.sum() < _MIN_SAMPLES:
        return np.ones((height, width), "float32")
    likeness = _likeness(lab, samples, inside, points[4], unit)
    likeness = _with_blemishes(likeness, inside, points, unit)
    likeness = cv2.GaussianBlur(likeness, (0, 0), max(0.3, 0.008 * unit))
    likeness = cv2.resize(likeness, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(likeness, 0, 1)


def _sampled(points, inside):
    samples = np.zeros(inside.shape, "uint8")
    for patch in _PATCHES:
        outline = np.rint(points[list(patch)]).clip(-1e6, 1e6).astype("int32")
        cv2.fillPoly(samples, [cv2.convexHull(outline)], 1)
    return (samples > 0) & (inside > 0.5)


def _likeness(lab, samples, inside, centre, unit):
    """Compare each pixel with the colour expected there, learnt in two rounds."""
    y, x = np.indices(lab.shape[:2], "float64")
    x, y = (x - centre[0]) / unit, (y - centre[1]) / unit
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    # Shade scales a*, b* and L* + 16 alike, and so leaves their ratios as they are.
    body = lab[..., :1].astype("float64") + 16
    colours = np.concatenate([np.log2(body), lab[..., 1:] / body], -1)
    start = np.median(colours[samples], 0)
    depth = cv2.distanceTransform(_hull(inside), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    paler = np.where(depth > _OUTLINE * unit, _PALER, _PALER_AT_OUTLINE)

    def fitted(taken, terms):
        part = basis[..., :terms]
        surface, spread = _fit_surface(part[taken], colours[taken], start)
        return _compare(colours, part @ surface, spread, paler)

    # A plane through the patches, then a curved surface through all that fits it.
    likeness = fitted(samples, 3)
    like = (inside > 0.5) & (likeness > 0.5)
    return fitted(like, 6) if like.sum() >= _MIN_SAMPLES else likeness


def _hull(inside):
    """Fill eyes, brows and mouth again, which are not the outline of the face."""
    hull = np.zeros(inside.shape, "uint8")
    places = np.argwhere(inside > 0.5)[:, ::-1].astype("int32")
    cv2.fillConvexPoly(hull, cv2.convexHull(np.ascontiguousarray(places)), 1)
    return hull


def _compare(colours, expected, spread, paler):
    distance = np.sqrt(((_away(colours, expected, paler) / spread) ** 2).sum(-1))
    return np.clip((_NOT - distance) / (_NOT - _SURE), 0, 1).astype("float32")


def _away(colours, expected, paler):
    """Return what is lighter, more saturated and of another hue than expected."""
    lighter = colours[..., 0] - expected[..., 0]
    chroma, away = expected[..., 1:], colours[..., 1:] - expected[..., 1:]
    away = away * np.exp2(colours[..., :1])
    towards = chroma / np.maximum(np.linalg.norm(chroma, axis=-1, keepdims=True), 1e-3)
    saturation = (away * towards).sum(-1)
    hue = away[..., 0] * towards[..., 1] - away[..., 1] * towards[..., 0]
    saturation *= np.where((lighter > 0.05) & (saturation < 0), paler, 1.0)
    return np.stack([lighter, saturation, hue], -1)


def _fit_surface(basis, colours, start):
    """Return (terms, 3) and (3,) spreads, blind to what differs from most."""
    surface = np.zeros((basis.shape[1], 3))
    surface[0] = start
    # A little ridge keeps the slopes of few or one-sided samples small.
    ridge = np.diag([0.0] + [0.02] * (basis.shape[1] - 1))
    for _ in range(6):
        away = _away(colours, basis @ surface, _PALER)
        spread = 1.4826 * np.median(np.abs(away), 0)
        spread = np.clip(spread, _MIN_SPREAD, _MAX_SPREAD)
        distance = np.sqrt(((away / spread) ** 2).sum(-1))
        weight = 1 / (1 + (distance / 2) ** 2) ** 2
        weighted = basis * weight[:, None]
        gram = weighted.T @ basis + ridge * weight.sum()
        surface = np.linalg.solve(gram, weighted.T @ colours)
    return surface, spread


def _with_blemishes(likeness, inside, points, unit):
    """Count small enclosed spots as skin, except the nostrils."""
    other = ((likeness < 0.5) & (inside > 0.5)).astype("uint8")
    count, labels, stats, centres = cv2.connectedComponentsWithStats(other)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    nostrils = points[list(_NOSTRILS)]
    reach = np.hypot(*np.moveaxis(centres[:, None] - nostrils, -1, 0)).min(1)
    small = (extent < _BLEMISH * unit) & (reach > _NOSTRIL_REACH * unit)
    border = np.unique(labels[cv2.dilate((inside < 0.5).astype("uint8"), None) > 0])
    small[border] = False
    small[0] = False
    filled = cv2.dilate(small[labels].astype("uint8"), np.ones((3, 3), "uint8"))
    return np.maximum(likeness, filled.astype("float32"))
