"""Shapes of worn masks on the chart of a face: outline, fabric, folds and straps."""

from dataclasses import dataclass, field

import numpy as np

from facekit.data import fabrics
from facekit.data.fabrics import CLOTHS, MEDICAL, WHITES, pick
from facekit.data.textures import smooth_noise, smoothstep

# The chart that fabrics are drawn on: x and y from, to.
CHART_X, CHART_Y = (-1.45, 1.45), (-0.15, 2.75)


@dataclass
class Garment:
    """What covers the lower face.

    Attributes:
        outline: float64, (count, 2), right half (x >= 0), from the middle of the upper
            edge over the side to the middle of the lower edge; chart units.
        fabric: float32, (rows, columns, 3), linear sRGB, on the chart.
        relief: float32, (rows, columns), height in chart units.
        hem: float, width of a sewn border, chart units; 0 for none.
        straps: "ears", "head" or "none".
        strap_colour: linear colour.
        strap_width: float, chart units.
        opacity: float32, (rows, columns), [0, 1], on the chart, in the place of the
            outline; None goes by the outline.
    """

    outline: np.ndarray
    fabric: np.ndarray
    relief: np.ndarray
    hem: float = 0.04
    straps: str = "ears"
    strap_colour: np.ndarray = field(
        default_factory=lambda: np.float32([0.8, 0.8, 0.8])
    )
    strap_width: float = 0.03
    opacity: np.ndarray | None = None


@dataclass
class Chart:
    """A grid of chart coordinates: float32 x and y, (rows, columns)."""

    x: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, pitch):
        """Make a grid of so many cells in a chart unit."""
        columns = np.arange(round((CHART_X[1] - CHART_X[0]) * pitch), dtype="float32")
        rows = np.arange(round((CHART_Y[1] - CHART_Y[0]) * pitch), dtype="float32")
        x, y = np.meshgrid(CHART_X[0] + columns / pitch, CHART_Y[0] + rows / pitch)
        return cls(x, y)

    @property
    def pitch(self):
        """Cells in a chart unit."""
        return float(1 / (self.x[0, 1] - self.x[0, 0]))

    def noise(self, rng, size, octaves=1):
        """Draw smooth noise with grains of so many chart units."""
        return smooth_noise(rng, self.x.shape, size * self.pitch, octaves)


def _outline(rng, points, loose=0.02):
    """Vary the outline of a design smoothly."""
    points = np.array(points, "float64")
    middle = np.array([0.0, 1.0])
    points = middle + (points - middle) * np.exp(rng.normal(0, loose, 2))
    points[1:-1] += rng.normal(0, 0.4 * loose, (len(points) - 2, 2))
    points[[0, -1], 0] = 0
    return points


def _down(chart, outline):
    """Return 0 on the upper and 1 on the lower edge of an outline, by column."""
    side = int(np.argmax(outline[:, 0]))
    order_top = np.argsort(outline[: side + 1, 0])
    order_low = np.argsort(outline[side:, 0])
    across = np.abs(chart.x[0])
    top = np.interp(across, outline[: side + 1, 0][order_top],
                    outline[: side + 1, 1][order_top])  # fmt: skip
    low = np.interp(across, outline[side:, 0][order_low], outline[side:, 1][order_low])
    room = np.maximum(low - top, 0.2).astype("float32")
    return (chart.y - top.astype("float32")) / room


def _wrinkles(rng, chart, amount, size=0.3):
    """Return folds that hang between the sides, and dents as of crumpled cloth."""
    across = np.abs(chart.x)
    bend = chart.noise(rng, 0.6)
    sag, tilt = rng.uniform(-0.3, 0.5), rng.uniform(-0.2, 0.2)
    slant = chart.y + sag * across**2 + tilt * chart.x + 0.09 * bend
    lines = np.sin(2 * np.pi * slant / size + 1.2 * chart.noise(rng, 0.5))
    # A fold is round on top and sharp where it meets the next.
    lines = np.abs(lines) ** np.float32(0.7)
    pull = smoothstep(0.1, 0.95, across) * (0.5 + 0.5 * np.tanh(chart.noise(rng, 0.5)))
    dents = chart.noise(rng, 0.35, 2)
    relief = lines * pull + 0.55 * dents
    for _ in range(3):
        relief += 0.8 * _crease(rng, chart)
    return np.float32(amount) * relief


