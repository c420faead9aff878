"""Fill holes in photographs."""

from dataclasses import dataclass

import cv2
import numpy as np

from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.alignment import (
    LEFT_EYE,
    RIGHT_EYE,
    align,
    align_known,
    alignment_transform,
    invert_transform,
    paste_back,
    transform_points,
)
from facekit.data.face_regions import draw_hull
from facekit.data.hidden_faces import (
    find_faces_again,
    find_faces_around,
    moved,
    with_landmarks,
)
from facekit.data.photos import read_photo
from facekit.restore.appearance import Appearance
from facekit.restore.border import match_border
from facekit.restore.faces import are_faces, as_list, choose_faces
from facekit.restore.finish import add_grain, soften_seam
from facekit.restore.hole import read_hole
from facekit.restore.layers import below, hardly_seen
from facekit.restore.parsing import (
    SKIN,
    Parser,
    beside_heads,
    follow_photo,
    parsed_square,
)
from facekit.restore.regions import plan_faces, plan_surroundings
from facekit.restore.squares import (
    in_photo,
    in_square,
    lay_on_photo,
    own_square,
)
from facekit.restore.surroundings import fill_around
from facekit.restore.symmetry import SIDE, is_turned, mirror_head
from facekit.restore.tool import Result, Tool, check_strength, mix

# A face that scored less than this is looked for up to so many more times, until its
# landmarks move by less than such a share of its width on average.
_UNSURE, _MORE_LOOKS, _SETTLED = 0.5, 8, 0.008
# The landmarks of a face found again may have moved by this share of its width.
_SAME_FACE = 0.25
_LEAST_NECK = 0.002  # of the square, by which the rest of a neck is filled
_SPECK = 4e-4  # of the square; what is seen in smaller spots says nothing of the rest


