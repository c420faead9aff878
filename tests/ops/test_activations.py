import keras
import numpy as np

from facekit.ops import gelu


class TestGelu:
    def test_numerics(self):
        x = np.linspace(-8, 8, 161, dtype="float32")
        tanh_form = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
        values = keras.ops.convert_to_numpy(gelu(keras.ops.convert_to_tensor(x)))
        np.testing.assert_allclose(values, tanh_form, atol=2e-6)
        assert values.dtype == np.float32
