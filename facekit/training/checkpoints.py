"""Checkpoints that are either whole or not there."""

import os
import zipfile
from pathlib import Path

import numpy as np

from facekit.errors import WeightsError

UNREADABLE = (OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile)
"""What reading a missing, damaged or foreign ``.npz`` file may raise."""


def save_checkpoint(path, groups, step):
    """Write variables and step to one ``.npz`` file, atomically.

    Args:
        path: file to write.
        groups: dict from name to list of ``keras.Variable``.
        step: int, training steps done.

    Raises:
        WeightsError: if a variable is not finite; what stood at ``path`` stays.
    """
    arrays = {
        f"{name}/{index}": np.asarray(variable)
        for name, variables in groups.items()
        for index, variable in enumerate(variables)
    }
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise WeightsError(
            f"{path}: not written, the weights are not finite after step {step}. Go on "
            "from the last checkpoint with a lower learning rate or in float32."
        )
    save_arrays(path, {**arrays, "step": np.asarray(step)})


def save_arrays(path, arrays, compressed=False):
    """Write named arrays to one ``.npz`` file, atomically."""
    save = np.savez_compressed if compressed else np.savez
    path = Path(path)
    temporary = path.with_name(path.name + ".partial")
    try:
        with open(temporary, "wb") as file:
            save(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        # A full disk does not say which file it was.
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path, groups):
    """Read a checkpoint back into its variables.

    Args:
        path: file written by ``save_checkpoint``.
        groups: dict from name to list of ``keras.Variable``; every variable is set.

    Returns:
        int, the training steps done.

    Raises:
        WeightsError: if the file is damaged or was written by another configuration.
    """
    try:
        with open(path, "rb") as file, np.load(file) as stored:
            arrays = dict(stored)
        step = int(arrays.pop("step"))
    except UNREADABLE as error:
        raise WeightsError(f"{path}: not a readable checkpoint ({error})") from error
    variables = {
        f"{name}/{index}": variable
        for name, group in groups.items()
        for index, variable in enumerate(group)
    }
    shapes = {key: tuple(variable.shape) for key, variable in variables.items()}
    if {key: array.shape for key, array in arrays.items()} != shapes:
        raise WeightsError(
            f"{path}: written by another configuration; its variables do not fit. "
            "Continue with the settings it was started with, or use a new folder."
        )
    for key, variable in variables.items():
        variable.assign(arrays[key])
    return step
