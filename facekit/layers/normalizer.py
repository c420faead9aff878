"""The normalisations that blocks and networks can choose from, by name."""

import math

import keras

from facekit.layers.instance_normalization import InstanceNormalization

NORMALIZATIONS = ("batch", "group", "instance")
_MAX_GROUPS = 32


def make_normalizer(normalization, channels, **kwargs):
    """Return a normalisation layer; None for None.

    Args:
        normalization: one of ``NORMALIZATIONS``, or None. "group" takes 32 groups, or
            as many as divide both 32 and the channels.
        channels: int.
        **kwargs: ``name`` and ``dtype`` of the layer.
    """
    check_normalization(normalization)
    if normalization is None:
        return None
    if normalization == "instance":
        return InstanceNormalization(**kwargs)
    if normalization == "batch":
        return keras.layers.BatchNormalization(**kwargs)
    groups = math.gcd(_MAX_GROUPS, channels)
    return keras.layers.GroupNormalization(groups, **kwargs)


def check_normalization(normalization):
    """Raise a ValueError unless it is one of ``NORMALIZATIONS`` or None."""
    if normalization is not None and normalization not in NORMALIZATIONS:
        raise ValueError(
            f"Expected `normalization` to be one of {NORMALIZATIONS} or None. "
            f"Received: {normalization!r}"
        )