def _crease(rng, chart):
    """Return one long fold from a side of the mask towards its middle."""
    side = rng.choice([-1.0, 1.0])
    start = np.array([side * rng.uniform(0.8, 1.0), rng.uniform(0.5, 1.3)])
    turn = rng.uniform(-0.5, 0.7)
    along = -side * (chart.x - start[0])
    away = chart.y - start[1] - turn * along + 0.25 * rng.normal() * along**2
    width = 0.03 + 0.05 * np.maximum(along, 0)
    reach = rng.uniform(0.4, 0.9)
    fade = smoothstep(-0.15, 0.1, along) * smoothstep(reach, 0.3 * reach, along)
    shape = away / width
    # Steep on one side, as cloth that slides over itself.
    return (np.exp(-(shape**2)) * (1 + np.tanh(2 * shape)) * fade).astype("float32")


def _nose_ridge(chart, height=0.1, foot=0.95):
    """Return the form of a nose under a cloth."""
    width = 0.12 + 0.16 * smoothstep(0.1, 0.9, chart.y)
    rise = smoothstep(0.0, 0.6, chart.y) * smoothstep(foot + 0.45, foot - 0.3, chart.y)
    return np.float32(height) * rise * np.exp(-((chart.x / width) ** 2))


def _dome(chart, height=0.5, middle=0.95):
    """Return a rounded form that bends away at the sides and at the chin."""
    height = 2.1 * height
    away = (chart.x / 1.25) ** 2 + ((chart.y - middle) / 1.15) ** 2
    return np.float32(height) * np.sqrt(np.maximum(1.25 - away, 0.06))


def surgical(rng, chart, colours=MEDICAL, printed=None):
    """Draw a pleated surgical mask."""
    outline = _outline(rng, SURGICAL_OUTLINE)
    down = _down(chart, outline)
    fabric = fabrics.plain(rng, chart.x, colours, 0.025)
    if printed is not None:
        fabric = printed
    count = int(rng.integers(3, 5))
    start = rng.uniform(0.2, 0.32)
    relief = _dome(chart, 0.42) + _nose_ridge(chart, 0.07)
    relief = relief + _wrinkles(rng, chart, rng.uniform(0.008, 0.018))
    bow = 1 - np.minimum(np.abs(chart.x), 1) ** 2
    for pleat in range(count):
        place = start + pleat * (0.84 - start) / count + 0.012 * rng.normal()
        wave = 0.006 * chart.noise(rng, 0.5) + 0.015 * rng.normal() * chart.x
        # Pleats run straight across, and hang lower in the middle the lower they are.
        away = (chart.y - 0.36) / 1.45 - 0.14 * (place - 0.15) * bow + wave - place
        # The upper layer ends in a round edge; the one below comes out from under it.
        lift = np.float32(0.016) * (1 + 0.4 * np.tanh(chart.noise(rng, 0.4)))
        edge = smoothstep(-0.03, 0.0, away) * smoothstep(0.012, 0.002, away)
        under = smoothstep(0.0, 0.012, away) * np.exp(-np.maximum(away, 0) / 0.07)
        relief = relief + lift * (0.5 * edge - under)
    for offset in (0.07, 0.94):
        weld = np.exp(-(((down - offset) / 0.008) ** 2))
        relief = relief - np.float32(0.003) * weld
    wire = smoothstep(0.022, 0.008, np.abs(down - 0.035))
    wire = wire * smoothstep(0.45, 0.35, np.abs(chart.x))
    relief = relief + np.float32(0.006) * wire
    white = srgb_like(fabric, 0.85)
    return Garment(
        outline, fabric, relief, 0.05, "ears", white, rng.uniform(0.022, 0.04)
    )


def srgb_like(fabric, share):
    """Return a pale strap colour beside a fabric."""
    mean = fabric.mean((0, 1))
    return (mean + share * (0.75 - mean)).astype("float32")


