"""Portraits as files: pictures, and their truth in 8 bits."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from facekit.errors import DataError
from facekit.portraits.person import Person
from facekit.portraits.portrait import Portrait
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, decode_srgb

# Largest value of each map; those of light and pigments are stored as square roots.
_ROOTS = {
    "diffuse": 4.0,
    "specular": 1.0,
    "melanin": MAX_MELANIN,
    "haemoglobin": MAX_HAEMOGLOBIN,
}
_MAPS = ("labels", "exact", "worn_mask", "strands", "depth", "uv", *_ROOTS, "normal")
_DEPTH_RANGE = 4.0  # dm behind the nearest pixel
_SMOOTH = ("diffuse", "specular", "normal")
# What variants keep of their own in the compact form.
_COMPACT = ("labels", "worn_mask", "melanin", "haemoglobin")
_LOSSLESS = 101


def write_portrait(portrait, folder, compact=False):
    """Write a portrait into a new folder, whole or not at all.

    ``bare.webp`` and the variants' pictures are lossless, but for those of all-over
    changes in the compact form; where a variant equals the bare picture it is
    transparent. ``truth.npz`` holds the maps as WebP pictures of 8 bits; the albedo is
    left out, since picture, diffuse and specular light tell it.

    Args:
        portrait: ``Portrait``.
        folder: path; one that exists is replaced.
        compact: compress light and normals with loss. Defaults to False.
    """
    folder = Path(folder)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write_files(portrait, partial, compact)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove_partial(folder):
    """Remove what a write of this portrait that was killed has left beside it."""
    for partial in folder.parent.glob(f".{folder.name}.*.partial"):
        shutil.rmtree(partial, ignore_errors=True)


def _write_files(portrait, folder, compact):
    """Write the pictures and their truth into a folder."""
    truth = {}
    bare = portrait.buffers["bare"]
    depths = [maps["depth"] for maps in portrait.buffers.values()]
    nearest = float(min(depth[depth > 0].min() for depth in depths))
    for variant, picture in portrait.pictures.items():
        buffers = portrait.buffers[variant]
        changed = buffers["changed"]
        alpha = np.where(changed | (variant == "bare"), 255, 0).astype(np.uint8)
        shown = np.dstack((picture * (alpha > 0)[..., None], alpha))
        lossy = compact and changed.mean() > 0.5
        data = _encode(
            picture if lossy or variant == "bare" else shown, 93 if lossy else _LOSSLESS
        )
        (folder / f"{variant}.webp").write_bytes(data)
        for name in _MAPS:
            packed = _pack(name, buffers[name], nearest)
            if variant != "bare":
                same = np.array_equal(packed, _pack(name, bare[name], nearest))
                if same or (compact and name not in _COMPACT):
                    continue
            quality = 90 if compact and name in _SMOOTH else _LOSSLESS
            truth[f"{variant}/{name}"] = np.frombuffer(
                _encode(packed, quality), np.uint8
            )
    about = {
        "seed": portrait.seed,
        "variants": list(portrait.pictures),
        "nearest": nearest,
        "person": {**asdict(portrait.person)},
        "landmarks": portrait.landmarks,
    }
    truth["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(folder / "truth.npz", **truth)


def read_portrait(folder):
    """Read what ``write_portrait`` wrote.

    Args:
        folder: path.

    Returns:
        ``Portrait``. Values of light are exact to about 1.5 %, those of the pigments to
        1 %, depth to .02 dm. The compact form knows the light of the bare portrait
        only: its variants have no ``albedo``, ``diffuse`` and ``specular``, their
        ``exact`` is False, and their ``normal``, ``depth`` and ``strands`` are those of
        the bare portrait.

    Raises:
        DataError: the folder does not hold a portrait.
    """
    folder = Path(folder)
    try:
        with np.load(folder / "truth.npz") as archive:
            truth = dict(archive)
        about = json.loads(truth["about"].tobytes())
        pictures = _read_pictures(folder, about["variants"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: expected a portrait, found none.") from error
    buffers = {}
    size = pictures["bare"].shape[0]
    for variant, picture in pictures.items():
        maps = {}
        for key, data in truth.items():
            owner, _, name = key.partition("/")
            if owner != variant:
                continue
            maps[name] = _unpack(name, _decode(data), about["nearest"])
        own_light = variant == "bare" or "diffuse" in maps
        if own_light:
            maps["albedo"] = _albedo(picture, maps, buffers.get("bare", {}))
        else:
            maps["exact"] = np.zeros((size, size), bool)
        maps["changed"] = (picture != pictures["bare"]).any(-1)
        buffers[variant] = {**_inherited(buffers, own_light), **maps}
    person = about["person"]
    for name in ("hair_colour", "eye_colour", "sites"):
        if name in person:
            person[name] = tuple(person[name])
    landmarks = {name: tuple(place) for name, place in about["landmarks"].items()}
    return Portrait(about["seed"], Person(**person), pictures, buffers, landmarks)


def _inherited(buffers, own_light):
    """The bare portrait's maps; its light only where the variant's is the same."""
    light = ("albedo", "diffuse", "specular")
    bare = buffers.get("bare", {})
    return {k: v for k, v in bare.items() if own_light or k not in light}


def _albedo(picture, maps, bare):
    diffuse = maps.get("diffuse", bare.get("diffuse"))
    specular = maps.get("specular", bare.get("specular"))
    matt = np.maximum(decode_srgb(picture / 255) - specular, 0)
    return (matt / np.maximum(diffuse, 0.01)).astype(np.float32)


def _read_pictures(folder, variants):
    pictures = {}
    for variant in variants:
        picture = _decode(
            np.frombuffer((folder / f"{variant}.webp").read_bytes(), np.uint8)
        )
        if picture.shape[2] == 4:
            alpha = picture[..., 3:] > 0
            picture = np.where(alpha, picture[..., :3], pictures["bare"])
        pictures[variant] = picture
    return pictures


def _pack(name, values, nearest):
    """Values of a map as uint8, one or three channels."""
    if name == "labels":
        return values
    if name in _ROOTS:
        values = np.sqrt(np.clip(values / _ROOTS[name], 0, 1))
    elif name == "depth":
        share = 1 - np.clip((values - nearest) / _DEPTH_RANGE, 0, 1)
        values = np.where(values > 0, np.maximum(share, 1 / 255), 0)
    elif name == "normal":
        values = values * 0.5 + 0.5
    elif name == "uv":
        # 12 bits a coordinate, in three bytes.
        whole = np.round(np.clip(values, 0, 1) * 4094).astype(int) + 1
        u, v = np.moveaxis(np.where(values < 0, 0, whole), -1, 0)
        return np.dstack((u >> 4, v >> 4, (u & 15) * 16 + (v & 15))).astype(np.uint8)
    return np.round(values * 255).astype(np.uint8)


def _unpack(name, packed, nearest):
    """Undo ``_pack``."""
    if name == "labels":
        return packed[..., 0]
    if name == "exact":
        return packed[..., 0] > 0
    if name == "uv":
        high, low = packed[..., :2].astype(int) << 4, packed[..., 2].astype(int)
        whole = high + np.stack((low >> 4, low & 15), -1)
        return np.where(whole > 0, (whole - 1) / 4094, -1).astype(np.float32)
    values = packed.astype(np.float32) / 255
    if name not in ("diffuse", "specular", "normal"):
        values = values[..., 0]
    if name in _ROOTS:
        return values**2 * _ROOTS[name]
    if name == "depth":
        return np.where(values > 0, nearest + (1 - values) * _DEPTH_RANGE, 0)
    if name == "normal":
        values = values * 2 - 1
        length = np.linalg.norm(values, axis=-1, keepdims=True)
        return np.where(length > 0.3, values / np.maximum(length, 0.3), 0)
    return values


def _encode(picture, quality):
    """Encode a grey, RGB or RGBA picture as WebP."""
    if picture.ndim == 3:
        code = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
        picture = cv2.cvtColor(np.ascontiguousarray(picture), code)
    _, data = cv2.imencode(".webp", picture, (cv2.IMWRITE_WEBP_QUALITY, quality))
    return data.tobytes()


def _decode(data):
    """Decode WebP to RGB or RGBA."""
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if picture.ndim == 2:
        return np.repeat(picture[..., None], 3, 2)
    code = cv2.COLOR_BGRA2RGBA if picture.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(picture, code)
