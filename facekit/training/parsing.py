"""Training of the network that says what lies where in a portrait."""

import dataclasses
from pathlib import Path

import cv2
import keras
import numpy as np
from keras import ops

from facekit.conventions import PARSING_CLASSES
from facekit.data import write_photo
from facekit.data.face_regions import OUTER_LIPS, OUTLINES, draw_hull
from facekit.models import FaceParsingUNet
from facekit.training.averaged_trainer import AveragedTrainer
from facekit.training.faces import as_sheet, cache_of, faces_of
from facekit.training.loop import run_training
from facekit.training.parsing_config import PARSING_NETWORKS
from facekit.training.parsing_examples import SKIN, ParsingExamples, parsing_arrays
from facekit.training.rendered import hold_out, portrait_folders
from facekit.training.runs import (
    check_settings,
    load_network,
    record_settings,
    save_finished,
)

_INPUTS = ("image", "mask", "face")
_BACKDROP_SIZE = 256
_WEIGHT_DECAY = 1e-4
_SHOWN = 8
_MEASURED = 64
_AT_ONCE = 64
# Colours of the classes in sample pictures.
_PALETTE = np.float32([[0.25] * 3, [0.9, 0.6, 0.47], [0.08] * 3, [0.15, 0.45, 0.8]])


class ParsingTrainer(AveragedTrainer):
    """Network, its moving average and its loss.

    Args:
        config: ``ParsingConfig``.
    """

    def __init__(self, config):
        super().__init__(
            config,
            lambda: build_parsing_network(config.network),
            lambda rate: keras.optimizers.AdamW(
                rate, weight_decay=_WEIGHT_DECAY, global_clipnorm=1.0
            ),
        )

    def _loss(self, batch):
        """Cross-entropy of the labels, by the examples' weights."""
        inputs = {name: batch[name] for name in _INPUTS}
        found = self.network(inputs, training=True)
        label = ops.cast(batch["label"][..., 0], "int32")
        true = ops.one_hot(label, len(PARSING_CLASSES))
        entropy = -ops.sum(true * ops.log(ops.maximum(found, 1e-7)), -1)
        loss = ops.mean(batch["weight"][..., 0] * entropy)
        return loss, {"loss": loss}


def train_parsing(config):
    """Train, or go on with, the run in ``config.out``.

    Writes ``config.json``, ``checkpoint.npz``, ``log.csv``, ``tensorboard/``, sample
    pictures and, at the end, the averaged weights. Of more than 16 portraits, one in 16
    is left out, to measure at each checkpoint what is found in holes.

    Args:
        config: ``ParsingConfig``.

    Returns:
        The averaged ``FaceParsingUNet``.

    Raises:
        DataError: a data folder is missing or empty, or ``config.out`` holds a run
            with other settings.
        WeightsError: initial weights cannot be had.
    """
    out = Path(config.out)
    check_settings(config, out)
    kept, left_out = hold_out(portrait_folders(config.portraits))
    cache, held_out = cache_of(config), None
    if left_out:
        measured = parsing_arrays(left_out, config.size, cache)
        measured = ParsingExamples(**measured, augment=False, shuffle=False)
        held_out = measured.batch(0, min(len(measured), _MEASURED))
    arrays = parsing_arrays(kept, config.size, cache)
    photos, backdrops = None, None
    if config.data:
        large = dataclasses.replace(config, size=_BACKDROP_SIZE)
        photos = faces_of(config.data, large)[:2]
        backdrops = photos[0]
    record_settings(config, out)
    trainer = ParsingTrainer(config)
    if config.self_training:
        parsed = parse_photographs(trainer.average, *photos, config.size)
        rendered = np.repeat([True, False], [len(arrays["crops"]), len(photos[0])])
        arrays = {x: np.concatenate([arrays[x], parsed[x]]) for x in parsed}
        arrays["rendered"] = rendered
    examples = ParsingExamples(**arrays, backdrops=backdrops, seed=config.seed)
    shown = ParsingExamples(**arrays, backdrops=backdrops, seed=config.seed + 1)
    shown = shown.batch(0, _SHOWN)
    run_training(
        trainer,
        examples,
        config,
        validate=held_out and (lambda: _scores(trainer.average, held_out)),
        sample=lambda path: write_photo(path, _sample_sheet(trainer.average, shown)),
    )
    save_finished(trainer.average, out)
    return trainer.average


def parse_photographs(network, crops, landmarks, size):
    """Let a network label whole photographs, to learn from what it will not be shown.

    Beside a photograph its mirror image counts as part of it.

    Args:
        network: ``FaceParsingUNet``.
        crops: uint8, (count, side, side, 3), aligned faces.
        landmarks: (count, 468, 2), pixels of the crops.
        size: int, side of the examples.

    Returns:
        Dict of arguments of ``ParsingExamples``.

    Reference: Lee, Pseudo-Label, 2013; Xie et al., Self-training with Noisy Student,
    2020.
    """
    scale = size / crops.shape[1]
    points = ((landmarks + 0.5) * scale - 0.5).astype("float32")
    small = [cv2.resize(x, (size, size), interpolation=cv2.INTER_AREA) for x in crops]
    small = np.stack(small)
    features = [*OUTLINES["eyes"], *OUTLINES["brows"], OUTER_LIPS]
    labels = np.empty(small.shape[:3], "uint8")
    for start in range(0, len(small), _AT_ONCE):
        part = np.s_[start : start + _AT_ONCE]
        batch = {
            "image": small[part].astype("float32") / 255,
            "mask": np.ones((len(small[part]), size, size, 1), "float32"),
            "face": np.stack([draw_hull(x, (size, size)) for x in points[part]]),
        }
        batch["face"] = batch["face"][..., None].astype("float32")
        mirrored = {name: x[:, :, ::-1] for name, x in batch.items()}
        found = _predicted(network, batch)
        found = found + _predicted(network, mirrored)[:, :, ::-1]
        labels[part] = found.argmax(-1)
    for label, face in zip(labels, points, strict=True):
        # Dark eyes and lips are taken for hair, now and then.
        for outline in features:
            label[draw_hull(face[list(outline)], label.shape)] = SKIN
    return {"crops": small, "labels": labels, "points": points}


def build_parsing_network(name):
    """A ``FaceParsingUNet`` by the name in a run's settings."""
    return FaceParsingUNet(PARSING_NETWORKS[name])


def load_parsing_run(folder):
    """``load_network`` of a run that trained a ``FaceParsingUNet``."""
    return load_network(folder, lambda config: build_parsing_network(config["network"]))


def _scores(network, batch):
    """Intersection over union of the classes in the holes of held-out portraits."""
    found = _predicted(network, batch).argmax(-1)
    hidden = (batch["weight"] > 0) & (batch["mask"] == 0)
    found, true = found[hidden[..., 0]], batch["label"][hidden]
    scores = {}
    for k, name in enumerate(PARSING_CLASSES):
        either = ((found == k) | (true == k)).sum()
        both = ((found == k) & (true == k)).sum()
        scores[f"validation_{name}_iou"] = float(both / max(either, 1))
    return scores


def _sample_sheet(network, batch):
    """Rows: picture with its hole, what was found, what is true; uint8."""
    true = _PALETTE[batch["label"][..., 0].astype(int)]
    rows = [batch["image"], _predicted(network, batch) @ _PALETTE, true]
    return np.repeat(np.repeat(as_sheet(rows), 2, 0), 2, 1)


def _predicted(network, batch):
    inputs = {name: batch[name] for name in _INPUTS}
    return network.predict(inputs, batch_size=16, verbose=0)
