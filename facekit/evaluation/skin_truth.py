"""Rendered portraits with their true maps, and what skin networks make of them."""

import copy

import numpy as np

from facekit.data.linear_light import luminance
from facekit.evaluation.colour import linear_to_lab
from facekit.portraits import read_portrait
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, decode_srgb
from facekit.spectra.skin_units import pigment_fraction, pigment_units
from facekit.training.skin_examples import MAPS, lit_variants, portrait_examples

PIGMENTS = {"melanin": MAX_MELANIN, "haemoglobin": MAX_HAEMOGLOBIN}
# Ends of the groups of tones, volume fractions of melanin.
TONES = {"light": (0, 0.035), "medium": (0.035, 0.1), "dark": (0.1, 1)}
EDITS = (0.1, 0.2, 0.3, 0.4)
_BATCH = 16
_FEW_PIXELS = 50


class SkinTruth:
    """Rendered portraits with their maps, and what networks make of them.

    Args:
        folders: of single portraits.
        size: int, side of the pictures.
    """

    def __init__(self, folders, size):
        portraits = [read_portrait(folder) for folder in folders]
        crops, maps, *_ = zip(
            *(portrait_examples(portrait, size) for portrait in portraits), strict=True
        )
        names = [(p.seed, name) for p in portraits for name in lit_variants(p)]
        self.images = np.concatenate(crops).astype("float32") / 255
        maps = np.concatenate(maps).astype("float32")
        self.skin = maps[..., 0] > 0.5
        self.maps = {name: maps[..., k] for k, name in enumerate(MAPS) if k}
        self.seeds, self.variants = (np.array(x) for x in zip(*names, strict=True))
        self.bare = np.flatnonzero(self.variants == "bare")

    def select(self, chosen):
        """Some of the pictures, bool (count,)."""
        some = copy.copy(self)
        for name in ("images", "skin", "seeds", "variants"):
            setattr(some, name, getattr(self, name)[chosen])
        some.maps = {name: values[chosen] for name, values in self.maps.items()}
        some.bare = np.flatnonzero(some.variants == "bare")
        return some

    def figures(self, model):
        """All figures of one SavedModel."""
        scene = predict(model, self.images)
        return {
            **self.map_figures(scene),
            "light": self._other_light(self._found(scene)),
            "tones": self._by_tone(self._found(scene)),
            "edits": _edits(model, scene, self.skin, self.bare),
        }

    def map_figures(self, scene):
        """How far maps are right, and the picture that they make."""
        error = np.square(scene["reconstruction"] - self.images).mean(-1)[self.skin]
        rmse = 255 * float(np.sqrt(error.mean()))
        return {**self.compare(self._found(scene)), "rmse": rmse}

    def _found(self, scene):
        return {name: scene[name][..., 0] for name in self.maps}

    def constant(self):
        """Figures of always answering the mean."""
        found = {
            name: np.full_like(values, values[self.skin].mean())
            for name, values in self.maps.items()
        }
        return self.compare(found)

    def brightness(self):
        """How far brightness alone agrees in two lights, in place of pigments."""
        bright = luminance(decode_srgb(self.images))
        return {"light": self._other_light(dict.fromkeys(self.maps, bright))}

    def compare(self, found):
        """Correlation and error of maps, a dict of (count, size, size) by name."""
        figures = {}
        for name, true in self.maps.items():
            within = [
                correlation(true[k][skin], found[name][k][skin])
                for k, skin in enumerate(self.skin)
                if skin.sum() > _FEW_PIXELS
            ]
            pooled = correlation(true[self.skin], found[name][self.skin])
            error = np.abs(true - found[name])[self.skin].mean()
            figures[name] = {
                "within": float(np.mean(within)),
                "pooled": pooled,
                "error": float(error / PIGMENTS.get(name, 1)),
            }
        return figures

    def _other_light(self, found):
        """Agreement of a head's pigments in two lights, by pixels and on average."""
        pairs = []
        for k in self.bare:
            same = (self.seeds == self.seeds[k]) & (self.variants == "light")
            pairs += [(k, other) for other in np.flatnonzero(same)]
        figures = {}
        for name in PIGMENTS if pairs else ():
            rows, means = [], []
            for one, other in pairs:
                skin = self.skin[one] & self.skin[other]
                if skin.sum() > _FEW_PIXELS:
                    values = [found[name][k][skin] for k in (one, other)]
                    rows.append(correlation(*values))
                    means.append([value.mean() for value in values])
            figures[name] = {
                "pixels": float(np.mean(rows)),
                "heads": correlation(*np.transpose(means)),
            }
        return figures

    def _by_tone(self, found):
        means = np.array(
            [m[s].mean() for m, s in zip(self.maps["melanin"], self.skin, strict=True)]
        )
        figures = {}
        for tone, (low, high) in TONES.items():
            chosen = (means >= low) & (means < high)
            if chosen.any():
                skin = self.skin[chosen]
                figures[tone] = {"pictures": int(chosen.sum())} | {
                    name: float(np.abs(true - found[name])[chosen][skin].mean())
                    / PIGMENTS.get(name, 1)
                    for name, true in self.maps.items()
                }
        return figures


def predict(model, images):
    """Everything a SavedModel says of pictures."""
    parts = [
        model(image=images[start : start + _BATCH])
        for start in range(0, len(images), _BATCH)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _edits(model, scene, skin, chosen):
    """How many pixels of skin darken with melanin and redden with blood.

    Pixels whose pigment is at its limit cannot have more of it and do not count.
    """
    names = ("melanin", "haemoglobin", "diffuse", "specular", "light", "camera")
    scene = {name: scene[name][chosen] for name in names}
    skin, steps = skin[chosen], {}
    for name, limit in PIGMENTS.items():
        pictures, given = [], []
        for amount in (0.0, *EDITS):
            units = pigment_units(scene[name], limit) + amount
            given.append(units[..., 0])
            value = pigment_fraction(units, limit)
            painted = model("render", **{**scene, name: value.astype("float32")})
            pictures.append(linear_to_lab(decode_srgb(painted["image"])))
        change = np.diff(pictures, axis=0)
        moved = -change[..., 0] if name == "melanin" else change[..., 1]
        steps[name] = [
            float((step[skin & (before < 1)] > 0).mean())
            for step, before in zip(moved, given, strict=False)
        ]
    return steps


def correlation(one, other):
    """Pearson's r; 0 where one of the two is constant."""
    spread = np.std(one) * np.std(other)
    # Rounding gives constants a spread of their own.
    if spread < 1e-12 or np.std(other) < 1e-6 * abs(np.mean(other)):
        return 0.0
    return float(np.mean((one - np.mean(one)) * (other - np.mean(other))) / spread)
