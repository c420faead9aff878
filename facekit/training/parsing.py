"""Training of the network that says what lies where in a portrait."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
from keras import ops

from facekit.conventions import PARSING_CLASSES
from facekit.data import write_photo
from facekit.models import FaceParsingUNet
from facekit.training.averaging import MovingAverage
from facekit.training.faces import as_sheet, cache_of, faces_of
from facekit.training.loop import run_training
from facekit.training.optimizers import (
    dtype_policy,
    learning_rate_schedule,
    scaled_for,
)
from facekit.training.parsing_config import PARSING_NETWORKS
from facekit.training.parsing_examples import ParsingExamples, parsing_arrays
from facekit.training.runs import (
    check_settings,
    load_generator,
    load_network,
    record_settings,
    save_finished,
)
from facekit.training.skin_examples import portrait_folders
from facekit.training.updates import compile_update

_INPUTS = ("image", "mask", "face")
_BACKDROP_SIZE = 256
_WEIGHT_DECAY = 1e-4
_SHOWN = 8
_HELD_OUT = 16  # every so many portraits one is measured, not learned from
_MEASURED = 64
# Colours of the classes in sample pictures.
_PALETTE = np.float32([[0.25] * 3, [0.9, 0.6, 0.47], [0.08] * 3, [0.15, 0.45, 0.8]])


class ParsingTrainer:
    """Network, its moving average and its loss.

    Args:
        config: ``ParsingConfig``.
    """

    def __init__(self, config):
        self.config = config
        keras.utils.set_random_seed(config.seed)
        with dtype_policy(config.precision):
            self.network = build_parsing_network(config.network)
            self.average = build_parsing_network(config.network)
        if config.init:
            load_generator(self.network, config.init)
        self.average.set_weights(self.network.get_weights())
        rate = learning_rate_schedule(
            config.learning_rate, config.schedule, config.steps
        )
        optimizer = keras.optimizers.AdamW(
            rate, weight_decay=_WEIGHT_DECAY, global_clipnorm=1.0
        )
        self._optimizer = scaled_for(config.precision, optimizer)
        self._update = compile_update(
            self._loss,
            self.network.trainable_variables,
            self.network.non_trainable_variables,
            self._optimizer,
        )
        self._average = MovingAverage(self.average, self.network, config.ema)

    def update(self, batch):
        """Train on one batch of ``ParsingExamples``; dict of the loss."""
        report = self._update(batch)
        self._average.move()
        return report

    def variable_groups(self):
        """All variables that a checkpoint holds, by name."""
        return {
            "network": self.network.variables,
            "average": self.average.variables,
            "optimizer": self._optimizer.variables,
            "averaged_steps": [self._average.steps],
        }

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
    folders, cache = portrait_folders(config.portraits), cache_of(config)
    kept, held_out = folders, None
    if len(folders) > _HELD_OUT:
        kept = [folder for k, folder in enumerate(folders) if k % _HELD_OUT]
        measured = parsing_arrays(folders[::_HELD_OUT], config.size, cache)
        measured = ParsingExamples(**measured, augment=False, shuffle=False)
        held_out = measured.batch(0, min(len(measured), _MEASURED))
    arrays = parsing_arrays(kept, config.size, cache)
    backdrops = None
    if config.data:
        large = dataclasses.replace(config, size=_BACKDROP_SIZE)
        backdrops = faces_of(config.data, large)[0]
    record_settings(config, out)
    examples = ParsingExamples(**arrays, backdrops=backdrops, seed=config.seed)
    trainer = ParsingTrainer(config)
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
