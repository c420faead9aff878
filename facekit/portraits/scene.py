"""A person before the camera: all that the variants of one portrait share."""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from facekit.portraits import facial_hair, labels
from facekit.portraits.background import draw_background
from facekit.portraits.camera import sample_view
from facekit.portraits.capture import Capture, sample_capture
from facekit.portraits.geometry import build_body, see
from facekit.portraits.hair import grow_hair
from facekit.portraits.head import SKIN, head_mesh
from facekit.portraits.lighting import (
    Light,
    diffuse_light,
    gloss,
    received,
    sample_light,
)
from facekit.portraits.materials import make_material
from facekit.portraits.person import generator, sample_person
from facekit.portraits.pigments import SkinColours, make_skin
from facekit.portraits.scalp import scalp_density
from facekit.portraits.strands import composite, splat
from facekit.portraits.visibility import sky_visibility

OVERSAMPLING = 2
# Blur of light below the skin, dm, for red, green and blue.
_SCATTER = (0.017, 0.007, 0.0035)


@dataclass
class Shot:
    """Light and camera of one picture.

    Attributes:
        light: ``Light``, exposure included.
        capture: ``Capture``.
        arriving: harmonics of the light at the covered pixels, (n, 9, 3).
        seen: visible share of the key lights there, (n, k).
    """

    light: Light
    capture: Capture
    arriving: np.ndarray
    seen: np.ndarray


