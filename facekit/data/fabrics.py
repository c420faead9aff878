"""Fabrics of worn masks: plain, printed and woven, drawn from a seed.

A fabric is float32 (rows, columns, 3), linear sRGB, on a grid of chart coordinates.
"""

import cv2
import numpy as np

from facekit.data.makeup_parts import srgb
from facekit.data.textures import smooth_noise, smoothstep

MEDICAL = ((150, 196, 222), (172, 210, 226), (236, 240, 242), (164, 208, 196),
           (226, 172, 186), (40, 42, 46), (120, 172, 208))  # fmt: skip
WHITES = ((240, 240, 238), (228, 230, 230), (246, 244, 240), (236, 232, 222))
CLOTHS = ((24, 24, 28), (40, 48, 72), (88, 92, 98), (128, 44, 48), (206, 198, 184),
          (64, 84, 70), (150, 120, 104), (176, 190, 204), (232, 228, 222),
          (98, 70, 110), (204, 150, 60), (34, 84, 120))  # fmt: skip
BRIGHT = ((214, 60, 56), (242, 196, 60), (48, 122, 190), (60, 156, 110),
          (236, 130, 160), (246, 244, 238), (30, 32, 40), (140, 90, 170),
          (240, 140, 70))  # fmt: skip
PRINTS = ("dots", "stripes", "checks", "flowers", "camouflage", "zigzag")
HELD_OUT_PRINTS = ("plaid", "stars", "gradient", "marble")


def pick(rng, colours):
    """Draw one of some 8-bit sRGB colours and vary it; linear float32 (3,)."""
    colour = srgb(*colours[rng.integers(len(colours))])
    varied = colour * np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.04, 3))
    return np.clip(varied, 0.004, 0.9).astype("float32")


def plain(rng, x, colours, weave=0.03, grain=0.02):
    """Draw a fabric of one colour, with threads and slight unevenness."""
    fabric = np.broadcast_to(pick(rng, colours), (*x.shape, 3)).copy()
    pitch = 1 / max(x[0, 1] - x[0, 0], 1e-6)
    threads = smooth_noise(rng, x.shape, max(1.0, 0.012 * pitch))
    uneven = smooth_noise(rng, x.shape, 0.12 * pitch, 2)
    fabric *= np.exp(weave * threads + grain * uneven)[..., None]
    return fabric


def printed(rng, x, y, kinds=PRINTS):
    """Draw a printed fabric of two to four colours."""
    kind = kinds[rng.integers(len(kinds))]
    turn = (
        rng.uniform(-0.3, 0.3) if kind in ("checks", "plaid") else rng.uniform(0, 3.1)
    )
    u = x * np.cos(turn) + y * np.sin(turn)
    v = y * np.cos(turn) - x * np.sin(turn)
    ground = plain(rng, x, BRIGHT if rng.random() < 0.6 else CLOTHS, 0.02)
    inks = [pick(rng, BRIGHT if rng.random() < 0.7 else CLOTHS) for _ in range(3)]
    size = rng.uniform(0.1, 0.3)
    layers = _PRINTERS[kind](rng, u / size, v / size, x[0, 1] - x[0, 0])
    for amount, ink in zip(layers, inks, strict=False):
        ground += amount[..., None] * (ink - ground)
    return ground


def _edge(distance, width):
    """Return 1 where a distance is negative, faded over about a pixel."""
    return np.clip(0.5 - distance / max(width, 1e-6), 0, 1).astype("float32")


def _dots(rng, u, v, _):
    radius = rng.uniform(0.2, 0.38)
    v_row = np.floor(v)
    u = u + 0.5 * (v_row % 2)
    away = np.hypot(u - np.floor(u) - 0.5, v - v_row - 0.5)
    return [_edge(away - radius, 0.12)]


def _stripes(rng, u, v, _):
    share = rng.uniform(0.15, 0.5)
    first = _edge(np.abs(u % 1 - 0.5) - share / 2, 0.1)
    second = _edge(np.abs(u % 1 - 0.05) - 0.04, 0.06) * (rng.random() < 0.5)
    return [first, second]


def _checks(rng, u, v, _):
    one = _edge(np.abs(u % 1 - 0.5) - 0.25, 0.1)
    other = _edge(np.abs(v % 1 - 0.5) - 0.25, 0.1)
    if rng.random() < 0.5:
        return [np.abs(one - other)]
    return [0.45 * (one + other)]


