"""Activations, for any Keras backend."""

import math

import keras
from keras import ops

_TWICE_ROOT = 2.0 * math.sqrt(2.0 / math.pi)


def gelu(x):
    """Gaussian error linear unit in its tanh form.

    ``x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))``, which is the same number as
    ``0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`` with fewer passes over memory
    and no power. ONNX can hold it, unlike the exact form.

    Args:
        x: tensor, any float.

    Returns:
        Tensor of the shape and dtype of ``x``.

    Reference: Hendrycks & Gimpel 2016 (arXiv:1606.08415), section 2.
    """
    cubic = 0.044715 * _TWICE_ROOT
    return x * ops.sigmoid(x * (_TWICE_ROOT + cubic * ops.square(x)))


def activation_config(activation):
    """An activation, a name or a function, as ``get_config`` gives it."""
    if isinstance(activation, str | None):
        return activation
    activation = keras.activations.get(activation)
    if activation is keras.activations.gelu:
        # By its name alone it would be the tanh form.
        return keras.saving.serialize_keras_object(activation)
    return keras.activations.serialize(activation)
