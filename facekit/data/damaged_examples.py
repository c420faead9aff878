"""Training examples of damaged portraits: makeup, blemishes and worn masks.

Every class draws pairs from aligned crops with their landmarks (``aligned_faces``):

    files = photo_files("portraits")
    training, test = split_by_identity(files)
    crops, landmarks, kept = aligned_faces(training, 128, cache="cache")
    examples = MakeupExamples(crops, landmarks)
    dataset = as_tf_dataset(examples, batch_size=8, paired=True)

Damage is drawn first, then the pair is flipped, moved and re-lit alike, so that both
pictures stay equal outside the damage.
"""

import numpy as np

from facekit.data.augmentation import augmented_alike
from facekit.data.blemishes import BLEMISH_FAMILIES, add_blemishes
from facekit.data.examples import Examples
from facekit.data.face_frame import FaceFrame
from facekit.data.makeup import MAKEUP_FAMILIES, apply_makeup
from facekit.data.worn_masks import WORN_MASK_KINDS, wear_mask
from facekit.errors import NoFaceError


class DamagedExamples(Examples):
    """Draw damage on portraits, reproducibly; the base of the classes below.

    What depends on a crop alone (its skin, lips, hair) is drawn when the crop is first
    used and kept compressed, some 50 kB for a crop of 256 pixels.

    Args:
        crops: uint8, (count, height, width, 3), RGB; may be a ``numpy.memmap``.
        landmarks: (count, 468, 2), pixels of each crop.
        family: "train" or "held_out". Defaults to "train".
        seed: integer >= 0. Defaults to 0.
        augment: whether to flip, move, turn and re-light the pairs a little. Defaults
            to True.
        shuffle: whether each epoch has its own order. Defaults to True.
        weights: how often to draw each crop, as in ``InpaintingExamples``. Defaults
            to None.
        bare: share of examples that show no damage, in [0, 1], so that a network
            learns to leave them alone. A face that cannot be damaged, such as a
            profile, is one of them always. Defaults to 0.1.

    Raises:
        ValueError: an argument has another form.
    """

    families = ()
    truth = "amount"

    def __init__(
        self,
        crops,
        landmarks,
        family="train",
        seed=0,
        augment=True,
        shuffle=True,
        weights=None,
        bare=0.1,
    ):
        super().__init__(crops, seed, shuffle, weights)
        landmarks = np.asarray(landmarks)
        if landmarks.shape != (len(crops), 468, 2):
            raise ValueError(
                f"`landmarks` must be of shape ({len(crops)}, 468, 2), one face for "
                f"each crop. Received: {landmarks.shape}"
            )
        if family not in self.families:
            raise ValueError(
                f"`family` must be one of {self.families}. Received: {family!r}"
            )
        if not 0 <= bare <= 1:
            raise ValueError(f"`bare` must be in [0, 1]. Received: {bare}")
        self.landmarks = landmarks
        self.family = family
        self.augment = augment
        self.bare = bare
        self.channels = {"image": 3, self.truth: 1, "target": 3}
        self._frames = {}

    def frame(self, number):
        """Return the ``FaceFrame`` of a crop; None if its face cannot be damaged."""
        if number not in self._frames:
            try:
                frame = FaceFrame(self.crops[number], self.landmarks[number])
            except NoFaceError:
                frame = None
            self._frames[number] = frame
        return self._frames[number]

    def _draw(self, rng, number):
        """Return ``image``, damaged, ``target``, the crop, and how much covers it."""
        crop, frame = self.crops[number], self.frame(number)
        damage_rng, augment_rng, vary_rng = rng.spawn(3)
        image, alpha = crop, np.zeros(crop.shape[:2], "float32")
        if frame is not None and rng.random() >= self.bare:
            damage = self._damage(frame, damage_rng)
            image = self.varied(vary_rng, damage.image, crop)
            alpha = damage.alpha
        if self.augment:
            image, target, alpha = augmented_alike(augment_rng, (image, crop), alpha)
        else:
            image, target = (picture / np.float32(255) for picture in (image, crop))
        return {"image": image, self.truth: alpha[..., None], "target": target}

    def varied(self, rng, image, crop):
        """Return another damaged picture, like the one given; here the same.

        Args:
            rng: ``numpy.random.Generator``.
            image: uint8, (height, width, 3), damaged.
            crop: uint8, of the same shape, undamaged.

        Returns:
            uint8, of the same shape, equal to ``crop`` wherever ``image`` is.
        """
        return image

    def _damage(self, frame, rng):
        raise NotImplementedError


class MakeupExamples(DamagedExamples):
    """Pairs of faces with makeup (``image``) and without (``target``).

    The makeup is a whole look, as strong as it is worn (``apply_makeup``). Takes the
    arguments of ``DamagedExamples``. ``amount``, float32 (height, width, 1) in [0, 1],
    says how much makeup covers each pixel.
    """

    families = MAKEUP_FAMILIES

    def _damage(self, frame, rng):
        return apply_makeup(frame.image, frame, rng, family=self.family)


class BlemishExamples(DamagedExamples):
    """Pairs of faces with blemishes (``image``) and without (``target``).

    Takes the arguments of ``DamagedExamples``. ``amount``, float32 (height, width, 1)
    in [0, 1], says how strong the blemishes of each pixel are.
    """

    families = BLEMISH_FAMILIES

    def _damage(self, frame, rng):
        density = float(np.exp(rng.uniform(-1.0, 0.8)))
        strength = float(rng.uniform(0.4, 1.2))
        return add_blemishes(
            frame.image, frame, rng, None, density, strength, self.family
        )


class WornMaskExamples(DamagedExamples):
    """Pairs of faces with a face mask (``image``) and without (``target``).

    ``worn_mask``, float32 (height, width, 1) in [0, 1], is the opacity of the mask.

    Args:
        crops: as in ``DamagedExamples``.
        landmarks: as in ``DamagedExamples``.
        family: as in ``DamagedExamples``. Defaults to "train".
        templates: sequence of ``MaskTemplate``, of which half of the masks are made,
            or None. Defaults to None.
        **kwargs: the other arguments of ``DamagedExamples``.
    """

    families = tuple(WORN_MASK_KINDS)
    truth = "worn_mask"

    def __init__(self, crops, landmarks, family="train", templates=None, **kwargs):
        super().__init__(crops, landmarks, family, **kwargs)
        self.templates = templates

    def _damage(self, frame, rng):
        return wear_mask(frame.image, frame, rng, None, self.family, self.templates)
