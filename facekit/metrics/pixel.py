"""Mean absolute error and peak signal-to-noise ratio."""

import math

import keras
from keras import ops

from facekit.metrics.picture_mean import PictureMean, as_float, region_mean

_LARGEST_DECIBELS = 100.0


def l1(target, restored, region=None):
    """Mean absolute error of each picture.

    ``l1 = mean |target - restored|`` over pixels and channels.

    Args:
        target: (batch, height, width, channels), [0, 1].
        restored: as ``target``.
        region: (batch, height, width, 1), 1 = counted (the hole, that is
            ``1 - mask``). Defaults to None, all pixels.

    Returns:
        float32, (batch,), [0, 1]; NaN where a region is empty.
    """
    region = None if region is None else as_float(region)
    return region_mean(ops.abs(as_float(target) - as_float(restored)), region)


def psnr(target, restored, region=None, max_value=1.0):
    """Peak signal-to-noise ratio of each picture.

    ``psnr = 10 log10(max_value^2 / mean (target - restored)^2)``, at most 100 dB.

    Args:
        target: (batch, height, width, channels), [0, max_value].
        restored: as ``target``.
        region: (batch, height, width, 1), 1 = counted (the hole, that is
            ``1 - mask``). Defaults to None, all pixels.
        max_value: float, the largest value a pixel can have. Defaults to 1.

    Returns:
        float32, (batch,), decibels; NaN where a region is empty.
    """
    region = None if region is None else as_float(region)
    error = ops.square(as_float(target) - as_float(restored))
    relative = region_mean(error, region) / max_value**2
    least = 10 ** (-_LARGEST_DECIBELS / 10)
    decibels = -10 / math.log(10) * ops.log(ops.maximum(relative, least))
    # A maximum may drop the NaN of an empty region on some backends.
    return ops.where(ops.isnan(relative), relative, decibels)


@keras.saving.register_keras_serializable("facekit")
class L1(PictureMean):
    """Mean absolute error over pictures, see ``l1``.

    Args:
        name: name of the metric. Defaults to "l1".
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def __init__(self, name="l1", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def measure(self, target, restored, region):
        return l1(target, restored, region)


@keras.saving.register_keras_serializable("facekit")
class PSNR(PictureMean):
    """Mean peak signal-to-noise ratio over pictures, see ``psnr``.

    Args:
        max_value: float, the largest value a pixel can have. Defaults to 1.
        name: name of the metric. Defaults to "psnr".
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def __init__(self, max_value=1.0, name="psnr", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.max_value = max_value

    def measure(self, target, restored, region):
        return psnr(target, restored, region, self.max_value)

    def get_config(self):
        return {**super().get_config(), "max_value": self.max_value}
