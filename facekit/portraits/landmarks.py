"""Named points of the face."""

from functools import cache

import numpy as np

from facekit.portraits.head import head_mesh


@cache
def landmark_vertices():
    """Vertex of the fine mesh of every landmark on the skin; dict of name to index."""
    mesh = head_mesh()
    rest = mesh.rest
    x, y, z = rest.T
    lips = mesh.skin_vertices & (mesh.sample_mask("lips", mesh.vertex_uv) > 0.5)
    middle = mesh.skin_vertices & (np.abs(x) < 0.04) & (z > 1.0)

    def best(chosen, score):
        candidates = np.flatnonzero(chosen)
        return int(candidates[np.argmax(score[candidates])])

    def nearest(place):
        distance = -((rest - place) ** 2).sum(1)
        return best(mesh.skin_vertices, distance)

    found = {
        "nose_tip": best(middle & (y > 6.75) & (y < 7.1), z),
        "lip_top": best(lips & middle, y),
        "lip_bottom": best(lips & middle, -y),
        "chin": best(middle & (y > 6.0) & (y < 6.35), z - 1.5 * y),
        "nose_bridge": nearest((0, 7.28, 1.45)),
    }
    for name, side in (("left", 1), ("right", -1)):
        found[f"{name}_mouth_corner"] = best(lips, side * x)
        found[f"{name}_brow_inner"] = nearest((side * 0.12, 7.475, 1.5))
        found[f"{name}_brow_outer"] = nearest((side * 0.56, 7.5, 1.2))
        found[f"{name}_cheek"] = nearest((side * 0.62, 6.95, 0.95))
        found[f"{name}_ear"] = nearest((side * 0.8, 6.9, 0.5))
        found[f"{name}_jaw"] = nearest((side * 0.62, 6.4, 0.75))
    return found


def project_landmarks(scene):
    """Where the landmarks are in the picture, hidden or not.

    Returns:
        Dict of name to (x, y) in pixels of the final picture, floats; the centre of
        the first pixel is (.5, .5).
    """
    view = scene.view
    names = landmark_vertices()
    points = {name: scene.surface.vertices[index] for name, index in names.items()}
    rims = view.pose(
        scene.body.lashes[:, :2].reshape(-1, 3),
        np.full(len(scene.body.lashes) * 2, 8.0),
    )
    for name, centre, sign in zip(
        ("left", "right"), scene.surface.eyes, (1, -1), strict=True
    ):
        near = rims[np.linalg.norm(rims - centre, axis=1) < 0.35]
        outward = near @ view.turn[:, 0] * sign
        points[f"{name}_eye"] = centre + 0.13 * view.turn[:, 2]
        points[f"{name}_eye_inner"] = near[outward.argmin()]
        points[f"{name}_eye_outer"] = near[outward.argmax()]
    names = sorted(points)
    place, _ = view.project(np.array([points[name] for name in names]))
    place = place * (scene.size / view.size)
    return dict(zip(names, map(tuple, place.tolist()), strict=True))
