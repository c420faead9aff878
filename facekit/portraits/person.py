"""Who is drawn: everything about a person that a seed decides."""

import zlib
from dataclasses import dataclass, field

import numpy as np

# Linear sRGB of hair: black, dark brown, brown, light brown, blond, red.
HAIR_COLOURS = (
    (0.010, 0.008, 0.007),
    (0.030, 0.018, 0.011),
    (0.075, 0.040, 0.021),
    (0.16, 0.093, 0.046),
    (0.34, 0.225, 0.11),
    (0.17, 0.055, 0.022),
)
GREY_HAIR = (0.42, 0.41, 0.40)
# Linear sRGB of irises: dark brown, brown, hazel, blue, green, grey.
EYE_COLOURS = (
    (0.035, 0.016, 0.008),
    (0.085, 0.042, 0.016),
    (0.13, 0.085, 0.035),
    (0.12, 0.19, 0.27),
    (0.10, 0.14, 0.075),
    (0.17, 0.19, 0.20),
)
STYLES = ("bald", "buzz", "short", "curly", "bob", "long", "tied")
MELANIN_RANGE = (0.014, 0.24)
SITES = ("forehead", "nose", "chin", "cheekbones", "neck")
_SPREAD = {
    "head": 0.22,
    "eyes": 0.24,
    "nose": 0.24,
    "mouth": 0.22,
    "cheek": 0.26,
    "chin": 0.22,
    "forehead": 0.22,
    "eyebrows": 0.28,
    "ears": 0.3,
    "neck": 0.12,
}
# Morphs that soon look like a caricature.
_STRONG = (
    *("trans-", "age", "scale-depth", "scale-vert", "triangular", "double"),
    *("angle-in", "pointed", "diamond", "square", "rectangular", "hump"),
)


def generator(seed, purpose):
    """Make the generator of one purpose, independent of all others of the seed."""
    return np.random.default_rng((int(seed), zlib.crc32(purpose.encode())))


@dataclass
class Person:
    """Who is drawn.

    Attributes:
        melanin: volume fraction of melanosomes in the cheek's epidermis, .014 to .24.
        haemoglobin: volume fraction of blood in the cheek's dermis, .018 to .048.
        male: 0 = female, 1 = male.
        age: 0 = young adult, 1 = old.
        morphs: weights of the head's morphs.
        hair_colour: linear sRGB.
        hair_style: one of ``STYLES``.
        eye_colour: linear sRGB of the iris.
        beard: 0 = shaved, .3 = stubble, 1 = full beard.
        freckles: 0 to 1.
        shine: strength of the skin's gloss, about 1.
        brow_density: 0 to 1.
        sites: how strongly each of ``SITES`` differs from the cheek in melanin, 0.2 to
            1.8, about 1; 0 in portraits of older versions.
    """

    melanin: float
    haemoglobin: float
    male: float
    age: float
    morphs: dict = field(repr=False)
    hair_colour: tuple
    hair_style: str
    eye_colour: tuple
    beard: float
    freckles: float
    shine: float
    brow_density: float
    sites: tuple = (0.0,) * len(SITES)


def sample_person(seed, morph_names, melanin=None, male=None, age=None):
    """Draw a person.

    The skin's tone and the head's shape come from generators of their own, so that
    neither tells anything about the other.

    Args:
        seed: int, 0 or more.
        morph_names: names of the morphs of the head mesh.
        melanin: overrides the drawn volume fraction.
        male: overrides the drawn sex, 0 to 1.
        age: overrides the drawn age, 0 to 1.

    Returns:
        ``Person``.
    """
    tone, shape, looks = (generator(seed, name) for name in ("tone", "shape", "looks"))
    drawn = np.exp(tone.uniform(*np.log(MELANIN_RANGE)))
    melanin = float(drawn if melanin is None else melanin)
    drawn = float(shape.beta(0.35, 0.35))
    male = drawn if male is None else float(male)
    drawn = float(shape.beta(0.8, 1.3))
    age = drawn if age is None else float(age)
    morphs = _macros(shape, male, age) | _details(shape, morph_names)
    morphs |= _expression(generator(seed, "expression"))
    hair = _hair_colour(looks, melanin, age)
    beard = float(looks.choice((0, 0.12, 0.35, 0.6, 1), p=(0.3, 0.2, 0.2, 0.15, 0.15)))
    return Person(
        melanin=melanin,
        # Below much melanin, blood would make the model's skin too red.
        haemoglobin=float(tone.uniform(0.026, 0.048) * (1 - 1.3 * melanin)),
        male=male,
        age=age,
        morphs=morphs,
        hair_colour=tuple(hair.tolist()),
        hair_style=_style(looks, male, age),
        eye_colour=_eye_colour(looks, melanin),
        beard=beard * (male > 0.6),
        freckles=float(max(0, looks.normal(-0.2, 0.5))) * (0.02 < melanin < 0.1),
        shine=float(looks.uniform(0.5, 1.05)),
        brow_density=float(looks.uniform(0.6, 1)) * (0.85 + 0.15 * male),
        sites=tuple(generator(seed, "sites").uniform(0.2, 1.8, len(SITES)).tolist()),
    )


