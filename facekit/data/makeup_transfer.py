"""Put on the makeup that another portrait wears."""

import cv2
import numpy as np

from facekit.data.eye_lids import SIDES
from facekit.data.face_chart import ThinPlate, dense_map
from facekit.data.face_frame import face_frame
from facekit.data.linear_light import LUMINANCE, luminance
from facekit.data.makeup_canvas import Canvas
from facekit.data.makeup_parts import lip_mask
from facekit.data.textures import blur, blur_within, smoothstep

TRANSFER_PARTS = ("lips", "eyes", "skin")

_SKIN_ANCHORS = (10, 67, 297, 54, 284, 127, 356, 234, 454, 132, 361, 172, 397, 150, 379,
                 152, 33, 133, 362, 263, 6, 4, 61, 291, 0, 17, 50, 280, 205, 425, 118,
                 347)  # fmt: skip
_DARKEST = np.float32(2e-3)
_QUANTILES = np.linspace(0.02, 0.98, 33)


def transfer_makeup(
    image, face, reference, reference_face, strength=1.0, parts=TRANSFER_PARTS
):
    """Put the colours of a reference's makeup on a face.

    Lips take the reference's distribution of tones by histogram matching of brightness
    and of two ratios of colour. Lids take its tones place by place, along the lid and
    from lid to brow, and skin what is redder or paler than the rest of it; both are
    relative to the bare skin of either person, whose own tone stays. So does texture.
    The same arguments give the same bytes.

    Args:
        image: uint8, (height, width, 3), RGB.
        face: ``Face``, (468, 2) landmarks in pixels, or ``FaceFrame`` of the image.
        reference: uint8, (height, width, 3), RGB, of any size.
        reference_face: ``face`` of the reference.
        strength: float in [0, 1]. 0 returns the bytes of the image. Defaults to 1.
        parts: names out of ``TRANSFER_PARTS``. Defaults to all.

    Returns:
        ``Damage``.

    Raises:
        ValueError: a part is unknown or the strength out of range.
        PhotoError: a picture is not uint8 (height, width, 3).
        NoFaceError: no face, one too small, outside its picture or in profile.
    """
    parts = (parts,) if isinstance(parts, str) else tuple(parts)
    if set(parts) - set(TRANSFER_PARTS):
        raise ValueError(
            f"`parts` must be names out of {TRANSFER_PARTS}. Received: {parts}"
        )
    if not 0 <= strength <= 1:
        raise ValueError(f"`strength` must be in [0, 1]. Received: {strength}")
    canvas = Canvas(face_frame(image, face))
    model = Canvas(face_frame(reference, reference_face))
    strength = np.float32(strength)
    if strength > 0:
        for part, transfer in (("skin", _skin), ("eyes", _eyes), ("lips", _lips)):
            if part in parts:
                transfer(canvas, model, strength)
    return canvas.frame.finish(canvas.light, canvas.alpha)


def _lips(canvas, model, strength):
    lips = lip_mask(canvas)
    film = _matched(canvas.light, lips, model.light, lip_mask(model), (0, 1, 2))
    canvas.lay(film, strength * lips)


def _skin(canvas, model, strength):
    """Move what is redder or paler than the rest of the skin, place by place."""
    frame, other = canvas.frame, model.frame
    source = frame.points[list(_SKIN_ANCHORS)] / frame.unit
    plate = ThinPlate(source, other.points[list(_SKIN_ANCHORS)])
    x, y = dense_map(frame, plate)
    wanted = _relative_skin_tones(model)
    wanted = cv2.remap(wanted, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    step = np.clip(wanted - _relative_skin_tones(canvas), -0.25, 0.25)
    tones = _tones(canvas.light)
    tones += step * np.float32([0.2, 0.7, 0.7])
    canvas.lay(_from_tones(tones), strength * frame.skin)


def _relative_skin_tones(canvas):
    frame = canvas.frame
    tones, weight = _tones(canvas.light), frame.skin + np.float32(1e-4)
    # Highlights have the colour of the lamp, which is none of makeup.
    level = luminance(canvas.light) / (frame.brightness * frame.lighting)
    weight = weight * smoothstep(1.5, 1.1, level) + np.float32(1e-5)
    smooth = blur_within(tones, weight, 0.14 * frame.unit)
    return smooth - np.average(smooth.reshape(-1, 3), 0, weight.reshape(-1)).astype(
        "float32"
    )


def _tones(light):
    """Return log brightness and the log ratios of red and blue to it."""
    light = np.maximum(light, _DARKEST)
    body = luminance(light)[..., None]
    return np.concatenate([np.log(body), np.log(light[..., ::2] / body)], -1)


def _from_tones(tones):
    body = np.exp(tones[..., :1])
    red, blue = (body[..., 0] * np.exp(tones[..., i]) for i in (1, 2))
    of_red, of_green, of_blue = LUMINANCE
    green = (body[..., 0] - of_red * red - of_blue * blue) / np.float32(of_green)
    return np.clip(np.stack([red, green, blue], -1), 0, 1)


def _matched(light, mask, model, model_mask, channels):
    """Match the histograms of some tones inside masks."""
    tones, wanted = _tones(light), _tones(model)
    inside, model_inside = mask > 0.6, model_mask > 0.6
    if min(inside.sum(), model_inside.sum()) < 8:
        return light
    for channel in channels:
        have = np.quantile(tones[inside, channel], _QUANTILES)
        want = np.quantile(wanted[model_inside, channel], _QUANTILES)
        have = have + 1e-6 * np.arange(len(have))
        step = np.interp(tones[..., channel], have, want - have)
        tones[..., channel] += step.astype("float32")
    return _from_tones(tones)


def _eyes(canvas, model, strength):
    """Move the colours around the eyes, smoothed, from lids to lids."""
    colour = np.maximum(canvas.frame.colour, 1e-3)
    model_colour = np.maximum(model.frame.colour, 1e-3)
    for side in SIDES:
        lids, other = canvas.lids(side), model.lids(side)
        if not lids.s.size or not other.s.size:
            continue
        room = other.line("brow", lids.s) - other.line("upper", lids.s)
        share = lids.lid_to_brow
        up = other.line("upper", lids.s) + share * np.maximum(room, 0.12)
        down = other.line("lower", lids.s) - lids.below
        height = np.where(share > -0.1, up, down)
        rows, columns = other.box
        place = other.to_box(lids.s, height) - [columns.start, rows.start]
        place = place.astype("float32")
        wanted = _smooth_tones(model, other) - _log(model_colour)
        wanted = cv2.remap(
            wanted, place[..., 0], place[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        have = _smooth_tones(canvas, lids) - _log(colour)
        fade = smoothstep(1.0, 0.6, share) * smoothstep(0.3, 0.1, lids.below)
        fade = fade * smoothstep(-0.25, 0.0, lids.s) * smoothstep(1.4, 1.1, lids.s)
        free = (1 - canvas.frame.eyes[lids.box]) * (1 - canvas.frame.brows[lids.box])
        amount = (fade * free * strength).astype("float32")
        film = canvas.light[lids.box] * np.exp(np.clip(wanted - have, -2, 2))
        canvas.lay(film, amount, lids.box)


def _log(colour):
    return np.log(colour).astype("float32")


def _smooth_tones(canvas, lids):
    light = np.log(np.maximum(canvas.light[lids.box], _DARKEST))
    return blur(light, 0.04 * lids.width)
