"""Structural similarity with a Gaussian window."""

import keras
from keras import ops

from facekit.metrics.picture_mean import (
    PictureMean,
    as_float,
    composite_in,
    region_mean,
)
from facekit.ops.similarity import ssim_map


def ssim(
    target,
    restored,
    region=None,
    max_value=1.0,
    filter_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    return_map=False,
):
    """Structural similarity of each picture.

    With means ``m``, variances ``v`` and covariance ``c`` under a Gaussian window,
    ``C1 = (k1 max_value)^2`` and ``C2 = (k2 max_value)^2``::

        ssim = (2 m_t m_r + C1) (2 c + C2) / ((m_t^2 + m_r^2 + C1) (v_t + v_r + C2))

    for each pixel and channel. The borders are mirrored. The mean leaves out pixels
    whose window reaches over the border, as scikit-image does; inside a region it
    takes every pixel of the region.

    Args:
        target: (batch, height, width, channels), [0, max_value].
        restored: as ``target``.
        region: (batch, height, width, 1), 1 = counted (the hole, that is
            ``1 - mask``). The pictures compared are then ``target`` and ``restored``
            pasted into it, and what ``restored`` shows outside is not looked at.
            Defaults to None, all pixels.
        max_value: float, the largest value a pixel can have. Defaults to 1.
        filter_size: odd integer, side of the window in pixels. Defaults to 11.
        sigma: float, standard deviation of the window in pixels. Defaults to 1.5.
        k1: float, steadies the comparison of means. Defaults to 0.01.
        k2: float, steadies the comparison of variances. Defaults to 0.03.
        return_map: whether to return the map as well. Defaults to False.

    Returns:
        float32, (batch,), [-1, 1], NaN where a region is empty; or the pair of it and
        the map (batch, height, width, 1), the mean over channels.

    Raises:
        ValueError: if the filter size is even, or a picture is smaller than it.

    Reference: Wang et al. 2004, "Image quality assessment: from error visibility to
    structural similarity", equation 13.
    """
    target, restored = as_float(target), as_float(restored)
    region = None if region is None else as_float(region)
    sides = [side for side in target.shape[1:3] if side is not None]
    if filter_size % 2 == 0 or any(side < filter_size for side in sides):
        raise ValueError(
            "`filter_size` must be odd and at most the height and width. Received: "
            f"filter_size={filter_size} for pictures of shape {target.shape}"
        )
    restored = composite_in(region, target, restored)
    similarity = ssim_map(target, restored, max_value, filter_size, sigma, k1, k2)
    radius = filter_size // 2
    counted = similarity
    if region is None and radius:
        counted = similarity[:, radius:-radius, radius:-radius]
    values = region_mean(counted, region)
    if return_map:
        return values, ops.mean(similarity, axis=-1, keepdims=True)
    return values


@keras.saving.register_keras_serializable("facekit")
class SSIM(PictureMean):
    """Mean structural similarity over pictures, see ``ssim``.

    Args:
        max_value: float, the largest value a pixel can have. Defaults to 1.
        filter_size: odd integer, side of the window in pixels. Defaults to 11.
        sigma: float, standard deviation of the window in pixels. Defaults to 1.5.
        k1: float, steadies the comparison of means. Defaults to 0.01.
        k2: float, steadies the comparison of variances. Defaults to 0.03.
        name: name of the metric. Defaults to "ssim".
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def __init__(
        self,
        max_value=1.0,
        filter_size=11,
        sigma=1.5,
        k1=0.01,
        k2=0.03,
        name="ssim",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.max_value = max_value
        self.filter_size = filter_size
        self.sigma = sigma
        self.k1 = k1
        self.k2 = k2

    def measure(self, target, restored, region):
        return ssim(target, restored, region, **self._options())

    def get_config(self):
        return {**super().get_config(), **self._options()}

    def _options(self):
        names = ("max_value", "filter_size", "sigma", "k1", "k2")
        return {name: getattr(self, name) for name in names}
