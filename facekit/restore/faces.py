"""Which faces of a photo a tool works on."""

from numbers import Integral

from facekit.data.faces import Face
from facekit.errors import FacekitError


def choose_faces(faces, find):
    """Return the faces that a user asks for.

    Args:
        faces: None for all that are found, a list of their indices (0 is the largest),
            or a list of ``Face``.
        find: function without arguments that returns the list of faces found; not
            called for a list of ``Face``.

    Raises:
        FacekitError: an index is out of range.
    """
    faces = as_list(faces)
    if faces is None:
        return find()
    if are_faces(faces):
        return faces
    found = find()
    for index in faces:
        if not isinstance(index, Integral) or not 0 <= index < len(found):
            raise FacekitError(
                f"faces: expected indices below {len(found)}, the number of faces "
                f"found, received {index!r}."
            )
    return [found[index] for index in faces]


def as_list(faces):
    """The faces that a user asks for as a list, or None.

    Raises:
        FacekitError: they are no list.
    """
    try:
        return None if faces is None else list(faces)
    except TypeError:
        raise FacekitError(f"faces: expected a list, received {faces!r}.") from None


def are_faces(faces):
    """Whether a list holds faces, and not their indices."""
    return faces is not None and all(isinstance(face, Face) for face in faces)
