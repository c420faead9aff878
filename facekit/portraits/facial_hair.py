"""Brows, lashes and beard, hair by hair."""

import numpy as np

from facekit.portraits import labels
from facekit.portraits.noise import bump, noise, smoothstep, unit
from facekit.portraits.scalp import sample_roots
from facekit.portraits.strands import Strands

_BROW_HAIRS, _BEARD_HAIRS = 850, 18000
_LASHES_A_QUAD = (16, 8)  # upper and lower lid


def _curve(roots, steps):
    """Chain of points from roots (n, 3) and steps (n, k, 3)."""
    first = roots[:, None]
    return np.concatenate((first, first + np.cumsum(steps, 1)), 1)


def _along_skin(direction, normals, lift):
    """Direction with a fixed lift off the skin, unit."""
    flat = direction - normals * (direction * normals).sum(1, keepdims=True)
    return unit(unit(flat) + normals * lift)


def brow_line(x):
    """Height of the middle of the brows in the neutral mesh, and their half width.

    Args:
        x: distance from the middle of the face, dm.
    """
    along = np.clip((x - 0.1) / 0.48, 0, 1)
    height = 7.505 + 0.04 * np.sin(along * 2.9) - 0.03 * along**2
    return height, 0.030 * (1 - 0.7 * along**1.6) + 0.005


def grow_brows(body, person, rng):
    """Grow both brows; ``Strands``."""
    rest = body.mesh.rest
    x = np.abs(rest[:, 0])
    height, half = brow_line(x)
    half = half * (0.62 + 0.5 * person.male)
    density = np.exp(-(np.abs((rest[:, 1] - height) / half) ** 3))
    density *= smoothstep(0.075, 0.16, x) * smoothstep(0.62, 0.48, x)
    density *= (rest[:, 2] > 0.9) & body.mesh.skin_vertices
    density[density < 0.05] = 0
    count = int(_BROW_HAIRS * (0.35 + 0.65 * person.brow_density))
    roots, normals, place = sample_roots(rng, body, density, count)
    side = np.sign(place[:, 0])
    along = np.clip((np.abs(place[:, 0]) - 0.1) / 0.48, 0, 1)
    above = (place[:, 1] - brow_line(np.abs(place[:, 0]))[0]) / 0.04
    rise = 1.1 * (1 - along) ** 2 - 0.25 - 0.5 * np.clip(above, -1, 1)
    rise += rng.normal(0, 0.18, count)
    direction = np.stack((side, rise, -0.2 * along), 1)
    length = rng.uniform(0.045, 0.08, count) * (1 - 0.35 * along)
    steps = [
        _along_skin(direction - (0, 0.12 * k, 0), normals, 0.32 - 0.1 * k)
        * (length / 4)[:, None]
        for k in range(4)
    ]
    colour = 0.55 * np.array(person.hair_colour) + 0.004
    return Strands(
        points=_curve(roots, np.stack(steps, 1)),
        outward=normals[:, None],
        colour=colour * np.exp(rng.normal(0, 0.15, (count, 1))),
        shadow=np.full((count, 5), 0.85, np.float32),
        width=np.full(count, 0.0055),
        label=labels.BROWS,
        taper=(1.0, 0.3),
        gloss=0.4,
    )


def grow_lashes(body, person, rng, mascara=False):
    """Grow the lashes of all four lids; ``Strands``."""
    quads = body.lashes
    upper = body.mesh.upper_lash
    points, width = [], []
    for lid, number in zip((upper, ~upper), _LASHES_A_QUAD, strict=True):
        rim = np.repeat(quads[lid], number, 0)
        part = rng.random((len(rim), 1))
        root = rim[:, 0] * (1 - part) + rim[:, 1] * part
        tip = rim[:, 3] * (1 - part) + rim[:, 2] * part
        is_upper = lid is upper
        length = rng.uniform(0.55, 1, len(rim)) * (0.075 if is_upper else 0.035)
        length *= 1.2 if mascara else 1.0
        outward = unit(unit(tip - root) + rng.normal(0, 0.18, root.shape))
        curl = np.array((0, 1.0 if is_upper else -0.4, 0.2))
        steps = [
            unit(outward + curl * (0.45 * k - 0.25)) * (length / 4)[:, None]
            for k in range(4)
        ]
        points.append(_curve(root + (0, 0, 0.008), np.stack(steps, 1)))
        width.append(np.full(len(rim), 0.0052 if is_upper else 0.0022))
    points, width = np.concatenate(points), np.concatenate(width)
    count = len(points)
    colour = np.minimum(0.3 * np.array(person.hair_colour) + 0.004, 0.02)
    return Strands(
        points=points,
        outward=np.broadcast_to(np.array((0.0, 0, 1)), (count, 1, 3)),
        colour=np.tile((0.004, 0.004, 0.004) if mascara else colour, (count, 1)),
        shadow=np.full((count, 5), 0.8, np.float32),
        width=width * (1.5 if mascara else 1.0),
        label=labels.EYES,
        taper=(1.0, 0.35),
        gloss=0.1,
    )