class Scene:
    """One person, posed and seen, in ``OVERSAMPLING`` times the picture's size.

    Args:
        seed: int, 0 or more; decides everything.
        size: side of the final picture.
        traits: overrides for ``sample_person``.
    """

    def __init__(self, seed, size, traits):
        mesh = self.mesh = head_mesh()
        self.seed, self.size = seed, size
        self.person = sample_person(seed, mesh.morph_names, **traits)
        self.body = build_body(mesh, self.person, self.generator("cloth"))
        view = sample_view(self.generator("view"), size * OVERSAMPLING)
        self.view = view
        self.surface = see(self.body, view)
        self.depth = self.surface.picture(self.surface.fragments.depth, 99.0)
        hair = self._grow()
        casting = [hair[0].points[::4, ::2].reshape(-1, 3)] if hair[0] else []
        casting = np.concatenate(casting) if casting else np.zeros((0, 3))
        self.visibility = sky_visibility(
            self.surface.vertices, casting, mesh.neighbours
        )
        self.hairs = splat([part for part in hair if part], view, self.depth)
        lashes = facial_hair.grow_lashes(
            self.body, self.person, self.generator("lashes")
        )
        self.lashes = splat([lashes.turned(view.turn)], view, self.depth)
        self.skin = make_skin(self.surface, mesh, self.person, seed)
        self.background = draw_background(self.generator("background"), view.size)
        self.shot = self.take_shot("light", "capture")
        self.material = self.make_material(self.skin, self.shot)
        self.lit_lashes = self.light_hairs(self.lashes, self.shot)
        self.lit_hairs = self.light_hairs(self.hairs, self.shot)

    @property
    def colours(self):
        """``SkinColours`` of the bare portrait."""
        return _colours_of(self.shot)

    @property
    def tone(self):
        """The person's mean skin colour in the bare portrait, (3,)."""
        person = self.person
        pigments = np.array(((person.melanin,), (person.haemoglobin,)))
        return self.colours(*pigments)[0]

    def generator(self, purpose):
        """Generator of one purpose of this portrait."""
        return generator(self.seed, purpose)

    def vertex_values(self, values):
        """Values of the mesh's vertices at the covered pixels."""
        return self.surface.interpolate(values.astype(np.float32), self.mesh.triangles)

    def _grow(self):
        """Hair, brows and beard, posed; the first and the last may be None."""
        hairs = (
            grow_hair(self.body, self.person, self.generator("hair")),
            facial_hair.grow_brows(self.body, self.person, self.generator("brows")),
            facial_hair.grow_beard(self.body, self.person, self.generator("beard")),
        )
        return [part and part.turned(self.view.turn) for part in hairs]

    def take_shot(
        self, light_purpose, capture_purpose, camera_purpose=None, white=False
    ):
        """Set up a light and a camera, and expose for the face.

        Args:
            light_purpose: name of the generator to draw the light from.
            capture_purpose: that of the illuminant.
            camera_purpose: that of the camera, or None for the illuminant's own.
            white: whether all light has the illuminant's spectrum, and is balanced.

        Returns:
            ``Shot``.
        """
        light = sample_light(self.generator(light_purpose))
        capture = sample_capture(
            self.generator(capture_purpose),
            self.generator(camera_purpose or f"camera of {capture_purpose}"),
        )
        if white:
            light, capture = light.white(), replace(capture, cast=np.ones(3))
        arriving, seen = received(light, self.visibility)
        arriving = self.vertex_values(arriving.reshape(-1, 27)).reshape(-1, 9, 3)
        seen = self.vertex_values(seen)
        face = (self.surface.part == SKIN) & (self.surface.rest[:, 2] > 0.9)
        lit = diffuse_light(self.surface.normal[face], arriving[face])
        # Dark skin is exposed a little longer, as photographers do.
        wanted = 0.72 + 0.4 * np.clip(self.person.melanin / 0.25, 0, 1)
        gain = capture.cast * wanted / np.percentile(lit.mean(1), 60)
        arriving = (arriving * gain).astype(np.float32)
        return Shot(light.scaled(gain), capture, arriving, seen)

    def make_material(self, skin, shot):
        """Give the covered pixels their materials under a camera."""
        cloth = self.vertex_values(self.body.neck_line)
        colours = _colours_of(shot)
        generators = self.generator("gaze"), self.generator("cloth colour")
        material = make_material(
            self.surface, skin, colours, self.person, cloth, *generators
        )
        self._tint_roots(material, skin)
        other = (material.label != labels.SKIN) & (material.label != labels.LIPS)
        seen = material.albedo[other] @ shot.capture.matrix.T
        material.albedo[other] = np.maximum(seen, 0.002)
        return material

    def _tint_roots(self, material, skin):
        """Colour the skin below hair, so that no bare skin shines through."""
        person, rest = self.person, self.surface.rest
        here = np.flatnonzero(self.surface.part == SKIN)
        colour = np.array(person.hair_colour)
        share = np.zeros(len(here))
        if person.hair_style != "bald":
            dense = 0.65 if person.hair_style == "buzz" else 0.92
            share = dense * scalp_density(rest[here], person)
        if person.beard:
            beard = facial_hair.beard_density(rest[here], skin.lips[here], person)
            share = np.maximum(share, beard * (0.18 + 0.4 * person.beard))
        share = (share * (material.label[here] != labels.CLOTH))[:, None]
        albedo = material.albedo[here]
        material.albedo[here] = albedo * (1 - share) + (0.9 * colour + 0.01) * share
        material.gloss[here] *= 1 - 0.7 * share[:, 0]

    def shade(self, material, shot):
        """Light the covered pixels.

        Returns:
            Diffuse light over albedo and gloss, float32 (n, 3) each.
        """
        diffuse = diffuse_light(material.normal, shot.arriving)
        specular = gloss(
            material.normal,
            self.surface.towards,
            *(shot.light, shot.arriving, shot.seen),
            *(material.roughness, material.gloss),
        )
        shade = material.shade[:, None]
        mouth = material.label == labels.MOUTH
        lips = diffuse[material.label == labels.LIPS]
        if mouth.any() and len(lips):
            # Light finds its way between lips better than their vertices tell.
            diffuse[mouth] = np.maximum(diffuse[mouth], 0.6 * np.median(lips, 0))
        return self._scattered(diffuse * shade, material.label), specular * shade

    def _scattered(self, diffuse, label):
        """Blur the light that skin lets wander below its surface."""
        skin = (label == labels.SKIN) | (label == labels.LIPS)
        picture = self.surface.picture(diffuse * skin[:, None])
        cover = self.surface.picture(skin.astype(np.float32))
        for channel, reach in enumerate(_SCATTER):
            sigma = max(reach * self.view.pixels_per_dm(), 0.3)
            light = cv2.GaussianBlur(picture[..., channel], (0, 0), sigma)
            share = cv2.GaussianBlur(cover, (0, 0), sigma)
            blurred = (light / np.maximum(share, 1e-4)).ravel()
            chosen = blurred[self.surface.fragments.pixel]
            diffuse[:, channel] = np.where(skin, chosen, diffuse[:, channel])
        return diffuse

    @cached_property
    def shaded(self):
        """``shade`` of the bare portrait."""
        return self.shade(self.material, self.shot)

    def light_hairs(self, fragments, shot):
        """Light hairs; ``StrandLayer``, or None where there are none."""
        if fragments is None or not len(fragments.pixel):
            return None
        return composite(fragments, self.view, shot.light, shot.capture.matrix)


def _colours_of(shot):
    return SkinColours(shot.capture.illuminant, shot.capture.sensitivities)
