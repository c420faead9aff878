"""Pose of the head, and the camera."""

from dataclasses import dataclass

import numpy as np

from facekit.portraits.noise import smoothstep


@dataclass
class View:
    """A pinhole camera looking down the z axis at a turned head.

    Attributes:
        size: side of the picture in pixels.
        distance: from the camera to the origin, dm.
        focal: focal length in pixels.
        offset: what the camera looks at, (x, y) in dm.
        turn: rotation of the head, (3, 3).
        angles: yaw, pitch and roll in radians.
    """

    size: int
    distance: float
    focal: float
    offset: np.ndarray
    turn: np.ndarray
    angles: np.ndarray

    @property
    def eye(self):
        """Place of the camera, (3,)."""
        return np.array((*self.offset, self.distance))

    def project(self, points):
        """Project points (..., 3); pixels (..., 2) and distance (...)."""
        points = np.asarray(points)
        depth = self.distance - points[..., 2]
        scale = self.focal / depth
        x = self.size / 2 + scale * (points[..., 0] - float(self.offset[0]))
        y = self.size / 2 - scale * (points[..., 1] - float(self.offset[1]))
        return np.stack((x, y), -1), depth

    def pixels_per_dm(self):
        """Pixels a decimetre measures at the head's centre."""
        return self.focal / self.distance

    def pose(self, points, height):
        """Turn the head and, less and less, the neck and shoulders below.

        Args:
            points: (n, 3), relative to the head's centre.
            height: (n,), height in the neutral mesh, dm.

        Returns:
            (n, 3).
        """
        share = 0.35 + 0.65 * smoothstep(5.5, 6.5, height)
        turned = points @ self.turn.T
        partly = points @ _rotation(self.angles * 0.35).T
        # Between the two rotations, which are small, a blend is nearly a rotation.
        blend = ((share - 0.35) / 0.65)[:, None]
        return turned * blend + partly * (1 - blend)


def sample_view(rng, size):
    """Draw a pose and a framing."""
    angles = np.deg2rad((rng.uniform(-20, 20), rng.uniform(-7, 7), rng.uniform(-5, 5)))
    distance = rng.uniform(11, 15)
    width = rng.uniform(2.6, 2.95)
    offset = np.array((rng.normal(0, 0.05), rng.uniform(-0.30, -0.16)))
    return View(
        size=size,
        distance=float(distance),
        focal=float(size * distance / width),
        offset=offset,
        turn=_rotation(angles),
        angles=angles,
    )


def _rotation(angles):
    (cy, cx, cz), (sy, sx, sz) = np.cos(angles), np.sin(angles)
    yaw = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    pitch = np.array(((1, 0, 0), (0, cx, -sx), (0, sx, cx)))
    roll = np.array(((cz, -sz, 0), (sz, cz, 0), (0, 0, 1)))
    return roll @ pitch @ yaw
