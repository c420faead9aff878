"""Loss of taking skin apart: what is seen, what is known, and what is likely."""

from keras import ops

from facekit.layers.spectral_render import SpectralRender
from facekit.ops.colour import decode_srgb, encode_srgb
from facekit.ops.multi_scale_similarity import multi_scale_similarity
from facekit.ops.skin_units import pigment_units
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.spectra.skin import SURFACE

APPEARANCES = ("l2", "ms_ssim", "both", "encoded")
SPECULAR_TARGETS = ("sparse", "dark_channel")
# Shares of the patterns' weight; melanin is harder to tell, as it looks much like less
# light. The variance of a logarithm below which a pattern counts no more.
_PATTERNS, _FAINT = {"melanin": 1.0, "haemoglobin": 0.4}, 0.05**2


class BioFaceLoss:
    """Terms of the loss of `BioFaceNet`.

    Of a photograph only the picture and a likely shading are known: appearance, the
    shading's distance from smooth light at a scale of its own, a prior of the specular
    map and one of the camera. Of a rendered portrait the maps, light and camera are
    known, too, and take the priors' place.

    Args:
        appearance: "l2" of linear light (the paper's), "ms_ssim" of the encoded
            picture, "both", or "encoded": both and the absolute error of the encoded
            picture, to which dark skin counts as much as light. Defaults to "l2".
        specular_target: "sparse", the mean of the map, or "dark_channel", its distance
            from the target that the batch holds. Defaults to "sparse".
        specular_weight: float, of that prior. The paper's 8e-3 drives a sparse map to
            black; 1e-8 leaves it alone. Defaults to 1e-8.
        shading_weight: float. Defaults to 8e-3.
        camera_weight: float, of the camera's squared numbers. Defaults to 8e-2.
        truth_weight: float, of the known maps, pigments in units of [0, 1]; 0 learns
            from pictures alone. Defaults to 0.1.
        pattern_weight: float, of the patterns of pigments within a face beside their
            values: the share of the variance of their logarithms that is wrong, as
            the logarithm of one plus it, or an untrained network would learn nothing
            else. Defaults to 0.1.
        appearance_weight: float, of the appearance; the paper's is 1. Defaults to 1.
        surface: as in ``BioFaceNet``. Defaults to .04.

    Raises:
        ValueError: ``appearance`` or ``specular_target`` is none of those listed.

    Reference: Alotaibi and Smith 2019, section 4.2.
    """

    def __init__(
        self,
        appearance="l2",
        specular_target="sparse",
        specular_weight=1e-8,
        shading_weight=8e-3,
        camera_weight=8e-2,
        truth_weight=0.1,
        pattern_weight=0.1,
        appearance_weight=1.0,
        surface=SURFACE,
    ):
        for name, value, allowed in (
            ("appearance", appearance, APPEARANCES),
            ("specular_target", specular_target, SPECULAR_TARGETS),
        ):
            if value not in allowed:
                raise ValueError(
                    f"`{name}` must be one of {allowed}. Received: {value!r}"
                )
        self.appearance = appearance
        self.specular_target = specular_target
        self.specular_weight = specular_weight
        self.shading_weight = shading_weight
        self.camera_weight = camera_weight
        self.truth_weight = truth_weight
        self.pattern_weight = pattern_weight
        self.appearance_weight = appearance_weight
        self._render = SpectralRender(surface, encoded=False, dtype="float32")

    def terms(self, batch, outputs):
        """The weighted terms by name.

        Args:
            batch: dict of float32 tensors. image: (batch, height, width, 3), sRGB in
                [0, 1]; skin: (batch, height, width, 1), 1 = skin, what counts;
                known: (batch, 1, 1, 1), 1 = the rest is true, 0 = a photograph, of
                which ``diffuse`` is smooth light at any scale and ``specular`` a
                likely map; melanin, haemoglobin, diffuse, specular:
                (batch, height, width, 1); light: (batch, 33); camera_weights:
                (batch, 2).
            outputs: what ``BioFaceNet`` returns.

        Returns:
            Dict from name to scalar; their sum is the loss.
        """
        skin, known = batch["skin"], batch["known"]
        seen = skin * (1.0 - known)
        terms = self._appearance(batch, outputs, skin)
        error = outputs["diffuse"] - self._scaled_shading(batch, outputs, seen)
        terms["shading"] = self.shading_weight * _mean(ops.square(error), seen)
        specular = outputs["specular"]
        if self.specular_target == "dark_channel":
            specular = ops.abs(specular - batch["specular"])
        terms["specular"] = self.specular_weight * _mean(specular, seen)
        prior = ops.square(outputs["camera_weights"])
        terms["camera"] = self.camera_weight * _summed(prior, 1.0 - known[:, 0, 0])
        if self.truth_weight:
            terms |= self._truth(batch, outputs, skin * known, known[:, 0, 0])
        return terms

    def _appearance(self, batch, outputs, skin):
        names = ("melanin", "haemoglobin", "diffuse", "specular", "light", "camera")
        linear = self._render([outputs[name] for name in names])
        terms = {}
        if self.appearance != "ms_ssim":
            error = ops.square(linear - decode_srgb(batch["image"]))
            terms["appearance"] = self.appearance_weight * _mean(error, skin)
        if self.appearance != "l2":
            picture = encode_srgb(linear)
            pasted = skin * picture + (1.0 - skin) * batch["image"]
            similarity = multi_scale_similarity(batch["image"], pasted)
            # Of the order of the squared error, so that the other weights keep sense.
            weight = 0.1 * self.appearance_weight
            terms["similarity"] = weight * ops.mean(1.0 - similarity)
            if self.appearance == "encoded":
                error = ops.abs(picture - batch["image"])
                terms["encoded"] = weight * _mean(error, skin)
        return terms

    def _scaled_shading(self, batch, outputs, seen):
        """Smooth light at the scale that fits the map of each picture best."""
        target = batch["diffuse"] * seen
        product = ops.sum(target * outputs["diffuse"], axis=(1, 2), keepdims=True)
        power = ops.sum(ops.square(target), axis=(1, 2), keepdims=True)
        return target * ops.stop_gradient(product / ops.maximum(power, 1e-6))

    def _truth(self, batch, outputs, skin, known):
        weight = self.truth_weight
        terms = {}
        for name, maximum in (
            ("melanin", MAX_MELANIN),
            ("haemoglobin", MAX_HAEMOGLOBIN),
        ):
            true, found = (
                pigment_units(x[name], maximum) / 2.0 for x in (batch, outputs)
            )
            terms[f"true_{name}"] = weight * _mean(ops.abs(true - found), skin)
            true, found = (_logarithm(x[name]) for x in (batch, outputs))
            wrong = _variance(found - true, skin)
            wrong = wrong / ops.maximum(_variance(true, skin), _FAINT)
            share = weight * self.pattern_weight * _PATTERNS[name]
            terms[f"true_{name}_pattern"] = share * _summed(ops.log1p(wrong), known)
        for name in ("diffuse", "specular"):
            error = ops.abs(batch[name] - outputs[name])
            terms[f"true_{name}"] = weight * _mean(error, skin)
        error = ops.abs(batch["light"] - outputs["light"])
        terms["true_light"] = 0.1 * weight * _summed(error, known)
        error = ops.square(batch["camera_weights"] - outputs["camera_weights"])
        terms["true_camera"] = 0.05 * weight * _summed(error, known)
        return terms


def _logarithm(pigment):
    return ops.log(ops.maximum(pigment, 1e-3))


def _variance(values, weight):
    """Variance within each picture over the pixels that count, (batch, 1)."""
    count = ops.maximum(ops.sum(weight, axis=(1, 2), keepdims=True), 1.0)
    mean = ops.sum(values * weight, axis=(1, 2), keepdims=True) / count
    squares = ops.square(values - mean) * weight
    return ops.sum(squares / count, axis=(1, 2))


def _summed(values, weight):
    """Sum of a picture's numbers, (batch, count), mean over pictures that count."""
    total = ops.sum(ops.sum(values, -1, keepdims=True) * weight)
    return total / ops.maximum(ops.sum(weight), 1.0)


def _mean(values, weight):
    """Mean over all pixels that count; 0 where none does."""
    channels = values.shape[-1]
    return ops.sum(values * weight) / ops.maximum(channels * ops.sum(weight), 1.0)
