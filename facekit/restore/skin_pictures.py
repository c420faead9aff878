"""Maps of the skin as pictures with scales, and as numbers."""

import os
import uuid
from pathlib import Path

import cv2
import numpy as np

from facekit.data.face_regions import box_of
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN

SCALES = {
    "melanin": ("melanin, % of the epidermis", 100 * MAX_MELANIN, 100),
    "haemoglobin": ("blood, % of the dermis", 100 * MAX_HAEMOGLOBIN, 100),
    "diffuse": ("diffuse light over albedo", 1.5, 1),
    "specular": ("specular light, 1 = white", 0.4, 1),
}
_LARGEST = 512


def map_sheet(image, maps):
    """Draw photo, reconstruction and all maps beside one another.

    Maps are shown where there is skin, in viridis from 0 to the end of their range,
    each with its scale.

    Args:
        image: uint8, (height, width, 3), the photo.
        maps: ``Result.maps`` of the skin tool.

    Returns:
        uint8, (height', width', 3).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    box = _face_box(maps["validity"])
    shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    step = max(1.0, max(shape) / _LARGEST)
    size = (max(1, round(shape[1] / step)), max(1, round(shape[0] / step)))

    def seen(values):
        part = np.ascontiguousarray(values[box])
        return cv2.resize(part, size, interpolation=cv2.INTER_AREA)

    skin = seen(maps["validity"])
    figure = Figure(figsize=(11, 0.8 + 6.2 * size[1] / size[0]), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3).ravel()
    axes[0].imshow(seen(image))
    axes[0].set_title("photo")
    axes[3].imshow(seen(reconstruction(image, maps)))
    axes[3].set_title("reconstruction")
    for axis, (name, about) in zip(axes[[1, 2, 4, 5]], SCALES.items(), strict=True):
        title, high, factor = about
        values = np.ma.masked_where(skin < 0.5, factor * seen(maps[name]))
        drawn = axis.imshow(values, cmap="viridis", vmin=0, vmax=high)
        axis.set_title(title)
        figure.colorbar(drawn, ax=axis, fraction=0.05, pad=0.02)
    for axis in axes:
        axis.set_axis_off()
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def reconstruction(image, maps):
    """Put what the network makes of the skin into the photo.

    Args:
        image: uint8, (height, width, 3), the photo.
        maps: ``Result.maps`` of the skin tool.

    Returns:
        uint8, (height, width, 3).
    """
    share = maps["validity"][..., None]
    shown = share * 255 * maps["reconstruction"].clip(0, 1) + (1 - share) * image
    return np.rint(shown).astype("uint8")


def save_maps(path, maps):
    """Write maps as a compressed ``.npz`` file, whole or not at all.

    Args:
        path: file to write; pictures are stored as float16.
        maps: ``Result.maps`` of the skin tool.
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid.uuid4().hex}.npz")
    half = {
        name: values.astype("float16" if name not in ("light", "camera") else "float32")
        for name, values in maps.items()
    }
    try:
        np.savez_compressed(temporary, **half)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _face_box(validity):
    """Slices around all skin and a margin."""
    box = box_of(validity > 0.05)
    if box is None:
        return np.s_[0 : validity.shape[0], 0 : validity.shape[1]]
    margin = max(4, (box[0].stop - box[0].start) // 5)
    return tuple(
        slice(max(part.start - margin, 0), min(part.stop + margin, side))
        for part, side in zip(box, validity.shape, strict=True)
    )
