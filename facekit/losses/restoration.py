"""Loss of tools that change a face in places and must leave the rest alone."""

import keras
from keras import ops

from facekit.losses.feature import perceptual_loss
from facekit.ops.similarity import ssim_map

_SSIM_WINDOW = 7
_GREY_LEVEL = 1.0 / 255.0
PIXEL_TERMS = ("charbonnier", "log")


def charbonnier(target, restored, epsilon=1e-3):
    """Smooth absolute error of every value, ``sqrt(d^2 + epsilon^2) - epsilon``.

    Args:
        target: any shape, [0, 1].
        restored: as ``target``.
        epsilon: float, below which it is quadratic. Defaults to 0.001.

    Returns:
        Tensor of the shape of ``target``.

    Reference: Charbonnier et al. 1994; Lai et al. 2017 (arXiv:1704.03915), equation 2.
    """
    difference = target - restored
    return ops.sqrt(ops.square(difference) + epsilon**2) - epsilon


@keras.saving.register_keras_serializable("facekit")
class RestorationLoss(keras.losses.Loss):
    """Pixel error and structural similarity, weighed by where the damage is.

    ``mean w (pixel_weight c + ssim_weight (1 - ssim)) / mean w`` with
    ``w = 1 + region_weight * amount``, plus ``perceptual_weight`` times the L1 distance
    of feature maps. ``c`` is the Charbonnier error; or, instead of its mean, the
    logarithm of each picture's mean squared error counts, which is its PSNR: a faint
    damage then matters as much as a heavy one, and so does leaving alone what is not
    damaged.

    Args:
        features: Keras model, pictures in [0, 1] to a list of feature maps, or None.
            See ``facekit.models.feature_network``. Defaults to None.
        pixel_weight: float, of the pixel term. Defaults to 1.
        ssim_weight: float. Defaults to 0.1.
        perceptual_weight: float; 0 if there are no features. Defaults to 0.01.
        region_weight: float >= 0, how much more a wholly damaged pixel counts.
            Defaults to 4.
        pixel: the pixel term: "charbonnier", or "log", ``log(1 + e / floor)`` of the
            squared error ``e`` in grey levels of 1 / 255. Defaults to "charbonnier".
        floor: float > 0, squared grey levels below which errors hardly count. The
            higher, the more does a heavy damage matter. Defaults to 1.

    Input shape:
        y_true: (batch, height, width, 4): target picture in [0, 1], then the amount of
        damage, [0, 1]; y_pred: (batch, height, width, 3), restored picture. ``terms``
        takes target, restored and amount one by one.
    Output shape:
        Scalar.

    Raises:
        ValueError: a weight is below 0, ``pixel`` is neither, or ``floor`` is not
            above 0.

    Example:
        >>> import numpy as np
        >>> target = np.full((1, 8, 8, 3), 0.5, "float32")
        >>> amount = np.zeros((1, 8, 8, 1), "float32")
        >>> loss = RestorationLoss(ssim_weight=0.0)
        >>> round(float(loss(np.concatenate([target, amount], -1), target + 0.1)), 3)
        0.099

    Reference:
        Zhao et al. 2017 (arXiv:1511.08861), section 3.3, mixes both kinds of terms;
        Chen et al. 2021 (arXiv:2105.06086), section 3.4, train by PSNR.
    """

    def __init__(
        self,
        features=None,
        pixel_weight=1.0,
        ssim_weight=0.1,
        perceptual_weight=0.01,
        region_weight=4.0,
        pixel="charbonnier",
        floor=1.0,
        name="restoration_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        weights = (pixel_weight, ssim_weight, perceptual_weight, region_weight)
        if min(weights) < 0:
            raise ValueError(f"Expected weights of 0 or more. Received: {weights}")
        if pixel not in PIXEL_TERMS:
            raise ValueError(
                f"`pixel` must be one of {PIXEL_TERMS}. Received: {pixel!r}"
            )
        if not floor > 0:
            raise ValueError(f"`floor` must be above 0. Received: {floor}")
        self.features = features
        self.pixel_weight = pixel_weight
        self.ssim_weight = ssim_weight
        self.perceptual_weight = perceptual_weight
        self.region_weight = region_weight
        self.pixel = pixel
        self.floor = floor

    def call(self, y_true, y_pred):
        """Total of the weighted terms, for ``compile`` and ``fit``."""
        return sum(self.terms(y_true[..., :-1], y_pred, y_true[..., -1:]).values())

    def terms(self, target, restored, amount):
        """The weighted terms by name.

        Args:
            target: (batch, height, width, 3), [0, 1].
            restored: as ``target``.
            amount: (batch, height, width, 1), [0, 1], 0 = the picture was not damaged.

        Returns:
            Dict from name to scalar; their sum is the loss.
        """
        weight = 1.0 + self.region_weight * amount
        weight = weight / ops.mean(weight)
        terms = {"pixel": self.pixel_weight * self._error(target, restored, weight)}
        if self.ssim_weight:
            similarity = ssim_map(target, restored, filter_size=_SSIM_WINDOW)
            dissimilarity = ops.mean(weight * (1.0 - similarity))
            terms["ssim"] = self.ssim_weight * dissimilarity
        if self.features is not None and self.perceptual_weight:
            true, seen = (
                # A model with one output returns it bare.
                keras.tree.flatten(self.features(x, training=False))
                for x in (target, restored)
            )
            true = [ops.stop_gradient(x) for x in true]
            distance = perceptual_loss(true, seen)
            terms["perceptual"] = self.perceptual_weight * distance
        return terms

    def _error(self, target, restored, weight):
        if self.pixel == "charbonnier":
            return ops.mean(weight * charbonnier(target, restored))
        squares = ops.square((target - restored) / _GREY_LEVEL)
        axes = (1, 2, 3)
        of_each = ops.mean(weight * squares, axes) / ops.mean(weight, axes)
        return ops.mean(ops.log(1.0 + of_each / self.floor))

    def get_config(self):
        return {
            **super().get_config(),
            "features": keras.saving.serialize_keras_object(self.features),
            "pixel_weight": self.pixel_weight,
            "ssim_weight": self.ssim_weight,
            "perceptual_weight": self.perceptual_weight,
            "region_weight": self.region_weight,
            "pixel": self.pixel,
            "floor": self.floor,
        }

    @classmethod
    def from_config(cls, config):
        features = keras.saving.deserialize_keras_object(config["features"])
        return cls(**{**config, "features": features})
