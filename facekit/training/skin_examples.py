"""Examples of skin: rendered portraits with their maps, photographs without."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

from facekit.data.alignment import (
    LEFT_EYE,
    MOUTH_CORNERS,
    RIGHT_EYE,
    align,
    alignment_transform,
)
from facekit.data.examples import Examples
from facekit.data.linear_light import luminance
from facekit.data.skin_maps import photo_skin_maps
from facekit.errors import DataError
from facekit.portraits import LABELS, portrait_capture, read_portrait
from facekit.spectra import decode_srgb, encode_srgb
from facekit.training.rendered import cached, kept_arrays
from facekit.training.skin_variation import vary_skin

MAPS = ("skin", "melanin", "haemoglobin", "diffuse", "specular")
PORTRAIT_VARIANTS = ("bare", "light", "camera", "white_light")
_SKIN = LABELS.index("skin")
_COVERED = 0.05  # share of hairs from which a pixel is no bare skin


class SkinExamples(Examples):
    """Draw flipped, moved and differently exposed faces with their maps.

    Rendered ones also with other pigments, in another light, by another camera.

    Args:
        crops: uint8, (count, size, size, 3).
        maps: (count, size, size, 5), in the order of ``MAPS``.
        known: (count,), 1 = a rendered portrait.
        light: (count, 33).
        camera_weights: (count, 2).
        seed: int. Defaults to 0.
        weights: see ``Examples``. Defaults to None.
        augment: whether to flip, move, expose and vary. Defaults to True.
        shuffle: see ``Examples``. Defaults to True.
    """

    channels = {"image": 3, **dict.fromkeys(MAPS, 1)}

    def __init__(
        self,
        crops,
        maps,
        known,
        light,
        camera_weights,
        seed=0,
        weights=None,
        augment=True,
        shuffle=True,
    ):
        super().__init__(crops, seed, shuffle, weights)
        self.maps = maps
        self.known = known
        self.light = light
        self.camera_weights = camera_weights
        self.augment = augment

    def _draw(self, rng, number):
        image = self.crops[number].astype("float32") / 255
        maps = self.maps[number].astype("float32")
        light, camera_weights = self.light[number], self.camera_weights[number]
        if self.augment:
            linear = decode_srgb(image)
            if self.known[number]:
                linear, maps, light, camera_weights = vary_skin(
                    rng, linear, maps, light, camera_weights
                )
            image, maps = _augmented(rng, linear, maps)
        return {
            "image": image,
            **{name: maps[..., k : k + 1] for k, name in enumerate(MAPS)},
            "known": np.full((1, 1, 1), self.known[number], "float32"),
            "light": light.astype("float32"),
            "camera_weights": camera_weights.astype("float32"),
        }


def join(*parts):
    """Lay arrays of several sources behind one another.

    Args:
        *parts: dicts as ``photo_arrays`` and ``portrait_arrays`` return.

    Returns:
        Dict of the arguments of ``SkinExamples``.
    """
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def photo_arrays(crops, landmarks, size, cache):
    """Maps of aligned photographs.

    Args:
        crops: uint8, (count, side, side, 3).
        landmarks: (count, 468, 2), pixels of the crops.
        size: int, side of the examples.
        cache: folder that keeps the result.

    Returns:
        Dict of the arguments of ``SkinExamples``.
    """
    stamp = hashlib.sha256(np.ascontiguousarray(landmarks)).hexdigest()[:16]

    def make():
        crops_small, maps = [], []
        # Twice the size is enough for outlines, and four times faster.
        side = 2 * size
        scaled = (landmarks + 0.5) * (side / crops.shape[1]) - 0.5
        for crop, points in zip(crops, scaled, strict=True):
            crop = _reduced(crop, side)
            found = photo_skin_maps(crop, points)
            crops_small.append(_reduced(crop, size))
            unknown = np.zeros((size, size))
            layers = [
                _reduced(found[name], size) if name in found else unknown
                for name in MAPS
            ]
            maps.append(np.stack(layers, -1).astype("float16"))
        return crops_small, maps

    crops, maps = cached(Path(cache) / f"skin_photos_{size}_{stamp}.npz", make)
    count = len(crops)
    return {
        "crops": crops,
        "maps": maps,
        "known": np.zeros(count),
        "light": np.full((count, 33), 1 / 33),
        "camera_weights": np.zeros((count, 2)),
    }


def portrait_arrays(folders, size, cache=None):
    """Maps of rendered portraits, aligned like photographs.

    Args:
        folders: of single portraits.
        size: int, side of the examples.
        cache: folder that keeps the result, or None. Defaults to None.

    Returns:
        Dict of the arguments of ``SkinExamples``: of every variant in
        ``PORTRAIT_VARIANTS`` whose light is known.

    Raises:
        DataError: a folder does not hold a portrait, or there are none.
    """
    if not folders:
        raise DataError("Expected rendered portraits, found none.")

    def make():
        made = [portrait_examples(read_portrait(folder), size) for folder in folders]
        return [np.concatenate(part) for part in zip(*made, strict=True)]

    crops, maps, light, camera_weights = kept_arrays(
        "skin_portraits", folders, size, cache, make
    )
    return {
        "crops": crops,
        "maps": maps,
        "known": np.ones(len(crops)),
        "light": light,
        "camera_weights": camera_weights,
    }


def portrait_maps(portrait, variant="bare"):
    """True maps of a portrait's picture.

    Args:
        portrait: ``Portrait``.
        variant: str, with light of its own. Defaults to "bare".

    Returns:
        float32, (height, width, 5), in the order of ``MAPS``; light is its luminance.
    """
    buffers = portrait.buffers[variant]
    skin = (buffers["labels"] == _SKIN) & buffers["exact"]
    skin &= (buffers["strands"] < _COVERED) & (buffers["worn_mask"] == 0)
    light = [luminance(buffers[name]) for name in ("diffuse", "specular")]
    maps = (skin, buffers["melanin"], buffers["haemoglobin"], *light)
    return np.stack(maps, -1).astype("float32")


def portrait_transform(portrait, size):
    """Similarity that aligns a portrait as a photograph would be."""
    points = np.zeros((468, 2))
    for numbers, name in ((RIGHT_EYE, "right_eye"), (LEFT_EYE, "left_eye")):
        points[list(numbers)] = portrait.landmarks[name]
    corners = ("right_mouth_corner", "left_mouth_corner")
    for number, name in zip(MOUTH_CORNERS, corners, strict=True):
        points[number] = portrait.landmarks[name]
    # The renderer counts from the corner of the first pixel.
    return alignment_transform(points - 0.5, size)


def lit_variants(portrait):
    """Names of the pictures of a portrait whose light is known."""
    return [
        name
        for name in PORTRAIT_VARIANTS
        if name in portrait.pictures and portrait.buffers[name]["exact"].any()
    ]


def portrait_examples(portrait, size):
    """Crops, maps, lights and cameras of the ``lit_variants`` of one portrait.

    Args:
        portrait: ``Portrait``.
        size: int, side of the examples.

    Returns:
        Arrays uint8 (count, size, size, 3), float16 (count, size, size, 5),
        (count, 33) and (count, 2).
    """
    crops, maps, lights, cameras = [], [], [], []
    transform = portrait_transform(portrait, size)
    for variant in lit_variants(portrait):
        capture = portrait_capture(portrait.seed, variant)
        crops.append(align(portrait.pictures[variant], transform, size))
        maps.append(_aligned_maps(portrait_maps(portrait, variant), transform, size))
        lights.append(capture.illuminant)
        cameras.append(capture.camera_weights)
    return np.stack(crops), np.stack(maps), np.stack(lights), np.stack(cameras)


def _aligned_maps(maps, transform, size):
    """Warp maps, the values of skin by skin alone."""
    skin = maps[..., :1]
    warped = align(maps[..., 1:] * skin, transform, size, border="zero")
    share = align(skin[..., 0], transform, size, border="zero")
    values = np.maximum(warped / np.maximum(share, 0.1)[..., None], 0)
    # At the rim of the skin, values are mixed with others.
    inside = np.where(share > 0.9, 1, 0)[..., None]
    return np.concatenate((inside, values * inside), -1).astype("float16")


def _reduced(picture, size):
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def _augmented(rng, linear, maps):
    """Flip, turn, move, zoom and expose a face with its maps; encoded sRGB."""
    size = linear.shape[0]
    image = encode_srgb(linear).astype("float32")
    middle = (size - 1) / 2
    turn = cv2.getRotationMatrix2D(
        (middle, middle), rng.normal(0, 4), float(np.exp(rng.normal(0, 0.06)))
    )
    turn[:, 2] += rng.normal(0, 0.02 * size, 2)
    if rng.random() < 0.5:
        turn[0] *= -1
        turn[0, 2] += size - 1
    image = cv2.warpAffine(image, turn, (size, size), borderMode=cv2.BORDER_REFLECT)
    skin, values = maps[..., :1], maps[..., 1:]
    maps = np.concatenate((skin, skin * values), -1)
    maps = cv2.warpAffine(maps, turn, (size, size), flags=cv2.INTER_LINEAR)
    # At the rim of the skin, values of skin alone.
    share, values = maps[..., :1], maps[..., 1:] / np.maximum(maps[..., :1], 0.1)
    inside = (share > 0.95).astype("float32")
    gain = np.float32(np.exp(rng.normal(0, 0.15)))
    linear = decode_srgb(np.clip(image, 0, 1)) * gain
    inside *= linear.max(-1, keepdims=True) <= 1
    maps = np.concatenate((inside, values[..., :2], values[..., 2:] * gain), -1)
    return encode_srgb(linear).astype("float32"), maps.astype("float32")
