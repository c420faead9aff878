"""Training of the inpainting network: V0 to V3, and V4 with an adversary."""

import dataclasses
import functools
import json
import os
import re
from collections import Counter
from pathlib import Path

import cv2
import keras
import numpy as np
from keras import ops

from facekit.data import InpaintingExamples, aligned_crops, list_photos, write_photo
from facekit.errors import DataError, WeightsError
from facekit.losses import (
    InpaintingLoss,
    adversarial_discriminator_loss,
    adversarial_generator_loss,
    feature_matching_loss,
    hole_patch_weights,
)
from facekit.models import (
    PartialConvUNet,
    PatchDiscriminator,
    feature_network,
    grow_from,
)
from facekit.ops import composite
from facekit.training.checkpoints import UNREADABLE
from facekit.training.cross_fit import CrossFit
from facekit.training.inpaint_config import NETWORKS
from facekit.training.loop import CHECKPOINT, run_training
from facekit.training.updates import compile_update


class InpaintTrainer:
    """Generator, its moving average, its loss and, for V4, the discriminator.

    Args:
        config: ``InpaintConfig``.
        features: Keras model for V2 and up; None loads ``config.features``.
        examples: ``CrossFit`` that a network with principal components adapts to;
            growing from a smaller run needs it or ``InpaintingExamples``.
    """

    def __init__(self, config, features=None, examples=None):
        self.config = config
        keras.utils.set_random_seed(config.seed)
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(config.precision)
        try:
            self._build_networks(features, examples)
        finally:
            keras.config.set_dtype_policy(policy)
        self._build_updates()

    def update(self, batch):
        """Train on one batch.

        Args:
            batch: dict of float32 arrays: image, mask, target.

        Returns:
            Dict of scalars: ``loss`` and each of its terms.
        """
        if self._guesses:
            half = int(self._averaged_steps) % 2
            self.generator.get_layer("guess").set_weights(self._guesses[half])
        report = self._update_generator(batch)
        restored = report.pop("restored")
        if self.discriminator is not None:
            report |= self._update_discriminator({**batch, "restored": restored})
        self._average()
        return report

    def variable_groups(self):
        """All variables that a checkpoint holds, by name."""
        groups = {
            "generator": self.generator.variables,
            "average": self.average.variables,
            "optimizer": self._optimizer.variables,
            "averaged_steps": [self._averaged_steps],
        }
        if self.discriminator is not None:
            groups["discriminator"] = self.discriminator.variables
            groups["discriminator_optimizer"] = self._adversary_optimizer.variables
        return groups

    def _build_networks(self, features, examples):
        config = self.config
        self.generator = build_network(config.network, config.inner)
        self.average = build_network(config.network, config.inner)
        self.generator.freeze_normalization(("encoder",), config.phase == 2)
        if config.init:
            _start_from(self.generator, config, examples)
        self._guesses = None
        if self.generator.num_components is not None and examples is not None:
            self._guesses = examples.adapt(self.generator.get_layer("guess"))
        self.average.set_weights(self.generator.get_weights())
        self.discriminator = None
        if config.loss == "V4":
            self.discriminator = PatchDiscriminator(config.discriminator_filters)
        if config.loss in ("V0", "V1"):
            features = None
        elif features is None:
            features = feature_network(config.features)
        version = "V3" if config.loss == "V4" else config.loss
        self.loss = InpaintingLoss(version, features, style_weight=config.style_weight)

    def _build_updates(self):
        self._optimizer = self._make_optimizer(beta_1=0.9)
        adversary = self.discriminator.variables if self.discriminator else []
        self._update_generator = compile_update(
            self._generator_loss,
            self.generator.trainable_variables,
            [*self.generator.non_trainable_variables, *adversary],
            self._optimizer,
        )
        if self.discriminator is not None:
            self._adversary_optimizer = self._make_optimizer(beta_1=0.5)
            self._update_discriminator = compile_update(
                self._discriminator_loss,
                self.discriminator.trainable_variables,
                self.discriminator.non_trainable_variables,
                self._adversary_optimizer,
            )
        self._averaged_steps = keras.Variable(0.0, trainable=False, name="steps")

    def _make_optimizer(self, beta_1):
        config = self.config
        rate = config.learning_rate
        if rate is None:
            rate = {1: 2e-4, 2: 5e-5}[config.phase]
        if config.schedule == "cosine":
            warmup = min(500, config.steps // 10)
            rate = keras.optimizers.schedules.CosineDecay(
                rate / 100,
                config.steps - warmup,
                alpha=0.01,
                warmup_target=rate,
                warmup_steps=warmup,
            )
        # One bad batch of an adversarial run can otherwise undo all that is learned.
        optimizer = keras.optimizers.Adam(rate, beta_1=beta_1, global_clipnorm=1.0)
        if config.precision == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        return optimizer

    def _generator_loss(self, batch):
        target, mask = batch["target"], batch["mask"]
        inputs = {"image": batch["image"], "mask": mask}
        restored = self.generator(inputs, training=True)["restored"]
        terms = self.loss.terms(target, restored, mask)
        if self.discriminator is not None:
            terms |= self._adversarial_terms(target, restored, mask)
        loss = sum(terms.values())
        return loss, {"loss": loss, **terms, "restored": restored}

    def _adversarial_terms(self, target, restored, mask):
        filled = composite(target, restored, mask)
        real = self.discriminator({"image": target, "mask": mask}, training=False)
        fake = self.discriminator({"image": filled, "mask": mask}, training=False)
        weights = hole_patch_weights(mask, fake["logits"])
        config = self.config
        return {
            "adversarial": config.adversarial_weight
            * adversarial_generator_loss(fake["logits"], weights),
            "matching": config.matching_weight
            * feature_matching_loss(real["features"], fake["features"]),
        }

    def _discriminator_loss(self, batch):
        target, mask = batch["target"], batch["mask"]
        filled = ops.stop_gradient(composite(target, batch["restored"], mask))
        real = self.discriminator({"image": target, "mask": mask}, training=True)
        fake = self.discriminator({"image": filled, "mask": mask}, training=True)
        weights = hole_patch_weights(mask, fake["logits"])
        loss = adversarial_discriminator_loss(real["logits"], fake["logits"], weights)
        return loss, {"discriminator": loss}

    def _average(self):
        """Move the averaged weights; short memory at first, so the start is lost."""
        steps = float(self._averaged_steps.numpy()) + 1.0
        self._averaged_steps.assign(steps)
        past = min(self.config.ema, steps / (10.0 + steps))
        pairs = zip(self.average.variables, self.generator.variables, strict=True)
        for average, current in pairs:
            # The average has the components of all pictures.
            if self._guesses and average.path.startswith("guess/"):
                continue
            average.assign(past * average + (1.0 - past) * current)


def train_inpaint(config, features=None):
    """Train, or go on with, the run in ``config.out``.

    Writes ``config.json``, ``checkpoint.npz``, ``log.csv``, ``tensorboard/``, sample
    pictures and, at the end, ``generator.weights.h5`` with the averaged weights.

    Args:
        config: ``InpaintConfig``.
        features: Keras model for V2 and up; None loads ``config.features``.

    Returns:
        The averaged ``PartialConvUNet``.

    Raises:
        DataError: a data folder is missing or has no face, or ``config.out`` holds a
            run with other settings.
        WeightsError: features or initial weights cannot be had.
    """
    out = Path(config.out)
    _record_settings(config, out)
    crops, weights = _training_crops(config)
    make_examples = functools.partial(
        InpaintingExamples,
        hole_ratio=config.hole_ratio,
        seed=config.seed,
        unaligned=config.unaligned,
    )
    guided = NETWORKS[config.network].get("num_components") is not None
    if guided:
        examples = CrossFit(make_examples, crops, weights)
    else:
        examples = make_examples(crops, weights=weights)
    trainer = InpaintTrainer(config, features, examples)
    held_out = _validation_batch(config)
    shown = InpaintingExamples(crops, config.hole_ratio, seed=1, augment=False)
    shown = shown.batch(0, 8)
    run_training(
        trainer,
        examples,
        config,
        validate=held_out and (lambda: _validation_scores(trainer.average, held_out)),
        sample=lambda path: write_photo(path, _sample_sheet(trainer.average, shown)),
    )
    unfinished = out / "unfinished.weights.h5"
    trainer.average.save_weights(unfinished)
    os.replace(unfinished, out / "generator.weights.h5")
    return trainer.average


def _record_settings(config, out):
    """Write ``config.json``; a run that goes on must be the same run."""
    path = out / "config.json"
    settings = json.loads(json.dumps(dataclasses.asdict(config)))
    if (out / CHECKPOINT).exists() and path.is_file():
        stored = json.loads(path.read_text("utf-8"))
        free = {"out", "steps", "validate", "cache", "log_every", "save_every"}
        changed = sorted(
            name
            for name in settings.keys() - free
            if stored.get(name, settings[name]) != settings[name]
        )
        if changed:
            name = changed[0]
            raise DataError(
                f"{out}: holds a run with {name} {stored[name]!r}, expected "
                f"{settings[name]!r}. Give the new run a folder of its own."
            )
    out.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(settings, indent=1), "utf-8")
    os.replace(unfinished, path)


