"""Blemishes of the family "train": single spots with rough round edges.

Every maker takes ``Skin``, a seeded generator and how many or how much there is,
relative to what is usual. Lengths are shares of the distance between the pupils, about
63 mm on an adult; amounts of pigment are absorbances, natural logarithm.
"""

import numpy as np

from facekit.data.linear_light import luminance
from facekit.data.textures import blur, smooth_noise, smoothstep


def rough_radius(rng, count, roughness):
    """Return a function of directions that gives ``count`` outlines of about radius 1.

    A direction is a complex number of length 1.
    """
    waves = np.arange(2, 6)
    sizes = rng.normal(0, 1, (4, count, 1, 1)) * roughness / waves[:, None, None, None]
    phases = rng.uniform(0, 2 * np.pi, (4, count, 1, 1))
    waves = (sizes * np.exp(1j * phases)).astype("complex64")

    def outline(direction, of):
        # Powers of the direction are what cosines of multiples of its angle are.
        power, total = direction, np.float32(1)
        for wave in waves:
            power = power * direction
            total = total + (wave[of] * power).real
        return np.maximum(total, 0.35)

    return outline


class Spots:
    """Round spots with rough edges at given places.

    Args:
        skin: ``Skin``.
        rng: ``numpy.random.Generator``.
        places: (count, 2), pixels.
        radius: (count,), units.
        roughness: float, of the edges. Defaults to 0.25.
    """

    def __init__(self, skin, rng, places, radius, roughness=0.25):
        self.skin = skin
        self.places = places
        self.radius, self.depth = skin.sharp(radius)
        self.count = len(places)
        self.outline = rough_radius(rng, self.count, roughness)
        self.stretch = rng.uniform(0.75, 1.0, self.count).astype("float32")
        self.turn = rng.uniform(0, np.pi, self.count).astype("float32")

    def add(self, target, amounts, size=1.0, power=2.0, shift=None, hollow=0.0):
        """Add spots to one of the skin's pictures.

        Args:
            target: float32, (height, width).
            amounts: (count,), at the middle of each.
            size: float, of the drawn radius. Defaults to 1.
            power: float, 2 = bell, more = flat with an edge. Defaults to 2.
            shift: (x, y) of the radius, or None. Defaults to None.
            hollow: float in [0, 1], how much fainter the middle is. Defaults to 0.
        """
        places = self.places
        if shift is not None:
            places = places + np.asarray(shift) * self.radius[:, None]
        radius = (self.radius * size).astype("float32")
        reach = radius * (3.0 if power < 3 else 2.0) * 1.3 + 1
        amounts = np.asarray(amounts, "float32") * self.depth
        numbers = np.arange(self.count)

        def profile(x, y, radius, amount, stretch, turn, number):
            cosine, sine = np.cos(turn), np.sin(turn)
            u = (x * cosine + y * sine) / radius
            v = (y * cosine - x * sine) / (radius * stretch)
            distance = np.hypot(u, v)
            direction = (u + 1j * v) / np.maximum(distance, 1e-6)
            edge = self.outline(direction, number.reshape(-1))
            distance = distance / edge
            body = np.exp(-(distance**power))
            if hollow:
                body = body * (1 - hollow * np.exp(-((1.8 * distance) ** 2)))
            return amount * body

        columns = (radius, amounts, self.stretch, self.turn, numbers)
        self.skin.stamp(target, places, reach, profile, *columns)


def how_many(rng, usual, density):
    """Draw a number of spots around what is usual, spread by a factor of two."""
    return int(rng.poisson(usual * np.exp(rng.normal(0, 0.5)) * density))


def acne(skin, rng, density):
    """Draw papules, pustules, nodules, blackheads and the marks that they leave."""
    zones = [("forehead",), ("cheeks", "jaw"), ("chin", "jaw"), ("cheeks", "forehead")]
    zones = (*zones[rng.integers(4)], "cheeks", "chin")
    places, _ = skin.places(rng, how_many(rng, 22, density), zones)
    count = len(places)
    kind = rng.random(count)
    radius = np.exp(rng.normal(np.log(0.022), 0.35, count))
    radius = np.where(kind > 0.93, 1.7 * radius, radius).clip(0.008, 0.06)
    red = rng.uniform(0.25, 0.75, count)
    mark = kind < 0.3
    spots = Spots(skin, rng, places, radius)
    spots.add(skin.haemoglobin, red * np.where(mark, 0.6, 1), power=2.5)
    spots.add(skin.haemoglobin, 0.32 * red, size=2.1)
    spots.add(skin.melanin, np.where(mark, rng.uniform(0, 0.25, count), 0.04))
    height = np.where(mark, 0, rng.uniform(0.25, 0.6, count)) * radius
    spots.add(skin.relief, height, size=1.1, power=2.2)
    lit = 0.35 * skin.frame.light_direction
    wet = np.where(mark, 0, rng.uniform(0, 0.5, count))
    spots.add(skin.shine, wet, size=0.35, shift=lit)
    head = np.where((kind > 0.6) & (kind < 0.85), rng.uniform(0.2, 0.5, count), 0)
    spots.add(skin.scatter, 0.9 * head, size=0.5, power=3)
    spots.add(skin.haemoglobin, -1.2 * head * red, size=0.55, power=3)
    spots.add(skin.melanin, 0.2 * head, size=0.5, power=3)
    _blackheads(skin, rng, density)


