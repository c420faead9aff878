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
from facekit.evaluation.people import skin_tone_angle
from facekit.evaluation.skin_cameras import camera_table
from facekit.evaluation.skin_edits import STEP, edit_figures
from facekit.evaluation.skin_truth import (
    EDITS,
    PIGMENTS,
    SkinTruth,
    correlation,
    predict,
)
from facekit.evaluation.tables import SKIN_TONES, markdown_table
from facekit.restore import SavedModel
from facekit.spectra import decode_srgb
from facekit.training.rendered import portrait_folders
from facekit.training.skin_examples import MAPS

SHIPPED = "facekit"
CONSTANT, BRIGHTNESS = "mean of all portraits", "brightness alone"
# Pictures that are what the decoder makes of their maps are measured by themselves.
WHITE = "white_light"
_PHOTO_SIZE = 224


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
            variant "light"; those of the variant "white_light" get a table of their
            own.
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
        FacekitError: two rows have the same name, or two networks different sizes.
        ModelError: no SavedModel in ``model``.
    """
    taken = {CONSTANT, BRIGHTNESS}
    for key in (name, *(compared or ())):
        if key in taken:
            raise FacekitError(
                f"Each row needs a name of its own, received {key!r} twice."
            )
        taken.add(key)
    folders = {name: model, **(compared or {})}
    models = {key: SavedModel(folder) for key, folder in folders.items()}
    sizes = {key: _size(found) for key, found in models.items()}
    if len(set(sizes.values())) > 1:
        raise FacekitError(f"Expected networks of one working_size, received {sizes}.")
    heads = portrait_folders([portraits])
    truth = SkinTruth(heads, sizes[name])
    white = truth.variants == WHITE
    truth, white = truth.select(~white), truth.select(white)
    figures = {key: truth.figures(net) for key, net in models.items()}
    figures[name]["tool"] = edit_figures(models[name], np.unique(truth.seeds))
    figures = {CONSTANT: truth.constant(), BRIGHTNESS: truth.brightness(), **figures}
    text = [
        f"### Skin maps, {len(heads)} rendered portraits",
        _truth_table(figures),
        "Correlation r within heads (mean) and over all skin; mean absolute error, of "
        "pigments as share of their range. Measured in bare skin only.",
        *_white_text(figures, white, models),
        "### The same head in another light",
        _light_table(figures),
        "### By skin tone of the portraits",
        _tone_table(figures[name]),
        "### Edits",
        _edit_table(figures[name]),
        _tool_table(figures[name]["tool"]),
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
        own = {SHIPPED: figures[name]}
        own |= {key: figures[key] for key in (CONSTANT, BRIGHTNESS)}
        given = {"portraits": portraits, "data": data, "cameras": cameras}
        _update_card(Path(model), own, given, photos)
    return text


def _size(model):
    return int(model.card.get("working_size", 64))


def _photo_figures(data, model):
    """Reconstruction by tone, and agreement of melanin over a person's photographs.

    The network sees a face at its own size; what it reconstructs is enlarged, as in
    photos, and compared at the paper's 224 pixels.
    """
    size = _size(model)
    crops, landmarks, kept = aligned_faces(list_photos(data), _PHOTO_SIZE)
    if not len(crops):
        raise DataError(f"{data}: expected photographs with faces, found none")
    records = []
    for crop, points, path in zip(crops, landmarks, kept, strict=True):
        image = crop.astype("float32") / 255
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        scene = {
            name: cv2.resize(scene[0], (_PHOTO_SIZE, _PHOTO_SIZE))
            for name, scene in predict(model, small[None]).items()
            if name in (*PIGMENTS, "reconstruction")
        }
        skin = photo_skin_maps(crop, points)["skin"] > 0.5
        error = np.abs(scene["reconstruction"] - image)[skin]
        records.append(
            {
                "person": identity_of(path),
                "tone": skin_tone_angle(crop),
                "mae": float(error.mean()),
                "brightness": float(luminance(decode_srgb(image))[skin].mean()),
                **{name: float(scene[name][skin].mean()) for name in PIGMENTS},
            }
        )
    return records


def _white_text(figures, truth, models):
    """The table of portraits in white light, into ``figures`` too, if there are any."""
    if not len(truth.images):
        return []
    found = {
        name: truth.map_figures(predict(model, truth.images))
        for name, model in models.items()
    }
    for name, values in found.items():
        figures[name][WHITE] = values
    return [
        "### The same portraits, all lamps of one spectrum",
        _truth_table(found),
        "Lamps of the others differ a little in colour, and their white balance is a "
        "little off, as in photographs; these obey the decoder's model of a picture.",
    ]


def _truth_table(figures):
    header = ["method", "reconstruction, RMSE of 255"]
    for name in MAPS[1:]:
        header += [f"{name} r", "pooled", "error"]
    rows = []
    for method, values in figures.items():
        if MAPS[1] not in values:
            continue
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
            method,
            *(f"{values['light'][n][key]:.2f}" for n in PIGMENTS for key in _AGREE),
        ]
        for method, values in figures.items()
        if values.get("light")
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
    return markdown_table([*header, *(f"+{x}" for x in EDITS)], rows)


def _tool_table(values):
    """The photo tool's edits against renderings; nothing where it found no face."""
    if not values["people"]:
        return "The photo tool found no face in the portraits."
    parts = list(values["copy"])
    rows = [
        [what, *(f"{values[key][part]:.1f}" for part in parts)]
        for key, what in (("copy", "the portrait as it was"), ("edited", "edited"))
    ]
    header = [f"melanin +{STEP}, CIEDE2000 from the rendering", *parts]
    stays = ", ".join(f"{part} {x:.2f}" for part, x in values["changed"].items())
    return markdown_table(header, rows) + (
        f"\n\nThe photo tool on {values['people']} portraits, against renderings of "
        f"the same people with more melanin. What it changes elsewhere, CIEDE2000: "
        f"{stays}."
    )


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
        melanin, blood, bright = (
            correlation(*np.transpose([pair[name] for pair in pairs]))
            for name in (*PIGMENTS, "brightness")
        )
        table += (
            f"\n\n{len(pairs)} people with two photographs: their mean melanin "
            f"correlates with r = {melanin:.2f}, their blood with {blood:.2f}, the "
            f"brightness of their skin with {bright:.2f}."
        )
    return table


def _pairs(records):
    people = {}
    for record in records:
        people.setdefault(record["person"], []).append(record)
    return [
        {name: [r[name] for r in both[:2]] for name in (*PIGMENTS, "brightness")}
        for both in people.values()
        if len(both) > 1
    ]


def _update_card(model, figures, given, photos):
    card = read_card(model)
    options = [f"--{key} {Path(path).name}" for key, path in given.items() if path]
    command = " ".join(["facekit evaluate skin", *options, "--update-card"])
    card["figures"] = {"command": command, **figures}
    if photos:
        card["figures"]["photographs"] = {
            "data": Path(given["data"]).name,
            "count": len(photos),
            "size": _PHOTO_SIZE,
            "mae": float(np.mean([record["mae"] for record in photos])),
        }
    write_card(model, card)
