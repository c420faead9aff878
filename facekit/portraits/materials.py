"""What all covered pixels are made of: skin, eyes, teeth, mouth and cloth."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from facekit.portraits import labels
from facekit.portraits.head import LEFT_EYE, RIGHT_EYE, TEETH, TONGUE
from facekit.portraits.noise import noise, smoothstep, unit

_MUCOSA = np.array((0.91, 0.81, 0.82), np.float32)
_IRIS, _PUPIL = 0.44, 0.16  # angular radii seen from the eyeball's centre


@dataclass
class Material:
    """Optical properties of the covered pixels.

    Attributes:
        albedo: linear sRGB, float32 (n, 3).
        normal: unit, with relief, float32 (n, 3).
        roughness, gloss: float32 (n,).
        shade: factor on all light, for what lids and lips shut out, float32 (n,).
        label: index into ``labels.LABELS``, uint8 (n,).
    """

    albedo: np.ndarray
    normal: np.ndarray
    roughness: np.ndarray
    gloss: np.ndarray
    shade: np.ndarray
    label: np.ndarray

    def changed(self, **arrays):
        """Copy with some arrays replaced."""
        return replace(self, **arrays)


def make_material(surface, skin, colours, person, cloth, gaze_rng, cloth_rng):
    """Give every covered pixel its material.

    Args:
        surface: ``Surface``.
        skin: ``Skin``.
        colours: ``SkinColours``.
        person: ``Person``.
        cloth: neckline of the covered pixels, above 0 = cloth, (n,).
        gaze_rng: generator of the gaze.
        cloth_rng: generator of the cloth's colour.

    Returns:
        ``Material``.
    """
    count = len(surface.part)
    relief = skin.relief @ surface.view.turn.T.astype(np.float32)
    material = Material(
        albedo=colours(skin.melanin, skin.haemoglobin),
        normal=unit(surface.normal - relief).astype(np.float32),
        roughness=skin.roughness.copy(),
        gloss=skin.gloss.copy(),
        shade=np.ones(count, np.float32),
        label=np.full(count, labels.SKIN, np.uint8),
    )
    material.label[skin.lips > 0.5] = labels.LIPS
    # The lips' thin mucosa is redder than the skin model reaches.
    material.albedo[:] *= 1 - skin.lips[:, None] * (1 - _MUCOSA)
    _paint_mouth(material, surface, skin)
    _paint_cloth(material, surface, cloth, cloth_rng)
    gaze = gaze_rng.normal((0, -0.03), (0.04, 0.02))
    for part, centre in zip((LEFT_EYE, RIGHT_EYE), surface.eyes, strict=True):
        ball = np.flatnonzero(surface.part == part)
        if len(ball):
            _paint_eye(material, surface, ball, centre, person, gaze)
    return material


def _paint_mouth(material, surface, skin):
    """Darken the mouth from the seam of the lips inwards; draw teeth and tongue."""
    inner = smoothstep(0.25, 0.75, skin.mouth) * (surface.part == 0)
    flesh = np.array((0.26, 0.07, 0.06), np.float32)
    material.albedo[:] = _mix(material.albedo, flesh, inner)
    material.shade *= 1 - 0.6 * inner
    for part, colour in ((TEETH, (0.62, 0.57, 0.48)), (TONGUE, (0.35, 0.10, 0.09))):
        here = surface.part == part
        material.albedo[here] = colour
        material.gloss[here] = 0.5
        material.roughness[here] = 0.4
        # Deeper in the mouth it is darker.
        deep = smoothstep(1.25, 1.5, surface.rest[here, 2])
        material.shade[here] = 0.15 + 0.6 * deep
        material.normal[here] = surface.normal[here]
    material.gloss[inner > 0.5] *= 0.4
    material.label[(inner > 0.5) | (surface.part >= TEETH)] = labels.MOUTH


def _paint_cloth(material, surface, cloth, rng):
    here = (cloth > 0) & (surface.part == 0)
    value = rng.uniform(0.02, 0.55)
    hue = np.exp(rng.normal(0, 0.3, 3) * (0.2 + 0.8 * (value < 0.2)))
    colour = np.clip(value * hue / hue.mean(), 0.01, 0.7)
    rest = surface.rest[here]
    weave = 1 + 0.05 * noise(rest, 45, 2) + 0.05 * noise(rest, 6, 3)
    # A ribbed hem along the neckline.
    hem = smoothstep(0.10, 0.08, cloth[here])
    seam = np.exp(-(((cloth[here] - 0.10) / 0.012) ** 2))
    material.albedo[here] = (
        colour * (weave * (1 + 0.06 * hem) * (1 - 0.4 * seam))[:, None]
    )
    material.normal[here] = surface.normal[here]
    material.gloss[here] = 0.15
    material.roughness[here] = 0.8
    material.label[here] = labels.CLOTH


def _paint_eye(material, surface, ball, centre, person, gaze):
    """Draw the white, the iris with its rings, the pupil, and the lids' shadow."""
    view = surface.view
    outward = unit(surface.points[ball] - centre)
    look = unit(view.eye - centre) + view.turn[:, 2] * 0.35
    look = unit(unit(look) + gaze[0] * view.turn[:, 0] + gaze[1] * view.turn[:, 1])
    across = unit(np.cross(look, (0, 1, 0.01)))
    upward = np.cross(across, look)
    angle = np.arccos(np.clip(outward @ look, -1, 1))
    turn = np.arctan2(outward @ across, outward @ upward)
    ring = np.stack((np.cos(turn) * 5, np.sin(turn) * 5, angle * 5), 1)
    fibres = noise(ring, 1.4, 2)
    iris = np.array(person.eye_colour) * (1 + 0.28 * fibres)[:, None]
    # Lighter around the pupil, a dark ring where the iris ends.
    iris = iris * (1 + 0.5 * smoothstep(0.34, 0.2, angle))[:, None]
    iris = iris * (1 - 0.65 * smoothstep(_IRIS - 0.1, _IRIS, angle))[:, None]
    white = np.array((0.62, 0.57, 0.53)) * (
        1 - 0.25 * person.age * np.array((0, 0.2, 0.5))
    )
    corner = smoothstep(0.75, 1.15, angle)[:, None]
    white = white * (1 - corner * (0.12, 0.38, 0.38))
    colour = _mix(iris, white, smoothstep(_IRIS - 0.035, _IRIS + 0.05, angle))
    colour = _mix(
        np.full(3, 0.004), colour, smoothstep(_PUPIL - 0.03, _PUPIL + 0.03, angle)
    )
    material.albedo[ball] = colour
    # The cornea bulges, so that its highlight is smaller.
    bulge = 0.55 * smoothstep(_IRIS + 0.1, _IRIS - 0.15, angle)[:, None]
    material.normal[ball] = unit(outward + bulge * (outward - look))
    material.roughness[ball] = 0.10
    material.gloss[ball] = 0.9
    material.label[ball] = labels.EYES
    material.shade[ball] = _lid_shadow(surface, ball)


def _lid_shadow(surface, ball):
    """Darken an eyeball near the lids, most below the upper one."""
    view = surface.view
    size, scale = view.size, view.pixels_per_dm()
    pixel = surface.fragments.pixel[ball]
    x, y = pixel % size, pixel // size
    margin = int(0.12 * scale) + 3
    left, top = max(x.min() - margin, 0), max(y.min() - margin, 0)
    shape = (y.max() + margin + 1 - top, x.max() + margin + 1 - left)
    opening = np.zeros(shape, np.float32)
    opening[y - top, x - left] = 1
    near = cv2.GaussianBlur(opening, (0, 0), max(0.016 * scale, 0.5))
    above = cv2.GaussianBlur(opening, (0, 0), max(0.03 * scale, 0.5))
    raised = np.maximum(y - top - int(round(0.03 * scale)), 0)
    light = smoothstep(0.35, 1.0, near[y - top, x - left])
    light = light * smoothstep(0.0, 0.85, above[raised, x - left])
    return (0.45 + 0.55 * light).astype(np.float32)


def _mix(first, second, share):
    """Blend rows: 0 = first, 1 = second."""
    share = share[:, None]
    return (first * (1 - share) + second * share).astype(np.float32)
