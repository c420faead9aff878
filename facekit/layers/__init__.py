"""Layers to build restoration networks from, one to a file."""

from facekit.layers.atrous_pyramid_pooling import AtrousPyramidPooling
from facekit.layers.bilinear_upsampling_2d import BilinearUpsampling2D
from facekit.layers.camera_sensitivity import CameraSensitivity
from facekit.layers.gappy_pca_2d import GappyPCA2D
from facekit.layers.illuminant import Illuminant
from facekit.layers.instance_normalization import InstanceNormalization
from facekit.layers.masked_batch_normalization import MaskedBatchNormalization
from facekit.layers.partial_conv_2d import PartialConv2D
from facekit.layers.position_encoding_2d import PositionEncoding2D
from facekit.layers.reflection_padding_2d import ReflectionPadding2D
from facekit.layers.residual_block import ResidualBlock
from facekit.layers.skin_reflectance import SkinReflectance
from facekit.layers.spectral_render import SpectralRender

__all__ = [
    "AtrousPyramidPooling",
    "BilinearUpsampling2D",
    "CameraSensitivity",
    "GappyPCA2D",
    "Illuminant",
    "InstanceNormalization",
    "MaskedBatchNormalization",
    "PartialConv2D",
    "PositionEncoding2D",
    "ReflectionPadding2D",
    "ResidualBlock",
    "SkinReflectance",
    "SpectralRender",
]