def ffp2(rng, chart):
    """Draw a folded respirator (FFP2, KN95) with a ridge down the middle."""
    outline = _outline(rng, FFP2_OUTLINE)
    colours = WHITES if rng.random() < 0.7 else CLOTHS
    fabric = fabrics.plain(rng, chart.x, colours, 0.012, 0.012)
    ridge = (
        np.float32(rng.uniform(0.4, 0.62))
        * (1.1 - np.abs(chart.x))
        * smoothstep(-0.1, 0.9, chart.y)
    )
    relief = ridge + 0.35 * _dome(chart, 0.5) + _wrinkles(rng, chart, 0.006, 0.5)
    down = _down(chart, outline)
    seam = np.exp(-(((np.abs(chart.x) + 0.5 * down - 0.85) / 0.012) ** 2))
    dots = 0.5 + 0.5 * np.sin(
        2 * np.pi * (chart.y - chart.x * np.sign(chart.x)) / 0.035
    )
    relief = relief - np.float32(0.004) * seam * dots * smoothstep(0.15, 0.3, down)
    fold = np.exp(-((chart.x / 0.012) ** 2))
    relief = relief + np.float32(0.006) * fold
    if rng.random() < 0.6:
        text = ("KN95", "FFP2 NR", "N95", "CE 2163")[rng.integers(4)]
        ink = pick(rng, ((90, 96, 104), (40, 44, 50), (60, 90, 150)))
        place = (rng.uniform(0.3, 0.4), rng.uniform(0.85, 1.1))
        fabrics.stamp_text(fabric, chart.x, chart.y, text, place, 0.07, ink, 0.6)
    return Garment(outline, fabric, relief, 0.05, "ears", srgb_like(fabric, 0.9), 0.035)


def cloth(rng, chart, printed=None):
    """Draw a sewn cloth mask with a seam down the middle."""
    outline = _outline(rng, CLOTH_OUTLINE, 0.03)
    fabric = fabrics.plain(rng, chart.x, CLOTHS, 0.06) if printed is None else printed
    relief = _dome(chart, 0.5) + _nose_ridge(chart, 0.12)
    relief = relief + _wrinkles(rng, chart, rng.uniform(0.014, 0.034))
    if rng.random() < 0.7:
        relief = relief + np.float32(0.12) * np.exp(-np.abs(chart.x) / 0.25)
        relief = relief - np.float32(0.008) * np.exp(-((chart.x / 0.014) ** 2))
    strap = pick(rng, CLOTHS if rng.random() < 0.5 else WHITES)
    return Garment(
        outline, fabric, relief, rng.uniform(0.04, 0.08), "ears", strap, 0.04
    )


def printed(rng, chart):
    """Draw a cloth or surgical mask with a print."""
    fabric = fabrics.printed(rng, chart.x, chart.y)
    if rng.random() < 0.65:
        return cloth(rng, chart, fabric)
    return surgical(rng, chart, printed=fabric)


def duckbill(rng, chart):
    """Draw a duckbill: two panels that meet in an edge before the mouth."""
    outline = _outline(rng, DUCKBILL_OUTLINE)
    fabric = fabrics.plain(
        rng, chart.x, WHITES if rng.random() < 0.6 else MEDICAL, 0.015
    )
    bend = 1.12 + 0.3 * np.abs(chart.x) ** 2 * rng.uniform(-1, 0.3)
    edge = chart.y - bend.astype("float32")
    relief = 0.55 * (0.9 - 0.75 * np.abs(edge)) + 0.25 * _dome(chart, 0.5)
    relief = relief + _wrinkles(rng, chart, rng.uniform(0.006, 0.014), 0.4)
    relief = relief + np.float32(0.01) * np.exp(-((edge / 0.02) ** 2))
    return Garment(
        outline, fabric, relief, 0.04, "head" if rng.random() < 0.5 else "ears",
        srgb_like(fabric, 0.8), 0.035
    )  # fmt: skip


def cup(rng, chart):
    """Draw a moulded cup respirator, sometimes with a valve."""
    outline = _outline(rng, CUP_OUTLINE, 0.01)
    fabric = fabrics.plain(rng, chart.x, WHITES, 0.01, 0.03)
    away = (chart.x / 0.82) ** 2 + ((chart.y - 1.0) / 0.9) ** 2
    relief = np.float32(0.62) * np.sqrt(np.maximum(1.08 - away, 0.01))
    relief = relief + _nose_ridge(chart, 0.06, 0.6)
    if rng.random() < 0.5:
        side = rng.choice([0.0, 0.3, -0.3])
        radius = np.hypot(chart.x - side, chart.y - 1.15)
        valve = smoothstep(0.2, 0.185, radius)
        tone = pick(
            rng, ((236, 236, 236), (200, 204, 210), (60, 60, 64), (210, 60, 60))
        )
        fabric += valve[..., None] * (tone - fabric)
        slits = 0.5 + 0.5 * np.sin(2 * np.pi * (chart.y - 1.15) / 0.06)
        relief = relief + np.float32(0.05) * valve
        fabric *= (1 - 0.35 * valve * slits * smoothstep(0.15, 0.13, radius))[..., None]
    if rng.random() < 0.5:
        ink = pick(rng, ((40, 44, 50), (60, 80, 130)))
        fabrics.stamp_text(
            fabric, chart.x, chart.y, "N95", (-0.15, 0.62), 0.09, ink, 0.7
        )
    strap = pick(rng, ((240, 210, 60), (236, 236, 230), (40, 40, 44)))
    return Garment(outline, fabric, relief, 0.025, "head", strap, 0.05)


