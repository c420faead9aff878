"""Take makeup off faces, or put it on."""

from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.faces import find_faces
from facekit.data.makeup import MAKEUP_LOOKS, apply_makeup
from facekit.data.makeup_transfer import transfer_makeup
from facekit.data.photos import read_photo
from facekit.errors import FacekitError, NoFaceError
from facekit.restore.face_maps import (
    PARTS,
    FaceMaps,
    aligned_square,
    apply_maps,
    part_weights,
)
from facekit.restore.faces import choose_faces
from facekit.restore.tool import Result, Tool, check_strength

_PAINTED = {
    "lips": ("lipstick",),
    "eyes": ("brows", "eye_shadow", "eyeliner", "lashes"),
    "skin": ("foundation", "contour", "blush"),
}


class MakeupRemover(Tool):
    """Take the makeup off every face of a photo, or put on a look.

    The network sees a face at its own size; what it says - a blend map and a
    residual - is enlarged and applied to the photo at full resolution, so that skin
    keeps its pores. What lies outside the faces keeps its bytes. A black-and-white
    photo stays grey when makeup is taken off, but not when it is put on.

    Args:
        saved_model: ``SavedModel``, or the path of its folder. The card's
            ``working_size`` (256 if absent) is the side of the squares it is given,
            ``framing`` ("head" if absent) how much they show, see
            ``facekit.data.alignment_transform``.

    Example:
        >>> tool = facekit.load("makeup")  # doctest: +SKIP
        >>> tool("portrait.jpg", strength=0.8).image.dtype  # doctest: +SKIP
        dtype('uint8')
    """

    task = "makeup"

    def __init__(self, saved_model):
        super().__init__(saved_model)
        self.size = int(self.saved_model.card.get("working_size", 256))
        self.framing = self.saved_model.card.get("framing", "head")

    def __call__(
        self,
        photo,
        strength=1.0,
        parts=PARTS,
        look=None,
        reference=None,
        faces=None,
        seed=0,
        max_megapixels=MAX_MEGAPIXELS,
    ):
        """Take makeup off, or put it on if a look or a reference is given.

        Args:
            photo: path, bytes, PIL image, array or ``Photo``.
            strength: float in [0, 1]: 0 returns the photo, 1 goes all the way.
            parts: names out of "lips", "eyes" (lids, lashes and brows) and "skin".
                Defaults to all.
            look: one of ``facekit.data.MAKEUP_LOOKS``, to put on. Defaults to None.
            reference: photo of a face, whose makeup to put on. Defaults to None.
            faces: None for all faces, a list of their indices (0 is the largest), or a
                list of ``Face``.
            seed: int, draws the colours of a look. Defaults to 0.
            max_megapixels: float, the largest photo accepted, or None.

        Returns:
            ``Result``; its faces are those that were changed.

        Raises:
            PhotoError: a photo cannot be read.
            NoFaceError: a photo shows no face, or none that can be painted: faces in
                profile and very small ones are passed over.
            FacekitError: an option is out of range, or look and reference are both
                given.
            WeightsError: the network returns numbers that are not finite.
        """
        strength = check_strength(strength)
        parts = _check_parts(parts)
        _check_look(look, reference)
        photo = read_photo(photo, max_megapixels)
        chosen = choose_faces(faces, lambda: find_faces(photo))
        if not chosen and strength > 0:
            raise NoFaceError(f"{photo.name}: expected a face, found none.")
        image = photo.image.copy()
        if strength == 0 or not parts:
            return Result(image, chosen)
        if look is not None or reference is not None:
            paint = _painter(look, reference, parts, strength, seed, max_megapixels)
            return Result(*_painted(image, chosen, paint))
        for face in chosen:
            apply_maps(image, self._maps(photo.image, face, parts), strength)
        return Result(image, chosen)

    def _maps(self, image, face, parts):
        crop, transform, landmarks = aligned_square(
            image, face, self.size, self.framing
        )
        outputs = self.saved_model(image=crop[None])
        blend, residual = outputs["blend"][0], outputs["residual"][0]
        if (image == image[..., :1]).all():
            blend, residual = (
                x.mean(2, keepdims=True).repeat(3, 2) for x in (blend, residual)
            )
        weight = part_weights(landmarks, self.size, parts)[..., None]
        blend = 0.5 + weight * (blend - 0.5)
        return FaceMaps(transform, blend, weight * residual, crop)


def _painter(look, reference, parts, strength, seed, max_megapixels):
    """Function from an image and a face to the image with makeup."""
    if look is not None:
        return lambda image, face: _with_look(image, face, look, parts, strength, seed)
    worn = _reference_face(reference, max_megapixels)
    return lambda image, face: (
        transfer_makeup(image, face, *worn, strength, parts).image
    )


def _painted(image, faces, paint):
    """The image and the faces that could be painted, of which profiles are none."""
    painted = []
    for face in faces:
        try:
            image = paint(image, face)
        except NoFaceError as error:
            refused = error
        else:
            painted.append(face)
    if not painted:
        raise refused
    return image, painted


def _with_look(image, face, look, parts, strength, seed):
    painted = [name for part in parts for name in _PAINTED[part]]
    amounts = {
        name: strength if name in painted else 0.0
        for names in _PAINTED.values()
        for name in names
    }
    return apply_makeup(image, face, seed, look, amounts).image


def _reference_face(reference, max_megapixels):
    photo = read_photo(reference, max_megapixels)
    faces = find_faces(photo, max_faces=1)
    if not faces:
        raise NoFaceError(f"{photo.name}: expected a face, found none.")
    return photo.image, faces[0]


def _check_parts(parts):
    try:
        parts = (parts,) if isinstance(parts, str) else tuple(parts)
    except TypeError:
        raise FacekitError(f"parts must be names, received {parts!r}.") from None
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise FacekitError(
            f"parts must be out of {', '.join(PARTS)}, received {unknown[0]!r}."
        )
    return tuple(dict.fromkeys(parts))


def _check_look(look, reference):
    if look is not None and reference is not None:
        raise FacekitError("expected a look or a reference, received both.")
    if look is not None and look not in MAKEUP_LOOKS:
        raise FacekitError(
            f"look must be one of {', '.join(MAKEUP_LOOKS)}, received {look!r}."
        )
