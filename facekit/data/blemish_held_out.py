"""Blemishes of the family "held_out": fields and clusters instead of single spots.

They share with ``blemish_kinds`` the pigments and the arguments, not the shapes: spots
are unions of hard discs in clusters, or what rises above a level in band-limited noise.
"""

import cv2
import numpy as np

from facekit.data.blemish_skin import ZONES
from facekit.data.linear_light import luminance
from facekit.data.textures import blur, blur_within, smooth_noise, smoothstep


def _zone_map(skin, rng, zones, reach=0.3):
    """Return where zones lie, float32 (height, width) in [0, 1], edges uneven."""
    frame = skin.frame
    y, x = np.indices(frame.shape, "float32")
    area = np.zeros(frame.shape, "float32")
    for number, wide in {spot for zone in zones for spot in ZONES[zone]}:
        at = frame.points[number]
        width = frame.unit * (0.6 * wide + 0.4 * reach)
        area = np.maximum(
            area, np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / width**2)
        )
    edges = smooth_noise(rng, frame.shape, 0.3 * frame.unit, 3, 0.7)
    return smoothstep(0.1, 0.95, area + 0.13 * edges)


def _band(rng, frame, size):
    """Return noise of one grain, unit spread; ``size`` in units."""
    cell = max(size * frame.unit, 1.2)
    noise = smooth_noise(rng, frame.shape, cell)
    wide = blur(noise, 1.2 * cell)
    return (noise - wide) * np.float32(1.2)


def _discs(skin, rng, centres, radius, soft, parts=3):
    """Return the union of uneven groups of discs, in [0, 1]."""
    frame = skin.frame
    picture = np.zeros(frame.shape, "float32")
    seen, depth = skin.sharp(radius)
    offsets = (
        rng.normal(0, 0.5, (len(centres), parts, 2)) * (np.arange(parts) > 0)[:, None]
    )
    sizes = rng.uniform(0.45, 0.9, (len(centres), parts))
    sizes[:, 0] = 1
    for part in range(parts):
        places = centres + offsets[:, part] * seen[:, None]
        radii = (seen * sizes[:, part]).astype("float32")
        width = np.maximum(soft * radii, 0.5)
        single = np.zeros(frame.shape, "float32")

        def profile(x, y, radius, width, depth):
            return depth * smoothstep(radius + width, radius - width, np.hypot(x, y))

        columns = (radii, width, depth.astype("float32"))
        skin.stamp(single, places, radii + width + 1, profile, *columns)
        picture = np.maximum(picture, np.minimum(single, 1))
    return picture


