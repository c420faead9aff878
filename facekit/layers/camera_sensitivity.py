"""The sensitivities of a camera, from a few numbers."""

import keras
from keras import ops

from facekit.spectra import spectral_tables


@keras.saving.register_keras_serializable("facekit")
class CameraSensitivity(keras.layers.Layer):
    """Places a camera in the space that 52 measured cameras span.

    Each number counts standard deviations along one principal component. What would
    be negative is 0. The layer has no weights and is computed in float32 under every
    policy; its numbers are those of `facekit.spectra.camera`.

    Args:
        num_components: int, 1 to 5: numbers a camera has. Two explain 64 % of the
            variance, five 87 %. Defaults to 2, as in the paper.
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        (batch, num_components)

    Output shape:
        (batch, 33, 3): red, green and blue, at least 0, 400 to 720 nm

    Raises:
        ValueError: `num_components` is not from 1 to 5, or the inputs are not that
            many numbers.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import CameraSensitivity
        >>> mean_camera = CameraSensitivity()(np.zeros((1, 2), "float32"))
        >>> tuple(mean_camera.shape)
        (1, 33, 3)

    Reference:
        Jiang et al. 2013, "What is the space of spectral sensitivity functions for
        digital color cameras?"; Alotaibi and Smith 2019, section 3.4.
    """

    def __init__(self, num_components=2, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if num_components not in range(1, 6):
            raise ValueError(
                f"`num_components` must be from 1 to 5. Received: {num_components}"
            )
        self.num_components = num_components

    def build(self, input_shape):
        """Reads the tables."""
        if input_shape[-1] != self.num_components:
            raise ValueError(
                f"Expected {self.num_components} numbers a camera. Received: inputs of "
                f"shape {tuple(input_shape)}"
            )
        tables = spectral_tables()
        self._mean = tables["camera_mean"].astype("float32")
        components = tables["camera_components"][: self.num_components]
        self._components = components.astype("float32")

    def call(self, inputs):
        """Returns the sensitivities."""
        inputs = ops.cast(inputs, "float32")
        shift = ops.einsum("nk,kbc->nbc", inputs, self._components)
        return ops.cast(ops.relu(self._mean + shift), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the sensitivities."""
        return (input_shape[0], 33, 3)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_components": self.num_components}
