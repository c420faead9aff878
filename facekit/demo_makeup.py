"""The gallery's part about makeup: taken off, and put on."""

import html

from facekit.data import apply_makeup, find_faces
from facekit.restore import load

_PAINTED = {
    "evening": ("evening", "train"),
    "red lips": ("red_lips", "train"),
    "by another program": ("evening", "held_out"),
}
_LOOKS = ("natural", "evening")


def makeup_rows(photo, out, figure):
    """Take makeup off a photograph that was painted in three ways; put looks on.

    Takes, returns and raises what ``facekit.demo_skin.skin_rows`` does.
    """
    tool = load("makeup")
    face = find_faces(photo)[0]
    rows = []
    for title, (look, family) in _PAINTED.items():
        worn = apply_makeup(photo, face, 4, look, family=family).image
        pictures = {
            "worn": ("Painted", worn),
            "removed": ("facekit", tool(worn).image),
            "lips": ("facekit, lips alone", tool(worn, parts="lips").image),
            "bare": ("Original", photo),
        }
        rows.append(_section(f"Makeup: {title}", pictures, out, figure))
    looks = {"original": ("Original", photo)}
    for name in _LOOKS:
        looks[name] = (f"--apply {name}", tool(photo, look=name, faces=[face]).image)
    rows.append(_section("Makeup put on", looks, out, figure))
    return rows


def _section(title, pictures, out, figure):
    stem = title.lower().replace(" ", "_").replace(":", "")
    cells = [
        figure(out, f"{stem}_{name}.png", html.escape(caption), picture)
        for name, (caption, picture) in pictures.items()
    ]
    return (
        f"<section><h2>{html.escape(title)}</h2>"
        f'<div class="row">{"".join(cells)}</div></section>'
    )
