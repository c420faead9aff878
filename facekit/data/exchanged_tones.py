"""Faces with the smooth tones of other people, so that few real ones go a long way."""

import numpy as np

from facekit.data.face_frame import FaceFrame
from facekit.data.face_texture import FaceTexture
from facekit.data.linear_light import to_bytes, to_light
from facekit.data.textures import blur, blur_within, smoothstep
from facekit.errors import NoFaceError

_SIZE = 96  # of the textures
_SMOOTHING = (2.0, 7.0)  # in pixels of the texture
_SHARE = (0.5, 1.0)
_LEAST_LIGHT = np.float32(0.01)
_LEAST_SEEN = 0.3
_OUTLINE_FADE = 5.0
# Of the logarithm of light: how far the means of two skins lie apart at most, and where
# patterns, of gloss on dark skin most of all, are held back.
_ALIKE, _MOST = 0.6, 0.4


def exchanged_tones(crops, landmarks, donors, rng):
    """Give each face the smooth pattern of skin and lips of another one.

    Where cheeks are red, lids dark and lips pale differs from person to person; pores,
    features and the mean colour of the skin remain those of the face itself.

    Args:
        crops: uint8, (count, size, size, 3), RGB.
        landmarks: (count, 468, 2), pixels of each crop.
        donors: (count,) ints, which face lends its tones to each.
        rng: ``numpy.random.Generator``.

    Returns:
        uint8, like ``crops``; faces that have no skin to be seen are as they were.
    """
    texture = FaceTexture(_SIZE)
    inside = blur(texture.inside.astype("float32"), _OUTLINE_FADE)
    inside = smoothstep(0.5, 1.0, inside).astype("float32")
    exchanged = crops.copy()
    flat = {}

    def unwrapped(number):
        if number not in flat:
            flat[number] = _unwrapped(texture, crops[number], landmarks[number])
        return flat[number]

    for number, donor in enumerate(donors):
        smoothing, share = rng.uniform(*_SMOOTHING), rng.uniform(*_SHARE)
        own, other = unwrapped(number), unwrapped(int(donor))
        if own is None or other is None or not _alike(own, other):
            continue
        difference = _pattern(other, smoothing) - _pattern(own, smoothing)
        difference = _MOST * np.tanh(difference / _MOST)
        seen = smoothstep(_LEAST_SEEN, 2 * _LEAST_SEEN, np.minimum(own[1], other[1]))
        seen = blur(seen.astype("float32"), smoothing / 2) * inside
        change = share * difference * seen[..., None]
        change = texture.wrap(change, landmarks[number], crops.shape[1])
        light = to_light(crops[number]) + _LEAST_LIGHT
        exchanged[number] = to_bytes(light * np.exp(change) - _LEAST_LIGHT)
    return exchanged


def _unwrapped(texture, crop, landmarks):
    """Logarithm of light and how much is skin or lips, as textures."""
    try:
        frame = FaceFrame(crop, landmarks)
    except NoFaceError:
        return None
    seen = np.zeros(crop.shape[:2], "float32")
    seen[frame.box] = np.maximum(frame.skin, frame.lips)
    light = np.log(to_light(crop) + _LEAST_LIGHT)
    return texture.unwrap(light, landmarks), texture.unwrap(seen, landmarks)


def _pattern(face, smoothing):
    """The smooth tones of skin and lips around their mean."""
    light, seen = face
    smooth = blur_within(light, seen + np.float32(1e-4), smoothing)
    return smooth - _mean(smooth, seen)


def _alike(*faces):
    one, other = (_mean(*face) for face in faces)
    return np.abs(one - other).max() < _ALIKE


def _mean(light, seen):
    return np.average(light.reshape(-1, 3), 0, seen.reshape(-1) + 1e-6)
