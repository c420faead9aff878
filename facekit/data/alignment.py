"""Turn a face into the FFHQ-like aligned square, and the square back into the photo.

Coordinates are pixels with (0, 0) at the centre of the top left pixel, as in OpenCV.
A ``transform`` is the 2 x 3 matrix of a similarity from the photo to the square.
"""

from pathlib import Path

import cv2
import numpy as np

from facekit.data.smooth_fill import smooth_fill

RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
MOUTH_CORNERS = (61, 291)
ALIGNED_SIZE = 256
# Side of the square as a share of FFHQ's, and how far its centre lies from the eyes
# towards the mouth.
_FRAMINGS = {"head": (1.0, 0.1), "face": (1 / 1.3, 0.42)}
FRAMINGS = tuple(_FRAMINGS)

# A pixel of the square counts as known if more than this share of it was.
_KNOWN_SHARE = 0.98


def alignment_transform(landmarks, size, framing="head"):
    """Return the similarity that brings a face into the aligned square.

    The square is FFHQ's: upright along the eyes and mouth, centred a tenth of the way
    from the eyes to the mouth, and as wide as four times the distance of the eyes or
    3.6 times that from eyes to mouth, whichever is larger. What goes by the face alone
    wastes half of these pixels; another framing shows it 1.3 times larger, from the
    hairline to below the chin.

    Args:
        landmarks: (468, 2) points in the photo, MediaPipe's numbering.
        size: int, side of the square in pixels.
        framing: "head", FFHQ's, or "face". Defaults to "head".

    Returns:
        float64, (2, 3), photo pixels to square pixels.

    Raises:
        ValueError: the framing is unknown.

    Reference: Karras et al., A Style-Based Generator Architecture for GANs, 2019.
    """
    if framing not in _FRAMINGS:
        raise ValueError(f"`framing` must be one of {FRAMINGS}. Received: {framing!r}")
    share, down = _FRAMINGS[framing]
    points = np.asarray(landmarks, "float64")
    right_eye = points[list(RIGHT_EYE)].mean(0)
    left_eye = points[list(LEFT_EYE)].mean(0)
    mouth = points[list(MOUTH_CORNERS)].mean(0)
    eyes = (right_eye + left_eye) / 2
    eye_to_eye = left_eye - right_eye
    eye_to_mouth = mouth - eyes
    across = eye_to_eye + [eye_to_mouth[1], -eye_to_mouth[0]]
    across /= max(np.hypot(*across), 1e-9)
    half_side = max(2.0 * np.hypot(*eye_to_eye), 1.8 * np.hypot(*eye_to_mouth), 1e-3)
    centre = eyes + down * eye_to_mouth
    return square_transform(centre, 2 * share * half_side, across, size)


def square_transform(centre, side, across, size):
    """Return the similarity from a turned square of the photo to an upright one.

    Args:
        centre: (x, y) of the square in the photo, pixels.
        side: float, its side in photo pixels.
        across: unit vector (x, y) that points right in the turned square.
        size: int, side of the upright square in pixels.

    Returns:
        float64, (2, 3), photo pixels to square pixels.
    """
    cosine, sine = across
    turn = size / side * np.array([[cosine, sine], [-sine, cosine]])
    shift = (size - 1) / 2 - turn @ np.asarray(centre, "float64")
    return np.column_stack([turn, shift])


def similarity(points, target, weights=None):
    """Find the turn, scale and shift that bring points nearest to others.

    Args:
        points: (count, 2).
        target: (count, 2).
        weights: (count,), how much each counts, or None for all alike. Defaults to
            None.

    Returns:
        float64, (2, 3), of the same form as ``alignment_transform``.

    Reference: Umeyama, Least-squares estimation of transformation parameters, 1991.
    """
    weights = np.ones(len(points)) if weights is None else np.asarray(weights)
    weights = weights[:, None] / weights.sum()
    middle, goal = (weights * points).sum(0), (weights * target).sum(0)
    near, far = points - middle, target - goal
    power = max((weights * near**2).sum(), 1e-12)
    cosine = (weights * near * far).sum() / power
    sine = (weights[:, 0] * (near[:, 0] * far[:, 1] - near[:, 1] * far[:, 0])).sum()
    sine /= power
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, goal - turn @ middle])


def canonical_landmarks(size):
    """Return where the landmarks of an average frontal face lie in the square.

    The mean of 120 frontal CC0 portraits (faker-js/assets-person-portrait).

    Args:
        size: int, side of the square in pixels.

    Returns:
        float32, (468, 2), square pixels, MediaPipe's numbering.
    """
    shares = np.load(Path(__file__).with_name("canonical_landmarks.npy"))
    return (shares * size - 0.5).astype("float32")


def transform_points(points, transform):
    """Apply a (2, 3) transform to (..., 2) points."""
    return np.asarray(points) @ transform[:, :2].T + transform[:, 2]


def invert_transform(transform):
    """Return the (2, 3) inverse of a (2, 3) transform."""
    return cv2.invertAffineTransform(transform)


def reduce(image, scale):
    """Average a photo down.

    Args:
        image: (height, width) or (height, width, channels), uint8 or float32.
        scale: float in (0, 1].

    Returns:
        ``(smaller, factor)``: the photo at about ``scale``, at least 1 x 1, and the
        exact (x, y) ratio of the old to the new size.
    """
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    factor = np.array([width / size[0], height / size[1]])
    if size == (width, height):
        return image, factor
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), factor


