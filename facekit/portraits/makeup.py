"""Make-up: foundation, blush, eye shadow, liner, mascara and lipstick."""

from dataclasses import dataclass

import cv2
import numpy as np

from facekit.portraits import labels
from facekit.portraits.facial_hair import beard_density
from facekit.portraits.noise import bump, smoothstep
from facekit.portraits.scalp import scalp_density

_LIPSTICKS = (
    (0.42, 0.02, 0.035),
    (0.30, 0.015, 0.05),
    (0.50, 0.10, 0.10),
    (0.55, 0.16, 0.18),
    (0.16, 0.015, 0.025),
    (0.38, 0.13, 0.10),
)
_SHADOWS = (
    (0.10, 0.05, 0.035),
    (0.22, 0.12, 0.08),
    (0.10, 0.05, 0.14),
    (0.05, 0.07, 0.12),
    (0.35, 0.16, 0.14),
    (0.05, 0.045, 0.045),
)


@dataclass
class Look:
    """Strengths from 0 to 1 of each product, and the colours."""

    foundation: float
    blush: float
    shadow: float
    liner: float
    lipstick: float
    lip_colour: tuple
    shadow_colour: tuple
    lip_shine: float


def draw_look(rng):
    """Draw a look, from discreet to strong."""
    power = rng.uniform(0.55, 1)
    return Look(
        foundation=rng.uniform(0.5, 0.9) * power,
        blush=rng.uniform(0.15, 0.5) * power,
        shadow=rng.uniform(0.4, 0.85) * power,
        liner=float(rng.random() < 0.75) * rng.uniform(0.6, 1),
        lipstick=rng.uniform(0.6, 0.95) * power,
        lip_colour=_LIPSTICKS[rng.integers(len(_LIPSTICKS))],
        shadow_colour=_SHADOWS[rng.integers(len(_SHADOWS))],
        lip_shine=rng.uniform(0, 1.2),
    )


def apply_makeup(scene, look, hair_share):
    """Paint a look on a person's skin.

    Args:
        scene: ``Scene``.
        look: ``Look``.
        hair_share: share covered by the hair of the head, (s, s); below it no make-up
            is put on.

    Returns:
        ``Material``.
    """
    skin, surface, material = scene.skin, scene.surface, scene.material
    rest = surface.rest
    folded = np.abs(rest) * (1, 0, 0) + rest * (0, 1, 1)
    clear = _uncovered(scene, hair_share)
    albedo = material.albedo.copy()
    gloss, roughness = material.gloss.copy(), material.roughness.copy()

    def lay(colour, share):
        amount = (share * clear)[:, None]
        albedo[:] = albedo * (1 - amount) + colour * amount

    bare = clear * (1 - skin.lips)
    ground = _foundation(scene, albedo)
    base = look.foundation * smoothstep(6.05, 6.35, rest[:, 1]) * (rest[:, 2] > 0.45)
    base = base * (1 - skin.lips) * _above_stubble(scene)
    lay(ground, base)
    gloss -= 0.45 * gloss * base * bare
    blush = np.array((1.02, 0.55, 0.56)) * scene.tone
    lay(blush, look.blush * bump(folded, (0.5, 6.92, 1.15), (0.2, 0.15, 0.45)) * bare)
    lid = bump(folded, (0.33, 7.365, 1.38), (0.19, 0.065, 0.5)) * 1.25
    lid = np.clip(lid, 0, 1) * smoothstep(7.25, 7.3, rest[:, 1])
    lay(np.array(look.shadow_colour), look.shadow * lid)
    lay(np.array((0.006, 0.005, 0.005)), look.liner * _rim(scene))
    lips = look.lipstick * skin.lips * (1 - smoothstep(0.3, 0.7, skin.mouth))
    # Pigments are chosen to go with the skin, darker for darker.
    depth = 0.5 + 0.5 * min(1.0, float(scene.tone.mean()) / 0.3)
    lay(np.array(look.lip_colour) * depth, lips)
    gloss += look.lip_shine * lips * clear
    roughness -= 0.12 * look.lip_shine * lips * clear
    return material.changed(
        albedo=albedo.astype(np.float32),
        gloss=gloss.astype(np.float32),
        roughness=roughness.astype(np.float32),
    )


def _uncovered(scene, hair_share):
    """1 on skin that no hair lies over."""
    sigma = 0.02 * scene.view.pixels_per_dm()
    blurred = cv2.GaussianBlur(np.maximum(hair_share, 0), (0, 0), max(sigma, 0.5))
    share = np.maximum(blurred, hair_share).ravel()[scene.surface.fragments.pixel]
    label = scene.material.label
    skin = (label == labels.SKIN) | (label == labels.LIPS)
    clear = smoothstep(0.25, 0.02, share) * skin
    return clear * (1 - scalp_density(scene.surface.rest, scene.person))


def _above_stubble(scene):
    """Foundation lies on the skin, not on the stubble in it."""
    if not scene.person.beard:
        return 1.0
    beard = beard_density(scene.surface.rest, scene.skin.lips, scene.person)
    return 1 - 0.85 * np.clip(beard * (0.5 + scene.person.beard), 0, 1)


def _foundation(scene, albedo):
    """The even colour of the product, which keeps a little of what is below."""
    return scene.tone * 0.96 + 0.25 * (albedo - scene.tone)


def _rim(scene):
    """A line along the upper lid, drawn out a little at its end."""
    view, body = scene.view, scene.body
    quads, eye, upper = body.lashes, body.mesh.lash_eye, body.mesh.upper_lash
    canvas = np.zeros((view.size, view.size), np.uint8)
    thick = max(int(round(0.022 * view.pixels_per_dm())), 1)
    for side in (0, 1):
        rim = quads[upper & (eye == side), :2].mean(1)
        rim = rim[np.argsort(rim[:, 0])]
        tail = 2 * (rim[-1] - rim[-2]) if side == 0 else 2 * (rim[0] - rim[1])
        end = (rim[-1] if side == 0 else rim[0]) + tail * (1, 0, 1) + (0, 0.02, 0)
        rim = np.vstack((rim, end) if side == 0 else (end, rim)) + (0, 0.008, 0)
        place, _ = view.project(rim @ view.turn.T)
        line = np.round(place * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [line], False, 255, thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), 0.35 * thick + 0.3)
    return soft.ravel()[scene.surface.fragments.pixel]
