"""Find, check and run an exported SavedModel."""

import json
from pathlib import Path

import numpy as np

from facekit.conventions import TASKS
from facekit.errors import ModelError, WeightsError

_PACKAGE = Path(__file__).resolve().parents[1]


def find_saved_model(task):
    """Return the folder of a task's SavedModel that facekit brings along.

    Args:
        task: one of ``facekit.conventions.TASKS``.

    Returns:
        ``Path``: inside the installed package, or next to it in a clone.

    Raises:
        ModelError: unknown task, or no such folder.
    """
    if task not in TASKS:
        raise ModelError(
            f"Unknown task {task!r}, expected one of {', '.join(TASKS)}, or the folder "
            "of a SavedModel."
        )
    folders = [root / "saved_models" / task for root in (_PACKAGE, _PACKAGE.parent)]
    for folder in folders:
        if folder.is_dir():
            return folder
    raise ModelError(
        f"{folders[-1]}: expected the SavedModel of '{task}', found no folder; give "
        "the folder of a SavedModel instead."
    )


class SavedModel:
    """A SavedModel folder with its card, loaded and checked.

    Args:
        folder: path of a folder that holds a TensorFlow SavedModel and card.json.

    Attributes:
        folder: ``Path``.
        card: dict, the content of card.json.
        task: str, the card's task.

    Raises:
        ModelError: the folder is missing or incomplete, or cannot be loaded.
        WeightsError: a weight is not finite.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.card = _read_card(self.folder)
        self.task = self.card.get("task")
        self._model = _load(self.folder)
        _check_weights(self.folder)

    def __call__(self, signature="serving_default", **inputs):
        """Run one signature.

        Args:
            signature: str, its name. Defaults to "serving_default".
            **inputs: float32 arrays, by the names of the card.

        Returns:
            Dict of float32 arrays.

        Raises:
            ModelError: there is no such signature, or it takes other inputs.
            WeightsError: an output is not finite.
            MemoryError: TensorFlow ran out of memory.
        """
        import tensorflow as tf

        function = self._model.signatures.get(signature)
        expected = set(function.structured_input_signature[1]) if function else set()
        if expected != set(inputs):
            raise ModelError(
                f"{self.folder}: expected a signature '{signature}' with inputs "
                f"{sorted(inputs)}, found {sorted(expected)}."
            )
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        try:
            outputs = {name: x.numpy() for name, x in function(**tensors).items()}
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError(f"{self.folder}: out of memory.") from error
        for name, value in outputs.items():
            if not np.isfinite(value).all():
                raise WeightsError(
                    f"{self.folder}: output '{name}' is not finite; the weights are "
                    "damaged, export the model again."
                )
        return outputs


def _read_card(folder):
    if not folder.is_dir():
        raise ModelError(f"{folder}: expected a SavedModel folder, found none.")
    for name in ("card.json", "saved_model.pb", "variables"):
        if not (folder / name).exists():
            raise ModelError(
                f"{folder}: the SavedModel is incomplete, {name} is missing."
            )
    try:
        card = json.loads((folder / "card.json").read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{folder / 'card.json'}: expected JSON: {error}.") from error
    if not isinstance(card, dict) or card.get("task") not in TASKS:
        raise ModelError(
            f"{folder / 'card.json'}: expected a 'task', one of {', '.join(TASKS)}."
        )
    return card


def _load(folder):
    import tensorflow as tf

    # TensorFlow reports a damaged folder with many kinds of errors.
    try:
        return tf.saved_model.load(str(folder))
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise ModelError(f"{folder}: cannot be loaded: {reason}") from error


def _check_weights(folder):
    """Look for NaN and infinity before a photo is lost to them."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    types = reader.get_variable_to_dtype_map()
    for name in reader.get_variable_to_shape_map():
        if types[name].is_floating:
            values = np.asarray(reader.get_tensor(name), "float32")
            if not np.isfinite(values).all():
                raise WeightsError(
                    f"{folder}: weight {name.split('/.')[0]} is not finite; export the "
                    "model again."
                )
