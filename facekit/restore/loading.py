"""Load the photo tool of a task."""

import os
from pathlib import Path

from facekit.conventions import TASKS
from facekit.errors import ModelError
from facekit.restore.inpaint import Inpainter
from facekit.restore.makeup import MakeupRemover
from facekit.restore.saved_model import SavedModel, find_saved_model
from facekit.restore.skin import SkinAnalyser

_TOOLS = {tool.task: tool for tool in (Inpainter, MakeupRemover, SkinAnalyser)}


def load(task_or_path):
    """Load a tool that restores photographs.

    Args:
        task_or_path: name of a task, whose SavedModel comes with facekit, or the path
            of a SavedModel folder; its card names the task.

    Returns:
        A callable tool: ``result = tool(photo, **options)``.

    Raises:
        ModelError: no such task or folder, or a folder that is incomplete.
        WeightsError: the weights are not finite.
    """
    if not isinstance(task_or_path, str | os.PathLike):
        raise ModelError(
            f"Expected the name of a task ({', '.join(TASKS)}) or the path of a "
            f"SavedModel folder, received {task_or_path!r}."
        )
    is_path = not isinstance(task_or_path, str) or (
        task_or_path not in TASKS and Path(task_or_path).is_dir()
    )
    folder = Path(task_or_path) if is_path else find_saved_model(task_or_path)
    saved_model = SavedModel(folder)
    if not is_path and saved_model.task != task_or_path:
        raise ModelError(
            f"{folder}: expected a SavedModel of the task '{task_or_path}', found one "
            f"of '{saved_model.task}'."
        )
    if saved_model.task not in _TOOLS:
        raise ModelError(
            f"{folder}: there is no tool for the task '{saved_model.task}', expected "
            f"one of {', '.join(_TOOLS)}."
        )
    return _TOOLS[saved_model.task](saved_model)