def _blackheads(skin, rng, density):
    places, _ = skin.places(rng, how_many(rng, 14, density), ("nose", "chin", "nose"))
    count = len(places)
    spots = Spots(skin, rng, places, rng.uniform(0.004, 0.008, count))
    spots.add(skin.melanin, rng.uniform(0.25, 0.7, count))


def freckles(skin, rng, density):
    """Draw freckles over nose, cheeks and forehead, many small and few large."""
    places, _ = skin.places(
        rng, how_many(rng, 150, density), ("cheeks", "nose", "cheeks", "forehead"), 1.15
    )
    count = len(places)
    radius = np.exp(rng.normal(np.log(0.0105), 0.35, count)).clip(0.005, 0.03)
    amounts = rng.uniform(0.3, 1.0, count) * rng.uniform(0.2, 0.5)
    Spots(skin, rng, places, radius, 0.35).add(skin.melanin, amounts, power=2.6)


def dark_spots(skin, rng, density):
    """Draw age spots and uneven brown patches with clear edges."""
    zones = ("cheeks", "temples", "forehead", "jaw")
    places, _ = skin.places(rng, how_many(rng, 9, density), zones, 1.1)
    count = len(places)
    radius = np.exp(rng.normal(np.log(0.034), 0.45, count)).clip(0.012, 0.1)
    amounts = rng.uniform(0.12, 0.45, count)
    before = skin.melanin.copy()
    spots = Spots(skin, rng, places, radius, 0.4)
    spots.add(skin.melanin, amounts, power=3.5)
    grain = smooth_noise(rng, skin.frame.shape, 0.03 * skin.frame.unit, 2)
    added = (skin.melanin - before) * np.clip(1 + 0.25 * grain, 0.3, 1.7)
    skin.melanin[:] = before + added


def moles(skin, rng, density):
    """Draw a few moles, flat or raised."""
    zones = ("cheeks", "jaw", "chin", "temples", "forehead")
    places, _ = skin.places(rng, how_many(rng, 3, density), zones, 1.2)
    count = len(places)
    radius = np.exp(rng.normal(np.log(0.017), 0.3, count)).clip(0.008, 0.04)
    spots = Spots(skin, rng, places, radius, 0.15)
    spots.add(skin.melanin, rng.uniform(0.7, 1.6, count), power=3)
    spots.add(skin.haemoglobin, rng.uniform(0.0, 0.25, count), size=1.2)
    spots.add(skin.relief, rng.choice([0.0, 0.25, 0.5], count) * radius)


def scars(skin, rng, density):
    """Draw pits that acne left, and sometimes a cut that has healed."""
    places, _ = skin.places(rng, how_many(rng, 18, density), ("cheeks", "temples"))
    count = len(places)
    radius = np.exp(rng.normal(np.log(0.014), 0.35, count)).clip(0.006, 0.035)
    spots = Spots(skin, rng, places, radius, 0.3)
    spots.add(skin.relief, -rng.uniform(0.3, 0.8, count) * radius, power=3)
    spots.add(skin.haemoglobin, rng.uniform(0.02, 0.16, count), size=1.2)
    spots.add(skin.melanin, rng.uniform(0.0, 0.12, count))
    number = min(3, how_many(rng, 0.8, density))
    places, taken = skin.places(rng, 3, ("cheeks", "forehead", "chin", "temples"))
    draws = rng.uniform(-1, 1, (3, 6))
    for place, draw in zip(places, draws[taken], strict=True):
        if number > 0:
            _cut(skin, place, draw)
        number -= 1


