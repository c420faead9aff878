"""Take the skin in a photo apart, and show it with other pigments or in other light."""

from numbers import Real

import cv2
import numpy as np

from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.alignment import align, invert_transform
from facekit.data.face_regions import box_of, face_region
from facekit.data.faces import find_faces
from facekit.data.photos import read_photo
from facekit.data.smooth_fill import smooth_fill
from facekit.errors import FacekitError, NoFaceError
from facekit.restore.face_maps import aligned_square
from facekit.restore.faces import choose_faces
from facekit.restore.skin_area import skin_area
from facekit.restore.tool import Result, Tool, check_strength, mix
from facekit.spectra import (
    MAX_HAEMOGLOBIN,
    MAX_MELANIN,
    camera,
    decode_srgb,
    encode_srgb,
    illuminant,
)
from facekit.spectra.skin import SURFACE
from facekit.spectra.skin_units import pigment_fraction, pigment_units

UNITS = ("network", "fraction")
_SCENE = ("melanin", "haemoglobin", "diffuse", "specular", "light", "camera")
_MAPS = (*_SCENE[:4], "reconstruction")
_LIMITS = {"melanin": MAX_MELANIN, "haemoglobin": MAX_HAEMOGLOBIN}
_STRIP_PIXELS = 2**20
# Factors are formed of no less light, and no more of a photo's darkest channel comes
# from the surface. They are smoothed by this share of the square: pigments are found
# unevenly where light is.
_LEAST, _MOST_SURFACE, _SMOOTH = 0.005, 0.3, 0.06


class SkinAnalyser(Tool):
    """Measure melanin, blood and light in faces, and change them.

    The network sees a face at its own size. A change is the ratio of two renderings of
    its maps, enlarged, times what the body of the skin reflects in the photo: pores,
    hairs and gloss stay. Only skin changes, fading out down the neck; all else keeps
    its bytes. A black-and-white photo stays grey.

    Args:
        saved_model: ``SavedModel``, or the path of its folder. The card's
            ``working_size`` (64 if absent) is the side of the squares it is given,
            ``surface`` (.04 if absent) what ``BioFaceNet`` says.

    Example:
        >>> tool = facekit.load("skin")  # doctest: +SKIP
        >>> tool("portrait.jpg").maps["melanin"].shape  # doctest: +SKIP
        (1024, 768)
    """

    task = "skin"

    def __init__(self, saved_model):
        super().__init__(saved_model)
        self.size = int(self.saved_model.card.get("working_size", 64))
        self.surface = float(self.saved_model.card.get("surface", SURFACE))

    def __call__(
        self,
        photo,
        strength=1.0,
        melanin=0.0,
        haemoglobin=0.0,
        units="network",
        illuminant=None,
        camera=None,
        faces=None,
        max_megapixels=MAX_MEGAPIXELS,
    ):
        """Take the skin of faces apart, and change what is asked for.

        Args:
            photo: path, bytes, PIL image, array or ``Photo``.
            strength: float in [0, 1], of all changes; 0 returns the photo.
            melanin: float, what to add. Defaults to 0.
            haemoglobin: float, what to add. Defaults to 0.
            units: "network", in which each pigment goes from -1 to 1, or "fraction",
                volume fractions. Defaults to "network".
            illuminant: name of a light to show the skin in, such as "A" or "D50", as
                ``facekit.spectra.illuminant`` takes it. White stays white.
            camera: name of a camera, or up to five numbers, as
                ``facekit.spectra.camera`` takes them.
            faces: None for all faces, a list of their indices (0 is the largest), or a
                list of ``Face``.
            max_megapixels: float, the largest photo accepted, or None.

        Returns:
            ``Result``. Its maps have the photo's size and are 0 outside the faces'
            squares: melanin, haemoglobin (volume fractions), diffuse, specular,
            reconstruction (three channels, sRGB), and validity, [0, 1], where there is
            bare skin that they speak of, and changed, [0, 1], where changes are
            applied; ``light`` (faces, 33) and ``camera`` (faces, 33, 3) are spectra.

        Raises:
            PhotoError: the photo cannot be read.
            NoFaceError: it shows no face.
            FacekitError: an option is out of range.
            WeightsError: the network returns numbers that are not finite.
        """
        strength = check_strength(strength)
        change = _check_change(melanin, haemoglobin, units, illuminant, camera)
        photo = read_photo(photo, max_megapixels)
        found = []

        def find():
            found.extend(find_faces(photo))
            return found

        chosen = choose_faces(faces, find)
        if not chosen:
            raise NoFaceError(f"{photo.name}: expected a face, found none.")
        height, width = photo.image.shape[:2]
        maps = {name: np.zeros((height, width), "float32") for name in _MAPS[:4]}
        maps["reconstruction"] = np.zeros((height, width, 3), "float32")
        maps["validity"] = np.zeros((height, width), "float32")
        maps["changed"] = np.zeros((height, width), "float32")
        edited, spectra = photo.image.copy(), []
        for face in chosen:
            crop, transform, landmarks = aligned_square(photo.image, face, self.size)
            scene = self.saved_model(image=crop[None])
            spectra.append(scene)
            validity = face_region(
                face.landmarks, "skin", height, width, image=photo.image
            )
            _lay_maps(maps, scene, transform, validity)
            area = _area(photo.image, face, found or chosen, maps["changed"])
            maps["changed"] += area
            if strength and change:
                square = np.rint(255 * crop.clip(0, 1)).astype("uint8")
                skin = face_region(
                    landmarks, "skin", self.size, self.size, image=square
                )
                edit = self._edit(scene, change, skin)
                _apply(edited, photo.image, edit, transform, area)
        for name in ("light", "camera"):
            maps[name] = np.concatenate([scene[name] for scene in spectra])
        return Result(mix(photo.image, edited, strength), chosen, maps)

    def _edit(self, scene, change, skin):
        """What the change does to light in camera RGB, and the camera's matrices.

        Its maps, smooth and continued beyond the skin, are a factor for each channel,
        and how much light the surface reflects, which no pigment has touched. Times the
        ratio of all light stubble and lips would turn blue: of dark skin little is left
        but the surface's white.
        """
        picture = scene["reconstruction"][0]
        scene = {name: scene[name] for name in _SCENE}
        new = {f"new_{name}": scene[name] for name in ("light", "camera")}
        for name, limit in _LIMITS.items():
            value = scene[name]
            if change["units"] == "network":
                units = pigment_units(value, limit) + change[name]
                value = pigment_fraction(units, limit)
            else:
                value = np.clip(value + change[name], 0, limit)
            new[f"new_{name}"] = value.astype("float32")
        for name in ("light", "camera"):
            if change[name] is not None:
                new[f"new_{name}"] = change[name][None].astype("float32")
        edit = self.saved_model("edit", **scene, **new)
        edit = {name: values[0] for name, values in edit.items()}
        seen = decode_srgb(picture) @ edit["to_camera"].T
        surface = self.surface * scene["diffuse"][0] + scene["specular"][0]
        surface = _limited(surface, seen)
        before, after = (
            _LEAST + np.maximum(light - surface, 0)
            for light in (seen, edit.pop("ratio") * seen)
        )
        maps = np.dstack([after / before, surface]).astype("float32")
        known = np.where(skin > 0.5, skin, 0).astype("float32")[..., None]
        if not known.any():
            known[:] = 1
        sigma = _SMOOTH * self.size
        sums = cv2.GaussianBlur(np.dstack([maps * known, known]), (0, 0), sigma)
        maps = sums[..., :-1] / np.maximum(sums[..., -1:], 1e-6)
        edit["maps"] = smooth_fill(maps, known[..., 0])
        return edit


