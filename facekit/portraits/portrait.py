"""From shaded pixels to pictures and buffers of the final size."""

from dataclasses import dataclass, field

import numpy as np

from facekit.portraits import labels
from facekit.portraits.person import Person
from facekit.portraits.scene import OVERSAMPLING
from facekit.spectra import encode_srgb


@dataclass
class Portrait:
    """A rendered person.

    Attributes:
        seed: what it was rendered from.
        person: ``Person``.
        pictures: by variant, uint8 (size, size, 3), sRGB.
        buffers: by variant, dict of arrays (size, size, ...); see ``render_portrait``.
        landmarks: by name, (x, y) in pixels; "left" is the person's left.
    """

    seed: int
    person: Person
    pictures: dict = field(repr=False)
    buffers: dict = field(repr=False)
    landmarks: dict = field(repr=False)


@dataclass
class Layer:
    """A picture in the renderer's size; colours are linear.

    Attributes:
        albedo, matt, specular: (s, s, 3); ``matt`` is albedo times diffuse light.
        normal: (s, s, 3).
        depth: dm, weighted by what is not background, (s, s).
        shares: by label, (s, s), of sum 1.
        hair: share covered by hairs of all kinds, (s, s).
    """

    albedo: np.ndarray
    matt: np.ndarray
    specular: np.ndarray
    normal: np.ndarray
    depth: np.ndarray
    shares: np.ndarray
    hair: np.ndarray


def solid_layer(scene, material, diffuse, specular, shot):
    """Lay out the head before its background."""
    surface = scene.surface
    empty = surface.picture(np.ones(len(surface.part), bool), False) == 0
    backdrop = np.maximum(scene.background @ shot.capture.matrix.T, 0.002)
    albedo = surface.picture(material.albedo)
    matt = surface.picture(material.albedo * diffuse)
    albedo[empty] = matt[empty] = backdrop[empty]
    shares = np.zeros((*empty.shape, len(labels.LABELS)), np.float32)
    label = surface.picture(material.label)
    np.put_along_axis(shares, label[..., None].astype(int), 1, -1)
    return Layer(
        albedo=albedo,
        matt=matt,
        specular=surface.picture(specular),
        normal=surface.picture(material.normal),
        depth=surface.picture(surface.fragments.depth),
        shares=shares,
        hair=np.zeros(empty.shape, np.float32),
    )


def lay_hairs(below, hairs):
    """Lay a ``StrandLayer``, or None, over a layer."""
    if hairs is None:
        return below
    clear = (1 - hairs.alpha)[..., None]
    shares = below.shares * clear
    for label, share in hairs.labelled.items():
        if label == 255:
            shares += below.shares * share[..., None]
        else:
            shares[..., label] += share
    return Layer(
        albedo=below.albedo * clear + hairs.albedo,
        matt=below.matt * clear + hairs.matt,
        specular=below.specular * clear + hairs.specular,
        normal=below.normal * clear + hairs.normal,
        depth=below.depth * clear[..., 0] + hairs.depth,
        shares=shares,
        hair=below.hair * clear[..., 0] + hairs.alpha,
    )


def reduce(values):
    """Average blocks of ``OVERSAMPLING`` pixels a side."""
    step = OVERSAMPLING
    places = [(row, column) for row in range(step) for column in range(step)]
    total = sum(values[row::step, column::step] for row, column in places)
    return (total / np.float32(step**2)).astype(np.float32, copy=False)


def finish(scene, layer, skin):
    """Average down to the picture and its buffers.

    Returns:
        uint8 picture (size, size, 3) and dict of buffers.
    """
    albedo, matt = reduce(layer.albedo), reduce(layer.matt)
    specular = reduce(layer.specular)
    diffuse = matt / np.maximum(albedo, 1e-5)
    linear = albedo * diffuse + specular
    picture = np.round(encode_srgb(linear) * 255).astype(np.uint8)
    shares = reduce(layer.shares)
    normal = reduce(layer.normal)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    seen = 1 - shares[..., labels.BACKGROUND]
    depth = np.where(seen > 0.5, reduce(layer.depth) / np.maximum(seen, 0.5), 0)
    exact = (seen > 0.99) & (linear <= 1).all(-1) & (linear >= 0).all(-1)
    surface = scene.surface
    uv = surface.picture(surface.uv, -1.0)[::OVERSAMPLING, ::OVERSAMPLING]
    buffers = {
        "albedo": albedo,
        "diffuse": diffuse,
        "specular": specular,
        "normal": np.where(length > 0.1, normal / np.maximum(length, 0.1), 0),
        "uv": uv.astype(np.float32),
        "depth": depth.astype(np.float32),
        **_pigments(scene, skin),
        "labels": shares.argmax(-1).astype(np.uint8),
        "strands": reduce(layer.hair),
        "worn_mask": shares[..., labels.MASK],
        "exact": exact,
    }
    return picture, buffers


def _pigments(scene, skin):
    """Mean pigments of the bare skin in each pixel, seen or not; 0 without skin."""
    label = scene.material.label
    here = (label == labels.SKIN) | (label == labels.LIPS)
    share = reduce(scene.surface.picture(here.astype(np.float32)))
    return {
        name: reduce(scene.surface.picture(values * here)) / np.maximum(share, 1e-6)
        for name, values in (
            ("melanin", skin.melanin),
            ("haemoglobin", skin.haemoglobin),
        )
    }