def _cut(skin, place, draw):
    """Draw a line that is pale or red, raised, with a darker border."""
    frame = skin.frame
    angle = np.pi * draw[0]
    length = 0.16 + 0.1 * draw[1]
    steps = np.linspace(-1, 1, 9)
    bend = 0.25 * draw[2] * (1 - steps**2)
    x = length * (steps * np.cos(angle) - bend * np.sin(angle))
    y = length * (steps * np.sin(angle) + bend * np.cos(angle))
    path = frame.at(x, y, place)
    line = skin.patch(path, 0.02 + 0.006 * draw[3])
    skin.relief += 0.007 * line * np.float32(draw[4])
    skin.haemoglobin += np.float32(0.22 * max(draw[5], -0.4)) * line
    skin.scatter += np.float32(0.12 * (draw[3] > 0)) * line
    skin.shine += np.float32(0.12) * line


def redness(skin, rng, density):
    """Redden cheeks, nose or chin in blotches."""
    frame = skin.frame
    points = frame.points
    areas = {
        "cheeks": (((205, 50, 117), 0.45), ((425, 280, 346), 0.45)),
        "nose": (((195, 5, 4), 0.22),),
        "chin": (((199, 175), 0.3),),
        "forehead": (((108, 151, 337), 0.35),),
        "wings": (((98, 203), 0.16), ((327, 423), 0.16)),
    }
    chosen = rng.random(len(areas)) < (0.75, 0.5, 0.3, 0.2, 0.5)
    chosen[0] |= not chosen.any()
    area = np.zeros(frame.shape, "float32")
    for strokes, taken in zip(areas.values(), chosen, strict=True):
        for path, width in strokes:
            weight = np.float32(rng.uniform(0.5, 1.0))
            if taken:
                area = np.maximum(area, weight * skin.patch(points[list(path)], width))
    blotches = smooth_noise(rng, frame.shape, 0.16 * frame.unit, 4, 0.7)
    fine = smooth_noise(rng, frame.shape, 0.03 * frame.unit, 2)
    body = smoothstep(-1.1, 1.3, blotches) * (1 + 0.15 * fine)
    skin.haemoglobin += (
        np.float32(rng.uniform(0.2, 0.5) * min(density, 2)) * area * body
    )


def dark_circles(skin, rng, density):
    """Darken the skin below the eyes, bluish or brown."""
    frame = skin.frame
    blue, brown = rng.uniform(0.2, 0.6), rng.uniform(0.0, 0.4)
    inner = rng.uniform(0.4, 1.0)
    area = np.zeros(frame.shape, "float32")
    for eye, path in (("right", (245, 233, 232, 231)), ("left", (465, 453, 452, 451))):
        points = frame.points[list(path)]
        area = np.maximum(area, skin.patch(points, 0.15))
        rest = (230, 229, 228) if eye == "right" else (450, 449, 448)
        outer = frame.points[[path[-1], *rest]]
        weight = np.float32(1 - 0.6 * inner)
        area = np.maximum(area, weight * skin.patch(outer, 0.14))
    grain = smooth_noise(rng, frame.shape, 0.05 * frame.unit, 3)
    area = area * np.clip(1 + 0.12 * grain, 0, 2)
    skin.venous += np.float32(blue * min(density, 2)) * area
    skin.melanin += np.float32(brown * min(density, 2)) * area


def shine(skin, rng, density):
    """Make forehead, nose, cheekbones and chin greasy."""
    frame = skin.frame
    points = frame.points
    area = np.zeros(frame.shape, "float32")
    for path, width, weight in (
        ((108, 151, 337), 0.4, 1.0),
        ((6, 195, 4), 0.12, 1.0),
        ((118, 117, 123), 0.2, 0.8),
        ((347, 346, 352), 0.2, 0.8),
        ((199, 175), 0.18, 0.7),
    ):
        weight = np.float32(weight * rng.uniform(0.3, 1.0))
        area = np.maximum(area, weight * skin.patch(points[list(path)], width))
    # It shines where the form faces the light, and in grains as coarse as pores.
    level = luminance(frame.light)
    form = blur(level, 0.07 * frame.unit) / np.maximum(
        np.float32(frame.brightness) * frame.lighting, 1e-3
    )
    pores = smooth_noise(rng, frame.shape, 0.022 * frame.unit, 2)
    broad = smooth_noise(rng, frame.shape, 0.2 * frame.unit, 2)
    body = smoothstep(0.85, 1.35, form + 0.1 * broad) * np.clip(1 + 0.3 * pores, 0, 2)
    skin.shine += np.float32(rng.uniform(0.6, 1.6) * min(density, 2)) * area * body
