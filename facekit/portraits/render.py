"""Render a portrait and its variants."""

from dataclasses import replace

import numpy as np

from facekit.portraits import labels
from facekit.portraits.blemishes import add_blemishes
from facekit.portraits.facial_hair import grow_lashes
from facekit.portraits.landmarks import project_landmarks
from facekit.portraits.lighting import diffuse_light, gloss, received
from facekit.portraits.makeup import apply_makeup, draw_look
from facekit.portraits.portrait import Portrait, finish, lay_hairs, solid_layer
from facekit.portraits.scene import Scene
from facekit.portraits.strands import splat
from facekit.portraits.worn_mask import cast_shadow, draw_design, fit_mask

VARIANTS = ("makeup", "blemishes", "worn_mask", "light", "camera", "white_light")
MIN_SIZE, MAX_SIZE = 32, 1024
_TRAITS = {"melanin": (0.005, 0.30), "male": (0, 1), "age": (0, 1)}


def render_portrait(seed, size=256, variants=(), **traits):
    """Draw a person that nobody is, with the truth about every pixel.

    The same arguments give the same bytes. What a seed decides is independent of the
    size and the variants. Skin tone is drawn independently of the head's shape.

    Args:
        seed: int, 0 or more.
        size: side of the square picture in pixels, 32 to 1,024. Defaults to 256.
        variants: names out of ``VARIANTS``, drawn beside the bare portrait: the same
            picture with make-up, with blemishes, with a worn mask, in another light,
            by another camera, or with all lamps of one spectrum and its white
            balanced exactly, so that the skin is what ``SpectralRender`` makes of its
            maps. Defaults to none.
        **traits: overrides for what the seed draws: ``melanin`` (.005 to .30),
            ``male`` and ``age`` (0 to 1).

    Returns:
        ``Portrait``. ``pictures`` and ``buffers`` have the keys "bare" and the
        variants. The buffers of each, (size, size) or (size, size, 3), float32 where
        not told otherwise:

        * ``albedo``, ``diffuse``, ``specular``: linear sRGB as the camera sees it;
          the picture is their albedo * diffuse + specular, encoded.
        * ``exact``: bool, that holds to within 1/255 and no background shines in; it
          fails where a highlight is clipped.
        * ``normal``: unit, x right, y up, z to the camera; 0 = background.
        * ``uv``: (size, size, 2), place in MakeHuman's texture space of the head,
          also below hair and mask; -1 = none.
        * ``depth``: distance from the camera in dm; 0 = background.
        * ``melanin``, ``haemoglobin``: volume fractions of the skin, also below
          make-up, hair and mask; 0 = no skin. Lips have a tint of their own besides.
        * ``labels``: uint8, index into ``LABELS``.
        * ``strands``: share covered by hairs, brows, lashes and beard, [0, 1].
        * ``worn_mask``: share covered by a mask and its straps, [0, 1].
        * ``changed``: bool, the picture differs from the bare one; elsewhere both
          are the same bytes.

    Raises:
        ValueError: an argument is out of range, or a variant or trait is unknown.

    Reference: the head is MakeHuman's (CC0), the skin's colour that of
        ``facekit.spectra.skin_reflectance``.
    """
    check_arguments(seed, size, variants, traits)
    scene = Scene(int(seed), int(size), traits)
    pictures, buffers = {}, {}
    for variant in ("bare", *variants):
        picture, truth = _DRAWERS[variant](scene)
        bare = pictures.get("bare", picture)
        truth["changed"] = (picture != bare).any(-1)
        pictures[variant], buffers[variant] = picture, truth
    return Portrait(
        scene.seed, scene.person, pictures, buffers, project_landmarks(scene)
    )


