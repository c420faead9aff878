"""A training run small enough for tests, and checks that hold on every backend."""

import contextlib
import csv

import keras
import numpy as np

from facekit.data import InpaintingExamples, canonical_landmarks
from facekit.training import (
    InpaintConfig,
    InpaintTrainer,
    ParsingConfig,
    ParsingTrainer,
)
from facekit.training.inpaint_config import NETWORKS
from facekit.training.loop import run_training
from facekit.training.parsing_config import PARSING_NETWORKS
from facekit.training.parsing_examples import ParsingExamples

SIZE = 16


class Killed(Exception):
    """Stands for the end of the process."""


def make_config(out, **changes):
    """Settings of a run of six steps with a checkpoint after the third."""
    NETWORKS["tiny"] = {"filters": (4, 8)}
    settings = {
        "data": ("photos",),
        "out": str(out),
        "loss": "V1",
        "network": "tiny",
        "size": SIZE,
        "steps": 6,
        "batch_size": 2,
        "learning_rate": 2e-3,
        "discriminator_filters": 4,
        "log_every": 2,
        "save_every": 3,
    }
    return InpaintConfig(**{**settings, **changes})


def make_examples():
    """Smooth pictures that a network can learn, with holes."""
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    ramps = [np.stack([rows, columns, shade + 0 * rows], -1) for shade in (0.2, 0.8)]
    crops = np.round(np.stack([*ramps, 1 - ramps[0]]) * 255).astype("uint8")
    return InpaintingExamples(crops, (0.1, 0.5), seed=5)


def make_features():
    """Feature maps with weights that do not depend on the backend."""
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(image)
    second = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(first)
    model = keras.Model(image, [first, second])
    set_numpy_weights(model)
    model.trainable = False
    return model


def make_trainer(out, **changes):
    """A trainer whose first weights do not depend on the backend."""
    trainer = InpaintTrainer(make_config(out, **changes), make_features())
    set_numpy_weights(trainer.generator)
    trainer.average.set_weights(trainer.generator.get_weights())
    return trainer


def set_numpy_weights(model):
    """Draws kernels with NumPy and leaves other weights as they are."""
    rng = np.random.default_rng(3)
    weights = model.get_weights()
    for index, weight in enumerate(weights):
        if weight.ndim == 4:
            deviation = np.sqrt(2 / np.prod(weight.shape[:3]))
            weights[index] = rng.normal(0, deviation, weight.shape)
    model.set_weights(weights)


def run(trainer, kill_after=None):
    """Trains to the end, or until killed after a number of updates."""
    update, done = trainer.update, 0

    def killable(batch):
        nonlocal done
        if done == kill_after:
            raise Killed
        done += 1
        return update(batch)

    trainer.update = killable
    try:
        run_training(trainer, make_examples(), trainer.config)
    except Killed:
        pass


def losses_of_first_steps(out, count=3, **changes):
    """Loss of each of the first updates."""
    trainer = make_trainer(out, **changes)
    batches = make_examples().batches(2)
    return [float(trainer.update(next(batches))["loss"]) for _ in range(count)]


def parsing_losses_of_first_steps(out, count=3):
    """The same of the parsing network, on portraits of noise."""
    PARSING_NETWORKS["tiny"] = (4, 8)
    config = ParsingConfig(("heads",), str(out), network="tiny", size=32, steps=count)
    trainer = ParsingTrainer(config)
    set_numpy_weights(trainer.network)
    rng = np.random.default_rng(7)
    examples = ParsingExamples(
        rng.integers(0, 256, (2, 32, 32, 3), "uint8"),
        rng.integers(0, 5, (2, 32, 32), "uint8"),
        np.stack([canonical_landmarks(32)] * 2),
    )
    batches = examples.batches(2)
    return [float(trainer.update(next(batches))["loss"]) for _ in range(count)]


def check_resume(folder, **changes):
    """A run killed between checkpoints and started again ends as one in one go."""
    run(make_trainer(folder / "straight", **changes))
    run(make_trainer(folder / "broken", **changes), kill_after=5)
    run(make_trainer(folder / "broken", **changes))
    whole = read_checkpoint(folder / "straight")
    resumed = read_checkpoint(folder / "broken")
    assert whole.keys() == resumed.keys()
    assert whole["step"] == 6
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert read_log(folder / "straight") == read_log(folder / "broken")


def check_killed_and_resumed(monkeypatch, trainer, train, config, folder):
    """A run killed in its fourth step goes on after the second, which it had saved.

    It ends like one that was not killed.

    Args:
        monkeypatch: the fixture.
        trainer: class of the trainer.
        train: function that takes a config.
        config: function that gives one for a folder of a run.
        folder: where runs are written.

    Returns:
        Folder of the run in one go, and the names in its log.
    """
    update, done = trainer.update, []

    def killable(self, batch):
        if len(done) == 3:
            raise Killed
        done.append(batch)
        return update(self, batch)

    with monkeypatch.context() as patched, contextlib.suppress(Killed):
        patched.setattr(trainer, "update", killable)
        train(config(folder / "broken"))
        raise AssertionError("was not killed")
    done.clear()

    def counted(self, batch):
        done.append(batch)
        return update(self, batch)

    with monkeypatch.context() as patched:
        patched.setattr(trainer, "update", counted)
        train(config(folder / "broken"))
    assert len(done) == 2
    train(config(folder / "straight"))
    whole, resumed = map(read_checkpoint, (folder / "straight", folder / "broken"))
    assert whole["step"] == resumed["step"] == 4
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    return folder / "straight", {row[1] for row in read_log(folder / "straight")}


def check_adversary(out):
    """The discriminator learns and is the one the generator meets."""
    trainer = make_trainer(out, loss="V4")
    batches = make_examples().batches(2)
    reports = [trainer.update(next(batches)) for _ in range(6)]
    first, last = (float(reports[index]["discriminator"]) for index in (0, -1))
    assert last < first
    silent = [0 * weight for weight in trainer.discriminator.get_weights()]
    trainer.discriminator.set_weights(silent)
    report = trainer.update(next(batches))
    # Logits of 0 lie at distance 1 from "real".
    weight = trainer.config.adversarial_weight
    assert abs(float(report["adversarial"]) - weight) < 1e-6 * weight
    assert float(report["matching"]) == 0


def read_checkpoint(folder):
    """The arrays of a run's checkpoint."""
    with np.load(folder / "checkpoint.npz") as stored:
        return dict(stored)


def read_log(folder):
    """The rows of a run's log, without those that tell the time."""
    with open(folder / "log.csv", newline="") as file:
        return [row for row in csv.reader(file) if row[1] != "pictures_per_second"]
