"""Where a face's skin is to change, so that nobody sees where that ends."""

import cv2
import numpy as np

from facekit.data.alignment import align, alignment_transform, transform_points
from facekit.data.face_regions import (
    INNER_LIPS,
    OUTER_LIPS,
    OUTLINES,
    FaceCanvas,
    draw_hull,
    rounded,
)
from facekit.data.skin_colour import skin_likeness
from facekit.restore.guided_filter import guided_filter

SIZE = 512
# Shares of the distance between the pupils.
_REACH, _EYE_MARGIN, _FEATHER = 0.7, 0.015, 0.05
_SIDE_MARGIN, _UP, _DOWN = 0.05, 0.45, 0.5
# How far down the neck changes and how much wider than the jaw it ends, and from what
# share of the way on less and less.
_NECK, _WIDER, _FADE = 2.8, 2.2, 0.35
# Skin goes on where no colour changes by more, in units of CIELAB a pixel of the
# square, after a blur of so many pixels; edges are so wide. Gaps of so many distances
# between the pupils are closed.
_EDGE, _BLUR, _EDGE_WIDTH, _GAP = 2.0, 1.5, 7, 0.4
# By how much the hue of a neck differs from the face's, radians, and by what factors
# its chroma.
_HUE, _CHROMA = 0.4, (0.5, 2.2)
# Upper and lower outline of the mesh, in MediaPipe's numbering.
_FOREHEAD = (54, 103, 67, 109, 10, 338, 297, 332, 284)
_ABOVE_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_AROUND_TOP = (127, 162, 21, *_FOREHEAD, 251, 389, 356)
# How far up a bald head goes, how much wider, and how much of it has to be bare.
_SCALP, _SCALP_WIDER, _BARE = 1.3, 1.1, 0.5
_JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
# Edge of the face before the person's right and left ear, how far out ears reach, and
# beyond that a rim. More than so much of it looks like skin where it is no ear.
_BEFORE_EARS = ((127, 234, 93, 132, 58), (356, 454, 323, 361, 288))
_EAR, _EAR_RIM, _NO_EAR = 0.6, 0.1, 0.15
# Hair of the colour of skin hangs together with it by threads of so many pixels. Less
# than this share of it lies on face, forehead and chin, or it is darker by so much L*.
_THREAD, _WITHIN, _DARKER = 5, 0.6, 18
# Edges of lids are so wide; in photos that are enlarged more they are too soft.
_LID_EDGE, _ENLARGED = 5, 2.5
# Windows of the filter that lets the area end at edges of the photo, and the variance
# of colours, of 1, that is no edge.
_GUIDED, _EVEN = 0.08, 2e-4
_HEAD = 1.6  # of the extent of a face's landmarks
_GREY = 4.0  # chroma below which skin has no hue to go by
_MOSTLY = 0.4  # of what lies just below the jaw is neck
_BORDER, _TOP_BORDER = 48, 12  # pixels of the square
_FACE = 0.75  # share of the square that the aligned face takes up, at the top
_UPPER_LIP, _LOWER_LIP = 13, 14  # middle of their inner edges
_CLOSED, _OPEN = 0.035, 0.06  # how far they are apart
_LIPS = 0.8  # there is less melanin in them


