"""The head mesh: MakeHuman's, cropped, with its morphs (see HEAD_LICENCE.txt)."""

from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np
import scipy.sparse as sp

from facekit.portraits.subdivision import catmull_clark

PARTS = ("skin", "left_eye", "right_eye", "teeth", "tongue")
SKIN, LEFT_EYE, RIGHT_EYE, TEETH, TONGUE = range(5)


class HeadMesh:
    """The base mesh, subdivided once, and what is known of its places.

    Lengths are decimetres; x points to the person's left, y up, z forward. ``rest``
    is the neutral mesh, in which regions of the face are described.

    Attributes:
        rest: vertices of the neutral subdivided mesh, float64 (v, 3).
        triangles: int (t, 3).
        corner_uv: UV coordinates of the triangles' corners, float32 (t, 3, 2).
        part: index into ``PARTS`` of every triangle, (t,).
        skin_vertices: bool (v,).
        lash_eye: eye of every quad of ``lash_quads``, 0 = left, 1 = right.
        upper_lash: whether it is on the upper lid, bool.
    """

    def __init__(self, path):
        with np.load(path) as archive:
            asset = dict(archive)
        quads = asset["quads"].astype(int)
        lashes = asset["part"] == list(asset["parts"]).index("lashes")
        self._coarse = asset["vertices"].astype(float)
        self._eyes = [np.unique(quads[asset["part"] == k]) for k in (1, 2)]
        eyes = self.eye_centres(self._coarse)
        self._lash_quads = _lash_roots(quads[lashes], self._coarse, eyes)
        rims = self._coarse[self._lash_quads[:, :2]].mean(1)
        self.lash_eye = (rims[:, 0] < 0).astype(int)
        self.upper_lash = rims[:, 1] > eyes[self.lash_eye, 1]
        self._solid, solid = np.unique(quads[~lashes], return_inverse=True)
        self._subdivide, fine = catmull_clark(len(self._solid), solid.reshape(-1, 4))
        self.rest = self.subdivide(self._coarse)
        uv = asset["uv"][~lashes]
        self.triangles = np.concatenate((fine[:, [0, 1, 2]], fine[:, [0, 2, 3]]))
        self.corner_uv = _split_uv(uv)
        part = np.repeat(asset["part"][~lashes], 4)
        self.part = np.concatenate((part, part)).astype(int)
        self.skin_vertices = np.zeros(len(self.rest), bool)
        self.skin_vertices[self.triangles[self.part == SKIN]] = True
        self._fine_quads = fine
        self._morphs = _unpack_morphs(asset)
        self.uv_masks = {
            name: asset[f"uv_{name}"].astype(np.float32) / 255
            for name in ("lips", "eyelids", "ears", "inside-mouth")
        }

    @property
    def morph_names(self):
        """Names of all morphs, sorted."""
        return tuple(self._morphs)

    def morph(self, weights):
        """Morph the mesh.

        Args:
            weights: dict of morph name to weight, mostly 0 to 1.

        Returns:
            Coarse vertices, float64 (c, 3).
        """
        vertices = self._coarse.copy()
        for name, weight in weights.items():
            if abs(weight) > 1e-3:
                index, shift, scale = self._morphs[name]
                vertices[index] += shift * (weight * scale)
        return vertices

    def subdivide(self, coarse):
        """Subdivide morphed coarse vertices; float64 (v, 3)."""
        return self._subdivide @ coarse[self._solid]

    def eye_centres(self, coarse):
        """Centres of the left and the right eyeball, (2, 3)."""
        return np.array([coarse[index].mean(0) for index in self._eyes])

    def lash_quads(self, coarse):
        """Quads along the rims of the lids, (n, 4, 3).

        The first two corners lie on the rim, the others, in the same order, towards
        the tips of the lashes.
        """
        return coarse[self._lash_quads]

    @cached_property
    def neighbours(self):
        """Sparse matrix that replaces each vertex by the mean of its neighbours."""
        quads, count = self._fine_quads, len(self.rest)
        pairs = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
        rows = np.concatenate((pairs[:, 0], pairs[:, 1]))
        columns = np.concatenate((pairs[:, 1], pairs[:, 0]))
        matrix = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
        matrix.data[:] = 1
        degree = np.maximum(np.asarray(matrix.sum(1)).ravel(), 1)
        return (sp.diags(1 / degree) @ matrix).tocsr()

    @cached_property
    def vertex_uv(self):
        """One UV coordinate a vertex; at a seam, that of one of its sides."""
        uv = np.zeros((len(self.rest), 2), np.float32)
        uv[self.triangles.ravel()] = self.corner_uv.reshape(-1, 2)
        return uv

    def sample_mask(self, name, uv):
        """Look up a region in UV space; float32 (n,) in [0, 1]."""
        mask = self.uv_masks[name]
        side = mask.shape[0]
        x = uv[:, 0].astype(np.float32) * side - 0.5
        y = (1 - uv[:, 1].astype(np.float32)) * side - 0.5
        return _remap(mask, x, y)


def _remap(picture, x, y):
    """Bilinear look-up at n places; OpenCV takes at most 32,767 rows at once."""
    count = len(x)
    width = 1024
    padding = -count % width
    grid = [np.pad(a, (0, padding)).reshape(-1, width) for a in (x, y)]
    found = cv2.remap(picture, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.ravel()[:count]


def _lash_roots(quads, vertices, eyes):
    """Turn the innermost quads of the lash strips so that they start at the rim."""
    pairs = np.stack((quads, np.roll(quads, -1, 1)), -1)
    _, edge, uses = np.unique(
        np.sort(pairs, -1).reshape(-1, 2),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    at_border = uses[edge.reshape(quads.shape)] == 1
    middle = vertices[pairs].mean(2)
    distance = np.linalg.norm(middle[:, :, None] - eyes, axis=-1).min(-1)
    nearest = distance.argmin(1)
    rows = np.arange(len(quads))
    kept = at_border[rows, nearest]
    order = (nearest[:, None] + np.array((0, 1, 3, 2))) % 4
    turned = np.take_along_axis(quads, order, 1)
    return turned[kept]


def _split_uv(uv):
    centre = uv.mean(1)
    middle = (uv + np.roll(uv, -1, 1)) / 2
    corners = [
        np.stack((uv[:, i], middle[:, i], centre, middle[:, i - 1]), 1)
        for i in range(4)
    ]
    quads = np.stack(corners, 1).reshape(-1, 4, 2)
    return np.concatenate((quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]))


def _unpack_morphs(asset):
    index = np.cumsum(asset["morph_steps"], dtype=np.uint16).astype(int)
    shifts = asset["morph_shifts"].T
    morphs, start = {}, 0
    names = asset["morph_names"].tolist()
    for name, end, scale in zip(
        names, asset["morph_ends"], asset["morph_scales"], strict=True
    ):
        morphs[name] = (index[start:end], shifts[start:end], float(scale))
        start = end
    return morphs


def vertex_normals(vertices, triangles):
    """Unit normals of the vertices, weighted by area; (v, 3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(
                triangles[:, k], facing[:, axis], len(vertices)
            )
    return total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)


@cache
def head_mesh():
    """Load the shipped mesh, once a process."""
    return HeadMesh(Path(__file__).with_name("head.npz"))