def _plaid(rng, u, v, _):
    one = _edge(np.abs(u % 1 - 0.5) - 0.28, 0.1)
    other = _edge(np.abs(v % 1 - 0.5) - 0.28, 0.1)
    fine = _edge(np.abs(u % 1 - 0.1) - 0.03, 0.05)
    fine = np.maximum(fine, _edge(np.abs(v % 1 - 0.1) - 0.03, 0.05))
    return [0.5 * one, 0.5 * other, 0.8 * fine]


def _zigzag(rng, u, v, _):
    wave = np.abs(u % 1 - 0.5) * rng.uniform(0.6, 1.2)
    return [_edge(np.abs((v + wave) % 1 - 0.5) - rng.uniform(0.12, 0.25), 0.1)]


def _flowers(rng, u, v, _):
    """Scatter flowers of five petals, one in each cell, moved a little."""
    cell_u, cell_v = np.floor(u).astype(int), np.floor(v).astype(int)
    table = rng.uniform(-1, 1, (32, 32, 4)).astype("float32")
    draw = table[cell_v % 32, cell_u % 32]
    x = u - cell_u - 0.5 - 0.15 * draw[..., 0]
    y = v - cell_v - 0.5 - 0.15 * draw[..., 1]
    radius, angle = np.hypot(x, y), np.arctan2(y, x) + 3 * draw[..., 2]
    size = 0.26 + 0.08 * draw[..., 3]
    petals = _edge(radius - size * (0.7 + 0.3 * np.cos(5 * angle)), 0.1)
    other = (draw[..., 3] > 0.2).astype("float32")
    middle = _edge(radius - 0.3 * size, 0.08)
    return [petals * (1 - other), petals * other, middle]


def _stars(rng, u, v, _):
    cell_u, cell_v = np.floor(u), np.floor(v)
    x, y = u - cell_u - 0.5, v - cell_v - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(x, -y)
    sector = np.abs((angle * 5 / (2 * np.pi)) % 1 - 0.5)
    return [_edge(radius - 0.36 * (0.45 + 0.55 * (2 * sector) ** 2), 0.1)]


def _camouflage(rng, u, v, step):
    cell = rng.uniform(0.8, 1.4) / max(abs(float(u[0, 1] - u[0, 0])) + 1e-6, 0.02)
    layers = []
    for level in (0.1, 0.4, 0.7):
        noise = smooth_noise(rng, u.shape, cell, 3)
        layers.append(_edge(level - noise, 0.2))
    return layers


def _marble(rng, u, v, step):
    cell = 0.3 / step
    noise = smooth_noise(rng, u.shape, cell, 4, 0.6)
    other = smooth_noise(rng, u.shape, cell, 4, 0.6)
    veins = np.exp(-((noise / 0.12) ** 2))
    return [smoothstep(-1, 1.5, other), veins.astype("float32")]


def _gradient(rng, u, v, _):
    low, high = np.sort(rng.uniform(v.min(), v.max(), 2))
    return [smoothstep(low - 1, high + 1, v)]


_PRINTERS = {
    "dots": _dots,
    "stripes": _stripes,
    "checks": _checks,
    "plaid": _plaid,
    "zigzag": _zigzag,
    "flowers": _flowers,
    "stars": _stars,
    "camouflage": _camouflage,
    "marble": _marble,
    "gradient": _gradient,
}


def stamp_text(fabric, x, y, text, place, height, colour, amount=0.8):
    """Print a line of letters on a fabric, in place.

    Args:
        fabric: float32, (rows, columns, 3).
        x: float32, (rows, columns), chart coordinates.
        y: float32, (rows, columns).
        text: str.
        place: (x, y) of the lower left corner, chart coordinates.
        height: float, of the letters, chart units.
        colour: linear colour of the ink.
        amount: float in [0, 1]. Defaults to 0.8.
    """
    step = x[0, 1] - x[0, 0]
    left = int((place[0] - x[0, 0]) / step)
    base = int((place[1] - y[0, 0]) / step)
    layer = np.zeros((4 * fabric.shape[0], 4 * fabric.shape[1]), "uint8")
    scale = 4 * height / step / 21
    cv2.putText(
        layer,
        text,
        (4 * left, 4 * base),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        255,
        max(1, round(2 * scale)),
        cv2.LINE_AA,
    )
    ink = cv2.resize(layer, fabric.shape[1::-1], interpolation=cv2.INTER_AREA)
    ink = ink.astype("float32")[..., None] / 255 * amount
    fabric += ink * (colour - fabric)
