"""Writes facekit/data/canonical_depth.npy.

    python scripts/build_canonical_depth.py FOLDER

The mean depth of the 468 landmarks, as the mesh network sees it, over a folder of
frontal portraits such as those of faker-js/assets-person-portrait (CC0): shares of the
aligned square's side, smaller = nearer to the camera.
"""

import argparse
from pathlib import Path

import numpy as np

from facekit.data import aligned_faces, canonical_landmarks, list_photos
from facekit.data.alignment import align, square_transform
from facekit.data.faces import _MESH, _run, _turned_square, mirror_order

TARGET = Path(__file__).parent.parent / "facekit" / "data" / "canonical_depth.npy"
SIZE = 256
WINDOW = 192


def mesh_of(crop, landmarks):
    """Landmarks of an aligned face with their depth, (468, 3), any scale."""
    centre, side, across = _turned_square(landmarks)
    across = across / np.hypot(*across)
    transform = square_transform(centre, 1.5 * side, across, WINDOW)
    mesh, _ = _run(_MESH, align(crop, transform, WINDOW) / np.float32(255))
    return mesh.reshape(468, 3)


def main():
    """Averages the depth and writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    crops, landmarks, _ = aligned_faces(
        list_photos(parser.parse_args().folder), SIZE, num_workers=2
    )
    reference = canonical_landmarks(1)
    depths = []
    for crop, points in zip(crops, landmarks, strict=True):
        mesh = mesh_of(crop, points)
        spread = np.linalg.norm(reference - reference.mean(0))
        scale = spread / np.linalg.norm(mesh[:, :2] - mesh[:, :2].mean(0))
        depths.append(scale * (mesh[:, 2] - mesh[:, 2].mean()))
    depth = np.median(depths, axis=0)
    depth = (depth + depth[mirror_order()]) / 2
    np.save(TARGET, depth.astype("float32"))
    print(f"{TARGET}: {len(depths)} faces, {depth.min():.3f} to {depth.max():.3f}")


if __name__ == "__main__":
    main()
