"""How well makeup comes off: tables against copying and the paper's recipe."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from facekit.data import (
    MAKEUP_FAMILIES,
    MakeupExamples,
    aligned_crops,
    aligned_faces,
    identity_of,
    list_photos,
)
from facekit.errors import DataError
from facekit.evaluation.cards import read_card, write_card
from facekit.evaluation.features import named_distance
from facekit.evaluation.identity import identity_cosine
from facekit.evaluation.people import tones_of_people
from facekit.evaluation.tables import markdown_table, skin_tone_table

COPY = "copy input"
SHIPPED = "facekit"
SETS = {
    "train": "Makeup of the family it was trained on",
    "held_out": "Makeup of another family",
    "bare": "Bare faces, which must come back as they are",
}
FIGURES = {
    "psnr": ("PSNR, dB", 2),
    "ssim": ("SSIM", 3),
    "colour": ("CIEDE2000", 2),
    "region_psnr": ("PSNR in the region, dB", 2),
    "region_ssim": ("SSIM in the region", 3),
    "region_colour": ("CIEDE2000 in the region", 2),
    "feature_distance": ("feature distance", 4),
    "identity": ("identity cosine", 3),
}
# By the PSNR in the region of a picture with makeup, dB.
STRENGTHS = (
    ("faint", 32, np.inf),
    ("plain", 26, 32),
    ("strong", -np.inf, 26),
)
_SEED = 7
_BATCH = 16
_SIZE = 256  # of a model whose card says nothing of it


def evaluate_makeup(
    data, model, runs=(), features=None, out="runs/evaluate", update_card=False
):
    """Measure a makeup SavedModel and write the tables.

    Every face gets one whole look of each family, the same for every method; the
    region is where it changed a byte. Writes ``makeup.json`` (all records) and
    ``makeup.md``.

    Args:
        data: folder of photographs with bare faces, none of whom trained the network.
        model: folder of the SavedModel; its card's working size and framing are those
            of the crops.
        runs: folders of training runs to compare at their own size and framing, by
            recipe; runs of one recipe, such as of several seeds, share a row.
        features: weights file or "vgg16" for the feature distance, or None.
        out: folder for the results.
        update_card: whether to write the figures into the SavedModel's ``card.json``.

    Returns:
        The tables as Markdown: of the SavedModel as "shipped", and, if there are any,
        of the runs as "recipes".

    Raises:
        DataError: no faces in ``data``, a folder of ``runs`` holds none, or they were
            trained on different crops.
        ModelError: no SavedModel in ``model``.
    """
    model = Path(model)
    distance, network, note = named_distance(features)
    identity, no_identity = identity_cosine()
    notes = [x for x in (note, no_identity) if x]
    if network:
        notes.insert(
            0, f"Feature distance: deep layers of {network}, that no loss uses."
        )
    measures = {"feature_distance": distance, "identity": identity}
    restorer = _saved_model(model)
    card = read_card(model)
    crop = card.get("working_size", _SIZE), card.get("framing", "head")
    records = _measure(data, crop, {SHIPPED: [restorer]}, measures)
    shipped = _section("Shipped network", data, crop, records, notes)
    tables = {
        "shipped": "\n\n".join([shipped, _strengths(records), _skin_tones(records)])
    }
    compared = None
    if runs:
        recipes, compared_crop = _recipes(runs)
        compared = _measure(data, compared_crop, recipes, measures)
        title = "Recipes at equal numbers of pictures"
        tables["recipes"] = _section(title, data, compared_crop, compared, [])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "makeup.md").write_text("\n\n".join(tables.values()) + "\n")
    (out / "makeup.json").write_text(json.dumps({"shipped": records, "runs": compared}))
    if update_card:
        card["figures"] = {
            "command": "facekit evaluate makeup --data <london> --features "
            "<squeezenet_v1_1_imagenet_notop.h5> --update-card",
            "data": Path(data).name,
            "size": crop[0],
            "feature_network": network,
            "by_set_and_method": _means(records),
        }
        write_card(model, card)
    return tables


def _saved_model(folder):
    from facekit.restore import SavedModel

    network = SavedModel(folder)
    return lambda images: network(image=images)["restored"]


def _recipes(runs):
    """Restorers by recipe, and size and framing of what all were trained on."""
    from facekit.training.makeup import load_run

    recipes, crops = defaultdict(list), set()
    for folder in runs:
        network, settings = load_run(folder)
        crops.add((settings["size"], settings.get("framing", "head")))
        recipes[settings["recipe"]].append(_restorer(network))
    if len(crops) > 1:
        raise DataError(
            f"Expected runs of one size and framing, received {sorted(crops)}."
        )
    return dict(sorted(recipes.items())), crops.pop()


def _restorer(network):
    def restore(images):
        return np.clip(network({"image": images}, training=False)["restored"], 0, 1)

    return restore


def _measure(data, crop, methods, measures):
    """Put makeup on every face, take it off with every method, compare."""
    size, framing = crop
    crops, landmarks, kept = aligned_faces(list_photos(data), size, framing=framing)
    if not len(crops):
        raise DataError(f"{data}: expected photographs with faces, found none")
    # Skin tones are read where cheeks lie in a square of heads.
    tones = tones_of_people(*aligned_crops(kept, size))
    methods = {COPY: [lambda images: images], **methods}
    records = []
    for start in range(0, len(crops), _BATCH):
        part = slice(start, start + _BATCH)
        people = [identity_of(path) for path in kept[part]]
        for name, batch in _sets(crops, landmarks, part).items():
            region = (batch["amount"] > 0).astype("float32")
            for method, restorers in methods.items():
                for seed, restore in enumerate(restorers):
                    restored = np.rint(255 * np.asarray(restore(batch["image"]))) / 255
                    figures = _figures(
                        batch["target"], restored, region, measures, framing
                    )
                    for i, person in enumerate(people):
                        record = {"set": name, "method": method, "seed": seed}
                        record |= {"person": person, "tone": tones[person]}
                        record |= {key: float(x[i]) for key, x in figures.items()}
                        records.append(record)
    return records


def _sets(crops, landmarks, part):
    """A batch of each set: with makeup of both families, and bare."""
    batches = {}
    for family in MAKEUP_FAMILIES:
        examples = MakeupExamples(
            crops, landmarks, family, _SEED, augment=False, shuffle=False, bare=0.0
        )
        drawn = [examples.example(0, i) for i in range(len(crops))[part]]
        batches[family] = {
            key: np.stack([example[key] for example in drawn]) for key in drawn[0]
        }
    first = batches["train"]
    batches["bare"] = {**first, "image": first["target"]}
    return batches


def _figures(target, restored, region, measures, framing):
    from facekit.metrics import colour_difference, psnr, ssim

    restored = restored.astype("float32")
    figures = {}
    metrics = {"psnr": psnr, "ssim": ssim, "colour": colour_difference}
    for name, metric in metrics.items():
        figures[name] = metric(target, restored)
        figures[f"region_{name}"] = metric(target, restored, region)
    if measures["feature_distance"]:
        figures["feature_distance"] = measures["feature_distance"](target, restored)
    if measures["identity"]:
        faces = (np.rint(255 * x).astype("uint8") for x in (target, restored))
        figures["identity"] = measures["identity"](*faces, framing)
    return {name: np.asarray(values) for name, values in figures.items()}


def _means(records):
    """Mean of each figure by set and method; with the deviation among several seeds."""
    by_seed = defaultdict(lambda: defaultdict(list))
    for record in records:
        for name in FIGURES.keys() & record.keys():
            key = (record["set"], record["method"], name)
            by_seed[key][record["seed"]].append(record[name])
    means = defaultdict(lambda: defaultdict(dict))
    for (kind, method, name), seeds in by_seed.items():
        values = [float(np.nanmean(x)) for x in seeds.values()]
        figure = {"mean": round(float(np.mean(values)), 4)}
        if len(values) > 1:
            figure["deviation"] = round(float(np.std(values, ddof=1)), 4)
        means[kind][method][name] = figure
    return {kind: dict(methods) for kind, methods in means.items()}


def _section(title, data, crop, records, notes):
    people = len({record["person"] for record in records})
    first = [r for r in records if r["set"] == "bare" and r["method"] == COPY]
    lines = [
        f"### {title}, {crop[0]} pixels, framing `{crop[1]}`",
        "",
        f"{len(first)} aligned photographs of {people} people from "
        f"`{Path(data).name}`, one whole look each. The region is where it changed "
        f"the picture. {' '.join(notes)}".strip(),
    ]
    means = _means(records)
    shown = [name for name in FIGURES if name in records[0]]
    for kind, methods in means.items():
        rows = [
            [method, *(_cell(figures[name], FIGURES[name][1]) for name in shown)]
            for method, figures in methods.items()
        ]
        header = [SETS[kind], *(FIGURES[name][0] for name in shown)]
        lines += ["", markdown_table(header, rows)]
    return "\n".join(lines)


def _cell(figure, digits):
    text = f"{figure['mean']:.{digits}f}"
    if "deviation" in figure:
        text += f" ± {figure['deviation']:.{digits}f}"
    return text


def _strengths(records):
    """How much comes off by how strong a makeup is, which copying tells."""
    rows = []
    for kind in MAKEUP_FAMILIES:
        copied, restored = (
            np.array([r["region_psnr"] for r in records if _of(r, kind, method)])
            for method in (COPY, SHIPPED)
        )
        for name, low, high in STRENGTHS:
            inside = (copied >= low) & (copied < high)
            cells = [f"{inside.sum()}"]
            for decibels in (copied, restored, restored - copied):
                mean = decibels[inside].mean() if inside.any() else np.nan
                cells.append(f"{mean:.2f}")
            rows.append([SETS[kind], _range(name, low, high), *cells])
    header = ["", "strength, by copying", "photos", COPY, SHIPPED, "gain"]
    title = "### By strength, PSNR in the region, dB"
    return f"{title}\n\n{markdown_table(header, rows)}"


def _range(name, low, high):
    if np.isinf(high):
        return f"{name}, from {low} dB up"
    if np.isinf(low):
        return f"{name}, below {high} dB"
    return f"{name}, {low} to {high} dB"


def _of(record, kind, method):
    return (record["set"], record["method"]) == (kind, method)


def _skin_tones(records):
    worn = [
        record
        for record in records
        if record["set"] != "bare" and np.isfinite(record["region_psnr"])
    ]
    header = [
        "PSNR in the region, dB [95 %]",
        "gain over the picture with makeup, dB [95 %]",
    ]
    return skin_tone_table(worn, SHIPPED, [COPY], "region_psnr", header)
