"""Training of the inpainting network: V0 to V3, and V4 with an adversary."""

import functools
from pathlib import Path

import keras
import numpy as np
from keras import ops

from facekit.data import InpaintingExamples, identity_of, write_photo
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
from facekit.training.averaging import MovingAverage
from facekit.training.cross_fit import CrossFit
from facekit.training.faces import as_sheet, faces_of, group_weights
from facekit.training.inpaint_config import NETWORKS
from facekit.training.loop import run_training
from facekit.training.optimizers import (
    dtype_policy,
    learning_rate_schedule,
    scaled_for,
)
from facekit.training.runs import (
    SETTINGS,
    check_settings,
    load_generator,
    load_network,
    record_settings,
    save_finished,
)
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
        with dtype_policy(config.precision):
            self._build_networks(features, examples)
        self._build_updates()

    def update(self, batch):
        """Train on one batch.

        Args:
            batch: dict of float32 arrays: image, mask, target.

        Returns:
            Dict of scalars: ``loss`` and each of its terms.
        """
        if self._guesses:
            half = int(self._average.steps) % 2
            self.generator.get_layer("guess").set_weights(self._guesses[half])
        report = self._update_generator(batch)
        restored = report.pop("restored")
        if self.discriminator is not None:
            report |= self._update_discriminator({**batch, "restored": restored})
        self._average.move()
        return report

    def variable_groups(self):
        """All variables that a checkpoint holds, by name."""
        groups = {
            "generator": self.generator.variables,
            "average": self.average.variables,
            "optimizer": self._optimizer.variables,
            "averaged_steps": [self._average.steps],
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
        # The average keeps the components of all pictures.
        self._average = MovingAverage(
            self.average, self.generator, self.config.ema, fixed="guess"
        )

    def _make_optimizer(self, beta_1):
        config = self.config
        rate = config.learning_rate
        if rate is None:
            rate = {1: 2e-4, 2: 5e-5}[config.phase]
        schedule = learning_rate_schedule(rate, config.schedule, config.steps)
        optimizer = keras.optimizers.Adam(schedule, beta_1=beta_1, global_clipnorm=1.0)
        return scaled_for(config.precision, optimizer)

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
        DataError: a data folder is missing, has no face, or only one person's where
            the network has components, or ``config.out`` holds a run with other
            settings.
        WeightsError: features or initial weights cannot be had.
    """
    out = Path(config.out)
    check_settings(config, out)
    crops, _, kept = faces_of(config.data, config)
    record_settings(config, out)
    make_examples = functools.partial(
        InpaintingExamples,
        hole_ratio=config.hole_ratio,
        unaligned=config.unaligned,
    )
    drawn = {"weights": group_weights(kept), "seed": config.seed}
    if NETWORKS[config.network].get("num_components") is None:
        examples = make_examples(crops, **drawn)
    else:
        people = [(Path(file).parent, identity_of(file)) for file in kept]
        if len(set(people)) < 2:
            raise DataError(
                f"{', '.join(map(str, config.data))}: expected two people or more, so "
                f"that one's components can guess the other, found {len(set(people))}."
            )
        examples = CrossFit(make_examples, crops, people, **drawn)
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
    save_finished(trainer.average, out)
    return trainer.average


def load_run(folder):
    """``load_network`` of a run that trained a ``PartialConvUNet``."""
    return load_network(
        folder, lambda config: build_network(config["network"], config.get("inner", 0))
    )


def build_network(name, inner=0):
    """A ``PartialConvUNet`` by the names of a run's settings."""
    network = PartialConvUNet(**NETWORKS[name])
    return network.inner(inner) if inner else network


def _start_from(generator, config, examples):
    """Load ``config.init``, or grow from it if it is a run at half the size."""
    if Path(config.init, SETTINGS).is_file():
        smaller, settings = load_run(config.init)
        if settings["network"] == config.network and settings.get("inner", 0) > (
            config.inner
        ):
            sample = examples.batch(0, 32)
            try:
                grow_from(generator, smaller, sample["image"], sample["mask"])
            except ValueError as error:
                raise WeightsError(f"{config.init}: cannot grow: {error}") from error
            generator.freeze_normalization(("encoder", "decoder"))
            return
    load_generator(generator, config.init)


def _validation_batch(config):
    if not config.validate:
        return None
    crops, _, _ = faces_of([config.validate], config)
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
    return as_sheet([batch["image"], filled, batch["target"]])