def load_generator(generator, source):
    """Load weights from a run's folder, its checkpoint or a weights file.

    Args:
        generator: ``PartialConvUNet`` of the same configuration.
        source: folder of a run, ``checkpoint.npz`` (the averaged weights are taken)
            or ``.weights.h5`` file.

    Raises:
        WeightsError: if there are none, or they do not fit.
    """
    path = Path(source)
    if path.is_dir():
        finished = path / "generator.weights.h5"
        path = finished if finished.exists() else path / "checkpoint.npz"
    if not path.exists():
        raise WeightsError(f"{source}: no weights here (expected a run's folder)")
    try:
        if path.suffix == ".npz":
            with open(path, "rb") as file, np.load(file) as stored:
                count = len(generator.variables)
                generator.set_weights([stored[f"average/{i}"] for i in range(count)])
        else:
            generator.load_weights(path)
    except UNREADABLE as error:
        raise WeightsError(f"{path}: does not fit the network ({error})") from error


def load_run(folder):
    """The network of a training run, with its averaged weights.

    Args:
        folder: folder of a run.

    Returns:
        ``(network, config)``: ``PartialConvUNet`` and the dict in ``config.json``, its
        ``steps`` as many as the run has made, should it have been stopped early.

    Raises:
        DataError: the folder holds no run.
        WeightsError: its weights are missing or damaged.
    """
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise DataError(f"{folder}: expected a training run, found no config.json")
    config = json.loads(path.read_text("utf-8"))
    network = build_network(config["network"], config.get("inner", 0))
    load_generator(network, folder)
    checkpoint = Path(folder) / CHECKPOINT
    if checkpoint.exists():
        with np.load(checkpoint) as stored:
            config["steps"] = int(stored["step"])
    return network, config


