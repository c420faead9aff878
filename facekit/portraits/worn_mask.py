"""A worn face mask: taut cloth over nose and chin, ear loops, and its shadow."""

from dataclasses import dataclass

import cv2
import numpy as np

from facekit.portraits import labels
from facekit.portraits.head import vertex_normals
from facekit.portraits.landmarks import landmark_vertices
from facekit.portraits.noise import noise, smoothstep, unit
from facekit.portraits.raster import Fragments, rasterize
from facekit.portraits.scalp import Hull
from facekit.portraits.strands import Strands

_COLUMNS, _ROWS = 49, 33
_FINE = 2
_AXIS = 0.1  # z of the upright axis about which the mask is bent, dm
_COLOURS = (
    (0.40, 0.62, 0.74),
    (0.78, 0.80, 0.80),
    (0.03, 0.03, 0.035),
    (0.42, 0.66, 0.58),
    (0.70, 0.45, 0.50),
    (0.08, 0.11, 0.22),
    (0.45, 0.10, 0.10),
)


@dataclass
class MaskDesign:
    """What a mask looks like; ``kind`` is surgical, cloth or moulded."""

    kind: str
    colour: tuple
    pattern: str
    half_width: float
    top: float
    bottom: float


def draw_design(rng):
    """Draw the design of a mask."""
    kind = str(rng.choice(("surgical", "cloth", "moulded"), p=(0.55, 0.3, 0.15)))
    chances = {
        "surgical": (0.5, 0.2, 0.15, 0.1, 0.05, 0, 0),
        "cloth": (0.05, 0.15, 0.3, 0.05, 0.1, 0.2, 0.15),
        "moulded": (0, 0.85, 0.15, 0, 0, 0, 0),
    }[kind]
    return MaskDesign(
        kind=kind,
        colour=_COLOURS[rng.choice(len(_COLOURS), p=chances)],
        pattern=str(rng.choice(("plain", "stripes", "dots"), p=(0.5, 0.3, 0.2))),
        half_width=np.deg2rad(rng.uniform(56, 66)),
        top=rng.uniform(-0.05, 0.06),
        bottom=rng.uniform(0.04, 0.10),
    )


@dataclass
class WornMask:
    """A mask as the camera sees it.

    Attributes:
        fragments: pixels that it covers.
        albedo, normal: (n, 3).
        gloss: (n,).
    """

    fragments: Fragments
    albedo: np.ndarray
    normal: np.ndarray
    gloss: np.ndarray


def fit_mask(scene, design):
    """Lay a mask over a face, and see it.

    Returns:
        ``WornMask`` and the posed straps, ``Strands``.
    """
    body, view = scene.body, scene.view
    angle, height, radius = _taut_surface(body, design)
    fine = (_COLUMNS * _FINE - 1, _ROWS * _FINE - 1)
    angle, height, radius = (
        cv2.resize(a.astype(np.float32), fine, interpolation=cv2.INTER_CUBIC)
        for a in (angle, height, radius)
    )
    points = np.stack(
        (radius * np.sin(angle), height, _AXIS + radius * np.cos(angle)), -1
    )
    columns, rows = fine
    triangles = _grid_triangles(rows, columns)
    vertices = points.reshape(-1, 3).astype(float) @ view.turn.T
    normals = vertex_normals(vertices, triangles)
    positions, depth = view.project(vertices)
    fragments = rasterize(positions, depth, triangles, view.size)
    # Just behind the face is still before it: cloth lies on skin without a gap.
    solid = scene.depth.ravel()[fragments.pixel]
    fragments = fragments.select(fragments.depth < solid + 0.06)
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(0, 1, rows))
    place = np.stack((u.ravel(), v.ravel()), 1).astype(np.float32)
    place = fragments.interpolate(place, triangles)
    normal = fragments.interpolate(normals.astype(np.float32), triangles)
    mask = _cover(design, fragments, place, unit(normal), view)
    return mask, _straps(body, design, points).turned(view.turn)


