"""Render a portrait and its variants."""

from facekit.portraits.portrait import Portrait, finish, lay_hairs, solid_layer
from facekit.portraits.scene import Scene

VARIANTS = ("makeup", "blemishes", "worn_mask", "light", "camera")


def render_portrait(seed, size=256, variants=(), **traits):
    scene = Scene(seed, size, traits)
    pictures, buffers = {}, {}
    pictures["bare"], buffers["bare"] = _draw(scene)
    return Portrait(seed, scene.person, pictures, buffers, {})


def _draw(scene):
    shot, material = scene.shot, scene.material
    diffuse, specular = scene.shade(material, shot)
    layer = solid_layer(scene, material, diffuse, specular, shot)
    layer = lay_hairs(layer, scene.light_hairs(scene.lashes, shot))
    layer = lay_hairs(layer, scene.light_hairs(scene.hairs, shot))
    return finish(scene, layer, scene.skin)
