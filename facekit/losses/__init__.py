"""Losses on ``keras.ops``: plain functions, and classes for ``compile``."""

from facekit.losses.adversarial import (
    adversarial_discriminator_loss,
    adversarial_generator_loss,
    feature_matching_loss,
    hole_patch_weights,
)
from facekit.losses.feature import gram_matrix, perceptual_loss, style_loss
from facekit.losses.inpainting import InpaintingLoss
from facekit.losses.pixel import hole_l1, hole_total_variation, valid_l1
from facekit.losses.restoration import RestorationLoss, charbonnier
from facekit.losses.skin import BioFaceLoss

__all__ = [
    "BioFaceLoss",
    "InpaintingLoss",
    "RestorationLoss",
    "adversarial_discriminator_loss",
    "adversarial_generator_loss",
    "charbonnier",
    "feature_matching_loss",
    "gram_matrix",
    "hole_l1",
    "hole_patch_weights",
    "hole_total_variation",
    "perceptual_loss",
    "style_loss",
    "valid_l1",
]
