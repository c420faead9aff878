"""A photograph of skin from its maps, the light and the camera."""

import keras
from keras import ops

from facekit.ops.colour import camera_to_srgb, encode_srgb, white_balanced_weights
from facekit.ops.skin import skin_channels, skin_reflectance
from facekit.spectra.skin import SURFACE


@keras.saving.register_keras_serializable("facekit")
class SpectralRender(keras.layers.Layer):
    """Shows lit skin as a white-balanced camera would, in sRGB.

    The camera's channels sum diffuse light times reflectance, and specular light, over
    the bands; white balance divides by what white gives; the camera's own colour
    matrix, fitted by least squares in the graph, leads to sRGB, and the transfer curve
    to the picture. White is white under every light and camera. All steps up to the
    curve are linear, so that they become one set of band weights a picture.

    It differs from the paper in the scale of the colour matrix (its white is D65 with
    Y = 1) and in the transfer curve. The layer has no weights and is computed in
    float32 under every policy.

    Args:
        surface: share of the light that the skin's surface reflects diffusely, 0 to 1.
            Defaults to .04.
        encoded: whether to return sRGB in [0, 1]; linear sRGB without limits
            otherwise. Defaults to True.
        exact: whether to sum the 33 bands in each pixel instead of evaluating the
            polynomials that equal them to 1/1500. Pigments are then limited to 1
            instead of `facekit.spectra`'s `MAX_MELANIN` and `MAX_HAEMOGLOBIN`.
            Defaults to False.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        list of
        melanin: (batch, height, width, 1), volume fraction, [0, .30]
        haemoglobin: (batch, height, width, 1), volume fraction of blood, [0, .07]
        diffuse: (batch, height, width, 1), light over albedo, at least 0
        specular: (batch, height, width, 1), at least 0, 1 = white
        light: (batch, 33), relative power
        camera: (batch, 33, 3), sensitivities

    Output shape:
        (batch, height, width, 3)

    Raises:
        ValueError: `surface` lies outside [0, 1], or the inputs have other shapes.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import SpectralRender
        >>> from facekit.spectra import camera, illuminant
        >>> maps = [np.full((1, 4, 4, 1), x, "float32") for x in (0.05, 0.04, 1, 0)]
        >>> light, eyes = illuminant("D65")[None], camera()[None]
        >>> image = SpectralRender()([*maps, light, eyes])
        >>> [round(255 * float(x)) for x in image[0, 0, 0]]
        [198, 149, 118]

    Reference:
        Alotaibi and Smith 2019, section 3; IEC 61966-2-1.
    """

    def __init__(self, surface=SURFACE, encoded=True, exact=False, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if not 0 <= surface <= 1:
            raise ValueError(f"`surface` must lie in [0, 1]. Received: {surface}")
        self.surface = surface
        self.encoded = encoded
        self.exact = exact

    def build(self, input_shape):
        """Checks the shapes."""
        ends = [tuple(shape[1:]) for shape in input_shape[4:]]
        maps = [shape[-1] for shape in input_shape[:4]]
        if maps != [1] * 4 or ends != [(33,), (33, 3)]:
            raise ValueError(
                "Expected four maps of one channel, light (batch, 33) and camera "
                f"(batch, 33, 3). Received: inputs of shapes {input_shape}"
            )

    def call(self, inputs):
        """Returns the pictures."""
        melanin, blood, diffuse, specular, light, camera = (
            ops.cast(x, "float32") for x in inputs
        )
        weights = white_balanced_weights(light, camera)
        weights = ops.einsum("nbc,nsc->nbs", weights, camera_to_srgb(camera))
        if self.exact:
            spectra = skin_reflectance(melanin, blood, self.surface)
            albedo = ops.einsum("nhwb,nbs->nhws", spectra, weights)
        else:
            albedo = skin_channels(melanin, blood, weights, self.surface)
        linear = diffuse * albedo + specular
        image = encode_srgb(linear) if self.encoded else linear
        return ops.cast(image, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the pictures."""
        return (*input_shape[0][:-1], 3)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "surface": self.surface,
            "encoded": self.encoded,
            "exact": self.exact,
        }