def skin_area(image, landmarks, others=()):
    """Draw the skin of a face, ears, neck and bald head, lips and brows, fading out.

    Args:
        image: uint8, (height, width, 3), the photo.
        landmarks: (468, 2), photo pixels.
        others: list of the landmarks of other faces, whose heads are no neck or ear of
            this one. Defaults to none.

    Returns:
        ``(area, transform)``: float32 (512, 512), [0, 1], 1 = changes wholly, and the
        matrix from photo to area.
    """
    transform = _FACE * alignment_transform(landmarks, SIZE)
    transform[0, 2] += (1 - _FACE) / 2 * SIZE
    crop = align(image, transform, SIZE)
    points = transform_points(landmarks, transform)
    canvas = FaceCanvas(points, SIZE, SIZE, _FEATHER)
    unit = canvas.unit
    face = canvas.fill(_hull(points))
    forehead, chin, neck = *_above_and_below(canvas), _neck(canvas)
    inner = np.maximum.reduce([face, forehead, chin])
    wide = np.maximum(inner, canvas.fill(_hull(points), _SIDE_MARGIN * unit))
    eyes = _union(canvas, OUTLINES["eyes"], _EYE_MARGIN)
    brows = _union(canvas, OUTLINES["brows"], 0)
    lips = canvas.outline(OUTER_LIPS)
    mouth = _open(points, unit) * canvas.outline(INNER_LIPS)
    bare = wide * (1 - np.maximum.reduce([eyes, brows, lips]))
    likeness = skin_likeness(crop, bare, points, unit)
    lab = cv2.GaussianBlur(crop, (0, 0), _BLUR).astype("float32") / 255
    lab = cv2.cvtColor(lab, cv2.COLOR_RGB2LAB)
    hue = _hue(lab, (likeness > 0.5) & (bare > 0.5))
    tinted = _tinted(lab, likeness, hue)
    alike = (likeness > 0.5) & (tinted > 0)
    if hue is not None and np.hypot(*transform[0, :2]) < _ENLARGED:
        # Outlines of eyes that are off take in some skin of the lids.
        lids = _part_of(_smooth(lab, alike), bare)
        lids = cv2.dilate(lids, np.ones((_LID_EDGE, _LID_EDGE)))
        eyes *= 1 - cv2.GaussianBlur(lids * alike, (0, 0), _BLUR)
    likeness *= 1 - np.maximum(eyes, lips)
    hair = _hair(lab, alike & (likeness > 0.5), face, inner, unit)
    above_brows = canvas.fill(_hull(points[list(_FOREHEAD + _ABOVE_BROWS)]))
    likeness *= 1 - hair * np.maximum(forehead, above_brows)
    likeness *= _trusted(lab, likeness > 0.5, tinted, face, forehead, chin, unit)
    skin = (likeness * wide > 0.5) | ((tinted > 0) & (neck > 0))
    # A dark shadow of the jaw can part the neck from the face.
    below = _reached(lab, skin, chin * (face < 0.5), unit, _MOSTLY)
    neck *= np.maximum(_reached(lab, skin, face, unit), below)
    outside = canvas.oval() < 0.5
    area = np.maximum.reduce([likeness, brows * ~outside, _LIPS * lips])
    area *= wide * _near(outside, unit)
    ears = _ears(canvas, likeness, face)
    scalp = _scalp(canvas, lab, likeness * tinted > 0.5, inner, face)
    area = np.maximum(area, np.maximum.reduce([neck, ears, scalp]) * outside)
    allowed = 1 - np.maximum(eyes, mouth)
    for other in others:
        head = _head(transform_points(other, transform))
        allowed *= np.where(head, face, 1)
    return _finished(area, allowed, crop, unit), transform


def _head(points):
    """Where a head about is whose face has these landmarks, bool."""
    return draw_hull(points.mean(0) + _HEAD * (points - points.mean(0)), (SIZE, SIZE))


def _finished(area, allowed, crop, unit):
    """The area, ending at edges of the photo, within what is allowed to change."""
    # The square ends on necks and on heads; no edge must show there.
    along = np.arange(SIZE, dtype="float32")
    aside, to_end = np.minimum(along, along[::-1]) / _BORDER, along[::-1] / _BORDER
    border = np.clip(np.minimum(along / _TOP_BORDER, to_end), 0, 1)[:, None]
    allowed = allowed * border * np.clip(aside, 0, 1)
    area = cv2.GaussianBlur(area * allowed, (0, 0), _FEATHER * unit / 4)
    guide = crop.astype("float32") / 255
    area = guided_filter(guide, area, round(_GUIDED * unit), _EVEN)
    # Filters reach a little into what must stay.
    area *= allowed
    # What is hardly seen would only cost bytes.
    return np.where(area > 1 / 255, area, 0).clip(0, 1).astype("float32")


