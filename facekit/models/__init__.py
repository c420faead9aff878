"""Networks, built from ``facekit.layers``."""

from facekit.models.partial_conv_unet import PartialConvUNet

__all__ = ["PartialConvUNet"]
