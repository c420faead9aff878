"""A hand before the mouth, drawn on the chart of a face."""

import numpy as np

from facekit.data.textures import smoothstep
from facekit.data.worn_mask_designs import Garment

_FINGERS = 4


def hand(rng, chart, tone):
    """Draw the back of a hand that covers mouth and chin.

    Args:
        rng: ``numpy.random.Generator``.
        chart: ``Chart``.
        tone: linear colour of the skin, (3,), as an albedo.

    Returns:
        ``Garment`` with an opacity of its own.
    """
    side = rng.choice([-1.0, 1.0])
    # The arm comes from below, where the border of a portrait hides its end.
    turn = side * rng.uniform(0.55, 1.1)
    x, y = chart.x - 0.1 * rng.normal(), chart.y - rng.uniform(1.0, 1.25)
    along = -side * (x * np.cos(turn) + y * np.sin(turn))
    across = y * np.cos(turn) - x * np.sin(turn)
    height = np.zeros(chart.x.shape, "float32")
    nails = np.zeros_like(height)
    creases = np.zeros_like(height)
    spread = rng.uniform(0.15, 0.19)
    lengths = np.array([0.78, 0.95, 0.9, 0.62]) * rng.uniform(0.85, 1.0, _FINGERS)
    for finger, length in enumerate(lengths):
        middle = (finger - 1.5) * spread + 0.05 * (finger - 1.5) * along
        radius = 0.105 * (1 - 0.16 * smoothstep(-0.2, 0.9, along))
        beyond = np.maximum(along - length + radius, 0)
        distance = np.hypot(across - middle, beyond) / radius
        body = radius * np.sqrt(np.maximum(1 - distance**2, 0))
        body = np.where(along > -0.7, body, 0)
        height = np.maximum(height, body)
        tip = np.hypot((across - middle) / 0.055, (along - length + 0.08) / 0.075)
        nails = np.maximum(nails, smoothstep(1.1, 0.9, tip))
        for knuckle in (0.32, 0.62):
            away = (along - knuckle * length) / 0.02
            line = np.exp(-(away**2)) * (distance < 1) * (0.6 + 0.4 * np.cos(9 * away))
            creases = np.maximum(creases, line)
    palm = np.hypot((along + 0.55) / 0.62, across / 0.44)
    back = 0.16 * np.sqrt(np.maximum(1 - palm**4, 0))
    arm = np.abs(across) / 0.3
    wrist = np.where(along < -0.6, 0.14 * np.sqrt(np.maximum(1 - arm**2, 0)), 0)
    height = np.maximum.reduce([height, back, wrist]).astype("float32")
    opacity = np.clip(height / 0.03, 0, 1)
    grain = chart.noise(rng, 0.06, 3)
    blotch = chart.noise(rng, 0.35, 2)
    tone = np.clip(1.2 * np.asarray(tone) * np.exp(rng.normal(0, 0.06)), 0.01, 0.9)
    albedo = tone * np.exp((0.03 * grain + 0.05 * blotch)[..., None] * [0.6, 1, 1.1])
    albedo *= 1 - 0.3 * creases[..., None]
    albedo = albedo + 0.35 * nails[..., None] * (
        np.sqrt(albedo) * [0.8, 0.7, 0.68] - albedo
    )
    relief = height * np.float32(0.85) - np.float32(0.006) * creases
    # No outline: a hand is not symmetrical, and says itself where it is.
    outline = np.array([(0, 0.5), (1.0, 1.0), (0, 1.8)])
    return Garment(
        outline,
        albedo.astype("float32"),
        relief + np.float32(0.008) * nails,
        hem=0.0,
        straps="none",
        opacity=opacity.astype("float32"),
    )
