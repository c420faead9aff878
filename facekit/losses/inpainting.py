"""The ladder of inpainting losses, V0 to V3."""

import keras
from keras import ops

from facekit.losses.feature import perceptual_loss, style_loss
from facekit.losses.pixel import hole_l1, hole_total_variation, valid_l1
from facekit.ops.masks import composite

VERSIONS = ("V0", "V1", "V2", "V3")


@keras.saving.register_keras_serializable("facekit")
class InpaintingLoss(keras.losses.Loss):
    """One of four losses for filling holes, each adding terms to the one before.

    | version | terms |
    |---|---|
    | V0 | mean absolute error over the whole picture |
    | V1 | ``hole_weight`` x hole L1 + ``valid_weight`` x valid L1 |
    | V2 | V1 + ``perceptual_weight`` x perceptual (output and composite) |
    | V3 | V2 + ``style_weight`` x style (output and composite) + ``variation_weight`` x total variation of the composite at the hole |

    V4, V3 with an adversary, needs a second network: see ``facekit.training``.

    Args:
        version: "V0", "V1", "V2" or "V3". Defaults to "V3".
        features: Keras model, pictures in [0, 1] to a list of feature maps; needed by
            V2 and V3. See ``facekit.models.feature_network``. A saved loss holds its
            layers without their weights: compile anew after loading.
        hole_weight: float. Defaults to 6.
        valid_weight: float. Defaults to 1.
        perceptual_weight: float. Defaults to 0.05.
        style_weight: float. Defaults to 120.
        variation_weight: float. Defaults to 0.1.

    Input shape:
        y_true: (batch, height, width, 4): target picture in [0, 1], then the mask,
        1 = known; y_pred: (batch, height, width, 3), restored picture. ``terms`` takes
        target, restored and mask one by one.
    Output shape:
        Scalar.

    Raises:
        ValueError: unknown version, or V2/V3 without ``features``.

    Example:
        >>> import numpy as np
        >>> target = np.zeros((1, 8, 8, 3), "float32")
        >>> mask = np.ones((1, 8, 8, 1), "float32"); mask[:, :4] = 0
        >>> loss = InpaintingLoss("V1")
        >>> float(loss(np.concatenate([target, mask], -1), target + 0.5))
        1.75

    Reference:
        Liu et al. 2018 (arXiv:1804.07723), section 3.3, equation 7.
    """  # noqa: E501

    def __init__(
        self,
        version="V3",
        features=None,
        hole_weight=6.0,
        valid_weight=1.0,
        perceptual_weight=0.05,
        style_weight=120.0,
        variation_weight=0.1,
        name="inpainting_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if version not in VERSIONS:
            raise ValueError(f"`version` must be one of {VERSIONS}. Got: {version!r}")
        if version in ("V2", "V3") and features is None:
            raise ValueError(
                f"{version} needs `features`, a model from picture to feature maps; "
                "see facekit.models.feature_network."
            )
        self.version = version
        self.features = features
        self.hole_weight = hole_weight
        self.valid_weight = valid_weight
        self.perceptual_weight = perceptual_weight
        self.style_weight = style_weight
        self.variation_weight = variation_weight

    def call(self, y_true, y_pred):
        """Total of the weighted terms, for ``compile`` and ``fit``."""
        return sum(self.terms(y_true[..., :-1], y_pred, y_true[..., -1:]).values())

    def terms(self, target, restored, mask):
        """The weighted terms by name.

        Args:
            target: (batch, height, width, 3), [0, 1].
            restored: as ``target``.
            mask: (batch, height, width, 1), 1 = known, 0 = missing.

        Returns:
            Dict from name to scalar; their sum is the loss.
        """
        if self.version == "V0":
            return {"mae": ops.mean(ops.abs(restored - target))}
        terms = {
            "hole": self.hole_weight * hole_l1(target, restored, mask),
            "valid": self.valid_weight * valid_l1(target, restored, mask),
        }
        if self.version in ("V2", "V3"):
            terms |= self._feature_terms(target, restored, mask)
        return terms

    def _feature_terms(self, target, restored, mask):
        merged = composite(target, restored, mask)
        true, output, filled = (
            # A model with one output returns it bare.
            keras.tree.flatten(self.features(x, training=False))
            for x in (target, restored, merged)
        )
        true = [ops.stop_gradient(x) for x in true]
        terms = {
            "perceptual": self.perceptual_weight
            * (perceptual_loss(true, output) + perceptual_loss(true, filled))
        }
        if self.version == "V3":
            terms["style"] = self.style_weight * (
                style_loss(true, output) + style_loss(true, filled)
            )
            terms["variation"] = self.variation_weight * hole_total_variation(
                merged, mask
            )
        return terms

    def get_config(self):
        return {
            **super().get_config(),
            "version": self.version,
            "features": keras.saving.serialize_keras_object(self.features),
            "hole_weight": self.hole_weight,
            "valid_weight": self.valid_weight,
            "perceptual_weight": self.perceptual_weight,
            "style_weight": self.style_weight,
            "variation_weight": self.variation_weight,
        }

    @classmethod
    def from_config(cls, config):
        features = keras.saving.deserialize_keras_object(config["features"])
        return cls(**{**config, "features": features})
