"""The makeup network's forward pass against its own bare convolutions."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import interleaved_seconds, median_ratio, milliseconds, row
from facekit.models import Res34UNet

SIZE = 224


def res34_unet_rows():
    """Return the row of the paper's network at 224 x 224, one picture.

    Both sides are compiled by XLA, as Keras does for ``predict`` and ``fit``; it puts
    normalisation and activation into one pass. What TensorFlow takes without it is
    told, too.
    """
    network = Res34UNet()
    convolutions = bare_convolutions(network)
    image = tf.random.uniform((1, SIZE, SIZE, 3), seed=0)
    inputs = [tf.random.uniform(shape, seed=1) for shape, _ in convolutions]
    layers = [layer for _, layer in convolutions]

    def forward(**options):
        compiled = tf.function(_restored(network), **options)
        return lambda: _wait_for(compiled(image)[0, 0, 0, 0])

    def bare(**options):
        compiled = tf.function(lambda xs: _one_by_one(layers, xs), **options)
        return lambda: _wait_for(compiled(inputs)[-1])

    seconds = interleaved_seconds(
        {
            "ours": forward(jit_compile=True),
            "convolutions": bare(jit_compile=True),
            "ours without XLA": forward(),
            "convolutions without XLA": bare(),
        }
    )
    medians = ", ".join(f"{name} {milliseconds(s)}" for name, s in seconds.items())
    return [
        row(
            "Res34UNet forward / its convolutions",
            median_ratio(seconds["ours"], seconds["convolutions"]),
            1.3,
            f"Res34UNet(), {SIZE} x {SIZE}, batch 1, XLA; {medians}",
        )
    ]


def _restored(network):
    return lambda x: network({"image": x}, training=False)["restored"]


def _one_by_one(convolutions, inputs):
    """Apply each to its input; without XLA none before the last is done."""
    results = []
    for convolution, x in zip(convolutions, inputs, strict=True):
        with tf.control_dependencies(results[-1:]):
            results.append(convolution(x)[0, 0, 0, 0])
    return results


def _wait_for(tensor):
    tensor.numpy()


def bare_convolutions(network, size=SIZE):
    """The convolutions of a network, each with the shape of what it reads.

    Args:
        network: ``Res34UNet``.
        size: int, side of the picture in pixels.

    Returns:
        List of ``(shape, layer)``, in the order in which they run.
    """
    found = []
    original = keras.layers.Conv2D.call

    def recording(layer, inputs):
        found.append((tuple(inputs.shape), layer))
        return original(layer, inputs)

    keras.layers.Conv2D.call = recording
    try:
        network({"image": np.zeros((1, size, size, 3), "float32")}, training=False)
    finally:
        keras.layers.Conv2D.call = original
    return found
