"""Networks, built from ``facekit.layers``."""

from facekit.models.bio_face_net import BioFaceNet
from facekit.models.feature_network import feature_network
from facekit.models.growing import grow_from
from facekit.models.partial_conv_unet import PartialConvUNet
from facekit.models.patch_discriminator import PatchDiscriminator

__all__ = [
    "BioFaceNet",
    "PartialConvUNet",
    "PatchDiscriminator",
    "feature_network",
    "grow_from",
]
