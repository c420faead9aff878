"""How many faces are found, and how far their landmarks are from hand-set points."""

import json
import math
import warnings
from pathlib import Path

import numpy as np

from facekit.data import find_faces, photo_files
from facekit.errors import DataError, PhotoError
from facekit.evaluation.tables import markdown_table
from facekit.portraits import read_portrait

# Points of the FRL template and the landmarks whose mean stands for each.
PLACES = {
    "pupils": {0: (33, 133), 1: (362, 263)},
    "mouth corners": {87: (61,), 93: (291,)},
    "nose wings": {63: (64,), 68: (294,)},
    "chin": {129: (152,)},
}
TEMPLATE_SUFFIX = ".tem"
_NUM_POINTS = 189


def evaluate_alignment(data, out="runs/evaluate"):
    """Count the faces found in a folder and measure their landmarks.

    The largest face of each photo is compared with the WebMorph template (``.tem``,
    FRL, 189 points) of the same name beside it; a photo without one only counts as
    found or not. The eye corners' middle stands for the pupil, which the mesh does
    not have. Writes ``alignment.json`` (all records) and ``alignment.md`` (the
    tables). A photo that cannot be read is left out with a warning.

    Of rendered portraits, such as those that come with facekit, only the faces are
    counted, one group a variant.

    Args:
        data: folder of photographs; each folder inside is a group of its own. Or a
            folder of rendered portraits.
        out: folder for the results.

    Returns:
        The tables as Markdown.

    Raises:
        DataError: no readable photographs in ``data``, or a damaged template.
    """
    data = Path(data)
    rendered = sorted(path.parent for path in data.glob("*/truth.npz"))
    if rendered:
        records = list(_count_rendered(rendered))
    else:
        files = photo_files(data)
        records = [record for file in files for record in _measure(file, data)]
    if not records:
        raise DataError(f"{data}: expected a readable photograph, found none.")
    what = "rendered " if rendered else ""
    title = f"### Alignment, {what}`{data.name}`"
    text = "\n\n".join([title, *_tables(records)])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "alignment.md").write_text(text + "\n")
    (out / "alignment.json").write_text(json.dumps(records))
    return text


def read_template(file):
    """Read the points of a WebMorph template.

    Args:
        file: path of a ``.tem`` file: the number of points, then x and y of each in a
            line of its own; what follows (the lines between points) is not read.

    Returns:
        float64, (189, 2), photo pixels.

    Raises:
        DataError: the file is of another form.
    """
    try:
        count, *lines = Path(file).read_text("utf-8").splitlines()
        if int(count) != _NUM_POINTS:
            raise ValueError(f"the first line is {count!r}")
        points = [[float(x) for x in line.split()] for line in lines[:_NUM_POINTS]]
        points = np.array(points, "float64")
        if points.shape != (_NUM_POINTS, 2) or not np.isfinite(points).all():
            raise ValueError("the points are incomplete")
        if (points[0] == points[1]).all():
            raise ValueError("both pupils are in one place")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file}: expected {_NUM_POINTS} on the first line, then x and y of as "
            f"many points, found another form: {error}"
        ) from error
    return points


def template_errors(landmarks, points):
    """Distances of landmarks from hand-set points.

    Args:
        landmarks: (468, 2), photo pixels, MediaPipe's numbering.
        points: (189, 2), photo pixels, the FRL template.

    Returns:
        dict from a name in ``PLACES`` to a list of errors, one for each of its
        points, as shares of the distance between the pupils.
    """
    pupils = math.dist(points[0], points[1])
    return {
        name: [
            math.dist(landmarks[list(numbers)].mean(0), points[point]) / pupils
            for point, numbers in pairs.items()
        ]
        for name, pairs in PLACES.items()
    }


def _measure(file, data):
    """Yield the record of a photo, none if it cannot be read."""
    template = file.with_suffix(TEMPLATE_SUFFIX)
    points = read_template(template) if template.exists() else None
    try:
        faces = find_faces(file, max_faces=1)
    except PhotoError as error:
        warnings.warn(f"Left out: {error}", stacklevel=3)
        return
    folder = file.parent.relative_to(data)
    record = {
        "photo": file.relative_to(data).as_posix(),
        "group": folder.as_posix() if folder.parts else data.name,
        "found": bool(faces),
    }
    if faces and points is not None:
        record["errors"] = template_errors(faces[0].landmarks, points)
    yield record


def _count_rendered(folders):
    """Yield the record of each picture of rendered portraits.

    The files of variants hold only what differs from the bare portrait.
    """
    for folder in folders:
        for variant, picture in read_portrait(folder).pictures.items():
            found = bool(find_faces(picture, max_faces=1))
            photo = f"{folder.name}/{variant}"
            yield {"photo": photo, "group": variant, "found": found}


def _tables(records):
    groups = list(dict.fromkeys(record["group"] for record in records))
    parts = {
        group: [record["found"] for record in records if record["group"] == group]
        for group in groups
    }
    if len(groups) > 1:
        parts["all"] = [record["found"] for record in records]
    rows = [
        [name, str(len(found)), str(sum(found)), f"{100 * np.mean(found):.1f} %"]
        for name, found in parts.items()
    ]
    yield markdown_table(["photos", "number", "faces found", "share"], rows)
    errors = [record["errors"] for record in records if "errors" in record]
    if errors:
        yield _error_table(errors)


def _error_table(errors):
    """One row a place and one for all; the mean over photos and the worst of them."""
    by_place = {name: [photo[name] for photo in errors] for name in PLACES}
    by_place["overall"] = [sum(photo.values(), []) for photo in errors]
    rows = []
    for name, values in by_place.items():
        means = 100 * np.mean(values, axis=1)
        rows.append([name, f"{means.mean():.2f}", f"{means.max():.2f}"])
    title = "error, % of the distance between the pupils"
    worst = f"worst of {len(errors)} photos"
    return markdown_table([title, "mean", worst], rows)
