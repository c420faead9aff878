"""Layers to build restoration networks from, one to a file."""

from facekit.layers.bilinear_upsampling_2d import BilinearUpsampling2D
from facekit.layers.gappy_pca_2d import GappyPCA2D
from facekit.layers.instance_normalization import InstanceNormalization
from facekit.layers.masked_batch_normalization import MaskedBatchNormalization
from facekit.layers.partial_conv_2d import PartialConv2D
from facekit.layers.position_encoding_2d import PositionEncoding2D
from facekit.layers.reflection_padding_2d import ReflectionPadding2D
from facekit.layers.residual_block import ResidualBlock

__all__ = [
    "BilinearUpsampling2D",
    "GappyPCA2D",
    "InstanceNormalization",
    "MaskedBatchNormalization",
    "PartialConv2D",
    "PositionEncoding2D",
    "ReflectionPadding2D",
    "ResidualBlock",
]
