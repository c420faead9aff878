"""A face whose skin is about to be spoilt: pigments, relief and shine in one place."""

import numpy as np

from facekit.data.pigments import absorb
from facekit.data.strokes import soft_stroke
from facekit.data.textures import blur, on_colours

# How far relief turns into shade, and shine into light, relative to the skin's mean.
_RELIEF = 0.55
# The finest spot that a photo of this many pixels can hold, sigma.
_FINEST = 0.45
# So many values are worked on at a time, to bound memory.
_MAX_ELEMENTS = 500_000
_PATCH_SIZES = (6, 10, 16, 26, 44, 60, 80, 110, 160, 220, 300, 400)

# Where on the face blemishes lie: landmarks and reach in units.
ZONES = {
    "forehead": ((151, 0.45), (108, 0.4), (337, 0.4), (69, 0.35), (299, 0.35)),
    "cheeks": ((205, 0.35), (425, 0.35), (50, 0.35), (280, 0.35), (187, 0.3),
               (411, 0.3), (147, 0.3), (376, 0.3)),
    "chin": ((175, 0.25), (199, 0.25), (171, 0.25), (396, 0.25), (208, 0.2),
             (428, 0.2)),
    "jaw": ((136, 0.25), (365, 0.25), (172, 0.25), (397, 0.25), (150, 0.25),
            (379, 0.25)),
    "nose": ((4, 0.15), (5, 0.15), (195, 0.15), (45, 0.12), (275, 0.12)),
    "temples": ((127, 0.25), (356, 0.25), (143, 0.2), (372, 0.2)),
}  # fmt: skip


class Skin:
    """Amounts of pigment, height and shine that blemishes add to a face.

    Args:
        frame: ``FaceFrame``.

    Attributes:
        haemoglobin, melanin, venous: float32, (height, width), added absorbance in
            green, natural logarithm.
        relief: float32, height of the skin in units of the distance of the pupils.
        shine: float32, added light, relative to the mean luminance of the skin.
        scatter: float32, added brightness by thicker or drier skin, natural logarithm.
    """

    def __init__(self, frame):
        self.frame = frame
        self.haemoglobin, self.melanin, self.venous, self.shine, self.scatter = (
            np.zeros(frame.shape, "float32") for _ in range(5)
        )
        self.relief = np.zeros(frame.shape, "float32")

    def places(self, rng, count, zones, spread=1.0):
        """Draw places on bare skin.

        Args:
            rng: ``numpy.random.Generator``.
            count: int, how many are tried; those beside the skin are dropped.
            zones: names out of ``ZONES``.
            spread: float, width of the zones, relative. Defaults to 1.

        Returns:
            ``(places, taken)``: float64 (found, 2), pixels of the box, and the indices
            of those in the order tried.
        """
        spots = [spot for zone in zones for spot in ZONES[zone]]
        chosen = rng.integers(0, len(spots), count)
        away = rng.normal(0, 0.6, (count, 2))
        number, reach = np.array(spots).T
        reach = spread * self.frame.unit * reach[chosen, None]
        places = self.frame.points[number[chosen].astype(int)] + reach * away
        return self.on_skin(places)

    def on_skin(self, places):
        """Return those of places (count, 2) that lie on bare skin, and which."""
        height, width = self.frame.shape
        x, y = np.rint(places).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        skin = self.frame.skin
        inside[inside] = skin[y[inside], x[inside]] > 0.85
        return places[inside], np.flatnonzero(inside)

    def stamp(self, target, places, reach, profile, *values):
        """Add one small picture at every place, many at a time.

        Args:
            target: float32, (height, width), added to.
            places: (count, 2), pixels of the box.
            reach: (count,), how far each reaches, pixels.
            profile: function of offsets x and y, (count, rows, columns), in pixels, and
                of ``values`` of shape (count, 1, 1), to the picture.
            *values: arrays of shape (count,).
        """
        reach = np.asarray(reach, "float64")
        low = 0
        for half in (*_PATCH_SIZES, max(int(reach.max(initial=0)) + 1, 401)):
            some = np.flatnonzero((reach > low) & (reach <= half))
            low = half
            if not len(some):
                continue
            several = max(1, _MAX_ELEMENTS // (2 * half + 1) ** 2)
            for start in range(0, len(some), several):
                part = some[start : start + several]
                columns = [value[part][:, None, None] for value in values]
                self._stamp_alike(target, places[part], half, profile, columns)

    def _stamp_alike(self, target, places, half, profile, columns):
        """Add pictures of one size."""
        height, width = self.frame.shape
        base = np.floor(places).astype(int)
        steps = np.arange(-half, half + 1)
        x, y = base[:, 0, None] + steps, base[:, 1, None] + steps
        dx = (x - places[:, 0, None])[:, None, :].astype("float32")
        dy = (y - places[:, 1, None])[:, :, None].astype("float32")
        pictures = profile(*np.broadcast_arrays(dx, dy), *columns)
        for picture, left, top in zip(pictures, x[:, 0], y[:, 0], strict=True):
            x0, y0 = max(left, 0), max(top, 0)
            x1 = min(left + 2 * half + 1, width)
            y1 = min(top + 2 * half + 1, height)
            if x0 < x1 and y0 < y1:
                part = picture[y0 - top : y1 - top, x0 - left : x1 - left]
                target[y0:y1, x0:x1] += part

    def finish(self, strength):
        """Show all of it on the photo; return its ``Damage``."""
        frame = self.frame
        share = frame.skin * np.float32(strength)
        light = absorb(
            frame.light,
            share * self.haemoglobin,
            share * self.melanin,
            share * self.venous,
        )
        x, y = frame.light_direction
        slope_y, slope_x = np.gradient(self.relief * frame.unit)
        shade = -(slope_x * x + slope_y * y) * _RELIEF
        shade = np.clip(np.tanh(shade), -0.6, 0.6)
        light *= on_colours(np.exp(share * (shade + self.scatter)))
        level = np.float32(frame.brightness) * frame.lighting
        gloss = np.sqrt(np.float32(max(frame.brightness, 0.05) / 0.3)) / np.float32(
            max(frame.brightness, 0.05)
        )
        sheen = np.clip(share * self.shine, 0, 3) * level * gloss * 0.3
        # Light that the surface throws back has the colour of the lamp, not of skin.
        light += on_colours(sheen) * (1 - np.clip(light, 0, 1))
        total = sum(
            np.abs(amount)
            for amount in (
                self.haemoglobin,
                self.melanin,
                self.venous,
                self.shine,
                self.scatter,
                shade,
            )
        )
        return frame.finish(light, np.clip(2 * total, 0, 1) * share)

    def sharp(self, radius):
        """Return radii in pixels that the photo can hold, and the depth that is left.

        A spot finer than a pixel is drawn as wide as one and fainter.
        """
        radius = np.asarray(radius, "float64") * self.frame.unit
        seen = np.hypot(radius, _FINEST)
        return seen.astype("float32"), ((radius / seen) ** 2).astype("float32")

    def patch(self, path, width):
        """Draw a soft stroke along points of the box."""
        return soft_stroke(self.frame, path, width)

    def soft(self, picture, sigma):
        """Blur by a share of the unit."""
        return blur(picture, sigma * self.frame.unit)
