"""Flip, move, turn, zoom and re-light portraits a little."""

import cv2
import numpy as np

from facekit.data.linear_light import LUMINANCE
from facekit.data.spare_arrays import spare_array

# Small: a network that knows where an aligned face has its mouth draws it sharper, and
# the tool aligns to within about a hundredth.
_MAX_ROTATION = 2.0
# Of pictures that are only flipped or not even that: they keep all their sharpness.
_STILL = 0.5
_ZOOM_RANGE = (0.97, 1.03)
_MAX_SHIFT = 0.01
_MAX_BRIGHTNESS = 0.06
_MAX_CONTRAST = 0.12
_MAX_LOG_GAMMA = 0.25
_MAX_TEMPERATURE = 0.12
_MAX_TINT = 0.04
_WINDOW_ZOOM = (1.3, 3.5)
# Of pairs: how much the channels of other cameras mix, and how far their saturation and
# white balance are off, standard deviations.
_CHANNEL_MIXING = 0.02
_SATURATION = 0.16
_WHITE_BALANCE = 0.05


def augmented(rng, crop, window=False):
    """Flip, move, turn, zoom and re-light a uint8 crop, to float32 in [0, 1]."""
    moved = _moved(crop, _drawn_move(rng, crop.shape, window))
    return _with_tones(moved, tone_curves(rng))


def augmented_alike(rng, crops, amount):
    """Augment uint8 crops of one portrait, and a map of them, in the same way.

    Their colours vary more than those of single crops: what is to be taken off is told
    from the rest by its colour.

    Args:
        rng: ``numpy.random.Generator``.
        crops: sequence of uint8, (height, width, 3).
        amount: float32, (height, width), [0, 1].

    Returns:
        Tuple of the crops as float32 in [0, 1], which are equal to the last of them
        where they were, and the moved map.
    """
    matrix = _drawn_move(rng, crops[0].shape)
    curves = tone_curves(rng)
    mixing = _mixing(rng)
    pictures = []
    for crop in crops:
        picture = _with_tones(_moved(crop, matrix), curves)
        cv2.transform(picture, mixing, picture)
        pictures.append(np.clip(picture, 0, 1, out=picture))
    # Colours are interpolated from farther away than the map.
    for crop, picture in zip(crops[:-1], pictures[:-1], strict=True):
        differs = (crop != crops[-1]).any(-1).astype("float32")
        same = _moved(differs, matrix, cv2.INTER_LINEAR) == 0
        np.copyto(picture, pictures[-1], where=same[..., None])
    return *pictures, _moved(amount, matrix, cv2.INTER_LINEAR)


def _drawn_move(rng, shape, window=False):
    """Draw the (2, 3) matrix that moves a picture of a shape."""
    height, width = shape[:2]
    angle, zoom = _MAX_ROTATION, _ZOOM_RANGE
    if window:
        angle, zoom = 180.0, _WINDOW_ZOOM
    angle = rng.uniform(-angle, angle)
    zoom = rng.uniform(*zoom)
    # A window may lie anywhere in the enlarged picture; turned, its corners stand out.
    shift = (zoom - 1) / 2 if window else _MAX_SHIFT
    shift = rng.uniform(-shift, shift, 2) * (width, height)
    matrix = np.eye(2, 3)
    if window or rng.random() >= _STILL:
        centre = ((width - 1) / 2, (height - 1) / 2)
        matrix = cv2.getRotationMatrix2D(centre, angle, zoom)
        matrix[:, 2] += shift
    if rng.random() < 0.5:
        matrix[0] *= -1
        matrix[0, 2] += width - 1
    return matrix


def _moved(crop, matrix, interpolation=cv2.INTER_CUBIC):
    still = (np.abs(matrix[:, :2]) == np.eye(2)).all()
    if still and matrix[0, 0] > 0:
        return crop
    moved = spare_array(crop.shape, crop.dtype)
    if still:
        return cv2.flip(crop, 1, moved)
    return cv2.warpAffine(
        crop,
        matrix,
        crop.shape[1::-1],
        moved,
        flags=interpolation,
        borderMode=cv2.BORDER_REFLECT,
    )


def _with_tones(picture, curves):
    return cv2.LUT(picture, curves, spare_array(picture.shape))


def _mixing(rng):
    """A (3, 3) matrix that keeps grey grey but for the white balance."""
    saturation = np.exp(rng.normal(0, _SATURATION))
    matrix = saturation * np.eye(3) + (1 - saturation) * np.float64(LUMINANCE)
    matrix += rng.normal(0, _CHANNEL_MIXING, (3, 3))
    matrix /= matrix.sum(1, keepdims=True)
    balance = np.exp(rng.normal(0, _WHITE_BALANCE, (3, 1)))
    return (matrix * balance).astype("float32")


def tone_curves(rng, strength=1.0):
    """Return a float32 table (1, 256, 3) of jittered tones for uint8 values."""
    jitter = strength * rng.uniform(-1, 1, 5)
    brightness, contrast, log_gamma, temperature, tint = jitter * (
        _MAX_BRIGHTNESS,
        _MAX_CONTRAST,
        _MAX_LOG_GAMMA,
        _MAX_TEMPERATURE,
        _MAX_TINT,
    )
    tones = np.linspace(0, 1, 256) ** np.exp(log_gamma)
    tones = 0.5 + (tones - 0.5) * (1 + contrast) + brightness
    gains = 1 + np.array([temperature, tint, -temperature])
    return np.clip(tones[:, None] * gains, 0, 1).astype(np.float32)[None]