def bandana(rng, chart):
    """Draw a kerchief that is tied behind the head and hangs over the neck."""
    outline = _outline(rng, BANDANA_OUTLINE, 0.04)
    if rng.random() < 0.6:
        fabric = fabrics.printed(rng, chart.x, chart.y)
    else:
        fabric = fabrics.plain(rng, chart.x, CLOTHS, 0.06)
    relief = _dome(chart, 0.4) + _nose_ridge(chart, 0.14)
    turn = np.arctan2(chart.y - 0.1, np.abs(chart.x) - 1.4)
    folds = np.sin(rng.uniform(9, 15) * turn + 1.5 * chart.noise(rng, 0.5))
    hang = smoothstep(0.4, 1.6, chart.y)
    relief = relief + np.float32(0.02) * folds * hang
    relief = relief + _wrinkles(rng, chart, 0.02)
    return Garment(outline, fabric, relief, 0.02, "none")


def boat(rng, chart):
    """Draw a mask of three panels (KF94) with a boat-like middle."""
    outline = _outline(rng, BOAT_OUTLINE)
    fabric = fabrics.plain(
        rng, chart.x, WHITES if rng.random() < 0.6 else CLOTHS, 0.012
    )
    upper = chart.y - (0.72 - 0.12 * chart.x**2)
    lower = chart.y - (1.42 - 0.35 * chart.x**2)
    relief = _dome(chart, 0.45) + 0.16 * (
        smoothstep(-0.25, 0.05, upper) * smoothstep(0.25, -0.05, lower)
    )
    for edge in (upper, lower):
        relief = relief - np.float32(0.012) * np.exp(-((edge / 0.018) ** 2))
    relief = relief + _wrinkles(rng, chart, 0.012)
    return Garment(outline, fabric, relief, 0.04, "ears", srgb_like(fabric, 0.7), 0.03)


def gaiter(rng, chart):
    """Draw a tube of stretch fabric from nose to neck."""
    outline = _outline(rng, GAITER_OUTLINE, 0.03)
    if rng.random() < 0.5:
        fabric = fabrics.printed(rng, chart.x, chart.y, fabrics.HELD_OUT_PRINTS)
    else:
        fabric = fabrics.plain(rng, chart.x, CLOTHS, 0.05)
    relief = _dome(chart, 0.42) + _nose_ridge(chart, 0.16)
    rings = np.sin(2 * np.pi * (chart.y / 0.22 + 0.5 * chart.noise(rng, 0.6)))
    relief = relief + np.float32(0.022) * rings * smoothstep(1.4, 1.9, chart.y)
    relief = relief + np.float32(0.012) * chart.noise(rng, 0.25, 3)
    return Garment(outline, fabric, relief, 0.03, "none")


def sport(rng, chart):
    """Draw a neoprene sports mask with two valves."""
    outline = _outline(rng, SPORT_OUTLINE)
    fabric = fabrics.plain(rng, chart.x, ((30, 30, 34), (52, 54, 60), (150, 34, 40),
                                          (30, 60, 110)), 0.03)  # fmt: skip
    if rng.random() < 0.4:
        fabric = fabrics.printed(rng, chart.x, chart.y, fabrics.HELD_OUT_PRINTS)
    relief = _dome(chart, 0.5) + _nose_ridge(chart, 0.1)
    relief = relief + np.float32(0.005) * chart.noise(rng, 0.3, 2)
    tone = pick(rng, ((20, 20, 22), (190, 190, 194), (220, 90, 40)))
    radius = np.hypot(np.abs(chart.x) - 0.5, chart.y - 1.08)
    valve = smoothstep(0.19, 0.175, radius)
    fabric += valve[..., None] * (tone - fabric)
    rings = 0.5 + 0.5 * np.cos(2 * np.pi * radius / 0.07)
    fabric *= (1 - 0.5 * valve * rings)[..., None]
    relief = relief + np.float32(0.05) * valve
    return Garment(outline, fabric, relief, 0.035, "ears", tone, 0.06)