def _taut_surface(body, design):
    """Angle, height and radius of the mask's lattice about an upright axis."""
    mark = {name: body.vertices[k] for name, k in landmark_vertices().items()}
    tip, chin = mark["nose_tip"], mark["chin"]
    jaw = (mark["left_jaw"][1] + mark["right_jaw"][1]) / 2
    cheek = (mark["left_cheek"][1] + mark["right_cheek"][1]) / 2
    across = np.linspace(-1, 1, _COLUMNS)
    bridge = tip[1] + 0.17 + design.top
    upper = bridge + (min(cheek, bridge) - 0.04 - bridge) * smoothstep(
        0, 1, np.abs(across)
    )
    upper -= 0.05 * np.exp(-(((np.abs(across) - 0.42) / 0.2) ** 2))
    lowest = chin[1] - 0.10 - design.bottom
    lower = lowest + (jaw + 0.02 - lowest) * np.abs(across) ** 2.2
    down = np.linspace(0, 1, _ROWS)[:, None]
    height = upper + (lower - upper) * down
    angle = np.broadcast_to(across * design.half_width, height.shape)
    face = _face_radius(body, angle, height)
    # Below the chin the cloth turns in, but does not follow the neck.
    under = smoothstep(chin[1] + 0.12, lowest, height)
    below = np.hypot(chin[0], chin[2] - _AXIS) * (0.99 - 0.12 * under**2)
    below *= np.exp(-((across / 0.55) ** 4)) * (under > 0)
    face = np.maximum(face, below)
    taut = _upper_hull(face)
    # Across the face as well: a tent over the nose.
    forward = _upper_hull((taut * np.cos(angle)).T.copy()).T
    taut = np.maximum(taut, 0.85 * forward / np.cos(angle) + 0.15 * taut)
    for _ in range(3):
        taut = _blur(taut, 2.4)
        # Where the face would come through, the cloth around rises with it.
        deficit = np.maximum(face + 0.010 - taut, 0).astype(np.float32)
        taut = taut + 1.1 * _blur(cv2.dilate(deficit, np.ones((9, 9))), 2.4)
    taut = _blur(np.maximum(taut, face + 0.004), 0.8)
    if design.kind == "moulded":
        taut += 0.10 * (np.clip(1 - across**2, 0, 1) * np.sin(np.pi * down) ** 1.2)
    return angle, height, np.maximum(taut, face) + 0.012


def _blur(values, sigma):
    return cv2.GaussianBlur(
        values.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE
    )


def _face_radius(body, angle, height):
    """Distance of the face from the axis at the lattice's places."""
    mesh = body.mesh
    inner = mesh.sample_mask("inside-mouth", mesh.vertex_uv) > 0.3
    front = mesh.skin_vertices & ~inner & (body.vertices[:, 2] > _AXIS - 0.2)
    x, y, z = body.vertices[front].T
    z = z - _AXIS
    turn, radius = np.arctan2(x, z), np.hypot(x, z)
    span = angle.min() - 0.1, angle.max() + 0.1, height.min() - 0.1, height.max() + 0.1
    columns, rows = 72, 72
    column = (
        ((turn - span[0]) / (span[1] - span[0]) * (columns - 1)).round().astype(int)
    )
    row = ((y - span[2]) / (span[3] - span[2]) * (rows - 1)).round().astype(int)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    grid = np.zeros(rows * columns)
    np.maximum.at(grid, (row * columns + column)[inside], radius[inside])
    grid = grid.reshape(rows, columns).astype(np.float32)
    known = (grid > 0).astype(np.float32)
    filled = cv2.GaussianBlur(grid, (0, 0), 1.6) / np.maximum(
        cv2.GaussianBlur(known, (0, 0), 1.6), 1e-4
    )
    grid = np.where(known > 0, grid, filled)
    at = (
        (angle - span[0]) / (span[1] - span[0]) * (columns - 1),
        (height - span[2]) / (span[3] - span[2]) * (rows - 1),
    )
    return cv2.remap(grid, *(a.astype(np.float32) for a in at), cv2.INTER_LINEAR)


def _upper_hull(values):
    """Concave hull of every column, as a sheet stretched from top to bottom."""
    count = len(values)
    best = values.copy()
    for first in range(count):
        for last in range(first + 2, count):
            part = (np.arange(first + 1, last) - first) / (last - first)
            line = values[first] + (values[last] - values[first]) * part[:, None]
            np.maximum(best[first + 1 : last], line, out=best[first + 1 : last])
    return best