def _clusters(skin, rng, number, each, spread, zones):
    """Return places in clusters, (count, 2)."""
    parents, _ = skin.places(rng, number, zones)
    if not len(parents):
        return np.zeros((0, 2))
    sizes = rng.geometric(1 / each, len(parents))
    away = rng.standard_exponential(sizes.sum()) * spread * skin.frame.unit
    angle = rng.uniform(0, 2 * np.pi, sizes.sum())
    away = away[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    places, _ = skin.on_skin(np.repeat(parents, sizes, 0) + away)
    return places


def acne(skin, rng, density):
    """Draw clusters of inflamed spots with a ring or a crust."""
    number = 1 + int(rng.poisson(5 * density))
    zones = ("forehead", "cheeks", "chin", "jaw", "temples")
    places = _clusters(skin, rng, number, 4, 0.09, zones)
    radius = rng.gamma(4, 0.005, len(places)).clip(0.008, 0.05)
    body = skin.soft(_discs(skin, rng, places, radius, 0.5), 0.006)
    red = np.float32(rng.uniform(0.3, 0.65))
    skin.haemoglobin += red * body + 0.45 * red * skin.soft(body, 0.03)
    skin.relief += skin.soft(body, 0.012) * np.float32(0.009)
    crusted = rng.random(len(places)) < 0.3
    crust = _discs(skin, rng, places[crusted], 0.5 * radius[crusted], 0.7)
    skin.melanin += np.float32(rng.uniform(0.15, 0.6)) * crust
    skin.haemoglobin += np.float32(0.25) * crust
    pale = _discs(skin, rng, places[~crusted], 0.3 * radius[~crusted], 1.0, 1)
    skin.scatter += np.float32(rng.uniform(0, 0.25)) * pale
    skin.shine += np.float32(rng.uniform(0, 0.3)) * pale


def freckles(skin, rng, density):
    """Draw freckles where two grains of noise rise above a level."""
    frame = skin.frame
    area = _zone_map(skin, rng, ("cheeks", "nose", "forehead", "temples"))
    level = 1.6 - 0.5 * np.log1p(density)
    fine = smoothstep(level, level + 0.5, _band(rng, frame, 0.022))
    coarse = smoothstep(level + 0.25, level + 0.7, _band(rng, frame, 0.04))
    amount = np.float32(rng.uniform(0.1, 0.35))
    skin.melanin += amount * area * np.maximum(fine, 0.8 * coarse)


def dark_spots(skin, rng, density):
    """Draw flat spots with hard bays, and veils of brown."""
    zones = ("cheeks", "temples", "forehead", "jaw", "chin")
    places = _clusters(skin, rng, 1 + int(rng.poisson(3 * density)), 2, 0.2, zones)
    radius = rng.gamma(3, 0.011, len(places)).clip(0.01, 0.09)
    body = _discs(skin, rng, places, radius, 0.18, 5)
    mottle = smooth_noise(rng, skin.frame.shape, 0.02 * skin.frame.unit)
    body *= np.clip(1 + 0.2 * mottle, 0.4, 1.5)
    skin.melanin += np.float32(rng.uniform(0.15, 0.45)) * body
    veil = _zone_map(skin, rng, ("cheeks", "forehead"))
    veil *= smoothstep(-0.5, 1.6, _band(rng, skin.frame, 0.28))
    skin.melanin += np.float32(rng.uniform(0, 0.25) * min(density, 2)) * veil


def moles(skin, rng, density):
    """Draw moles with a pale rim or none, in one tone."""
    zones = ("cheeks", "jaw", "chin", "nose", "temples")
    places, _ = skin.places(rng, int(rng.poisson(3 * density)), zones, 1.4)
    radius = rng.gamma(5, 0.0035, len(places)).clip(0.007, 0.035)
    body = _discs(skin, rng, places, radius, 0.25, 2)
    skin.melanin += np.float32(rng.uniform(0.8, 1.5)) * body
    skin.relief += skin.soft(body, 0.006) * np.float32(rng.uniform(0, 0.008))


def scars(skin, rng, density):
    """Draw rolling hollows and pale raised streaks."""
    frame = skin.frame
    area = _zone_map(skin, rng, ("cheeks", "temples"))
    hollows = smoothstep(0.2, 2.8, _band(rng, frame, rng.uniform(0.035, 0.06)))
    skin.relief -= np.float32(0.012 * min(density, 2)) * area * hollows
    skin.haemoglobin += np.float32(rng.uniform(0, 0.12)) * area * hollows
    places, _ = skin.places(rng, int(rng.poisson(2 * density)), ("cheeks", "forehead"))
    turns = rng.uniform(0, np.pi, len(places))
    wide = rng.uniform(0.008, 0.016, len(places)) * frame.unit
    streaks = np.zeros(frame.shape, "float32")

    def profile(x, y, turn, wide):
        along = (x * np.cos(turn) + y * np.sin(turn)) / (5 * wide)
        beside = (y * np.cos(turn) - x * np.sin(turn)) / wide
        return np.exp(-(along**4) - beside**2)

    columns = (turns.astype("float32"), wide.astype("float32"))
    skin.stamp(streaks, places, 8 * wide + 2, profile, *columns)
    skin.relief += np.float32(0.006) * streaks
    skin.melanin -= np.float32(rng.uniform(0, 0.2)) * streaks
    skin.haemoglobin += np.float32(rng.uniform(-0.1, 0.2)) * streaks


def redness(skin, rng, density):
    """Redden patches with a border, and draw fine vessels on nose and cheeks."""
    frame = skin.frame
    area = _zone_map(skin, rng, ("cheeks", "nose") + (("chin",), ())[rng.integers(2)])
    mottle = 0.25 * smooth_noise(rng, frame.shape, 0.05 * frame.unit, 3)
    patches = smoothstep(-0.8, 0.9, _band(rng, frame, 0.4) + mottle)
    skin.haemoglobin += np.float32(rng.uniform(0.15, 0.4) * density) * area * patches
    vessels = np.zeros(frame.shape, "uint8")
    starts, _ = skin.places(
        rng, int(rng.poisson(9 * min(density, 3))), ("cheeks", "nose")
    )
    for start in starts:
        turns = np.cumsum(rng.normal(0, 0.5, 12)) + rng.uniform(0, 2 * np.pi)
        steps = np.stack([np.cos(turns), np.sin(turns)], -1) * 0.016 * frame.unit
        path = np.rint((start + np.cumsum(steps, 0)) * 16).astype("int32")
        wide = max(1, round(0.006 * frame.unit))
        cv2.polylines(vessels, [path], False, 255, wide, cv2.LINE_AA, 4)
    fine = blur(vessels.astype("float32") / 255, max(0.5, 0.004 * frame.unit))
    thin = min(1.0, 0.006 * frame.unit)
    skin.haemoglobin += np.float32(rng.uniform(0.2, 0.5) * thin) * fine


def dark_circles(skin, rng, density):
    """Darken a half-moon below each eye, with a bag that throws shade."""
    frame = skin.frame
    colour = rng.uniform(0.12, 0.5, 2) * min(density, 2)
    bag = rng.uniform(0, 0.012)
    for side in ("right", "left"):
        numbers = (33, 133, 145) if side == "right" else (263, 362, 374)
        corners = frame.points[list(numbers[:2])]
        width = max(float(np.hypot(*(corners[0] - corners[1]))), 1.0)
        y, x = np.indices(frame.shape, "float32")
        dx, dy = x - frame.points[numbers[2], 0], y - frame.points[numbers[2], 1]
        across = (dx * frame.across[0] + dy * frame.across[1]) / width
        down = (dx * frame.down[0] + dy * frame.down[1]) / width
        depth = down - 0.34 + 0.35 * across**2
        moon = smoothstep(0.12, -0.12, depth) * smoothstep(-0.1, 0.1, down)
        moon = moon * smoothstep(0.75, 0.45, np.abs(across))
        skin.venous += np.float32(colour[0]) * moon
        skin.melanin += np.float32(colour[1] * 0.6) * moon
        skin.relief += np.float32(bag) * moon


def shine(skin, rng, density):
    """Brighten what is bright already, as wet skin does."""
    frame = skin.frame
    level = luminance(frame.light)
    # Compared with skin alone: beside hair all of it would count as bright.
    wide = blur_within(level, frame.skin + np.float32(1e-4), 0.25 * frame.unit)
    ratio = np.minimum(level / np.maximum(wide, 1e-3), 2)
    ratio = blur(ratio, rng.uniform(0.01, 0.03) * frame.unit)
    amount = np.clip(ratio - rng.uniform(1.03, 1.12), 0, 0.45)
    pores = smooth_noise(rng, frame.shape, 0.018 * frame.unit, 2)
    body = amount * np.clip(1 + 0.35 * pores, 0, 2) * (0.3 + 0.7 * frame.oval)
    skin.shine += np.float32(rng.uniform(0.8, 2.2) * min(density, 2)) * body
