"""Catmull-Clark subdivision as a sparse matrix."""

import numpy as np
import scipy.sparse as sp


def catmull_clark(num_vertices, quads):
    """Subdivide a mesh of quads once.

    Args:
        num_vertices: vertices of the mesh.
        quads: vertex indices, int (f, 4).

    Returns:
        Sparse matrix (new vertices, vertices), and the new quads, int (4 f, 4): the
        four of old quad i are rows 4 i to 4 i + 3, one at each of its corners.

    Reference: Catmull and Clark 1978.
    """
    num_faces = len(quads)
    pairs = np.sort(np.stack((quads, np.roll(quads, -1, 1)), -1).reshape(-1, 2), 1)
    edges, edge_of, uses = np.unique(
        pairs, axis=0, return_inverse=True, return_counts=True
    )
    edge_of, num_edges = edge_of.reshape(num_faces, 4), len(edges)
    faces = np.repeat(np.arange(num_faces), 4)
    to_face = _matrix(0.25, faces, quads.ravel(), num_faces, num_vertices)
    ends = np.repeat(np.arange(num_edges), 2)
    to_middle = _matrix(0.5, ends, edges.ravel(), num_edges, num_vertices)
    face_at_edge = _matrix(1.0, edge_of.ravel(), faces, num_edges, num_faces)
    border = uses != 2
    beside = sp.diags(1 / uses) @ face_at_edge @ to_face
    to_edge = (
        sp.diags(np.where(border, 1, 0.5)) @ to_middle
        + sp.diags(np.where(border, 0, 0.5)) @ beside
    )
    edge_at_vertex = _matrix(1.0, edges.ravel(), ends, num_vertices, num_edges)
    face_at_vertex = _matrix(1.0, quads.ravel(), faces, num_vertices, num_faces)
    to_vertex = _moved_vertices(
        edge_at_vertex, face_at_vertex, to_middle, to_face, border
    )
    matrix = sp.vstack((to_vertex, to_edge, to_face)).tocsr()
    edge_points = num_vertices + edge_of
    face_points = num_vertices + num_edges + np.arange(num_faces)
    split = [
        np.stack(
            (quads[:, i], edge_points[:, i], face_points, edge_points[:, i - 1]), 1
        )
        for i in range(4)
    ]
    return matrix, np.stack(split, 1).reshape(-1, 4)


def _matrix(value, rows, columns, num_rows, num_columns):
    values = np.full(len(rows), value)
    return sp.csr_matrix((values, (rows, columns)), (num_rows, num_columns))


def _moved_vertices(edge_at_vertex, face_at_vertex, to_middle, to_face, border):
    """The smoothing rule of old vertices, inside and on the border."""
    count = len(border)
    num_vertices = edge_at_vertex.shape[0]
    valence = np.maximum(_row_sums(edge_at_vertex), 1)
    around = np.maximum(_row_sums(face_at_vertex), 1)
    inside = sp.diags(1 / valence) @ (
        sp.diags(1 / around) @ face_at_vertex @ to_face
        + 2 * sp.diags(1 / valence) @ edge_at_vertex @ to_middle
        + sp.diags(valence - 3.0)
    )
    border_edges = edge_at_vertex @ sp.diags(border.astype(float), shape=(count, count))
    border_count = _row_sums(border_edges)
    on_border = border_count > 0
    mean = sp.diags(1 / np.maximum(border_count, 1)) @ border_edges @ to_middle
    outside = 0.5 * sp.eye(num_vertices) + 0.5 * mean
    return sp.diags((~on_border).astype(float)) @ inside + (
        sp.diags(on_border.astype(float)) @ outside
    )


def _row_sums(matrix):
    return np.asarray(matrix.sum(1)).ravel()