class Inpainter(Tool):
    """Fill the hole of a photo with what a network invents from the rest.

    The network fills faces, and, of heads that look ahead, necks that are hidden as a
    whole. Hidden features are drawn by an appearance model, to go with what is seen of
    the face; where the other side of the head fits, its mirror image is taken instead.
    Other skin and plain walls go on smoothly, all else is filled with patches of the
    photo, and drawn skin takes over the grain of the rest. A parsing network says where
    heads end that are partly hidden, so that hair, skin, clothes and the background are
    filled each for itself.

    The content of the hole is destroyed before anything else happens, so nothing of
    it can come back. Every pixel outside the hole keeps its bytes. What is filled
    into a black-and-white photo is grey.

    Args:
        saved_model: ``SavedModel``, or the path of its folder. The card's
            ``working_size`` (256 if absent) is the side of the squares it is given;
            the sides of smaller ones are multiples of ``multiple_of`` (64 if absent).

    Example:
        >>> tool = facekit.load("inpaint")  # doctest: +SKIP
        >>> tool("portrait.jpg", hole="hole.png").image.dtype  # doctest: +SKIP
        dtype('uint8')
    """

    task = "inpaint"

    def __init__(self, saved_model):
        super().__init__(saved_model)
        self.multiple = int(self.saved_model.card.get("multiple_of", 64))
        size = int(self.saved_model.card.get("working_size", 256))
        signatures = self.saved_model.card.get("signatures", {})
        self.appearance = None
        if "appearance" in signatures:
            self.appearance = Appearance(self.saved_model)
        self.parser = Parser(self.saved_model) if "parsing" in signatures else None
        self.size = -(-size // self.multiple) * self.multiple

    def __call__(
        self,
        photo,
        hole=None,
        strength=1.0,
        faces=None,
        max_megapixels=MAX_MEGAPIXELS,
    ):
        """Fill a hole.

        Args:
            photo: path, bytes, PIL image, array or ``Photo``.
            hole: path, bytes, PIL image or array of the photo's size, nonzero = fill.
                The photo's transparent pixels count as well; None leaves them alone
                to be the hole.
            strength: float in [0, 1]: 0 returns the photo, 1 the filled photo, and
                between them a blend inside the hole. Defaults to 1.
            faces: which faces guide the filling: None for all that are found, a list
                of their indices (0 is the largest), or a list of ``Face``.
            max_megapixels: float, the largest photo accepted, or None.

        Returns:
            ``Result``; outside the hole the image equals the photo in every byte.

        Raises:
            PhotoError: the photo cannot be read.
            HoleError: the hole is missing, of another size, unreadable, or leaves
                nothing of the photo.
            FacekitError: ``strength`` or ``faces`` is out of range.
            WeightsError: the network returns numbers that are not finite.
        """
        strength = check_strength(strength)
        photo = read_photo(photo, max_megapixels)
        hole = read_hole(photo, hole, max_megapixels)
        restored = np.where(hole[..., None], np.uint8(0), photo.image)
        given = as_list(faces)
        faces = choose_faces(given, lambda: find_faces_around(restored, hole))
        if strength == 0 or not hole.any():
            return Result(photo.image.copy(), faces)
        if not are_faces(given) and any(_touches(hole, face) for face in faces):
            faces = self._looked_at(restored, hole, faces)
        self._fill(restored, hole, faces)
        return Result(mix(photo.image, restored, strength), faces)

    def _looked_at(self, image, hole, faces):
        """Find faces again, with what is hidden drawn where it was guessed to be."""
        doubted = [face.score < _UNSURE and _touches(hole, face) for face in faces]
        faces = [self._completed(face, hole, found_beside=True) for face in faces]
        faces = self._seen_again(image, hole, faces)
        for _ in range(_MORE_LOOKS):
            if not any(doubted):
                break
            guesses = [
                self._completed(face, hole) if doubt else face
                for face, doubt in zip(faces, doubted, strict=True)
            ]
            again = self._seen_again(image, hole, guesses)
            for place, (old, new) in enumerate(zip(faces, again, strict=True)):
                if doubted[place]:
                    faces[place] = new
                    doubted[place] = moved(old, new) > _SETTLED
        return faces

    def _seen_again(self, image, hole, faces):
        draft = image.copy()
        self._fill(draft, hole, faces, rough=True)
        return _look_again(draft, hole, faces)

    def _completed(self, face, hole, found_beside=False):
        """Move the hidden landmarks of a face to where they go with the others."""
        if self.appearance is None or not _touches(hole, face):
            return face
        points = face.landmarks
        if found_beside:
            points = self.appearance.correct(points, hole)
        return with_landmarks(face, self.appearance.complete(points, hole))

    def _fill(self, image, hole, faces, rough=False):
        """Fill ``image`` in place; what is filled is known to the squares after it.

        A rough filling draws faces and leaves their surroundings smooth.
        """
        grey, whole = (image == image[..., :1]).all(), hole
        parsings = []
        if not rough:
            parsings = self._parsings(image, hole, faces)
            for face in faces:
                hole = hole & ~_mirror(image, hole, face, parsings)
            # What the network draws is not parsed: it would be asked about itself.
            if (hole != whole).any():
                parsings = self._parsings(image, hole, faces)
        work = _Work(image, whole, hole.copy(), faces, parsings, rough)
        necks = [_neck(hole, face, parsings) for face in faces]
        for region in plan_faces(hole, faces, self.size, necks):
            self._fill_region(work, region)
        # What is beside a face goes on from it as it is when it is drawn.
        if self.appearance is not None:
            for face in faces:
                self._draw_features(image, hole, work.missing, face)
        beside = work.missing.copy()
        for region in plan_surroundings(beside, faces, self.size, self.multiple):
            self._fill_region(work, region)
        # More like what was left may be seen beside what was parsed.
        work.parsings = []
        left = work.missing.copy()
        for region in plan_surroundings(left, [], self.size, self.multiple):
            self._fill_region(work, region)
        if not rough:
            for face in faces:
                soften_seam(image, hole & ~beside, beside, face)
            for face in faces:
                add_grain(image, hole, face, parsings)
        if grey:
            filled = np.rint(image[whole].mean(1, keepdims=True))
            image[whole] = filled.astype("uint8")

    def _fill_region(self, work, region):
        """Fill a region but for things of which too little is seen in its square."""
        crop, mask, classes = _seen_in(work, region)
        if region.in_face:
            crop = self._run(crop, mask)
        elif not work.rough:
            hidden = in_square(work.hole, region.transform, region.size)
            filled = fill_around(
                crop, mask, work.faces, region.transform, classes, hidden
            )
            crop = self._run(crop, mask) if filled is None else filled
        x0, y0, x1, y1 = region.box
        part = work.image[y0:y1, x0:x1]
        transform = region.transform.copy()
        transform[:, 2] += transform[:, :2] @ [x0, y0]
        fill = region.fill & work.missing[y0:y1, x0:x1]
        if region.in_face and classes is not None:
            fill &= ~beside_heads(classes, transform, fill.shape)
        elif classes is not None:
            alone = hardly_seen(mask, classes).astype("float32")
            fill &= align(alone, invert_transform(transform), fill.shape[::-1]) < 0.5
        part[...] = paste_back(part, crop, transform, fill.astype("float32"))
        work.missing[y0:y1, x0:x1] &= ~fill

    def _parsings(self, image, hole, faces):
        """What lies where in the squares of faces that the hole touches."""
        if self.parser is None:
            return []
        size, found = self.parser.size, []
        for face in faces:
            transform = alignment_transform(face.landmarks, size)
            if in_square(hole, transform, size).any():
                found.append(self.parser(image, hole, face))
        return found

    def _draw_features(self, image, hole, missing, face):
        """Draw hidden eyes and mouths, in place, to go with what is seen of a face.

        The appearance model knows faces in squares of 256 pixels.
        """
        transform = alignment_transform(face.landmarks, SIDE)
        points = transform_points(face.landmarks, transform)
        hull = draw_hull(points, (SIDE, SIDE))
        if not (in_square(hole, transform, SIDE) & hull).any():
            return
        # What is still missing is black, and must not be averaged with the face.
        crop = align_known(image, missing, transform, SIDE)[0] / np.float32(255)
        _, known = align_known(image, hole, transform, SIDE)
        beside = in_square(missing, transform, SIDE)
        drawn, share = self.appearance.draw(crop, known, points, beside)
        lay_on_photo(image, hole, transform, drawn, share)

    def _run(self, crop, mask):
        """Run the network on one square, float32 in [0, 255]."""
        if not mask.any():
            return crop
        image = crop / np.float32(255) * mask[..., None]
        outputs = self.saved_model(image=image[None], mask=mask[None, ..., None])
        restored = np.clip(outputs["restored"][0], 0, 1)
        return match_border(restored, mask) * np.float32(255)


@dataclass
class _Work:
    """A photo that is being filled."""

    image: np.ndarray  # uint8, (height, width, 3)
    hole: np.ndarray  # bool, (height, width)
    missing: np.ndarray  # bool, (height, width), what of the hole is left
    faces: list
    parsings: list
    rough: bool


def _seen_in(work, region):
    """What is known in a region's square, and what lies where, or None."""
    place = region.transform, region.size
    crop, mask = align_known(work.image, work.missing, *place)
    if not region.in_face:
        mask = _without_specks(mask)
    classes = None
    if work.parsings:
        found = parsed_square(work.parsings, *place)
        if found.any():
            classes = follow_photo(found, crop / np.float32(255), mask)
    return crop, mask, classes


def _without_specks(mask):
    """What is known of a square, float32, but for tiny islands in a hole."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0).astype("uint8"))
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECK * mask.size
    return mask * large[labels]


def _neck(hole, face, parsings):
    """Hidden skin around a face below its eyes, bool (height, width), or None.

    There is none of a head that is turned, as the network hardly knows its neck, and
    where some of it is seen, by which the rest is filled.
    """
    transform, size = own_square(face)
    points = transform_points(face.landmarks, transform)
    hidden = in_square(hole, transform, size)
    if not parsings or not hidden.any() or is_turned(points):
        return None
    skin = parsed_square(parsings, transform, size)[..., SKIN]
    skin[: round(points[[*LEFT_EYE, *RIGHT_EYE], 1].mean())] = 0
    known = align((~hole).astype("float32"), transform, size, border="zero") > 0.99
    seen = known & (skin > 0.5) & (below(draw_hull(points, skin.shape)) > 0.5)
    if seen.sum() > _LEAST_NECK * size**2:
        return None
    box, skin = in_photo(skin, transform, hole.shape)
    neck = np.zeros_like(hole)
    neck[box] = hole[box] & (skin > 0.5)
    return neck


def _mirror(image, hole, face, parsings):
    """Draw in place what is hidden of a head like its other side.

    Returns:
        bool, (height, width), what was drawn; none of it where nothing fits.
    """
    drawn = np.zeros_like(hole)
    low, high = face.landmarks.min(0), face.landmarks.max(0)
    # Half of a face that the border cuts is no picture of the other.
    if (low < 0).any() or (high >= image.shape[1::-1]).any():
        return drawn
    transform, size = own_square(face)
    if not in_square(hole, transform, size).any():
        return drawn
    points = transform_points(face.landmarks, transform)
    crop, known = align_known(image, hole, transform, size)
    classes = parsed_square(parsings, transform, size)
    other, fits = mirror_head(crop / np.float32(255), known, points, classes)
    box, other = in_photo(np.dstack([other, fits]), transform, hole.shape)
    drawn[box] = hole[box] & (other[..., 3] > 0.5)
    other = np.clip(np.rint(255 * other[..., :3]), 0, 255).astype("uint8")
    np.copyto(image[box], other, where=drawn[box][..., None])
    return drawn


def _look_again(draft, hole, faces):
    """Measure anew the faces that a hole touches, now that the hole is filled."""
    found = find_faces_again(draft)
    return [_same_face(face, found) if _touches(hole, face) else face for face in faces]


def _touches(hole, face):
    x0, y0, x1, y1 = (int(value) for value in face.box)
    return hole[max(y0, 0) : max(y1 + 1, 0), max(x0, 0) : max(x1 + 1, 0)].any()


def _same_face(face, found):
    """The nearest of the faces found, if it is near enough to be the same."""
    moves = [other.landmarks - face.landmarks for other in found]
    distances = [np.linalg.norm(move, axis=1).mean() for move in moves]
    if not distances or min(distances) > _SAME_FACE * (face.box[2] - face.box[0]):
        return face
    return found[int(np.argmin(distances))]
