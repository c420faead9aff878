"""The colour of skin, band by band."""

import keras
from keras import ops

from facekit.ops.skin import skin_reflectance
from facekit.spectra.skin import SURFACE


@keras.saving.register_keras_serializable("facekit")
class SkinReflectance(keras.layers.Layer):
    """Computes the reflectance spectrum of skin from its melanin and its blood.

    Light passes the epidermis, is scattered back by the dermis after Kubelka and Munk,
    and passes the epidermis again. It differs from the paper in its units, which are
    per centimetre throughout, and in the share that the surface reflects. The layer
    has no weights and is computed in float32 under every policy; its numbers are those
    of `facekit.spectra.skin_reflectance`.

    Args:
        surface: share of the light that the surface reflects, 0 to 1; 0 is the paper.
            Defaults to .04.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        list of two tensors (..., 1): volume fractions of melanosomes in the epidermis
        and of blood in the dermis, clipped to [0, 1]

    Output shape:
        (..., 33), in [0, 1]: 400 to 720 nm in steps of 10 nm

    Raises:
        ValueError: `surface` lies outside [0, 1], or the inputs have other shapes.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import SkinReflectance
        >>> melanin = np.array([[0.02], [0.20]], "float32")
        >>> blood = np.full((2, 1), 0.04, "float32")
        >>> spectra = SkinReflectance()([melanin, blood])
        >>> bool((spectra[0] > spectra[1]).numpy().all())
        True

    Reference:
        Krishnaswamy and Baranoski 2004; Alotaibi and Smith 2019, section 3.2.
    """

    def __init__(self, surface=SURFACE, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if not 0 <= surface <= 1:
            raise ValueError(f"`surface` must lie in [0, 1]. Received: {surface}")
        self.surface = surface

    def build(self, input_shape):
        """Checks the shapes."""
        if len(input_shape) != 2 or any(shape[-1] != 1 for shape in input_shape):
            raise ValueError(
                "Expected melanin and blood, of shape (..., 1). Received: inputs of "
                f"shapes {input_shape}"
            )

    def call(self, inputs):
        """Returns the spectra."""
        melanin, blood = (ops.cast(x, "float32") for x in inputs)
        spectra = skin_reflectance(melanin, blood, self.surface)
        return ops.cast(spectra, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the spectra."""
        return (*input_shape[0][:-1], 33)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "surface": self.surface}
