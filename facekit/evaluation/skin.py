"""How well skin is taken apart: tables against the truth of rendered portraits."""

import json
from pathlib import Path

import cv2
import numpy as np

from facekit.data import aligned_faces, identity_of, list_photos
from facekit.data.linear_light import luminance
from facekit.data.skin_maps import photo_skin_maps
from facekit.errors import DataError, FacekitError
from facekit.evaluation.cards import read_card, write_card
from facekit.evaluation.colour import linear_to_lab
from facekit.evaluation.people import skin_tone_angle
from facekit.evaluation.skin_cameras import camera_table
from facekit.evaluation.tables import SKIN_TONES, markdown_table
from facekit.portraits import read_portrait
from facekit.restore import SavedModel
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, decode_srgb
from facekit.spectra.skin_units import pigment_fraction, pigment_units
from facekit.training.skin_examples import (
    MAPS,
    lit_variants,
    portrait_examples,
    portrait_folders,
)

SHIPPED = "facekit"
CONSTANT = "mean of all portraits"
PIGMENTS = {"melanin": MAX_MELANIN, "haemoglobin": MAX_HAEMOGLOBIN}
# Ends of the groups of tones, volume fractions of melanin.
TONES = {"light": (0, 0.035), "medium": (0.035, 0.1), "dark": (0.1, 1)}
_EDITS = (0.1, 0.2, 0.3, 0.4)
_BATCH = 16
_PHOTO_SIZE = 224
_FEW_PIXELS = 50


def evaluate_skin(
    portraits,
    model,
    compared=None,
    data=None,
    cameras=None,
    out="runs/evaluate",
    update_card=False,
    name=SHIPPED,
):
    """Measure a skin SavedModel and write the tables.

    Writes ``skin.json`` (all figures) and ``skin.md`` (the tables).

    Args:
        portraits: folder of rendered portraits that trained no network, with the
            variant "light".
        model: folder of the SavedModel.
        compared: dict from a name to the folder of another SavedModel, such as
            ablations. Defaults to None.
        data: folder of photographs, for the reconstruction by skin tone and the
            agreement between photographs of one person; None leaves it out.
        cameras: table of measured sensitivities (``camera,channel,400,...,720``), for
            the colour error of real cameras; None leaves it out.
        out: folder for the results.
        update_card: whether to write the figures into the SavedModel's ``card.json``.
        name: what to call ``model`` in the tables. Defaults to "facekit".

    Returns:
        The tables as Markdown.

    Raises:
        DataError: there are no portraits, or no faces in ``data``.
        FacekitError: two rows have the same name.
        ModelError: no SavedModel in ``model``.
    """
    if name in (compared or {}) or CONSTANT in (name, *(compared or ())):
        raise FacekitError(
            f"Each row needs a name of its own, received {name!r} twice."
        )
    folders = {name: model, **(compared or {})}
    models = {key: SavedModel(folder) for key, folder in folders.items()}
    heads = portrait_folders([portraits])
    truth = _Truth(heads, int(models[name].card.get("working_size", 64)))
    figures = {key: truth.figures(net) for key, net in models.items()}
    figures = {CONSTANT: truth.constant(), **figures}
    text = [
        f"### Skin maps, {len(heads)} rendered portraits",
        _truth_table(figures),
        "Correlation r within heads (mean) and over all skin; mean absolute error, of "
        "pigments as share of their range. Measured in bare skin only.",
        "### The same head in another light",
        _light_table(figures),
        "### By skin tone of the portraits",
        _tone_table(figures[name]),
        "### Edits",
        _edit_table(figures[name]),
    ]
    photos = []
    if data:
        photos = _photo_figures(Path(data), models[name])
        figures[f"photographs: {Path(data).name}"] = photos
        text += [f"### Photographs, `{Path(data).name}`", _photo_table(photos)]
    if cameras:
        text += ["### Skin by 52 measured cameras", camera_table(cameras)]
    text = "\n\n".join(text)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "skin.md").write_text(text + "\n")
    (out / "skin.json").write_text(json.dumps(figures, indent=1))
    if update_card:
        own = {SHIPPED: figures[name], CONSTANT: figures[CONSTANT]}
        _update_card(Path(model), own, Path(portraits).name, photos)
    return text


