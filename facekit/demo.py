"""A gallery page: what facekit does to a photograph, before and after."""

import dataclasses
import html
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from facekit.data import (
    align,
    alignment_transform,
    face_part_hole,
    find_faces,
    free_form_hole,
    polygon_hole,
    worn_mask_hole,
    write_photo,
)
from facekit.data.alignment import LEFT_EYE, RIGHT_EYE
from facekit.demo_makeup import makeup_rows
from facekit.demo_skin import skin_rows
from facekit.errors import DataError
from facekit.portraits import load_embedded
from facekit.restore import load

_FACE_SIZE = 256
_SCRATCHES = 14
_BENT, _THICKNESS = 0.08, (0.004, 0.01)  # of the photo


@dataclasses.dataclass(frozen=True)
class Example:
    """One damaged photo of the gallery.

    Attributes:
        name: file-name part.
        title: what happened to the photo.
        photo: uint8 (height, width, 3), undamaged.
        hole: bool (height, width), True = destroyed.
    """

    name: str
    title: str
    photo: np.ndarray
    hole: np.ndarray


def write_gallery(out="demo"):
    """Restore what comes along; write ``index.html`` beside the pictures.

    Args:
        out: folder to write; its files of the same names are replaced.

    Returns:
        Path of the page.

    Raises:
        DataError: scikit-image, whose wheel carries the photograph, is missing.
        ModelError: a SavedModel is missing or damaged.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tool = load("inpaint")
    examples = inpaint_examples(astronaut()) + portrait_examples()
    rows = [
        _write_example(tool, example, out)
        for example in track(examples, description="restoring")
    ]
    rows += makeup_rows(astronaut(), out, _figure)
    rows += skin_rows(astronaut(), out, _figure)
    page = out / "index.html"
    page.write_text(_PAGE.format(rows="\n".join(rows)), encoding="utf-8")
    return page


def astronaut():
    """The public-domain portrait of Eileen Collins that scikit-image carries."""
    try:
        from skimage.data import astronaut as photograph
    except ModuleNotFoundError as error:
        raise DataError(
            "The demo shows a photograph from scikit-image. Install it: "
            "pip install 'facekit[demo]'"
        ) from error
    return photograph()


def inpaint_examples(photo):
    """Damage a portrait in six ways, the same at every call.

    Args:
        photo: uint8 (height, width, 3), with a face.

    Returns:
        List of ``Example``.
    """
    height, width = photo.shape[:2]
    landmarks = find_faces(photo)[0].landmarks
    transform = alignment_transform(landmarks, _FACE_SIZE)

    def on_face(make, seed, ratio):
        hole = make(np.random.default_rng(seed), _FACE_SIZE, _FACE_SIZE, ratio)
        return cv2.warpAffine(
            hole.astype(np.uint8),
            transform,
            (width, height),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        ).astype(bool)

    def scratched(seed):
        return _scratches(np.random.default_rng(seed), height, width)

    holes = {
        "scratches": ("Scratched all over", scratched(1)),
        "scribble": ("Scribbled on the face", on_face(free_form_hole, 5, 0.2)),
        "part": ("A part of the face lost", on_face(face_part_hole, 2, 0.08)),
        "torn": ("A piece torn out", on_face(polygon_hole, 4, 0.25)),
        "mask": ("Lower face covered", on_face(worn_mask_hole, 1, 0.22)),
        "mixed": (
            "Scratches and a lost piece",
            scratched(0) | on_face(face_part_hole, 8, 0.05),
        ),
    }
    return [Example(name, title, photo, hole) for name, (title, hole) in holes.items()]


def _scratches(rng, height, width):
    """Draw thin bent lines all over a photo, as on old prints, bool (height, width)."""
    hole = np.zeros((height, width), np.uint8)
    along = np.linspace(0, 1, 40)[:, None]
    for _ in range(_SCRATCHES):
        start, end = rng.uniform(0, 1, (2, 2)) * (width, height)
        bend = 2 * along * (1 - along) * rng.normal(0, _BENT, 2) * (width, height)
        line = start + along * (end - start) + bend
        thickness = round(rng.uniform(*_THICKNESS) * max(height, width))
        line = np.rint(16 * line).astype(np.int32)  # in sixteenths of a pixel
        cv2.polylines(hole, [line], False, 1, max(thickness, 1), cv2.LINE_8, 4)
    return hole > 0


def portrait_examples():
    """Damage four of the portraits that come with facekit, each in another way.

    Returns:
        List of ``Example``.
    """
    examples = []
    *people, last = load_embedded(5)[1:]
    for name, person in zip(("part", "torn", "scribble"), people, strict=True):
        damaged = {e.name: e for e in inpaint_examples(person.pictures["bare"])}
        title = f"{damaged[name].title}, of a rendered portrait"
        examples.append(
            dataclasses.replace(damaged[name], name=f"portrait_{name}", title=title)
        )
    photo = last.pictures["bare"]
    title = "A sticker on an eye, of a rendered portrait"
    return [*examples, Example("portrait_eye", title, photo, _hidden_eye(photo))]


def _hidden_eye(photo):
    """A disc over the eye on the right of a portrait."""
    landmarks = find_faces(photo)[0].landmarks
    right, left = (landmarks[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE))
    centre = [int(x) for x in left]
    radius = round(0.35 * np.hypot(*(left - right)))
    return cv2.circle(np.zeros(photo.shape[:2], "uint8"), centre, radius, 1, -1) > 0


def _write_example(tool, example, out):
    damaged = np.where(example.hole[..., None], np.uint8(0), example.photo)
    restored = tool(damaged, hole=example.hole).image
    hole = example.hole.astype(np.uint8)
    opencv = cv2.inpaint(damaged, hole, 3, cv2.INPAINT_TELEA)
    pictures = {
        "damaged": ("Damaged", damaged),
        "restored": ("facekit", restored),
        "opencv": ("OpenCV (Telea)", opencv),
        "original": ("Original", example.photo),
    }
    cells = []
    for name, (label, picture) in pictures.items():
        caption = html.escape(label)
        if name in ("restored", "opencv"):
            caption += f": {_hole_psnr(example, picture):.1f} dB inside the hole"
        cells.append(
            _figure(out, f"inpaint_{example.name}_{name}.png", caption, picture)
        )
    landmarks = find_faces(example.photo)[0].landmarks
    transform = alignment_transform(landmarks, _FACE_SIZE)
    close = [
        _face_figure(example, name, picture, transform, out)
        for name, picture in pictures.items()
    ]
    return (
        f"<section><h2>{html.escape(example.title)}</h2>"
        f'<div class="row">{"".join(close)}</div>'
        f"<details><summary>Whole photo at full size</summary>"
        f'<div class="row">{"".join(cells)}</div></details></section>'
    )


def _face_figure(example, name, labelled, transform, out):
    """The aligned face at the network's own resolution, as far as the photo goes."""
    label, picture = labelled
    crop = align(picture, transform, _FACE_SIZE)
    there = np.ones(picture.shape[:2], "float32")
    there = align(there, transform, _FACE_SIZE, border="zero") > 0.5
    crop = crop[there.mean(1) > 0.5][:, there.mean(0) > 0.5]
    return _figure(out, f"inpaint_{example.name}_{name}_face.png", label, crop)


