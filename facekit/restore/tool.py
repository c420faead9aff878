"""What the photo tools of all tasks share."""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from facekit.errors import FacekitError, ModelError
from facekit.restore.saved_model import SavedModel


@dataclass(frozen=True)
class Result:
    """What a tool returns.

    Attributes:
        image: uint8, (height, width, 3), the size of the photo.
        faces: list of ``facekit.data.Face`` that were found.
        maps: dict of float32 arrays, (height, width) or (height, width, channels).
    """

    image: np.ndarray
    faces: list
    maps: dict = field(default_factory=dict)


class Tool:
    """Base class: a SavedModel of the tool's own task.

    Args:
        saved_model: ``SavedModel``, or the path of its folder.

    Raises:
        ModelError: the SavedModel is missing, incomplete, or of another task.
        WeightsError: its weights are not finite.
    """

    task = None

    def __init__(self, saved_model):
        if not isinstance(saved_model, SavedModel):
            saved_model = SavedModel(saved_model)
        if saved_model.task != self.task:
            raise ModelError(
                f"{saved_model.folder}: expected a SavedModel of the task "
                f"'{self.task}', found one of '{saved_model.task}'."
            )
        self.saved_model = saved_model


def check_strength(strength):
    """Return a strength as float.

    Raises:
        FacekitError: it is not a number from 0 to 1.
    """
    if not isinstance(strength, Real) or not 0 <= strength <= 1:
        raise FacekitError(
            f"strength must be a number from 0 to 1, received {strength!r}."
        )
    return float(strength)


def mix(photo, restored, strength):
    """Go from the photo towards the restored picture.

    Args:
        photo: uint8, (height, width, 3).
        restored: uint8, of the same shape.
        strength: float in [0, 1]; 0 gives the photo, 1 the restored picture.

    Returns:
        uint8, (height, width, 3).
    """
    if strength == 1:
        return restored
    result = photo.copy()
    changed = (photo != restored).any(2)
    start, end = photo[changed].astype("float32"), restored[changed]
    result[changed] = np.rint(start + strength * (end - start)).astype("uint8")
    return result
