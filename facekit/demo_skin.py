"""The gallery's part about skin: maps of faces, and the same faces changed."""

import html

from facekit.portraits import load_embedded
from facekit.restore import load
from facekit.restore.skin_pictures import map_sheet

CHANGES = {
    "darker": ("melanin +0.4", {"melanin": 0.4}),
    "redder": ("haemoglobin +0.3", {"haemoglobin": 0.3}),
    "lit": (
        "by a Nikon D700 in the light of a bulb",
        {"camera": "Nikon D700", "illuminant": "A"},
    ),
}


def skin_rows(photo, out, figure):
    """Take a photograph and two rendered portraits apart, and change them.

    Args:
        photo: uint8 (height, width, 3), with a face.
        out: folder of the gallery.
        figure: function of folder, file name, caption and picture that writes the
            picture and returns HTML.

    Returns:
        List of HTML sections.

    Raises:
        ModelError: the SavedModel is missing or damaged.
    """
    tool = load("skin")
    people = {"photograph": photo}
    for number, person in enumerate(load_embedded(3)[1:], start=1):
        people[f"portrait {number}"] = person.pictures["bare"]
    rows = []
    for title, picture in people.items():
        stem = f"skin_{title.replace(' ', '_')}"
        result = tool(picture)
        cells = [figure(out, f"{stem}.png", "Original", picture)]
        for name, (caption, change) in CHANGES.items():
            changed = tool(picture, faces=result.faces, **change).image
            cells.append(
                figure(out, f"{stem}_{name}.png", html.escape(caption), changed)
            )
        sheet = map_sheet(picture, result.maps)
        cells.append(figure(out, f"{stem}_maps.png", "What the network sees", sheet))
        rows.append(
            f"<section><h2>Skin: {html.escape(title)}</h2>"
            f'<div class="row">{"".join(cells)}</div></section>'
        )
    return rows