def _figure(out, file, caption, picture):
    write_photo(out / file, picture)
    height, width = picture.shape[:2]
    return (
        f'<figure><img src="{file}" width="{width}" height="{height}" '
        f'alt="{caption}"><figcaption>{caption}</figcaption></figure>'
    )


def _hole_psnr(example, picture):
    difference = picture.astype(float) - example.photo
    error = np.mean(np.square(difference[example.hole] / 255.0))
    return -10.0 * np.log10(max(error, 1e-12))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>facekit gallery</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1120px;
       padding: 0 1rem; color: #222; background: #fafafa }}
.row {{ display: flex; flex-wrap: wrap; gap: 12px; margin: 12px 0 }}
figure {{ margin: 0 }}
figcaption {{ font-size: 14px; color: #555 }}
img {{ display: block }}
h2 {{ margin: 2.5rem 0 0.25rem; font-size: 20px }}
summary {{ cursor: pointer; color: #555 }}
</style></head><body>
<h1>facekit</h1>
<p>Holes in a photograph, filled: what is filled in is invented, what a face usually
looks like there, not what was there. Outside the hole every pixel is the photo's own.
Below, makeup that a program painted is taken off, and skin is taken apart into its
pigments and shown with others. Photograph: Eileen Collins, NASA, public domain. The
rendered portraits show nobody.</p>
{rows}
</body></html>
"""
