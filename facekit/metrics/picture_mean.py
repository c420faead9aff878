"""What the picture metrics share: means over a region, and means over pictures."""

import keras
from keras import ops


def as_float(image):
    """Return a tensor as float32, in which all metrics are computed."""
    return ops.cast(ops.convert_to_tensor(image), "float32")


def composite_in(region, target, restored):
    """Return ``restored`` inside the region and ``target`` outside it."""
    return restored if region is None else ops.where(region > 0.5, restored, target)


def region_mean(values, region):
    """Average a map over the pixels of a region and all channels.

    Args:
        values: (batch, height, width, channels). What lies outside the region, NaN
            included, has no influence.
        region: (batch, height, width, 1), 1 = counted, or None for all pixels.

    Returns:
        (batch,), NaN where a region is empty.
    """
    if region is None:
        return ops.mean(values, axis=(1, 2, 3))
    inside = region > 0.5
    total = ops.sum(ops.where(inside, values, 0.0), axis=(1, 2, 3))
    count = ops.sum(ops.cast(inside, "float32"), axis=(1, 2, 3)) * values.shape[-1]
    mean = total / ops.maximum(count, 1.0)
    return ops.where(count > 0, mean, float("nan"))


class PictureMean(keras.metrics.Mean):
    """Mean of a figure over pictures; the base of the metrics here.

    A subclass implements ``measure``. Pictures with an empty region are left out of
    the mean; a restored picture that is not finite makes it NaN.

    Args:
        name: name of the metric.
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def measure(self, target, restored, region):
        """Return the figure of each picture, shape (batch,)."""
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None, region=None):
        """Take in a batch.

        Args:
            y_true: target, (batch, height, width, 3), [0, 1]; a fourth channel, as
                ``as_tf_dataset(paired=True)`` adds, does not count.
            y_pred: restored pictures, as ``y_true``.
            sample_weight: (batch,), weight of each picture. Defaults to None.
            region: (batch, height, width, 1), 1 = counted. Defaults to None.
        """
        y_true = y_true[..., : y_pred.shape[-1]]
        values = self.measure(y_true, y_pred, region)
        weight = ops.ones_like(values)
        if sample_weight is not None:
            weight = as_float(sample_weight)
        if region is not None:
            counted = ops.any(as_float(region) > 0.5, axis=(1, 2, 3))
            values = ops.where(counted, values, 0.0)
            weight = ops.where(counted, weight, 0.0)
        super().update_state(values, weight)
