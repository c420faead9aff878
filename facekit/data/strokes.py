"""Soft strokes of a brush along points of a face."""

import cv2
import numpy as np


def soft_stroke(frame, path, width):
    """Draw a soft stroke.

    Args:
        frame: ``FaceFrame``.
        path: (count, 2) points of the frame's box.
        width: float, of the stroke, in units.

    Returns:
        float32, (height, width), in [0, 1].
    """
    factor = max(1.0, width * frame.unit / 6)
    size = [max(2, int(np.ceil(length / factor)) + 1) for length in frame.shape]
    stroke = np.zeros(size, "uint8")
    points = np.rint(np.asarray(path) / factor * 16).clip(-1e6, 1e6).astype("int32")
    thickness = max(1, round(0.5 * width * frame.unit / factor))
    cv2.polylines(stroke, [points], False, 255, thickness, cv2.LINE_AA, 4)
    sigma = max(0.5, 0.4 * width * frame.unit / factor)
    soft = cv2.GaussianBlur(stroke.astype("float32") / 255, (0, 0), sigma)
    matrix = np.array([[1 / factor, 0, 0], [0, 1 / factor, 0]])
    soft = cv2.warpAffine(
        soft,
        matrix,
        frame.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return soft / max(float(soft.max()), 1e-3)
