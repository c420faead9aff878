"""How well holes are filled: tables by hole size and by skin tone, and the card."""

import dataclasses
import functools
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from facekit.data import (
    HOLE_BINS,
    aligned_crops,
    face_part_hole,
    free_form_hole,
    identity_of,
    list_photos,
    polygon_hole,
    random_hole,
    worn_mask_hole,
)
from facekit.errors import DataError
from facekit.evaluation import restorers
from facekit.evaluation.cards import read_card, write_card
from facekit.evaluation.features import named_distance
from facekit.evaluation.people import tones_of_people
from facekit.evaluation.tables import bin_tables, skin_tone_table

SHIPPED = "facekit"
BASELINES = {
    "copy input": restorers.copy_input,
    "OpenCV Telea": restorers.telea,
    "OpenCV Navier-Stokes": restorers.navier_stokes,
}
TOOL = "facekit, whole tool"
_SIZE = 256  # of a model whose card says nothing of it
LADDER_SIZE = 128
# What makes the holes of each column, and which share of the picture they take.
_BY_SIZE = {
    f"{100 * low:.0f}-{100 * high:.0f} %": (random_hole, (low, high))
    for low, high in HOLE_BINS
}
_BY_KIND = {
    "scribble": (free_form_hole, 0.2),
    "pieces": (polygon_hole, 0.25),
    "part of the face": (face_part_hole, 0.08),
    "worn mask": (worn_mask_hole, 0.22),
}
_BATCH = 18


@dataclasses.dataclass
class Evaluation:
    """Figures of all restorers on the same pictures and holes.

    Attributes:
        title: what is compared.
        size: side of the crops in pixels.
        bins: names of the kinds or sizes of holes.
        records: list of dicts, one for each picture, hole and restorer: ``method``,
            ``bin`` (its place in ``bins``), ``person``, ``tone`` (individual typology
            angle, degrees) and figures: ``psnr``, ``ssim``, ``l1`` over the whole
            picture, ``hole_psnr``, ``hole_ssim``, ``hole_l1`` inside the hole and,
            where feature weights were given, ``feature_distance``.
        feature_network: name of the network behind ``feature_distance``, or None.
    """

    title: str
    size: int
    bins: list
    records: list
    feature_network: str | None

    def mean(self, method, hole_bin, figure):
        """Mean of a figure over the pictures of a bin."""
        values = [
            record[figure]
            for record in self.records
            if record["method"] == method and record["bin"] == hole_bin
        ]
        return float(np.mean(values))

    @property
    def methods(self):
        """Names of the restorers, in order."""
        return list(dict.fromkeys(record["method"] for record in self.records))


def evaluate_inpaint(
    data,
    model,
    ladder=None,
    features=None,
    out="runs/evaluate",
    update_card=False,
    tool=False,
):
    """Measure an inpainting SavedModel against the baselines and write the tables.

    Every aligned face is damaged once for each bin of hole sizes, with holes of all
    kinds, the same for every restorer. For the photo tool one picture of each person is
    damaged once in each of four ways. Writes ``inpaint.json`` (all records) and
    ``inpaint.md`` (the tables).

    Args:
        data: folder of photographs with faces, none of whom trained the network.
        model: folder of the SavedModel.
        ladder: folder with ``V0.npz`` to ``V4.npz``, or None to leave the loss ladder
            out.
        features: weights file or "vgg16" for the feature distance, or None to leave
            that column out.
        out: folder for the results.
        update_card: whether to write the figures into the SavedModel's ``card.json``.
        tool: whether to measure the photo tool as well, some seconds a picture.
            Defaults to False.

    Returns:
        The tables as Markdown.

    Raises:
        DataError: no faces in ``data``.
        ModelError: no SavedModel in ``model``.
    """
    distance, network, note = named_distance(features)
    shipped = {**BASELINES, SHIPPED: restorers.saved_model(model)}
    measure = functools.partial(_measure, data, distance=distance, network=network)
    size = read_card(Path(model)).get("working_size", _SIZE)
    evaluations = [measure("Shipped network", size, shipped)]
    if tool:
        methods = {**shipped, TOOL: restorers.photo_tool(model)}
        evaluations.append(measure("The photo tool", size, methods, _BY_KIND))
    if ladder:
        rungs = {
            file.stem: restorers.ladder_network(file)
            for file in sorted(Path(ladder).glob("V*.npz"))
        }
        rungs = {**BASELINES, **rungs}
        evaluations.append(measure("Loss ladder", LADDER_SIZE, rungs))
    sections = [_section(data, evaluation, note) for evaluation in evaluations]
    text = "\n\n".join([*sections, _skin_tones(evaluations[0])])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "inpaint.md").write_text(text + "\n")
    (out / "inpaint.json").write_text(
        json.dumps([dataclasses.asdict(evaluation) for evaluation in evaluations])
    )
    if update_card:
        _update_card(Path(model), evaluations, Path(data).name)
    return text


