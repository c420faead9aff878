"""Spots, moles, scars and red patches, as pigments and relief of the skin."""

from dataclasses import replace

import numpy as np

from facekit.portraits import labels
from facekit.portraits.facial_hair import brow_line
from facekit.portraits.noise import noise, smoothstep, unit
from facekit.portraits.scalp import scalp_density
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN

# (chance, radius in dm, spread of its logarithm)
_KINDS = {
    "spot": (0.5, 0.024, 0.3),
    "mole": (0.2, 0.017, 0.35),
    "stain": (0.15, 0.035, 0.4),
    "scar": (0.15, 0.022, 0.3),
}


def add_blemishes(scene, rng):
    """Put blemishes on a person's skin, off the lids, lips, brows and hair.

    Args:
        scene: ``Scene``.
        rng: generator.

    Returns:
        ``Skin`` and ``Material`` with the blemishes.
    """
    skin, rest = scene.skin, scene.surface.rest
    melanin, haemoglobin = skin.melanin.copy(), skin.haemoglobin.copy()
    relief = np.zeros_like(skin.relief)
    clear = _clear_skin(scene)
    for centre in _places(scene, rng):
        kind = rng.choice(list(_KINDS), p=[chance for chance, _, _ in _KINDS.values()])
        _, radius, spread = _KINDS[kind]
        radius = radius * np.exp(rng.normal(0, spread))
        strength = rng.uniform(0.6, 1.2)
        offset = (rest - centre) / radius
        near = np.flatnonzero((offset**2).sum(1) < 12)
        if not len(near):
            continue
        offset = offset[near]
        ragged = 1 + 0.15 * noise(rest[near], 40, 17)
        distance = np.linalg.norm(offset, axis=1) * ragged
        core = np.exp(-(distance**2)) * clear[near]
        disc = np.exp(-(distance**4)) * clear[near]
        if kind == "spot":
            halo = np.exp(-((distance / 1.9) ** 2)) * clear[near]
            haemoglobin[near] *= np.exp(strength * (0.75 * core + 0.35 * halo))
            relief[near] += -0.5 * offset * core[:, None]
        elif kind == "mole":
            melanin[near] += (0.10 + 0.6 * melanin[near]) * strength * disc
            relief[near] += -0.25 * offset * disc[:, None]
        elif kind == "stain":
            melanin[near] *= np.exp(0.4 * strength * disc)
        else:
            melanin[near] *= np.exp(-0.35 * strength * disc)
            haemoglobin[near] *= np.exp(-0.3 * strength * disc)
            relief[near] += 0.5 * offset * core[:, None]
    return _apply(scene, melanin, haemoglobin, relief)


def _apply(scene, melanin, haemoglobin, relief):
    skin, material = scene.skin, scene.material
    melanin = np.clip(melanin, 0.002, MAX_MELANIN).astype(np.float32)
    haemoglobin = np.clip(haemoglobin, 0.002, MAX_HAEMOGLOBIN).astype(np.float32)
    touched = np.flatnonzero(
        (melanin != skin.melanin)
        | (haemoglobin != skin.haemoglobin)
        | (relief != 0).any(1)
    )
    before = scene.colours(skin.melanin[touched], skin.haemoglobin[touched])
    after = scene.colours(melanin[touched], haemoglobin[touched])
    # By ratio, so that stubble keeps its share of the colour.
    albedo, normal = material.albedo.copy(), material.normal.copy()
    albedo[touched] *= after / before
    turned = relief[touched] @ scene.view.turn.T
    normal[touched] = unit(normal[touched] - turned)
    spotted = replace(skin, melanin=melanin, haemoglobin=haemoglobin)
    return spotted, material.changed(albedo=albedo, normal=normal)


def _clear_skin(scene):
    """Share of each covered pixel that is free to carry a blemish."""
    skin, label = scene.skin, scene.material.label
    clear = (label == labels.SKIN) * (1 - skin.lips) * (1 - skin.mouth)
    clear = clear * smoothstep(0.25, 0.0, skin.lids)
    return (clear * _away_from_hair(scene.surface.rest, scene.person)).astype(
        np.float32
    )


def _away_from_hair(rest, person):
    height, half = brow_line(np.abs(rest[:, 0]))
    half = half * 1.5 + 0.02
    off_brow = smoothstep(0.0, 0.03, np.abs(rest[:, 1] - height) - half)
    off_brow = np.maximum(off_brow, np.abs(rest[:, 0]) > 0.66)
    return off_brow * smoothstep(0.25, 0.02, scalp_density(rest, person))


def _places(scene, rng):
    """Centres in the neutral mesh: single ones and, at times, a cluster."""
    mesh, rest = scene.mesh, scene.mesh.rest
    uv = mesh.vertex_uv
    facing = (
        scene.surface.normals * unit(scene.view.eye - scene.surface.vertices)
    ).sum(1)
    free = (
        mesh.skin_vertices & (facing > 0.25) & (rest[:, 1] > 6.15) & (rest[:, 2] > 0.6)
    )
    for name in ("lips", "eyelids", "ears", "inside-mouth"):
        free &= mesh.sample_mask(name, uv) < 0.05
    free &= _away_from_hair(rest, scene.person) > 0.9
    candidates = rest[free]
    count = min(int(rng.integers(5, 22)), len(candidates))
    chosen = candidates[rng.choice(len(candidates), count, replace=False)]
    if rng.random() < 0.5 and count > 4:
        seat = chosen[0]
        near = candidates[np.linalg.norm(candidates - seat, axis=1) < 0.22]
        chosen[: count // 2] = near[rng.integers(0, len(near), count // 2)]
    return chosen
