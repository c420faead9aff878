"""Training of the network that takes makeup off."""

import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from facekit.data import MakeupExamples, MixedMakeupExamples, write_photo
from facekit.errors import DataError
from facekit.losses import RestorationLoss
from facekit.metrics import psnr
from facekit.models import Res34UNet, feature_network
from facekit.training.averaged_trainer import AveragedTrainer
from facekit.training.faces import (
    as_sheet,
    cache_of,
    faces_of,
    group_weights,
    wears_lipstick,
)
from facekit.training.loop import run_training
from facekit.training.makeup_config import NETWORKS
from facekit.training.pools import pooled
from facekit.training.runs import (
    check_settings,
    load_network,
    record_settings,
    save_finished,
)

_SHOWN = 8


class MakeupTrainer(AveragedTrainer):
    """Network, its moving average, its loss and its optimizer.

    Batches are dicts of float32 arrays: image, amount, target.

    Args:
        config: ``MakeupConfig``.
        features: Keras model for the perceptual term; None loads ``config.features``.
    """

    stored_as = "generator"

    def __init__(self, config, features=None):
        super().__init__(
            config,
            lambda: build_network(config),
            lambda rate: keras.optimizers.AdamW(rate, global_clipnorm=config.clip),
        )
        if features is None and config.features != "none":
            features = feature_network(config.features)
        self.loss = RestorationLoss(
            features,
            pixel=config.pixel,
            floor=config.floor,
            pixel_weight=config.pixel_weight,
            ssim_weight=config.ssim_weight,
            perceptual_weight=config.perceptual_weight,
            region_weight=config.region_weight,
        )

    def _loss(self, batch):
        target = batch["target"]
        outputs = self.network({"image": batch["image"]}, training=True)
        if self.config.loss == "mse":
            terms = {"mse": ops.mean(ops.square(outputs["restored"] - target))}
        else:
            terms = self.loss.terms(target, outputs["restored"], batch["amount"])
            size = ops.mean(ops.abs(outputs["residual"]))
            terms["residual"] = self.config.residual_weight * size
        loss = sum(terms.values())
        return loss, {"loss": loss, **terms}


def train_makeup(config, features=None):
    """Train, or go on with, the run in ``config.out``.

    Writes ``config.json``, ``checkpoint.npz``, ``log.csv``, ``tensorboard/``, sample
    pictures and, at the end, ``generator.weights.h5`` with the averaged weights.

    Args:
        config: ``MakeupConfig``.
        features: Keras model for the perceptual term; None loads ``config.features``.

    Returns:
        The averaged ``Res34UNet``.

    Raises:
        DataError: a data folder is missing or has no bare face, or ``config.out``
            holds a run with other settings.
        WeightsError: features or initial weights cannot be had.
    """
    out = Path(config.out)
    check_settings(config, out)
    crops, landmarks, kept = faces_of(config.data, config, config.framing)
    bare = _bare_faces(crops, landmarks, config.data)
    record_settings(config, out)
    weights = np.zeros(len(crops))
    weights[bare] = group_weights([kept[i] for i in bare])
    examples = MixedMakeupExamples(
        crops,
        landmarks,
        seed=config.seed,
        weights=weights,
        bare=config.bare,
    )
    if config.pool:
        examples = pooled(examples, cache_of(config), config.pool)
    trainer = MakeupTrainer(config, features)
    held_out = _validation_batches(config)
    shown = _shown(held_out, crops, landmarks)
    run_training(
        trainer,
        examples,
        config,
        validate=held_out and (lambda: _validation_scores(trainer.average, held_out)),
        sample=lambda path: write_photo(path, _sample_sheet(trainer.average, shown)),
    )
    save_finished(trainer.average, out)
    return trainer.average


def _bare_faces(crops, landmarks, folders):
    """Indices of the faces whose lips wear no makeup already."""
    faces = zip(crops, landmarks, strict=True)
    worn = np.array([wears_lipstick(*face) for face in faces])
    if worn.all():
        names = ", ".join(map(str, folders))
        raise DataError(f"{names}: expected faces without makeup, found none")
    if worn.any():
        left_out = f"Left out: {worn.sum()} of {len(worn)} faces, which wear lipstick."
        warnings.warn(left_out, stacklevel=3)
    return np.flatnonzero(~worn)


def load_run(folder):
    """``load_network`` of a run that trained a ``Res34UNet``."""
    return load_network(folder, _network)


def build_network(config):
    """A ``Res34UNet`` by a run's settings."""
    return _network(vars(config))


def _network(config):
    kind = config["normalization"]
    return Res34UNet(
        **NETWORKS[config["network"]],
        normalization=None if kind == "none" else kind,
        head=config["head"],
        symmetric=config.get("symmetric", False),
    )


def _validation_batches(config):
    """The same faces with makeup of both families, and bare."""
    if not config.validate:
        return None
    crops, landmarks, _ = faces_of([config.validate], config, config.framing)
    settings = {"train": ("train", 0.0), "held_out": ("held_out", 0.0)}
    settings["bare"] = ("train", 1.0)
    batches = {}
    for name, (family, bare) in settings.items():
        examples = MakeupExamples(
            crops, landmarks, family, 7, augment=False, shuffle=False, bare=bare
        )
        batches[name] = examples.batch(0, min(len(crops), 64))
    return batches


def _validation_scores(model, batches):
    """PSNR where there is makeup, what it gains over the input, and on bare faces."""
    scores = {}
    for name, batch in batches.items():
        restored = _restored(model, batch["image"])
        region = None if name == "bare" else batch["amount"] > 0
        decibels = np.asarray(psnr(batch["target"], restored, region))
        scores[f"validation_{name}_psnr"] = float(np.nanmean(decibels))
        if name != "bare":
            copied = np.asarray(psnr(batch["target"], batch["image"], region))
            scores[f"validation_{name}_gain"] = float(np.nanmean(decibels - copied))
    return scores


def _shown(batches, crops, landmarks):
    """A few pictures for the sample sheets."""
    if batches is None:
        examples = MakeupExamples(crops, landmarks, seed=1, augment=False, bare=0.0)
        return examples.batch(0, _SHOWN)
    return {
        key: np.concatenate([batches[name][key][: _SHOWN // 2] for name in batches])
        for key in ("image", "target")
    }


def _sample_sheet(model, batch):
    """Rows of pictures with makeup, without it by the network, and in truth, uint8."""
    return as_sheet([batch["image"], _restored(model, batch["image"]), batch["target"]])


def _restored(model, images):
    outputs = model.predict({"image": images}, batch_size=16, verbose=0)
    return np.clip(outputs["restored"], 0, 1)
