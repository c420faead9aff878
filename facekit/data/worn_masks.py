"""Put face masks on portraits, reproducibly, with the exact opacity as truth."""

import cv2
import numpy as np

from facekit.data import worn_mask_designs as designs
from facekit.data.face_chart import FaceChart
from facekit.data.face_frame import face_frame
from facekit.data.face_regions import box_of, rounded
from facekit.data.hands import hand
from facekit.data.linear_light import luminance
from facekit.data.textures import blur, on_colours, smooth_noise, smoothstep
from facekit.data.worn_mask_designs import CHART_X, CHART_Y, Chart

_MAKERS = {
    "surgical": designs.surgical,
    "ffp2": designs.ffp2,
    "cloth": designs.cloth,
    "printed": designs.printed,
    "duckbill": designs.duckbill,
    "cup": designs.cup,
    "bandana": designs.bandana,
    "boat": designs.boat,
    "gaiter": designs.gaiter,
    "sport": designs.sport,
    "scarf": designs.scarf,
}
# Kinds that say how a mask is worn; the mask itself is drawn from these.
_WORN = {
    "below_nose": ("surgical", "cloth", "printed", "ffp2"),
    "chin_gap": ("surgical", "cloth", "printed"),
    "on_chin": ("surgical", "cloth", "ffp2"),
}
WORN_MASK_KINDS = {
    "train": ("surgical", "ffp2", "cloth", "printed", "duckbill", "cup", "bandana",
              "below_nose", "chin_gap"),
    "held_out": ("boat", "gaiter", "sport", "scarf", "hand", "on_chin"),
}  # fmt: skip
_PITCH = (24, 400)
_HIDDEN_EAR = 0.34
_TURNED = 0.38


def wear_mask(image, face, rng, kind=None, family="train", templates=None):
    """Put a face mask on a face.

    The mask is drawn flat on a chart of the face, in a fabric with folds, bent onto
    the landmarks by a thin-plate map, lit like the face, and throws a shadow. The same
    arguments give the same bytes.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``Face``, (468, 2) landmarks in pixels, or ``FaceFrame`` of the image.
        rng: ``numpy.random.Generator`` or integer seed.
        kind: name out of ``WORN_MASK_KINDS``, of either family; None draws one of
            the family. Defaults to None.
        family: "train" or "held_out". Defaults to "train".
        templates: sequence of ``MaskTemplate``, or None. Given some and no kind, half
            of the masks are pictures out of it. Defaults to None.

    Returns:
        ``Damage``; ``alpha`` is the opacity of mask and straps, exactly. ``changed``
        also holds the shadow that they throw.

    Raises:
        ValueError: the kind or family is unknown.
        PhotoError: the image is not uint8 (height, width, 3).
        NoFaceError: no face, one too small, outside the image or in profile.
    """
    if family not in WORN_MASK_KINDS:
        raise ValueError(
            f"`family` must be one of {tuple(WORN_MASK_KINDS)}. Received: {family!r}"
        )
    known = [name for names in WORN_MASK_KINDS.values() for name in names]
    if kind is not None and kind not in known:
        raise ValueError(f"`kind` must be one of {known} or None. Received: {kind!r}")
    rng = np.random.default_rng(rng)
    frame = face_frame(image, face)
    names = WORN_MASK_KINDS[family]
    drawn = names[rng.integers(len(names))]
    pictured = rng.random() < 0.5
    if kind is None and templates and pictured:
        return _dress_in_template(frame, rng, templates)
    return _dress(frame, rng, kind or drawn)


