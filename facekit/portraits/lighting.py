"""Light from all around, in 96 directions, and what surfaces make of it.

Diffuse light is summed over what each vertex sees of the sky into nine spherical
harmonics (Ramamoorthi and Hanrahan 2001); gloss comes from the key lights one by one.
"""

from dataclasses import dataclass

import numpy as np

from facekit.portraits.noise import smoothstep, unit

NUM_DIRECTIONS = 96
_WET = 0.2  # roughness below which a surface shows the lamps' shape
_DISC = np.cos((0.17, 0.09))  # edge and core of a lamp's disc, half vector to normal
_BANDS = np.array((1.0, *(2 / 3,) * 3, *(1 / 4,) * 5))


def _spiral(count):
    place = np.arange(count) + 0.5
    turn = np.pi * (1 + 5**0.5) * place
    y = 1 - 2 * place / count
    radius = np.sqrt(1 - y * y)
    return np.stack((radius * np.cos(turn), y, radius * np.sin(turn)), 1)


DIRECTIONS = _spiral(NUM_DIRECTIONS)


@dataclass
class Light:
    """Light on the scene; 1 all around makes a white surface 1.

    Attributes:
        ambient: radiance from ``DIRECTIONS`` without the key lights, (96, 3).
        lobes: radiance of each key light, (k, 96, 3).
        towards: directions of the key lights, (k, 3).
        width: angular half width of each key light, radians, (k,).
    """

    ambient: np.ndarray
    lobes: np.ndarray
    towards: np.ndarray
    width: np.ndarray

    @property
    def total(self):
        """Radiance from all directions, (96, 3)."""
        return self.ambient + self.lobes.sum(0)

    def white(self):
        """Take its colours away."""
        ambient, lobes = (
            np.repeat(part.mean(-1, keepdims=True), 3, -1)
            for part in (self.ambient, self.lobes)
        )
        return Light(ambient, lobes, self.towards, self.width)

    def scaled(self, gain):
        """Make all of it brighter."""
        return Light(self.ambient * gain, self.lobes * gain, self.towards, self.width)


def sample_light(rng):
    """Draw a soft light: sky or room, and one to three lamps or windows."""
    up = smoothstep(-0.6, 0.8, DIRECTIONS[:, 1])[:, None]
    front = smoothstep(-1, 1, DIRECTIONS[:, 2])[:, None]
    tint = np.exp(rng.normal(0, 0.05) * np.array((1, 0, -1.2)))
    floor = np.array((1.05, 1, 0.94)) * rng.uniform(0.25, 0.6)
    sky = tint * rng.uniform(0.8, 1.3)
    ambient = (up * sky + (1 - up) * floor) * (0.55 + 0.45 * front)
    ambient = ambient * rng.uniform(0.25, 0.55)
    towards, lobes, widths = [], [], []
    side = rng.choice((-1, 1))
    for k in range(rng.integers(1, 4)):
        # The first is the main light, then a fill from the other side, then a rim.
        azimuth = (rng.uniform(5, 60), -rng.uniform(20, 75), rng.uniform(100, 140))[k]
        height = np.deg2rad(rng.uniform(6, 42))
        azimuth = np.deg2rad(azimuth * side)
        aim = np.array(
            (
                np.sin(azimuth) * np.cos(height),
                np.sin(height),
                np.cos(azimuth) * np.cos(height),
            )
        )
        width = rng.uniform(0.25, 0.6)
        lobe = np.exp((DIRECTIONS @ aim - 1) / width**2)
        strength = (1, rng.uniform(0.15, 0.5), rng.uniform(0.3, 0.8))[k]
        colour = np.exp(rng.normal(0, 0.06) * np.array((1, 0, -1.3)))
        power = strength * rng.uniform(0.7, 1.1)
        lobes.append(lobe[:, None] / lobe.mean() * power * colour / 4)
        towards.append(aim)
        widths.append(width)
    return Light(ambient, np.array(lobes), np.array(towards), np.array(widths))


def harmonics(directions):
    """Real spherical harmonics up to the second order, (n, 9), float32."""
    x, y, z = np.asarray(directions, np.float32).T
    return np.stack(
        (
            np.full_like(x, 0.282095),
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ),
        1,
    )


def received(light, visibility):
    """Sum the light that reaches each vertex.

    Args:
        light: ``Light``.
        visibility: share of each direction that is open, float32 (v, 96).

    Returns:
        Harmonics of the light that arrives, float32 (v, 9, 3), and the visible share
        of each key light, float32 (v, k).
    """
    basis = harmonics(DIRECTIONS) * (4 * np.pi / NUM_DIRECTIONS)
    table = (basis[:, :, None] * light.total[:, None, :]).reshape(NUM_DIRECTIONS, 27)
    arriving = visibility @ table.astype(np.float32)
    lobes = light.lobes.sum(2)
    shares = lobes / lobes.sum(1, keepdims=True)
    seen = visibility @ shares.T.astype(np.float32)
    return arriving.reshape(-1, 9, 3), seen


def diffuse_light(normals, arriving):
    """Light that a matt surface sends back, over its albedo.

    Args:
        normals: unit, (n, 3).
        arriving: harmonics there, (n, 9, 3).

    Returns:
        float32 (n, 3).
    """
    basis = harmonics(normals) * _BANDS.astype(np.float32)
    light = np.einsum("nk,nkc->nc", basis, arriving)
    least = 0.12 * 0.282095 * arriving[:, 0]
    return np.maximum(light, least)


def gloss(normals, views, light, arriving, seen, roughness, strength):
    """Mirror-like light of a dielectric: GGX of the key lights, and the surroundings.

    Args:
        normals: unit, (n, 3).
        views: unit, towards the camera, (n, 3).
        light: ``Light``.
        arriving: harmonics there, (n, 9, 3).
        seen: visible share of the key lights, (n, k).
        roughness: 0 to 1, (n,).
        strength: factor, (n,).

    Returns:
        float32 (n, 3).

    Reference: Walter et al. 2007; Schlick 1994.
    """
    facing = np.clip((normals * views).sum(1), 0.08, 1)
    total = np.zeros((len(normals), 3), np.float32)
    power = light.lobes.mean(1) * 4
    for k, towards in enumerate(light.towards):
        half = unit(views + towards)
        lit = normals @ towards
        fresnel = 0.028 + 0.972 * (1 - (half * views).sum(1)) ** 5
        # A wide lamp blurs the highlight as a rougher surface would.
        alpha = roughness**2 + 0.35 * light.width[k] ** 2
        alpha2 = alpha**2
        cosine = np.clip((normals * half).sum(1), 0, 1)
        spread = alpha2 / (np.pi * (cosine**2 * (alpha2 - 1) + 1) ** 2)
        shape = spread * fresnel / (4 * facing) * smoothstep(-0.02, 0.3, lit)
        # What is wet mirrors the lamp itself: a small bright disc.
        disc = 0.16 * smoothstep(_DISC[0], _DISC[1], cosine) * (lit > 0)
        shape = np.where(roughness < _WET, disc, shape * seen[:, k])
        total += shape[:, None] * power[k] * np.pi
    mirrored = 2 * (normals * views).sum(1, keepdims=True) * normals - views
    around = np.einsum("nk,nkc->nc", harmonics(mirrored) * _BANDS, arriving)
    grazing = 0.028 + 0.5 * (1 - facing) ** 5 * (1 - roughness)
    total += np.maximum(around, 0) * grazing[:, None]
    return (total * strength[:, None]).astype(np.float32)