def _open(points, unit):
    """Whether a mouth is open, [0, 1]; between closed lips all is lips."""
    gap = np.hypot(*(points[_LOWER_LIP] - points[_UPPER_LIP])) / unit
    return float(np.clip((gap - _CLOSED) / (_OPEN - _CLOSED), 0, 1))


def _near(outside, unit):
    """Less and less away from what is not outside, [0, 1]."""
    outside = outside.astype("uint8")
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = np.clip(1 - away / (_REACH * unit), 0, 1)
    return near * near * (3 - 2 * near)


def _above_and_below(canvas):
    """Forehead up to the hairline, and what is just below the jaw.

    A background can have the colour of skin, so colour alone must not decide.
    """
    forehead = canvas.fill(_drawn_out(canvas, _FOREHEAD, -_UP, 0.9))
    return forehead, canvas.fill(_drawn_out(canvas, _JAW, _DOWN, 0.6))


def _neck(canvas):
    """What lies below the jaw, less and less downwards."""
    neck = canvas.fill(_drawn_out(canvas, _JAW, _NECK, _WIDER))
    places = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1)
    jaw = canvas.points[list(_JAW)] @ _down(canvas)
    depth = (places @ _down(canvas) - jaw.mean()) / (_NECK * canvas.unit)
    fade = np.clip((1 - depth) / (1 - _FADE), 0, 1)
    return (neck * fade * fade * (3 - 2 * fade)).astype("float32")


def _ears(canvas, likeness, face):
    """What looks like skin beside the face, if what lies farther out does not."""
    across = np.array([_down(canvas)[1], -_down(canvas)[0]])
    ears = np.zeros((SIZE, SIZE), "float32")
    for numbers in _BEFORE_EARS:
        edge = canvas.points[list(numbers)]
        side = np.sign((edge.mean(0) - canvas.points.mean(0)) @ across)
        outwards = side * canvas.unit * across
        end = edge + _EAR * outwards
        rim = canvas.fill(_hull(np.concatenate([end, end + _EAR_RIM * outwards])))
        if (rim * likeness).sum() < _NO_EAR * rim.sum():
            ear = canvas.fill(_hull(np.concatenate([edge, end])))
            ears = np.maximum(ears, ear)
    joined = (likeness > 0.5) & (np.maximum(ears, face) > 0.5)
    return ears * _closed(_part_of(joined, face), canvas.unit)


def _scalp(canvas, lab, skin, inner, face):
    """A bald head above the forehead; nothing of one with hair."""
    scalp = canvas.fill(_drawn_out(canvas, _AROUND_TOP, -_SCALP, _SCALP_WIDER))
    bare = scalp * _reached(lab, skin & (inner + scalp > 0), face, canvas.unit)
    return bare * (bare.sum() > _BARE * scalp.sum())


def _hue(lab, sure):
    """Usual a* and b* of what is surely skin; None of a photo without colours."""
    a, b = (np.median(lab[sure, k]) if sure.any() else 0 for k in (1, 2))
    return None if np.hypot(a, b) < _GREY else (a, b)


def _tinted(lab, likeness, hue):
    """Where hue and chroma are about those of skin that is sure, float32.

    Necks are lit otherwise than faces, so their lightness says little. In a photo
    without colours it is all there is.
    """
    if hue is None:
        return (likeness > 0.5).astype("float32")
    a, b = hue
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    # Of the colour turned by the usual hue.
    along, across = a * lab[..., 1] + b * lab[..., 2], a * lab[..., 2] - b * lab[..., 1]
    share = chroma / np.hypot(a, b)
    alike = np.abs(np.arctan2(across, along)) < _HUE
    alike &= (share > _CHROMA[0]) & (share < _CHROMA[1])
    return alike.astype("float32")


