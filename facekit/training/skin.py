"""Training of the skin network on rendered portraits and photographs together."""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from facekit.data import write_photo
from facekit.losses import BioFaceLoss
from facekit.models import BioFaceNet
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.training.averaged_trainer import AveragedTrainer
from facekit.training.faces import as_sheet, cache_of, faces_of, group_weights
from facekit.training.loop import run_training
from facekit.training.rendered import hold_out, portrait_folders
from facekit.training.runs import (
    check_settings,
    load_network,
    record_settings,
    save_finished,
)
from facekit.training.skin_config import SKIN_NETWORKS
from facekit.training.skin_examples import (
    MAPS,
    SkinExamples,
    join,
    photo_arrays,
    portrait_arrays,
)

# Photographs are aligned at this size, whatever the network's, so that runs share them.
_CROP_SIZE = 256
_SHOWN = 8


class SkinTrainer(AveragedTrainer):
    """Network, its moving average and its loss.

    Args:
        config: ``SkinConfig``.
    """

    def __init__(self, config):
        super().__init__(
            config,
            lambda: build_skin_network(config.network, config.pyramid),
            lambda rate: keras.optimizers.Adam(rate, global_clipnorm=1.0),
        )
        self.loss = BioFaceLoss(
            config.appearance,
            config.specular_target,
            config.specular_weight,
            config.shading_weight,
            config.camera_weight,
            config.truth_weight,
            config.pattern_weight,
            config.appearance_weight,
        )

    def _loss(self, batch):
        outputs = self.network({"image": batch["image"]}, training=True)
        terms = self.loss.terms(batch, outputs)
        loss = sum(terms.values())
        return loss, {"loss": loss, **terms}


def train_skin(config):
    """Train, or go on with, the run in ``config.out``.

    Writes ``config.json``, ``checkpoint.npz``, ``log.csv``, ``tensorboard/``, sample
    pictures and, at the end, the averaged weights. Of more than 16 rendered portraits,
    one in 16 is left out, to measure the maps at each checkpoint.

    Args:
        config: ``SkinConfig``.

    Returns:
        The averaged ``BioFaceNet``.

    Raises:
        DataError: a data folder is missing or empty, or ``config.out`` holds a run
            with other settings.
        WeightsError: initial weights cannot be had.
    """
    out = Path(config.out)
    check_settings(config, out)
    arrays, weights, held_out = _training_arrays(config)
    record_settings(config, out)
    examples = SkinExamples(**arrays, seed=config.seed, weights=weights)
    trainer = SkinTrainer(config)
    shown = SkinExamples(**arrays, seed=1, weights=weights, augment=False)
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


def build_skin_network(name, pyramid=False):
    """A ``BioFaceNet`` by the names of a run's settings."""
    return BioFaceNet(**SKIN_NETWORKS[name], pyramid=pyramid)


def load_skin_run(folder):
    """``load_network`` of a run that trained a ``BioFaceNet``."""
    return load_network(
        folder, lambda config: build_skin_network(config["network"], config["pyramid"])
    )


def _training_arrays(config):
    """Arrays of all examples, how often to draw each, and a batch to measure by."""
    parts, weights, held_out = [], [], None
    folders = portrait_folders(config.portraits)
    if folders:
        cache = cache_of(config)
        kept, left_out = hold_out(folders)
        if left_out:
            measured = portrait_arrays(left_out, config.size, cache)
            measured = SkinExamples(**measured, augment=False, shuffle=False)
            held_out = measured.batch(0, len(measured))
        parts.append(portrait_arrays(kept, config.size, cache))
        share = config.rendered if config.data else 1.0
        weights.append(_shared_out(np.ones(len(parts[0]["crops"])), share))
    if config.data:
        large = dataclasses.replace(config, size=_CROP_SIZE)
        crops, landmarks, files = faces_of(config.data, large)
        parts.append(photo_arrays(crops, landmarks, config.size, cache_of(config)))
        share = 1 - config.rendered if folders else 1.0
        weights.append(_shared_out(group_weights(files), share))
    return join(*parts), np.concatenate(weights), held_out


def _shared_out(weights, share):
    return weights / weights.sum() * share


def _scores(network, batch):
    """Correlation and error of the maps inside the skin of held-out portraits."""
    maps = network.predict(batch["image"], batch_size=16, verbose=0)
    skin = batch["skin"] > 0.5
    scores = {}
    for name in MAPS[1:]:
        true, found = batch[name][skin], maps[name][skin]
        scores[f"validation_{name}_r"] = float(np.corrcoef(true, found)[0, 1])
        scores[f"validation_{name}_mae"] = float(np.abs(true - found).mean())
    error = (maps["reconstruction"] - batch["image"])[skin[..., 0]]
    scores["validation_rmse"] = float(np.sqrt(np.square(error).mean()))
    return scores


def _sample_sheet(network, batch):
    """Rows: picture, reconstruction, then each map, found above true; uint8."""
    maps = network.predict(batch["image"], verbose=0)
    scales = {"melanin": MAX_MELANIN, "haemoglobin": MAX_HAEMOGLOBIN}
    scales |= {"diffuse": 1.5, "specular": 0.5}
    rows = [batch["image"], maps["reconstruction"]]
    for name, scale in scales.items():
        for source in (maps, batch):
            shown = (np.clip(source[name] / scale, 0, 1)) ** 0.5
            rows.append(np.repeat(shown, 3, axis=-1))
    return np.repeat(np.repeat(as_sheet(rows), 2, 0), 2, 1)
