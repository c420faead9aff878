"""What a change of pigments, light or camera does to a photograph of skin."""

from keras import ops

from facekit.ops.colour import camera_to_srgb, white_balanced_weights
from facekit.ops.skin import skin_channels
from facekit.spectra.skin import SURFACE

LEAST = 0.01
"""Ratios are formed of no less, so that dark channels do not shout."""


def edit_ratio(before, after, surface=SURFACE):
    """Ratio of two renderings in white-balanced camera RGB.

    A photograph times this ratio shows the change with all its pores and hairs. It is
    formed before the colour matrix, where all skin is well above zero; linear sRGB of
    dark skin is not.

    Args:
        before: list of melanin, haemoglobin, diffuse, specular, light and camera, as
            ``SpectralRender`` takes them.
        after: as ``before``, changed.
        surface: share of the light that the surface reflects diffusely. Defaults to
            .04.

    Returns:
        Dict of ratio: (batch, height, width, 3); to_camera: (batch, 3, 3), linear sRGB
        to the camera that took the photograph; to_srgb: (batch, 3, 3), from the camera
        that shows it. ``edited = to_srgb @ (ratio * (to_camera @ linear))``.
    """
    seen = [ops.maximum(_camera_rgb(maps, surface), LEAST) for maps in (before, after)]
    return {
        "ratio": seen[1] / seen[0],
        "to_camera": ops.inv(camera_to_srgb(before[-1])),
        "to_srgb": camera_to_srgb(after[-1]),
    }


def _camera_rgb(maps, surface):
    """White-balanced camera RGB, (batch, height, width, 3)."""
    melanin, blood, diffuse, specular, light, camera = maps
    weights = white_balanced_weights(light, camera)
    return diffuse * skin_channels(melanin, blood, weights, surface) + specular