def _trusted(lab, alike, tinted, face, forehead, chin, unit):
    """Where skin may be what has about its colour, [0, 1].

    Away from the face that can also be a grey background, which passes for skin in the
    shade: there, hue and chroma have to be right too, or at least around it in the
    forehead and the neck; below the jaw skin may go on from such without an edge.
    """
    around = np.maximum(forehead, chin) * _closed(tinted * alike, unit)
    shaded = chin * _reached(lab, alike & (chin > 0), chin, unit, _MOSTLY)
    blurred = cv2.GaussianBlur(tinted, (0, 0), _BLUR)
    return np.maximum.reduce([face, around, shaded, blurred])


def _hair(lab, alike, face, inner, unit):
    """What has about the colour of skin, but an edge around it, and is hair, [0, 1].

    It goes on far beyond the face or is much darker. Shadows have softer edges.
    """
    # Where strands cross the edge, hair and forehead hang together by a thread.
    core = cv2.erode(_smooth(lab, alike), np.ones((_THREAD, _THREAD)))
    _, labels = cv2.connectedComponents(core)
    in_all, in_face, within = (
        np.bincount(labels.ravel(), weights=weights.ravel())
        for weights in (np.ones_like(face), face > 0.5, inner > 0.5)
    )
    in_face[0] = -1
    light = np.bincount(labels.ravel(), weights=lab[..., 0].ravel())
    light /= np.maximum(in_all, 1)
    hair = (within < _WITHIN * in_all) | (light < light[in_face.argmax()] - _DARKER)
    hair[[0, in_face.argmax()]] = False
    side = np.ones((_THREAD + _EDGE_WIDTH,) * 2)
    skin = cv2.dilate(np.float32(labels == in_face.argmax()), side)
    hair = cv2.dilate(np.float32(hair[labels]), side)
    return _closed(hair, unit) * (1 - skin)


def _reached(lab, skin, start, unit, least=0):
    """Where skin goes on from somewhere without an edge, (SIZE, SIZE)."""
    reached = _part_of(_smooth(lab, skin), start, least)
    reached = cv2.dilate(reached, np.ones((_EDGE_WIDTH, _EDGE_WIDTH)))
    return _closed(reached * skin, unit)


def _smooth(lab, mask):
    """The pixels of a mask that lie on no edge, uint8."""
    slopes = [cv2.Sobel(lab, -1, dx, 1 - dx, scale=1 / 8) for dx in (0, 1)]
    slope = np.sqrt(np.square(slopes).sum((0, -1)))
    return (mask & (slope < _EDGE)).astype("uint8")


def _part_of(mask, start, least=0):
    """The connected part of a mask that shares most with a region, float32.

    It has to share at least so much of the region; otherwise there is none.
    """
    _, labels = cv2.connectedComponents(np.uint8(mask))
    counts = np.bincount(labels[(labels > 0) & (start > 0.5)], minlength=1)
    if counts.max() <= least * (start > 0.5).sum():
        return np.zeros(mask.shape, "float32")
    return (labels == counts.argmax()).astype("float32")


def _closed(mask, unit):
    """A mask without small gaps, and with a soft edge."""
    side = 2 * round(_GAP * unit / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc)
    return cv2.GaussianBlur(mask, (0, 0), _BLUR)


def _drawn_out(canvas, numbers, shift, width):
    """Outline of an edge of the face and the same moved down and made narrower."""
    edge = canvas.points[list(numbers)]
    moved = edge.mean(0) + width * (edge - edge.mean(0))
    moved = moved + shift * canvas.unit * _down(canvas)
    return _hull(np.concatenate([edge, moved]))


def _down(canvas):
    return canvas.down / max(np.hypot(*canvas.down), 1e-9)


def _hull(points):
    return rounded(cv2.convexHull(points.astype("float32"))[:, 0])


def _union(canvas, outlines, margin):
    return np.maximum.reduce([canvas.outline(part, margin) for part in outlines])
