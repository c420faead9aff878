"""Networks, built from ``facekit.layers``."""

from facekit.models.bio_face_net import BioFaceNet
from facekit.models.face_parsing_unet import FaceParsingUNet
from facekit.models.feature_network import feature_network
from facekit.models.growing import grow_from
from facekit.models.partial_conv_unet import PartialConvUNet
from facekit.models.patch_discriminator import PatchDiscriminator
from facekit.models.res34_unet import Res34UNet
from facekit.models.resnet34_encoder import ResNet34Encoder

__all__ = [
    "BioFaceNet",
    "FaceParsingUNet",
    "PartialConvUNet",
    "PatchDiscriminator",
    "Res34UNet",
    "ResNet34Encoder",
    "feature_network",
    "grow_from",
]
