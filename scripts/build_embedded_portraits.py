"""Writes data/portraits: 40 people, balanced over skin tone, sex and age.

python scripts/build_embedded_portraits.py [--workers 2]

Five tones times two sexes times four ages, each from a seed of its own, at 256 pixels
with most variants; then docs/portraits.jpg. What is there already is kept, so delete
what is to be drawn anew.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from facekit.portraits import (
    read_portrait,
    render_portrait,
    write_portrait,
)

FOLDER = Path(__file__).parent.parent / "data" / "portraits"
PICTURE = FOLDER.parent.parent / "docs" / "portraits.jpg"
SIZE = 256
DRAWN = ("makeup", "blemishes", "worn_mask", "light", "camera")
SHOWN = (3, 15, 22, 19)
TONES = (0.018, 0.036, 0.07, 0.13, 0.22)  # volume fractions of melanin
SEXES = (0.04, 0.96)
AGES = (0.04, 0.33, 0.62, 0.92)


def people():
    """Seed and traits of every portrait."""
    traits = [
        {"melanin": tone, "male": sex, "age": age}
        for age in AGES
        for sex in SEXES
        for tone in TONES
    ]
    return list(enumerate(traits))


def draw(seed, traits):
    """Render and write one portrait."""
    cv2.setNumThreads(1)
    folder = FOLDER / f"{seed:02d}"
    if not (folder / "truth.npz").is_file():
        portrait = render_portrait(seed, SIZE, DRAWN, **traits)
        write_portrait(portrait, folder, compact=True)
    return folder


def write_picture():
    """Write the picture of the README: some people and their variants."""
    rows = []
    for seed in SHOWN:
        pictures = read_portrait(FOLDER / f"{seed:02d}").pictures.values()
        small = [
            cv2.resize(p, (160, 160), interpolation=cv2.INTER_AREA) for p in pictures
        ]
        rows.append(np.hstack(small))
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(PICTURE), sheet, (cv2.IMWRITE_JPEG_QUALITY, 88))


def main():
    """Renders what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    workers = parser.parse_args().workers
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for folder in pool.map(draw, *zip(*people(), strict=True)):
            print(folder, flush=True)
    write_picture()


if __name__ == "__main__":
    main()
