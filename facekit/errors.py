"""What users see when input is wrong.

Every error is a ``ValueError`` whose message names the file or argument, says what
was expected and what was received. The command line prints the message alone.
"""


class FacekitError(ValueError):
    """Base class of all errors that a user can cause and mend."""


class PhotoError(FacekitError):
    """A photo cannot be used: not an image, truncated, empty or too large."""


class HoleError(FacekitError):
    """A hole does not fit its photo: another size, or nothing left to see."""


class NoFaceError(FacekitError):
    """No face was found where a task needs one."""


class WeightsError(FacekitError):
    """Network weights are missing, cannot be fetched or are not finite."""


class DataError(FacekitError):
    """A training or evaluation folder does not hold what was expected."""


class ModelError(FacekitError):
    """A SavedModel folder is missing, incomplete or of another task."""
