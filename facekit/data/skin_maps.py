"""What a photograph tells about the skin in it, before a network has seen it."""

import numpy as np

from facekit.data.face_normals import face_normals, smooth_light
from facekit.data.face_regions import face_region
from facekit.data.linear_light import luminance
from facekit.spectra import decode_srgb

_FACING = 0.2  # of a normal towards the camera; what is turned further is unreliable


def photo_skin_maps(crop, landmarks):
    """Skin, smooth light and a likely specular map of an aligned face.

    Args:
        crop: uint8, (size, size, 3), RGB.
        landmarks: (468, 2), pixels of the crop.

    Returns:
        Dict of float32 (size, size): skin, [0, 1]; diffuse, the light of second-order
        spherical harmonics that explains the grey picture on the normals of an average
        face, at any scale; specular, see ``dark_channel_specular``.
    """
    crop = np.ascontiguousarray(crop)
    size = crop.shape[0]
    skin = face_region(landmarks, "skin", size, size, image=crop)
    normals = face_normals(landmarks, size, size)
    skin = skin * (normals[..., 2] > _FACING)
    linear = decode_srgb(crop / np.float32(255)).astype("float32")
    return {
        "skin": skin,
        "diffuse": smooth_light(luminance(linear), normals, skin),
        "specular": dark_channel_specular(linear, skin),
    }


def dark_channel_specular(linear, skin):
    """Specular light that a face of one colour would have.

    Light mirrored by the surface has the colour of the lamp, white after white
    balance, and so adds to all channels alike. Skin alone has a dark channel, a fixed
    share of its brightest one; what the darkest channel has above that is specular.

    Args:
        linear: float, (height, width, 3), linear sRGB.
        skin: (height, width), 1 = skin.

    Returns:
        float32, (height, width), at least 0.

    Reference: Kim et al. 2013, "Specular reflection separation using dark channel
    prior".
    """
    dark, bright = linear.min(-1), linear.max(-1)
    counted = (skin > 0.5) & (bright > 0.02)
    if not counted.any():
        return np.zeros(dark.shape, "float32")
    # Most of a face is matt, so that its lower quartile tells the skin's own share.
    share = min(float(np.quantile(dark[counted] / bright[counted], 0.25)), 0.9)
    return np.maximum((dark - share * bright) / (1 - share), 0).astype("float32")