def scarf(rng, chart):
    """Draw a knitted scarf wound around mouth and neck."""
    outline = _outline(rng, SCARF_OUTLINE, 0.05)
    fabric = fabrics.plain(rng, chart.x, CLOTHS, 0.1, 0.05)
    if rng.random() < 0.4:
        fabric = fabrics.printed(rng, chart.x, chart.y, ("plaid", "stripes"))
    bend = chart.noise(rng, 0.8)
    turn = rng.uniform(-0.25, 0.25)
    along = chart.y + turn * chart.x + 0.1 * bend + 0.12 * chart.x**2
    relief = np.float32(0.05) * np.abs(np.sin(np.pi * along / rng.uniform(0.3, 0.5)))
    stitch = np.sin(2 * np.pi * chart.x / 0.05) * np.sin(2 * np.pi * along / 0.05)
    relief = relief + np.float32(0.0025) * stitch + _dome(chart, 0.45)
    relief = relief + np.float32(0.015) * chart.noise(rng, 0.2, 2)
    return Garment(outline, fabric, relief, 0.0, "none")


# fmt: off
SURGICAL_OUTLINE = (
    (0, 0.19), (0.13, 0.24), (0.28, 0.33), (0.5, 0.42), (0.75, 0.45), (0.94, 0.46),
    (0.965, 0.56), (0.97, 0.76), (0.955, 0.98), (0.905, 1.16), (0.80, 1.36),
    (0.64, 1.54), (0.45, 1.69), (0.23, 1.80), (0, 1.84))
FFP2_OUTLINE = (
    (0, 0.14), (0.11, 0.21), (0.3, 0.34), (0.58, 0.43), (0.86, 0.47), (0.98, 0.56),
    (1.0, 0.74), (0.965, 0.95), (0.89, 1.2), (0.71, 1.47), (0.47, 1.73), (0.2, 1.91),
    (0, 1.97))
CLOTH_OUTLINE = (
    (0, 0.2), (0.14, 0.28), (0.38, 0.4), (0.68, 0.44), (0.98, 0.42), (1.01, 0.6),
    (1.0, 0.84), (0.93, 1.14), (0.79, 1.39), (0.58, 1.61), (0.32, 1.78), (0, 1.87))
DUCKBILL_OUTLINE = (
    (0, 0.15), (0.12, 0.22), (0.3, 0.35), (0.55, 0.43), (0.8, 0.5), (0.97, 0.66),
    (1.0, 0.85), (0.96, 1.02), (0.88, 1.22), (0.76, 1.42), (0.58, 1.6), (0.32, 1.75),
    (0, 1.81))
CUP_OUTLINE = (
    (0, 0.16), (0.16, 0.2), (0.34, 0.33), (0.52, 0.5), (0.68, 0.72), (0.77, 0.97),
    (0.77, 1.23), (0.69, 1.47), (0.52, 1.67), (0.28, 1.81), (0, 1.86))
BANDANA_OUTLINE = (
    (0, 0.3), (0.2, 0.37), (0.45, 0.43), (0.75, 0.42), (1.06, 0.33), (1.12, 0.6),
    (1.08, 0.95), (0.99, 1.25), (0.84, 1.6), (0.58, 1.95), (0.28, 2.25), (0, 2.45))
BOAT_OUTLINE = (
    (0, 0.17), (0.15, 0.24), (0.35, 0.36), (0.62, 0.5), (0.88, 0.62), (1.0, 0.72),
    (1.01, 0.82), (0.98, 0.95), (0.91, 1.18), (0.79, 1.39), (0.6, 1.6), (0.35, 1.77),
    (0, 1.86))
GAITER_OUTLINE = (
    (0, 0.33), (0.2, 0.4), (0.45, 0.45), (0.75, 0.42), (1.07, 0.3), (1.11, 0.6),
    (1.06, 1.0), (0.97, 1.25), (0.89, 1.5), (0.86, 1.8), (0.88, 2.2), (0.9, 2.6),
    (0.45, 2.68), (0, 2.7))
SPORT_OUTLINE = (
    (0, 0.2), (0.14, 0.28), (0.34, 0.42), (0.6, 0.5), (0.85, 0.47), (1.05, 0.38),
    (1.07, 0.55), (1.0, 0.8), (0.95, 1.05), (0.84, 1.32), (0.65, 1.55), (0.38, 1.76),
    (0, 1.85))
SCARF_OUTLINE = (
    (0, 0.62), (0.3, 0.68), (0.6, 0.66), (0.9, 0.6), (1.1, 0.6), (1.18, 0.9),
    (1.14, 1.25), (1.12, 1.6), (1.16, 2.0), (1.2, 2.5), (0.6, 2.66), (0, 2.7))
# fmt: on