def beard_density(rest, lips, person):
    """Density of the beard's roots, 0 to 1, of places in the neutral mesh."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    # From the sideburns down the cheeks, round the mouth, to under the chin.
    upper = np.interp(x, (0, 0.26, 0.42, 0.6, 0.78), (6.5, 6.52, 6.58, 6.75, 7.1))
    jaw = smoothstep(upper + 0.03, upper - 0.10, y) * smoothstep(
        0, 0.15, y - 6.1 - 0.35 * smoothstep(1.15, 0.5, z)
    )
    jaw *= smoothstep(0.35, 0.6, z)
    moustache = smoothstep(6.70, 6.73, y) * smoothstep(6.85, 6.81, y + 0.25 * x)
    moustache = moustache * smoothstep(0.30, 0.24, x) * (z > 1.1)
    corner = bump(np.stack((x, y, z), 1), (0.29, 6.62, 1.35), (0.06, 0.13, 0.3))
    density = np.clip(jaw + 0.9 * moustache + 0.7 * corner, 0, 1)
    density *= 0.75 + 0.25 * noise(rest, 12, 3).clip(-1, 1)
    density *= 1 - smoothstep(0.05, 0.35, lips)
    return density * (person.beard > 0)


def grow_beard(body, person, rng):
    """Grow stubble or a beard; ``Strands``, or None for a shaved face."""
    if person.beard <= 0:
        return None
    mesh = body.mesh
    lips = mesh.sample_mask("lips", mesh.vertex_uv)
    density = beard_density(mesh.rest, lips, person) * mesh.skin_vertices
    density[density < 0.03] = 0
    count = int(_BEARD_HAIRS * (0.6 + 0.4 * person.beard))
    roots, normals, place = sample_roots(rng, body, density, count)
    grown = smoothstep(0.2, 1, person.beard)
    length = (0.006 + 0.02 * person.beard + 0.2 * grown) * rng.uniform(0.6, 1.1, count)
    lip = (place[:, 1] > 6.66) & (np.abs(place[:, 0]) < 0.3)
    length = np.where(lip, np.minimum(length, 0.11), length)
    direction = np.stack(
        (
            np.sign(place[:, 0]) * np.where(lip, 0.7, 0.12),
            np.full(count, -1.0),
            np.where(place[:, 1] < 6.3, 0.35, -0.1),
        ),
        1,
    )
    direction += rng.normal(0, 0.25, direction.shape)
    lift = 0.75 - 0.4 * grown
    steps = [
        _along_skin(direction, normals, max(lift - 0.15 * k, 0.1))
        * (length / 4)[:, None]
        for k in range(4)
    ]
    points = _curve(roots, np.stack(steps, 1))
    shade = np.exp(rng.normal(0, 0.2, (count, 1)))
    depth = 0.55 + 0.35 * np.linspace(0, 1, 5) * np.ones((count, 1))
    return Strands(
        points=points,
        outward=unit(points * (1, 0.5, 1)),
        colour=np.array(person.hair_colour) * 0.8 * shade,
        shadow=(depth if person.beard > 0.5 else 0.8 + 0 * depth).astype(np.float32),
        width=np.full(count, 0.0045) * (0.8 + 0.5 * grown),
        label=labels.HAIR if person.beard > 0.5 else None,
        taper=(1.0, 0.4),
        gloss=0.5,
    )