def _macros(rng, male, age):
    origins = rng.dirichlet((0.7,) * 3)
    builds = rng.uniform(0, 0.8) * np.eye(3)[rng.choice((0, 2), p=(0.45, 0.55))]
    builds[1] = 1 - builds.sum()
    weights = {}
    for sex, sex_weight in (("male", male), ("female", 1 - male)):
        for years, age_weight in (("young", 1 - age), ("old", age)):
            share = sex_weight * age_weight
            for origin, w in zip(
                ("african", "asian", "caucasian"), origins, strict=True
            ):
                weights[f"macrodetails/{origin}-{sex}-{years}"] = share * w
            for build, w in zip(("min", "average", "max"), builds, strict=True):
                name = f"universal-{sex}-{years}-averagemuscle-{build}weight"
                weights[f"macrodetails/{name}"] = share * w
    return weights


def _details(rng, names):
    """Some morphs of the features, mostly alike on both sides."""
    weights = {}
    for name in names:
        region = name.split("/")[0]
        if region not in _SPREAD or "/r-" in name:
            continue
        chance, strength = rng.random(), abs(rng.normal(0, _SPREAD[region]))
        lopsided = rng.uniform(0.88, 1.08)
        sideways = "/l-" not in name and name.endswith(("trans-in", "trans-out"))
        if chance > 0.22 or sideways or "head-angle" in name:
            continue
        strength = min(strength, 0.7)
        if any(part in name for part in _STRONG):
            strength *= 0.4
        weights[name] = strength
        if "/l-" in name:
            weights[name.replace("/l-", "/r-")] = strength * lopsided
    return weights


def _expression(rng):
    units = {}

    def both(name, weight, lopsided=1.0):
        units[f"faceunits/{name}Left"] = weight
        units[f"faceunits/{name}Right"] = weight * lopsided

    smile, jaw, brow, lids = rng.random(4)
    # The mesh's neutral face looks stern: corners of the mouth down, brows drawn in.
    weight = rng.uniform(0.35, 0.85) if smile < 0.7 else rng.uniform(0.15, 0.35)
    both("mouthSmile", weight, rng.uniform(0.9, 1))
    both("cheekSquint", weight * 0.35)
    if jaw < 0.25:
        units["faceunits/jawOpen"] = rng.uniform(0.05, 0.2)
    units["faceunits/browInnerUp"] = rng.uniform(0.15, 0.4)
    if brow < 0.3:
        both("browOuterUp", rng.uniform(0.1, 0.3))
    both("eyeWide", 0.45 * lids)
    return units


def _hair_colour(rng, melanin, age):
    light = (0.28, 0.24, 0.2, 0.13, 0.1, 0.05)
    dark = (0.72, 0.22, 0.06, 0, 0, 0)
    kind = rng.choice(6, p=light if melanin < 0.06 else dark)
    grey = rng.uniform(0.3, 1) * np.clip((age - 0.4) * 1.8, 0, 1)
    colour = np.array(HAIR_COLOURS[kind]) * np.exp(
        rng.normal(0, 0.12, 3) * (1, 0.5, 0.5)
    )
    return (1 - grey) * colour + grey * np.array(GREY_HAIR) * rng.uniform(0.7, 1.3)


def _eye_colour(rng, melanin):
    light = (0.2, 0.25, 0.15, 0.22, 0.08, 0.1)
    dark = (0.65, 0.3, 0.05, 0, 0, 0)
    kind = rng.choice(6, p=light if melanin < 0.06 else dark)
    return tuple((np.array(EYE_COLOURS[kind]) * rng.uniform(0.8, 1.2)).tolist())


def _style(rng, male, age):
    if male > 0.5:
        bald = 0.08 + 0.12 * age
        chances = (bald, 0.2, 0.6 - 0.12 * age, 0.12 - bald / 2, 0, 0.08 - bald / 2, 0)
    else:
        chances = (0, 0, 0.14, 0.14, 0.26, 0.28, 0.18)
    chances = np.clip(chances, 0, 1)
    return str(rng.choice(STYLES, p=chances / chances.sum()))
