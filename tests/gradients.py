"""Gradients on whichever backend the tests run."""

import keras
import numpy as np


def gradients(function, *arrays):
    """Gradients of a scalar function with respect to each array, as float32 arrays.

    Args:
        function: takes tensors, returns a scalar tensor.
        *arrays: NumPy arrays, the arguments.
    """
    tensors = [keras.ops.convert_to_tensor(x) for x in arrays]
    if keras.backend.backend() == "jax":
        import jax

        found = jax.grad(function, argnums=tuple(range(len(tensors))))(*tensors)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        found = tape.gradient(value, tensors, unconnected_gradients="zero")
    return [np.asarray(keras.ops.cast(x, "float32")) for x in found]