class _Truth:
    """Rendered portraits with their maps, and what networks make of them."""

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

    def figures(self, model):
        """All figures of one SavedModel."""
        scene = _predict(model, self.images)
        found = {name: scene[name][..., 0] for name in self.maps}
        error = np.square(scene["reconstruction"] - self.images).mean(-1)[self.skin]
        return {
            **self._compare(found),
            "rmse": 255 * float(np.sqrt(error.mean())),
            "light": self._other_light(found),
            "tones": self._by_tone(found),
            "edits": _edits(model, scene, self.skin, self.bare),
        }

    def constant(self):
        """Figures of always answering the mean."""
        found = {
            name: np.full_like(values, values[self.skin].mean())
            for name, values in self.maps.items()
        }
        return {**self._compare(found), "light": self._other_light(self._brightness())}

    def _brightness(self):
        """What melanin maps are read off without a network: how dark it is."""
        bright = luminance(decode_srgb(self.images))
        return {**dict.fromkeys(self.maps, bright), "melanin": 1 - bright}

    def _compare(self, found):
        figures = {}
        for name, true in self.maps.items():
            within = [
                _correlation(true[k][skin], found[name][k][skin])
                for k, skin in enumerate(self.skin)
                if skin.sum() > _FEW_PIXELS
            ]
            pooled = _correlation(true[self.skin], found[name][self.skin])
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
                    rows.append(_correlation(*values))
                    means.append([value.mean() for value in values])
            figures[name] = {
                "pixels": float(np.mean(rows)),
                "heads": _correlation(*np.transpose(means)),
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


def _predict(model, images):
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
        for amount in (0.0, *_EDITS):
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


def _photo_figures(data, model):
    """Reconstruction by tone, and agreement of melanin over a person's photographs.

    The network sees a face at its own size; what it reconstructs is enlarged, as in
    photos, and compared at the paper's 224 pixels.
    """
    size = int(model.card.get("working_size", 64))
    crops, landmarks, kept = aligned_faces(list_photos(data), _PHOTO_SIZE)
    if not len(crops):
        raise DataError(f"{data}: expected photographs with faces, found none")
    records = []
    for crop, points, path in zip(crops, landmarks, kept, strict=True):
        image = crop.astype("float32") / 255
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        scene = {
            name: cv2.resize(scene[0], (_PHOTO_SIZE, _PHOTO_SIZE))
            for name, scene in _predict(model, small[None]).items()
            if name in (*PIGMENTS, "reconstruction")
        }
        skin = photo_skin_maps(crop, points)["skin"] > 0.5
        error = np.abs(scene["reconstruction"] - image)[skin]
        records.append(
            {
                "person": identity_of(path),
                "tone": skin_tone_angle(crop),
                "mae": float(error.mean()),
                **{name: float(scene[name][skin].mean()) for name in PIGMENTS},
            }
        )
    return records


def _correlation(one, other):
    """Pearson's r; 0 where one of the two is constant."""
    spread = np.std(one) * np.std(other)
    # Rounding gives constants a spread of their own.
    if spread < 1e-12 or np.std(other) < 1e-6 * abs(np.mean(other)):
        return 0.0
    return float(np.mean((one - np.mean(one)) * (other - np.mean(other))) / spread)


def _truth_table(figures):
    header = ["method", "reconstruction, RMSE of 255"]
    for name in MAPS[1:]:
        header += [f"{name} r", "pooled", "error"]
    rows = []
    for method, values in figures.items():
        rmse = f"{values['rmse']:.1f}" if "rmse" in values else ""
        cells = [
            f"{values[name][key]:.{digits}f}"
            for name in MAPS[1:]
            for key, digits in (("within", 2), ("pooled", 2), ("error", 3))
        ]
        rows.append([method, rmse, *cells])
    return markdown_table(header, rows)


def _light_table(figures):
    header = ["method", *(f"{name}, {what}" for name in PIGMENTS for what in _AGREE)]
    rows = [
        [
            "brightness alone" if method == CONSTANT else method,
            *(f"{values['light'][n][key]:.2f}" for n in PIGMENTS for key in _AGREE),
        ]
        for method, values in figures.items()
        if values["light"]
    ]
    return markdown_table(header, rows) + (
        "\n\nCorrelation of the maps of a head in two lights: within it, pixel by "
        "pixel, and of the means over heads."
    )


_AGREE = ("pixels", "heads")


def _tone_table(values):
    rows = [
        [
            tone,
            str(found["pictures"]),
            *(f"{found[name]:.3f}" for name in MAPS[1:]),
        ]
        for tone, found in values["tones"].items()
    ]
    header = ["tone", "pictures", *(f"{name} error" for name in MAPS[1:])]
    return markdown_table(header, rows)


def _edit_table(values):
    rows = [
        [f"{name}: {effect}", *(f"{100 * x:.1f} %" for x in values["edits"][name])]
        for name, effect in (("melanin", "darker"), ("haemoglobin", "redder"))
    ]
    header = ["pixels of skin that change so, from step to step"]
    return markdown_table([*header, *(f"+{x}" for x in _EDITS)], rows)


def _photo_table(records):
    rows = []
    for tone, (low, high) in {"all": (-np.inf, np.inf), **SKIN_TONES}.items():
        chosen = [r for r in records if low <= r["tone"] < high]
        if chosen:
            means = [np.mean([r[k] for r in chosen]) for k in ("mae", *PIGMENTS)]
            mae, melanin, blood = means
            rows.append(
                [
                    *(tone, str(len(chosen)), f"{mae:.4f}"),
                    *(f"{100 * melanin:.1f} %", f"{100 * blood:.1f} %"),
                ]
            )
    error = f"MAE, {_PHOTO_SIZE} px, sRGB in [0, 1]"
    header = ["tone", "photos", error, "mean melanin", "mean blood"]
    table = markdown_table(header, rows)
    pairs = _pairs(records)
    if len(pairs) > 2:
        agree = [_correlation(*np.transpose([p[n] for p in pairs])) for n in PIGMENTS]
        table += (
            f"\n\n{len(pairs)} people with two photographs: their mean melanin "
            f"correlates with r = {agree[0]:.2f}, their blood with {agree[1]:.2f}."
        )
    return table


def _pairs(records):
    people = {}
    for record in records:
        people.setdefault(record["person"], []).append(record)
    return [
        {name: [r[name] for r in both[:2]] for name in PIGMENTS}
        for both in people.values()
        if len(both) > 1
    ]


def _update_card(model, figures, portraits, photos):
    card = read_card(model)
    card["figures"] = {
        "command": f"facekit evaluate skin --portraits {portraits} --update-card",
        **figures,
    }
    if photos:
        card["figures"]["photographs"] = {
            "count": len(photos),
            "size": _PHOTO_SIZE,
            "mae": float(np.mean([record["mae"] for record in photos])),
        }
    write_card(model, card)