def _grid_triangles(rows, columns):
    """Triangles of a lattice whose rows run down, seen from outside."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, :-1].ravel(), index[1:, 1:].ravel()
    return np.concatenate((np.stack((a, c, b), 1), np.stack((b, c, d), 1)))


def _cover(design, fragments, place, normal, view):
    """Colour and relief of the cloth; ``place`` is (across, down), (n, 2)."""
    u, v = place.T
    flat = np.stack((u * 1.6, v * 1.2, np.zeros_like(u)), 1)
    weave = 1 + 0.03 * noise(flat, 60, 3) + 0.02 * noise(flat, 8, 4)
    edge = np.minimum(np.minimum(v, 1 - v) * 0.9, (1 - np.abs(u)) * 0.8)
    hem = np.exp(-(((edge - 0.045) / 0.008) ** 2)) * 0.22
    colour = np.tile(np.array(design.colour, np.float32), (len(u), 1))
    dark, bend = hem, np.zeros_like(v)
    if design.kind == "surgical":
        for fold in (0.30, 0.50, 0.70):
            dark = dark + 0.20 * np.exp(-(((v - fold) / 0.010) ** 2))
            bend = bend + 0.35 * np.exp(-(((v - fold - 0.02) / 0.025) ** 2))
    elif design.kind == "moulded":
        dark = dark + 0.15 * np.exp(-((u / 0.012) ** 2))
    else:
        dark = dark + 0.18 * np.exp(-((u / 0.010) ** 2))
        colour = _patterned(colour, design.pattern, u, v)
    wrinkles = 0.05 * noise(flat, 5, 6) * smoothstep(0.3, 0.9, np.abs(u))
    shift = view.turn[:, 1].astype(np.float32) * (bend + wrinkles)[:, None]
    return WornMask(
        fragments=fragments,
        albedo=np.clip(colour * (weave * (1 - dark))[:, None], 0.004, 0.85),
        normal=unit(normal + shift).astype(np.float32),
        gloss=np.full(len(u), 0.12, np.float32),
    )


def _patterned(colour, pattern, u, v):
    light = 0.5 * colour + 0.35
    if pattern == "stripes":
        share = smoothstep(-0.2, 0.2, np.sin(v * 42))
    elif pattern == "dots":
        share = smoothstep(0.35, 0.55, np.sin(u * 34) * np.sin(v * 28))
    else:
        return colour
    return (colour * (1 - share[:, None]) + light * share[:, None]).astype(np.float32)


def _straps(body, design, points):
    """Two loops on each side, from the mask's corners to behind the ear."""
    skin = body.mesh.skin_vertices & (body.mesh.rest[:, 1] > 6.0)
    hull = Hull(body.vertices[skin])
    mark = {name: body.vertices[k] for name, k in landmark_vertices().items()}
    along = np.linspace(0, 1, 24)[:, None]
    paths = []
    for name, column in (("left", -1), ("right", 0)):
        ear = mark[f"{name}_ear"]
        for row, rise in ((2, 0.32), (-3, 0.02)):
            start = points[row, column].astype(float)
            end = ear + (0, rise, -0.15)
            for shift in np.linspace(-0.016, 0.016, 7):
                path = start * (1 - along) + end * along
                path = path + (0, shift, 0)
                sunk = np.maximum(0.02 - hull.height(path), 0)[:, None]
                paths.append(path + unit(path) * sunk * np.minimum(along * 8, 1))
    paths = np.array(paths)
    colour = (
        np.array((0.75, 0.75, 0.74)) if design.colour[0] > 0.05 else np.full(3, 0.04)
    )
    return Strands(
        points=paths,
        outward=unit(paths),
        colour=np.tile(colour, (len(paths), 1)),
        shadow=np.ones(paths.shape[:2], np.float32),
        width=np.full(len(paths), 0.008),
        label=labels.MASK,
        taper=(1.0, 1.0),
        gloss=0.1,
    )


def cast_shadow(cover, light, view):
    """Light that is left beside a mask.

    Args:
        cover: share of each pixel that it covers, (s, s).
        light: ``Light``.
        view: ``View``.

    Returns:
        Factor on the light, float32 (s, s).
    """
    scale = view.pixels_per_dm()
    main = light.towards[light.lobes.sum((1, 2)).argmax()]
    shift = -main[:2] * (1, -1) * 0.07 * scale
    matrix = np.array(((1, 0, shift[0]), (0, 1, shift[1])), np.float32)
    moved = cv2.warpAffine(cover, matrix, cover.shape[::-1])
    cast = cv2.GaussianBlur(moved, (0, 0), max(0.035 * scale, 0.5))
    touch = cv2.GaussianBlur(cover, (0, 0), max(0.015 * scale, 0.5))
    return (1 - 0.35 * cast) * (1 - 0.35 * touch)