def align(image, transform, size, border="reflect"):
    """Warp a photo into the aligned square, antialiased when it shrinks.

    Args:
        image: (height, width) or (height, width, channels), uint8 or float32.
        transform: (2, 3), photo pixels to square pixels.
        size: int, side of the square, or (width, height).
        border: "reflect" continues the photo by its mirror image, "zero" by zeros.

    Returns:
        Array of ``image``'s type, (size, size) or (size, size, channels).
    """
    width, height = (size, size) if np.isscalar(size) else size
    left, top, right, bottom = _source_box(image.shape, transform, width, height)
    image = image[top:bottom, left:right]
    transform = _shifted(transform, left, top)
    scale = _scale(transform)
    if scale < 1:
        image, transform = _shrink(image, transform, scale)
    # BORDER_REFLECT_101 makes OpenCV 5 hang on pictures one pixel wide or high.
    mode = {"reflect": cv2.BORDER_REFLECT, "zero": cv2.BORDER_CONSTANT}[border]
    return cv2.warpAffine(
        image, transform, (width, height), flags=cv2.INTER_CUBIC, borderMode=mode
    )


def align_known(image, hole, transform, size):
    """Warp a photo with a hole into the aligned square; the hole is never read.

    Hole pixels are replaced by a smooth continuation of their surroundings before
    anything is interpolated, so that even the known pixels next to the hole cannot
    carry a trace of its content.

    Args:
        image: uint8, (height, width, 3).
        hole: bool, (height, width), True = missing.
        transform: (2, 3), photo pixels to square pixels.
        size: int, side of the square in pixels.

    Returns:
        ``(crop, mask)``: float32 (size, size, 3) in [0, 255], and float32
        (size, size), 1 = known, 0 = in the hole or outside the photo.
    """
    left, top, right, bottom = _source_box(image.shape, transform, size, size)
    hole = hole[top:bottom, left:right]
    image = np.where(hole[..., None], np.uint8(0), image[top:bottom, left:right])
    known = np.where(hole, np.uint8(0), np.uint8(255))
    transform = _shifted(transform, left, top)
    scale = _scale(transform)
    if scale < 1:
        image, _ = _shrink(image, transform, scale)
        known, transform = _shrink(known, transform, scale)
    share = known.astype("float32") / 255
    image = image.astype("float32") / np.maximum(share, 1e-6)[..., None]
    image = smooth_fill(image, share)
    crop = cv2.warpAffine(
        image,
        transform,
        (size, size),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    share = cv2.warpAffine(share, transform, (size, size), flags=cv2.INTER_LINEAR)
    mask = (share > _KNOWN_SHARE).astype("float32")
    return np.clip(crop, 0, 255), mask


def paste_back(photo, crop, transform, weight):
    """Warp a square back into its photo and blend it in.

    Where the square is as ``align`` makes it of the photo, the photo keeps its bytes.

    Args:
        photo: uint8, (height, width, 3).
        crop: (size, size, 3), uint8, or float32 in [0, 255].
        transform: (2, 3), photo pixels to square pixels.
        weight: float32, (height, width), [0, 1]; 1 takes the crop, 0 keeps the photo.

    Returns:
        uint8, (height, width, 3); where ``weight`` is 0 the photo's own bytes.
    """
    result = photo.copy()
    rows, columns = np.nonzero(weight.any(1))[0], np.nonzero(weight.any(0))[0]
    if not len(rows):
        return result
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    to_photo = invert_transform(transform)
    to_photo[:, 2] -= [columns[0], rows[0]]
    part = result[box]
    size = part.shape[1::-1]
    warped = align(crop, to_photo, size).astype("float32")
    changed = align(_changed(photo, crop, transform), to_photo, size)
    share = (weight[box] * np.clip(changed, 0, 1))[..., None].astype("float32")
    blended = np.clip(np.rint(part + share * (warped - part)), 0, 255).astype("uint8")
    np.copyto(part, blended, where=share > 0)
    return result


def _changed(photo, crop, transform):
    """Where a square differs from its photo, 1, and a soft rim around, (size, size)."""
    before = align(photo, transform, len(crop))
    changed = np.abs(crop - before.astype("float32")).max(-1) > 0.5
    # Wide enough for what interpolation reads on both sides.
    changed = cv2.dilate(changed.astype("float32"), np.ones((9, 9), "uint8"))
    return cv2.blur(changed, (5, 5))


def _scale(transform):
    return float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))


def _shifted(transform, left, top):
    """Return the transform for a photo whose first pixels were cut away."""
    shift = transform[:, 2] + transform[:, :2] @ [left, top]
    return np.column_stack([transform[:, :2], shift])


def _source_box(shape, transform, width, height):
    """Return the part of the photo that the square can see, never empty."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
    seen = transform_points(corners, invert_transform(transform))
    scale = _scale(transform)
    margin = 4 + 4 / max(scale, 1e-9)
    limits = np.array([shape[1], shape[0]])
    # A square far outside the photo still reflects its nearest edge.
    reach = seen.max(0) - seen.min(0)
    low = np.minimum(seen.min(0), limits - 1 - reach) - margin
    high = np.maximum(seen.max(0), reach) + margin
    low = np.clip(np.floor(low), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(high), low + 1, limits).astype(int)
    return low[0], low[1], high[0], high[1]


def _shrink(image, transform, scale):
    """Average the photo down to the square's resolution before it is warped."""
    smaller, factor = reduce(image, scale)
    turn = transform[:, :2] * factor
    shift = transform[:, 2] + transform[:, :2] @ ((factor - 1) / 2)
    return smaller, np.column_stack([turn, shift])
