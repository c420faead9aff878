"""Measures the landmarks against hand-placed points.

Usage: ``python -m benchmarks.landmarks FOLDER...`` with folders of photos that have a
WebMorph template (``.tem``, FRL, 189 points) beside them, such as the Face Research
Lab London set. Errors are shares of the distance between the pupils.
"""

import sys
import warnings

import numpy as np

from facekit.data import find_faces, list_photos
from facekit.data.alignment import LEFT_EYE, RIGHT_EYE

# Points of the template and the landmarks whose mean stands for each.
PLACES = {
    "pupils": {0: RIGHT_EYE, 1: LEFT_EYE},
    "eye corners": {18: (33,), 22: (133,), 23: (362,), 27: (263,)},
    "mouth corners": {87: (61,), 93: (291,)},
}


def main(folders):
    """Print the mean error of each place over all photos."""
    errors = {name: [] for name in PLACES}
    found = 0
    photos = [photo for folder in folders for photo in list_photos(folder)]
    photos = [photo for photo in photos if photo.with_suffix(".tem").exists()]
    for photo in photos:
        faces = find_faces(photo, max_faces=1)
        if not faces:
            warnings.warn(f"{photo}: no face found", stacklevel=1)
            continue
        found += 1
        points = read_template(photo.with_suffix(".tem"))
        pupils = np.hypot(*(points[0] - points[1]))
        for name, pairs in PLACES.items():
            for point, landmarks in pairs.items():
                place = faces[0].landmarks[list(landmarks)].mean(0)
                errors[name].append(np.hypot(*(place - points[point])) / pupils)
    print(f"faces found: {found} of {len(photos)}")
    for name, values in errors.items():
        print(f"{name}: mean {np.mean(values):.3f}, worst {np.max(values):.3f}")


def read_template(path):
    """Return the (count, 2) points of a template, pixels."""
    count, *lines = path.read_text("utf-8").split("\n")
    return np.array([line.split()[:2] for line in lines[: int(count)]], "float64")


if __name__ == "__main__":
    main(sys.argv[1:])