def check_arguments(seed, size, variants, traits):
    """Raise the errors of ``render_portrait``."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"`seed` must be an int, 0 or more. Received: {seed!r}")
    if not isinstance(size, int | np.integer) or not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(
            f"`size` must be an int from {MIN_SIZE} to {MAX_SIZE}. Received: {size!r}"
        )
    if isinstance(variants, str) or set(variants) - set(VARIANTS):
        raise ValueError(
            f"`variants` must be names out of {VARIANTS}. Received: {variants!r}"
        )
    if set(traits) - set(_TRAITS):
        raise ValueError(
            f"Traits must be out of {tuple(_TRAITS)}. Received: {tuple(traits)}"
        )
    for name, value in traits.items():
        low, high = _TRAITS[name]
        if not low <= value <= high:
            raise ValueError(
                f"`{name}` must lie in [{low}, {high}]. Received: {value!r}"
            )


def _draw(scene, material=None, shot=None, skin=None, lashes=None):
    """Draw the scene with some of its parts replaced."""
    shot = shot or scene.shot
    material = material or scene.material
    same_shot = shot is scene.shot
    bare = same_shot and material is scene.material
    shaded = scene.shaded if bare else scene.shade(material, shot)
    layer = solid_layer(scene, material, *shaded, shot)
    if lashes is None:
        lashes = (
            scene.lit_lashes if same_shot else scene.light_hairs(scene.lashes, shot)
        )
    hairs = scene.lit_hairs if same_shot else scene.light_hairs(scene.hairs, shot)
    layer = lay_hairs(lay_hairs(layer, lashes), hairs)
    return finish(scene, layer, skin or scene.skin)


def _with_makeup(scene):
    rng = scene.generator("makeup")
    look = draw_look(rng)
    hair = np.zeros((scene.view.size,) * 2, np.float32)
    if scene.lit_hairs:
        hair = scene.lit_hairs.labelled.get(labels.HAIR, hair)
    material = apply_makeup(scene, look, hair)
    lashes = grow_lashes(scene.body, scene.person, scene.generator("lashes"), True)
    lashes = splat([lashes.turned(scene.view.turn)], scene.view, scene.depth)
    return _draw(scene, material, lashes=scene.light_hairs(lashes, scene.shot))


def _with_blemishes(scene):
    skin, material = add_blemishes(scene, scene.generator("blemishes"))
    return _draw(scene, material, skin=skin)


def _in_another_light(scene):
    shot = scene.take_shot("light of the variant", "light of the variant")
    return _draw(scene, scene.make_material(scene.skin, shot), shot)


def _by_another_camera(scene):
    shot = scene.take_shot("light", "capture", "camera of the variant")
    return _draw(scene, scene.make_material(scene.skin, shot), shot)


def _in_white_light(scene):
    shot = scene.take_shot("light", "capture", white=True)
    return _draw(scene, scene.make_material(scene.skin, shot), shot)


def _with_mask(scene):
    """Lay the mask between skin and hair, and its shadow on the skin."""
    view, shot = scene.view, scene.shot
    mask, straps = fit_mask(scene, draw_design(scene.generator("worn mask")))
    layer = solid_layer(scene, scene.material, *scene.shaded, shot)
    pixel = mask.fragments.pixel
    cover = np.zeros(view.size**2, np.float32)
    cover[pixel] = 1
    straps = splat([straps], view, scene.depth, 0.05)
    straps = scene.light_hairs(straps, shot)
    strap_share = 0 if straps is None else straps.alpha
    shadow = cast_shadow(
        np.maximum(cover.reshape(view.size, -1), strap_share), shot.light, view
    )
    shadow = np.where(layer.shares[..., labels.BACKGROUND] > 0, 1, shadow)[..., None]
    layer = replace(layer, matt=layer.matt * shadow, specular=layer.specular * shadow)
    # Straps are drawn as hairs are, but are none.
    layer = replace(lay_hairs(layer, straps), hair=layer.hair)
    _lay_mask(layer, mask, shot, view)
    depth = np.full(view.size**2, 999, np.float32)
    depth[pixel] = mask.fragments.depth
    # A beard, however thick, stays below the cloth; only locks hang over it.
    thick = 0.28 if scene.person.beard > 0.5 else 0.08
    for fragments in (scene.lashes, scene.hairs):
        if fragments is not None:
            before = fragments.depth < depth[fragments.pixel] - thick
            layer = lay_hairs(layer, scene.light_hairs(fragments.select(before), shot))
    return finish(scene, layer, scene.skin)


def _lay_mask(layer, mask, shot, view):
    """Put the lit cloth into a layer, in place."""
    points = len(mask.fragments.pixel)
    open_sky = np.ones((1, shot.light.total.shape[0]), np.float32)
    arriving, seen = received(shot.light, open_sky)
    arriving = np.broadcast_to(arriving, (points, 9, 3))
    towards = np.broadcast_to((0.0, 0.0, 1.0), (points, 3))
    diffuse = diffuse_light(mask.normal, arriving)
    specular = gloss(
        *(mask.normal, towards, shot.light, arriving),
        *(np.broadcast_to(seen, (points, seen.shape[1])), np.full(points, 0.8)),
        mask.gloss,
    )
    albedo = np.maximum(mask.albedo @ shot.capture.matrix.T, 0.002)
    shares = np.zeros(len(labels.LABELS), np.float32)
    shares[labels.MASK] = 1
    for name, values in (
        ("albedo", albedo),
        ("matt", albedo * diffuse),
        ("specular", specular),
        ("normal", mask.normal),
        ("depth", mask.fragments.depth),
        ("shares", shares),
        ("hair", 0),
    ):
        picture = getattr(layer, name)
        picture.reshape(view.size**2, *picture.shape[2:])[mask.fragments.pixel] = values


_DRAWERS = {
    "bare": _draw,
    "makeup": _with_makeup,
    "blemishes": _with_blemishes,
    "worn_mask": _with_mask,
    "light": _in_another_light,
    "camera": _by_another_camera,
    "white_light": _in_white_light,
}