def _measure(data, title, size, methods, bins=_BY_SIZE, *, distance, network):
    """Damage every face once a bin, restore it with every method, compare."""
    crops, kept = aligned_crops(list_photos(data), size)
    if not len(crops):
        raise DataError(f"{data}: expected photographs with faces, found none")
    tones = tones_of_people(crops, kept)
    if bins is _BY_KIND:
        people = [identity_of(path) for path in kept]
        first = sorted({people.index(person) for person in people})
        crops, kept = crops[first], [kept[place] for place in first]
    records = []
    for place, (make, ratio) in enumerate(bins.values()):
        holes = np.stack(
            [
                make(np.random.default_rng((place, i)), size, size, ratio)
                for i in range(len(crops))
            ]
        )
        damaged = np.where(holes[..., None], np.uint8(0), crops)
        for method, restore in methods.items():
            for start in range(0, len(crops), _BATCH):
                part = slice(start, start + _BATCH)
                restored = restore(damaged[part], holes[part])
                figures = _figures(crops[part], restored, holes[part], distance)
                for i, path in enumerate(kept[part]):
                    records.append(
                        {
                            "method": method,
                            "bin": place,
                            "person": identity_of(path),
                            "tone": tones[identity_of(path)],
                            **{name: float(x[i]) for name, x in figures.items()},
                        }
                    )
    return Evaluation(title, size, list(bins), records, network)


def _figures(targets, restored, holes, distance):
    from facekit.metrics import l1, psnr, ssim

    target, image = (x.astype("float32") / 255.0 for x in (targets, restored))
    region = holes[..., None].astype("float32")
    figures = {}
    for name, metric in {"psnr": psnr, "ssim": ssim, "l1": l1}.items():
        figures[name] = metric(target, image)
        figures[f"hole_{name}"] = metric(target, image, region)
    if distance:
        figures["feature_distance"] = distance(target, image)
    return {name: np.asarray(values) for name, values in figures.items()}


def _section(data, evaluation, note):
    people = len({record["person"] for record in evaluation.records})
    count = sum(
        record["method"] == evaluation.methods[0] and record["bin"] == 0
        for record in evaluation.records
    )
    damage = f"once in {len(evaluation.bins)} ways"
    if evaluation.bins == list(_BY_SIZE):
        damage = "once in every bin of hole sizes"
    lines = [
        f"### {evaluation.title}, {evaluation.size} pixels",
        "",
        f"{count} aligned photographs of {people} people from `{Path(data).name}`, "
        f"each damaged {damage}.",
    ]
    if evaluation.feature_network:
        lines[-1] += (
            f" Feature distance: deep layers of {evaluation.feature_network} that no "
            "loss uses."
        )
    if note:
        lines += ["", note]
    return "\n".join([*lines, "", bin_tables(evaluation)])


def _skin_tones(evaluation):
    # Holes below 10 % are too easy to tell people apart.
    records = [record for record in evaluation.records if record["bin"] > 0]
    header = [
        "PSNR inside the hole, dB [95 %]",
        "gain over the better OpenCV method, dB [95 %]",
    ]
    return skin_tone_table(records, SHIPPED, BASELINES, "hole_psnr", header)


def _update_card(model, evaluations, data):
    card = read_card(model)
    evaluation = evaluations[0]
    card["figures"] = {
        "command": "facekit evaluate inpaint --data <london> --features "
        "<squeezenet_v1_1_imagenet_notop.h5> --update-card",
        "data": data,
        "size": evaluation.size,
        "feature_network": evaluation.feature_network,
        "by_method_and_hole": _means(evaluation),
    }
    for tool in evaluations[1:]:
        if TOOL in tool.methods:
            card["figures"]["command"] += " --tool"
            card["figures"]["tool_by_method_and_hole"] = _means(tool)
    write_card(model, card)


def _means(evaluation):
    """Mean figures by method and bin."""
    figures = defaultdict(dict)
    for method in evaluation.methods:
        for place, name_of_bin in enumerate(evaluation.bins):
            figures[method][name_of_bin] = {
                name: round(evaluation.mean(method, place, name), 4)
                for name in evaluation.records[0]
                if name not in ("method", "bin", "person", "tone")
            }
    return figures