def build_network(name, inner=0):
    """A ``PartialConvUNet`` by the names of a run's settings."""
    network = PartialConvUNet(**NETWORKS[name])
    return network.inner(inner) if inner else network


def _start_from(generator, config, examples):
    """Load ``config.init``, or grow from it if it is a run at half the size."""
    if Path(config.init, "config.json").is_file():
        smaller, settings = load_run(config.init)
        if settings["network"] == config.network and settings.get("inner", 0) > (
            config.inner
        ):
            sample = examples.batch(0, 32)
            grow_from(generator, smaller, sample["image"], sample["mask"])
            generator.freeze_normalization(("encoder", "decoder"))
            return
    load_generator(generator, config.init)


def _training_crops(config):
    """Aligned crops of all folders, and how often to draw each."""
    crops, kept = _crops(config.data, config)
    groups = [_group(path) for path in kept]
    counts = Counter(groups)
    # Between "every photo alike" and "every group alike": small groups are seen more
    # often without being learned by heart.
    return crops, np.asarray([counts[group] ** -0.5 for group in groups])


def _crops(folders, config):
    """Aligned crops, and the photographs they come from."""
    files = [file for folder in folders for file in list_photos(folder)]
    if not files:
        raise DataError(f"{', '.join(map(str, folders))}: no photographs found")
    cache = Path(config.cache or Path(config.out) / "cache")
    crops, kept = aligned_crops(files, config.size, cache=cache)
    if not len(crops):
        raise DataError(f"{', '.join(map(str, folders))}: no faces found")
    return crops, kept


def _group(path):
    """Folder and name without its number: ``generated/female_asian``."""
    path = Path(path)
    return f"{path.parent}/{re.sub(r'[_-]?[0-9]+.*$', '', path.stem)}"


def _validation_batch(config):
    if not config.validate:
        return None
    crops, _ = _crops([config.validate], config)
    examples = InpaintingExamples(
        crops, (0.1, 0.6), seed=7, augment=False, shuffle=False
    )
    return examples.batch(0, min(len(crops), 64))


def _validation_scores(model, batch):
    """PSNR and L1 inside the hole, averaged over pictures."""
    inputs = {"image": batch["image"], "mask": batch["mask"]}
    restored = np.clip(
        model.predict(inputs, batch_size=16, verbose=0)["restored"], 0, 1
    )
    hole = 1.0 - batch["mask"]
    error = (restored - batch["target"]) * hole
    values = 3.0 * hole.sum((1, 2, 3))
    squared = np.square(error).sum((1, 2, 3)) / values
    return {
        "validation_hole_psnr": float(np.mean(-10.0 * np.log10(squared + 1e-12))),
        "validation_hole_l1": float(np.mean(np.abs(error).sum((1, 2, 3)) / values)),
    }


def _sample_sheet(model, batch):
    """Rows of damaged, restored and true pictures, uint8."""
    inputs = {"image": batch["image"], "mask": batch["mask"]}
    restored = model.predict(inputs, verbose=0)["restored"]
    filled = np.where(batch["mask"] >= 0.5, batch["image"], restored)
    rows = [np.concatenate(list(x), axis=1) for x in (batch["image"], filled)]
    rows.append(np.concatenate(list(batch["target"]), axis=1))
    sheet = np.clip(np.concatenate(rows) * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return cv2.resize(sheet, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
