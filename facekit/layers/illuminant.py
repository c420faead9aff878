"""The spectrum of a light, from a few numbers."""

import keras
import numpy as np
from keras import ops

from facekit.spectra import spectral_tables

MIN_TEMPERATURE, MAX_TEMPERATURE = 4000.0, 25000.0


@keras.saving.register_keras_serializable("facekit")
class Illuminant(keras.layers.Layer):
    """Mixes the CIE illuminants A, D and F1 to F12 to the spectrum of a light.

    The softmax of the first 14 numbers says how much of each illuminant there is; the
    last number, through a sigmoid, the temperature of the daylight D, 4,000 to 25,000
    kelvin. Each spectrum and the mixture have the sum 1. The layer has no weights and
    is computed in float32 under every policy.

    Args:
        **kwargs: `name` and `dtype` of the layer.

    Input shape:
        (batch, 15): logits of A, D, F1 to F12, then of the temperature

    Output shape:
        (batch, 33): relative power, 400 to 720 nm in steps of 10 nm

    Raises:
        ValueError: there are not 15 numbers.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import Illuminant
        >>> logits = np.zeros((1, 15), "float32")
        >>> logits[0, 0] = 20
        >>> incandescent = Illuminant()(logits)
        >>> bool(incandescent[0, -1] > 5 * incandescent[0, 0])
        True

    Reference:
        CIE 15:2004, sections 3.1 and 5; Alotaibi and Smith 2019, section 3.3.
    """

    NUM_INPUTS = 15

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def build(self, input_shape):
        """Reads the tables."""
        if input_shape[-1] != self.NUM_INPUTS:
            raise ValueError(
                f"Expected {self.NUM_INPUTS} numbers a light. Received: inputs of "
                f"shape {tuple(input_shape)}"
            )
        tables = spectral_tables()
        fixed = np.vstack((tables["illuminant_a"], tables["fluorescent"]))
        self._fixed = (fixed / fixed.sum(1, keepdims=True)).astype("float32")
        self._daylight = tables["daylight"].astype("float32")

    def call(self, inputs):
        """Returns the spectra."""
        inputs = ops.cast(inputs, "float32")
        share = ops.softmax(inputs[:, :14], axis=-1)
        fixed = ops.concatenate((share[:, :1], share[:, 2:]), axis=-1)
        light = ops.matmul(fixed, self._fixed)
        light = light + share[:, 1:2] * self._daylight_of(inputs[:, 14:])
        light = light / ops.sum(light, axis=-1, keepdims=True)
        return ops.cast(light, self.compute_dtype)

    def _daylight_of(self, logit):
        """Spectra (batch, 33) of sum 1; see ``facekit.spectra.daylight``."""
        span = MAX_TEMPERATURE - MIN_TEMPERATURE
        t = 1000.0 / (MIN_TEMPERATURE + span * ops.sigmoid(logit))
        warm = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
        cool = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
        x = ops.where(t >= 1 / 7.0, warm, cool)
        y = -3.0 * x**2 + 2.87 * x - 0.275
        scale = 0.0241 + 0.2562 * x - 0.7341 * y
        first = (-1.3515 - 1.7703 * x + 5.9114 * y) / scale
        second = (0.03 - 31.4424 * x + 30.0717 * y) / scale
        shares = ops.concatenate((ops.ones_like(first), first, second), axis=-1)
        spectrum = ops.matmul(shares, self._daylight)
        return spectrum / ops.sum(spectrum, axis=-1, keepdims=True)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the spectra."""
        return (input_shape[0], 33)

    def get_config(self):
        """Returns the constructor's arguments."""
        return super().get_config()