def _dress(frame, rng, kind):
    pitch = float(np.clip(frame.unit, *_PITCH))
    chart = Chart.of(pitch)
    base = kind
    if kind in _WORN:
        base = _WORN[kind][rng.integers(len(_WORN[kind]))]
    if base == "hand":
        albedo = frame.colour / np.sqrt(frame.brightness / 0.35)
        garment = hand(rng, chart, albedo)
    else:
        garment = _MAKERS[base](rng, chart)
    face_chart = FaceChart(frame)
    moved = _worn_like(rng, kind)
    outline = moved(garment.outline)
    mirrored = outline[-2:0:-1] * [-1, 1]
    edge = face_chart.to_box(rounded(np.concatenate([outline, mirrored]), 4))
    cover = frame.polygon(edge)
    x, y = face_chart.maps()
    texture = _lit_texture(frame, rng, chart, garment)
    map_x = ((x / np.float32(moved.width) - CHART_X[0]) * pitch).astype("float32")
    map_y = ((moved.back(y) - CHART_Y[0]) * pitch).astype("float32")
    film = cv2.remap(
        texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if garment.opacity is not None:
        cover = cv2.remap(garment.opacity, map_x, map_y, cv2.INTER_LINEAR)
    film = film * on_colours(_hem(frame, cover, garment))
    straps, strap_film = _straps(frame, rng, garment, face_chart, moved)
    alpha = _seen(np.maximum(cover, straps))
    film = film + on_colours(straps * (1 - cover)) * (strap_film - film)
    return _composed(frame, rng, film, alpha)


def _composed(frame, rng, film, alpha):
    """Light a film, throw its shadow on the face, and lay it over."""
    light, shadow = _shadowed(frame, alpha, rng)
    box = box_of(alpha) or np.s_[:0, :0]
    part = light[box]
    part += on_colours(alpha[box]) * (_exposed(frame, rng, film, box) - part)
    return frame.finish(light, np.maximum(alpha, shadow > 0), cover=alpha)


def _dress_in_template(frame, rng, templates):
    """Put on the picture of a mask, out of those that show it as the face is turned."""
    nose = frame.points[1]
    away = [abs((frame.points[n] - nose) @ frame.across) for n in (234, 454)]
    share = away[0] / max(sum(away), 1e-3)
    view = "left" if share < _TURNED else "right" if share > 1 - _TURNED else "front"
    fitting = [template for template in templates if template.view == view]
    fitting = fitting or templates
    template = fitting[rng.integers(len(fitting))]
    x, y = FaceChart(frame).maps()
    stretch = 1 + rng.normal(0, 0.03, 2)
    places = np.stack([x * stretch[0], 1 + (y - 1) * stretch[1]], -1)
    step = max(1, round(frame.unit / 12))
    coarse = places[::step, ::step]
    nodes = template.from_chart(coarse.reshape(-1, 2).astype("float64"))
    nodes = nodes.reshape(coarse.shape).astype("float32")
    matrix = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    at = cv2.warpAffine(
        nodes,
        matrix,
        frame.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    film, alpha = _sampled(template, at, frame)
    tone = np.exp(rng.normal(0, 0.15))
    hue = np.exp(rng.normal(0, 0.06, 3)).astype("float32")
    return _composed(frame, rng, np.clip(film * tone * hue, 0, 1), alpha)


def _sampled(template, at, frame):
    """Return colour and opacity of a template at its pixels, antialiased."""
    picture, opacity = template.light, template.opacity
    wide = np.ptp(template.points[:, 0]) / max(1.9 * frame.unit, 1.0)
    if wide > 1.5:
        size = [max(2, round(length / wide)) for length in opacity.shape[::-1]]
        at = (at + 0.5) * (np.array(size) / opacity.shape[::-1]).astype("float32") - 0.5
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        opacity = cv2.resize(opacity, size, interpolation=cv2.INTER_AREA)
    x, y = at[..., 0].astype("float32"), at[..., 1].astype("float32")
    film = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(opacity, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return film, _seen(alpha)


def _seen(alpha):
    """Return opacity without what is too faint to see."""
    return np.where(alpha >= 1 / 255, alpha, 0).astype("float32")


class _Moved:
    """Moves the upper and lower edge of a mask along the face.

    Args:
        top: pair (as designed, as worn), y in chart units.
        bottom: the same of the lower edge.
        width: float, relative.
    """

    def __init__(self, top, bottom, width=1.0):
        self.scale = (bottom[1] - top[1]) / (bottom[0] - top[0])
        self.shift = top[1] - self.scale * top[0]
        self.width = width

    def __call__(self, points):
        return points * [self.width, self.scale] + [0, self.shift]

    def back(self, y):
        return (y - np.float32(self.shift)) / np.float32(self.scale)


def _worn_like(rng, kind):
    lift = rng.normal(0, 0.02)
    top, bottom = 0.2, 1.85
    if kind == "below_nose":
        return _Moved((top, rng.uniform(0.74, 0.86)), (bottom, rng.uniform(1.84, 2.0)))
    if kind == "chin_gap":
        lower = rng.uniform(1.45, 1.66)
        return _Moved((top, rng.uniform(0.1, 0.25)), (bottom, lower), 0.95)
    if kind == "on_chin":
        ends = rng.uniform(1.2, 1.42), rng.uniform(2.05, 2.25)
        return _Moved((top, ends[0]), (bottom, ends[1]), rng.uniform(0.72, 0.8))
    return _Moved((top, top + lift), (bottom, bottom + 0.5 * rng.normal(0, 0.03)))


def _lit_texture(frame, rng, chart, garment):
    """Shade a fabric by its own relief, under the light of the photo."""
    direction = frame.light_direction
    light = np.array([direction @ frame.across, direction @ frame.down])
    slope_y, slope_x = np.gradient(garment.relief * np.float32(chart.pitch))
    # Lambert's law with a lamp before the face, above or beside it.
    normal = np.sqrt(1 + slope_x**2 + slope_y**2)
    facing = (1 - 0.8 * (slope_x * light[0] + slope_y * light[1])) / normal
    shade = 0.34 + 0.66 * np.clip(facing, 0, 1.5)
    hollow = garment.relief - blur(garment.relief, 0.03 * chart.pitch)
    shade = shade * np.clip(1 + 14 * np.minimum(hollow, 0), 0.55, 1)
    under = 1 - 0.4 * smoothstep(1.55, 2.1, chart.y)
    return garment.fabric * on_colours(shade * under)


def _hem(frame, cover, garment):
    """Return the shade of a sewn border, and of the edge that turns away."""
    solid = (cover > 0.5).astype("uint8")
    # A mask that the border of the photo cuts has no edge there.
    solid = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
    inside = inside / np.float32(frame.unit)
    rim = 1 - 0.3 * np.exp(-inside / 0.018) - 0.12 * np.exp(-inside / 0.09)
    if garment.hem:
        width = max(0.009, 0.7 / frame.unit)
        rim = rim - 0.16 * np.exp(-(((inside - garment.hem) / width) ** 2))
    return rim.astype("float32")


def _exposed(frame, rng, film, box):
    """Return a part of the fabric as bright as the camera would show it here."""
    # A camera shows dark skin too light and pale skin too dark, but not by all of it.
    exposure = np.sqrt(frame.brightness / 0.35) * np.exp(rng.normal(0, 0.08))
    mean = np.maximum(cv2.mean(frame.light)[:3], 1e-3)
    tint = (mean / luminance(mean)) ** 0.2
    lighting = np.clip(frame.lighting[box], 0.25, 1.6) ** np.float32(0.8)
    grain = 1 + 0.012 * smooth_noise(rng, lighting.shape, 1.2)
    if not grain.size:
        return film[box]
    film = film[box] * on_colours(lighting * grain)
    film = film * (exposure * tint).astype("float32")
    # Film and sensors roll off before they clip.
    bright = film > 0.75
    film[bright] = 0.75 + 0.22 * np.tanh((film[bright] - 0.75) / 0.22)
    return film


def _straps(frame, rng, garment, chart, moved):
    """Draw bands from the sides of a mask to the ears or around the head."""
    canvas = np.zeros(frame.shape, "float32")
    film = np.broadcast_to(garment.strap_colour, (*frame.shape, 3))
    slack, tilt = rng.normal(0, 0.03, 2), rng.normal(0, 0.04, 2)
    if garment.straps == "none":
        return canvas, film
    outline = moved(garment.outline)
    side = outline[np.argmax(outline[:, 0])]
    upper = outline[np.flatnonzero(outline[:, 0] > 0.93 * side[0])[0]]
    lower = outline[np.flatnonzero(outline[:, 0] > 0.93 * side[0])[-1]]
    nose = frame.points[1]
    away = [abs((frame.points[n] - nose) @ frame.across) for n in (234, 454)]
    for sign, number, reach in ((-1, 0, away[0]), (1, 1, away[1])):
        share = reach / max(sum(away), 1e-3)
        if share < _HIDDEN_EAR:
            continue
        ear = 1.07 + 0.9 * max(share - 0.5, 0) + 0.02
        ends = (0.1 + tilt[number], 0.62 + tilt[1 - number])
        if garment.straps == "head":
            ends = (upper[1] - 0.35, lower[1] - 0.12)
        for start, end, bow in ((upper, ends[0], -0.05), (lower, ends[1], 0.05)):
            start = start * [sign, 1] - [0.03 * sign, 0]
            stop = np.array([sign * ear, end])
            steps = np.linspace(0, 1, 9)[:, None]
            path = start + steps * (stop - start)
            path[:, 1] += (bow + slack[number]) * np.sin(np.pi * steps[:, 0])
            canvas = np.maximum(
                canvas, _band(frame, chart.to_box(path), garment.strap_width)
            )
    round_shade = 0.55 + 0.45 * smoothstep(0.2, 1.0, canvas)
    return canvas * _unhidden(frame), film * on_colours(round_shade)


def _band(frame, path, width):
    """Return a band of even width along points of the box."""
    step = np.gradient(path, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], -1)
    normal /= np.maximum(np.hypot(*normal.T), 1e-6)[:, None]
    half = 0.5 * width * frame.unit * normal
    return frame.polygon(np.concatenate([path + half, (path - half)[::-1]]))


def _unhidden(frame):
    """Return where no hair hides a strap, as far as its colour tells."""
    like = blur(frame.likeness, 0.02 * frame.unit)
    return smoothstep(0.15, 0.6, like)


def _shadowed(frame, alpha, rng):
    """Return the light of the photo under the shadow of a mask, and the shadow."""
    direction = frame.light_direction
    reach = rng.uniform(0.02, 0.06) * frame.unit
    depth = rng.uniform(0.25, 0.5)
    shift = -direction * reach
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    far = cv2.warpAffine(alpha, matrix, alpha.shape[::-1])
    soft = blur(far, rng.uniform(0.035, 0.07) * frame.unit)
    close = blur(alpha, 0.018 * frame.unit)
    shadow = np.clip(0.75 * soft + 0.5 * close, 0, 1) * depth
    # What stands behind the head catches no shadow of it.
    ground = np.maximum(frame.oval, _neck(frame))
    shadow = shadow * ground
    shadow = np.where(shadow > 0.004, shadow, 0).astype("float32")
    tint = np.float32([0.92, 1.0, 1.04])
    return frame.light * (1 - on_colours(shadow) * tint), shadow


def _neck(frame):
    """Return the neck below the jaw, soft, where it has the colour of skin."""
    points = frame.points
    jaw = points[[172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397]]
    below = jaw[::-1] + 0.45 * frame.unit * frame.down
    narrow = below.mean(0) + 0.75 * (below - below.mean(0))
    area = frame.polygon(np.concatenate([jaw, narrow]))
    return blur(area, 0.05 * frame.unit) * frame.likeness
