"""The folder of a training run: its settings and the weights it leaves."""

import dataclasses
import json
import os
import warnings
from pathlib import Path

import numpy as np

from facekit.errors import DataError, WeightsError
from facekit.training.checkpoints import UNREADABLE
from facekit.training.loop import CHECKPOINT

SETTINGS = "config.json"
_FINISHED = "generator.weights.h5"
# What may differ when a run goes on: where things are, and how often it reports.
_FREE = {"out", "steps", "validate", "cache", "log_every", "save_every", "symmetric"}
# What settings were before there was a choice, if not what they are by default.
_ONCE = {"framing": "head"}


def check_settings(config, out):
    """Make sure that a run that goes on is the same run.

    Args:
        config: dataclass of settings.
        out: ``Path``, folder of the run.

    Raises:
        DataError: the folder holds a run with other settings, or one that has ended
            and lost its checkpoint.
    """
    path = out / SETTINGS
    if not path.is_file() or not any(
        (out / x).exists() for x in (CHECKPOINT, _FINISHED)
    ):
        return
    settings = _as_stored(config)
    # A setting that an older version did not know was at its default, or what it had.
    defaults = {field.name: field.default for field in dataclasses.fields(type(config))}
    stored = json.loads(json.dumps(defaults, default=str)) | _ONCE | _read(path)
    changed = sorted(
        name for name in settings.keys() - _FREE if stored[name] != settings[name]
    )
    if changed:
        name = changed[0]
        raise DataError(
            f"{out}: holds a run with {name} {stored[name]!r}, expected "
            f"{settings[name]!r}. Give the new run a folder of its own."
        )
    if not (out / CHECKPOINT).exists():
        raise DataError(
            f"{out}: holds finished weights and no {CHECKPOINT} to go on from. Give "
            "the new run a folder of its own."
        )
    if settings.get("schedule") == "cosine" and stored["steps"] != settings["steps"]:
        warnings.warn(
            f"{out}: had {stored['steps']} steps, now {settings['steps']}. The "
            "learning rate goes on where it would be in a run of that length.",
            stacklevel=3,
        )


def record_settings(config, out):
    """Write ``config.json``, once it is sure that there is something to train on.

    Args:
        config: dataclass of settings.
        out: ``Path``, folder of the run.
    """
    path = out / SETTINGS
    out.mkdir(parents=True, exist_ok=True)
    # Should the run go on, its weights are those of the checkpoint again.
    (out / _FINISHED).unlink(missing_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(_as_stored(config), indent=1), "utf-8")
    os.replace(unfinished, path)


def read_settings(folder):
    """Return the settings of a run as a dict.

    ``steps`` is as many as the run has made, should it have been stopped early.

    Raises:
        DataError: the folder holds no run.
    """
    path = Path(folder) / SETTINGS
    if not path.is_file():
        raise DataError(f"{folder}: expected a training run, found no {SETTINGS}")
    config = _read(path)
    checkpoint = Path(folder) / CHECKPOINT
    if checkpoint.exists():
        try:
            with np.load(checkpoint) as stored:
                config["steps"] = int(stored["step"])
        except UNREADABLE as error:
            raise WeightsError(f"{checkpoint}: not a readable checkpoint") from error
    return config


def save_finished(network, out):
    """Write the weights of a finished run, whole or not at all."""
    unfinished = out / "unfinished.weights.h5"
    network.save_weights(unfinished)
    os.replace(unfinished, out / _FINISHED)


def load_generator(generator, source):
    """Load weights from a run, its checkpoint, a weights file or a SavedModel.

    Args:
        generator: network of the same configuration.
        source: folder of a run or of a SavedModel that facekit wrote,
            ``checkpoint.npz`` (the averaged weights are taken) or ``.weights.h5`` file.

    Raises:
        WeightsError: if there are none, or they do not fit.
    """
    path = Path(source)
    if (path / "saved_model.pb").is_file():
        _load_exported(generator, path)
        return
    if path.is_dir():
        finished = path / _FINISHED
        path = finished if finished.exists() else path / CHECKPOINT
    if not path.exists():
        raise WeightsError(
            f"{source}: no weights here (expected the folder of a run or SavedModel)"
        )
    try:
        if path.suffix == ".npz":
            with open(path, "rb") as file, np.load(file) as stored:
                count = len(generator.variables)
                generator.set_weights([stored[f"average/{i}"] for i in range(count)])
        else:
            generator.load_weights(path)
    except UNREADABLE as error:
        raise WeightsError(f"{path}: does not fit the network ({error})") from error


def _load_exported(generator, folder):
    """Load the half-precision weights of a SavedModel."""
    try:
        import tensorflow as tf
    except ImportError as error:
        raise WeightsError(
            f"{folder}: reading a SavedModel takes TensorFlow. Give a run or a weights "
            "file instead."
        ) from error
    try:
        stored = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        names = stored.get_variable_to_shape_map()
        count = sum(name.startswith("weights/") for name in names)
        arrays = [
            stored.get_tensor(f"weights/{i}/.ATTRIBUTES/VARIABLE_VALUE")
            for i in range(count)
        ]
        generator.set_weights(arrays)
    except (*UNREADABLE, tf.errors.OpError) as error:
        raise WeightsError(f"{folder}: does not fit the network ({error})") from error


def load_network(folder, build):
    """The network of a training run, with its averaged weights.

    Args:
        folder: folder of a run.
        build: function that makes the network from the run's settings, a dict.

    Returns:
        ``(network, config)``: what ``build`` made and the dict in ``config.json``, its
        ``steps`` as many as the run has made, should it have been stopped early.

    Raises:
        DataError: the folder holds no run.
        WeightsError: its weights are missing or damaged.
    """
    config = read_settings(folder)
    network = build(config)
    load_generator(network, folder)
    return network, config


def _as_stored(config):
    return json.loads(json.dumps(dataclasses.asdict(config), default=_plain))


def _plain(value):
    """A path or a NumPy number as JSON has it."""
    return value.item() if isinstance(value, np.generic) else os.fspath(value)


def _read(path):
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: expected the settings of a run") from error