def _check_change(melanin, haemoglobin, units, light, eyes):
    """Return the change as a dict, spectra instead of names; {} for none."""
    for name, value in (("melanin", melanin), ("haemoglobin", haemoglobin)):
        if not isinstance(value, Real) or not -2 <= value <= 2:
            raise FacekitError(
                f"{name} must be a number from -2 to 2, received {value!r}."
            )
    if units not in UNITS:
        raise FacekitError(
            f"units must be one of {', '.join(UNITS)}, received {units!r}."
        )
    if not melanin and not haemoglobin and light is None and eyes is None:
        return {}
    try:
        return {
            "melanin": float(melanin),
            "haemoglobin": float(haemoglobin),
            "units": units,
            "light": None if light is None else illuminant(light),
            "camera": None if eyes is None else camera(eyes),
        }
    except ValueError as error:
        raise FacekitError(str(error)) from error


def _limited(surface, light):
    """The surface's share of light, no more than that of the darkest channel."""
    darkest = np.maximum(light.min(-1, keepdims=True), 0)
    return np.minimum(surface, _MOST_SURFACE * darkest)


def _area(image, face, faces, changed):
    """Where one face changes in the photo; what another has changed is left alone."""
    marks = face.landmarks
    others = [x.landmarks for x in faces if not np.array_equal(x.landmarks, marks)]
    area, transform = skin_area(image, marks, others)
    back = invert_transform(transform)
    area = align(area, back, image.shape[1::-1], border="zero")
    return np.maximum(np.clip(area, 0, 1) - changed, 0)


def _lay_maps(maps, scene, transform, validity):
    """Enlarge the maps of one face into those of the photo, in place."""
    shape = validity.shape[1::-1]
    back = invert_transform(transform)
    side = scene["melanin"].shape[1]
    inside = align(np.ones((side, side), "float32"), back, shape, border="zero") > 0.5
    # Another face's skin keeps what was found there.
    inside &= validity >= maps["validity"]
    for name in _MAPS:
        values = np.ascontiguousarray(scene[name][0])
        enlarged = align(values, back, shape).reshape(maps[name].shape)
        maps[name][inside] = np.maximum(enlarged[inside], 0)
    np.maximum(maps["validity"], validity, out=maps["validity"])


def _apply(image, photo, edit, transform, weight):
    """Add what an edit changes of a photo's light, strip by strip, in place."""
    box = box_of(weight)
    if box is None:
        return
    rows, columns = box
    grey = (photo == photo[..., :1]).all()
    step = max(1, _STRIP_PIXELS // (columns.stop - columns.start))
    for top in range(rows.start, rows.stop, step):
        part = image[top : min(top + step, rows.stop), columns]
        share = weight[top : top + len(part), columns][..., None]
        back = invert_transform(transform)
        back[:, 2] -= [columns.start, top]
        maps = align(edit["maps"], back, part.shape[1::-1])
        before = photo[top : top + len(part), columns] / np.float32(255)
        before = decode_srgb(before).astype("float32")
        raw = before @ edit["to_camera"].T
        surface = _limited(maps[..., 3:], raw)
        shown = (surface + maps[..., :3] * (raw - surface)) @ edit["to_srgb"].T
        if grey:
            shown = shown.mean(2, keepdims=True).repeat(3, 2)
        shown = decode_srgb(part / np.float32(255)) + share * (shown - before)
        new = np.rint(255 * encode_srgb(shown)).astype("uint8")
        np.copyto(part, new, where=share > 0)
