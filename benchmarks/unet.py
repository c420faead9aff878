"""The partial-convolution U-Net against plain and multi-channel convolutions."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.networks import multi_channel_unet, plain_unet
from benchmarks.timing import interleaved_seconds, median_ratio, milliseconds, row
from facekit.data import random_hole
from facekit.models import PartialConvUNet
from facekit.training.updates import compile_update

SIZE = 512
HOLE_RATIO = 0.25


def unet_rows():
    """Return the rows of the paper's network at 512 x 512, one picture."""
    return [*forward_rows(), training_row()]


def forward_rows():
    """Time inference of the three forms.

    They are compiled by XLA, as Keras does for ``predict`` and ``fit``. What TensorFlow
    takes without it is told, too.
    """
    batch = _batch()
    inputs = {key: batch[key] for key in ("image", "mask")}
    ours, plain = PartialConvUNet(), plain_unet()
    seconds = interleaved_seconds(
        {
            "ours": _forward(ours, inputs, jit_compile=True),
            "plain": _forward(plain, inputs["image"], jit_compile=True),
            "multi-channel": _forward(multi_channel_unet(), inputs, jit_compile=True),
            "ours without XLA": _forward(ours, inputs),
            "plain without XLA": _forward(plain, inputs["image"]),
        }
    )
    medians = ", ".join(f"{name} {milliseconds(s)}" for name, s in seconds.items())
    detail = f"PartialConvUNet(), {SIZE} x {SIZE}, batch 1, XLA; {medians}"
    ours = seconds["ours"]
    return [
        row(
            "U-Net forward / plain convolutions",
            median_ratio(ours, seconds["plain"]),
            1.10,
            detail,
        ),
        row(
            "U-Net forward / multi-channel masks",
            median_ratio(ours, seconds["multi-channel"]),
            0.6,
            detail,
        ),
    ]


def training_row():
    """Time forward, backward and Adam of our form and of the plain one."""
    batch = _batch()
    ours, plain = PartialConvUNet(), plain_unet()

    def restored(batch):
        inputs = {key: batch[key] for key in ("image", "mask")}
        return ours(inputs, training=True)["restored"]

    seconds = interleaved_seconds(
        {
            "ours": _training(ours, restored, batch),
            "plain": _training(
                plain, lambda batch: plain(batch["image"], training=True), batch
            ),
        }
    )
    medians = ", ".join(f"{name} {milliseconds(s)}" for name, s in seconds.items())
    return row(
        "U-Net training step / plain convolutions",
        median_ratio(seconds["ours"], seconds["plain"]),
        1.15,
        f"PartialConvUNet(), {SIZE} x {SIZE}, batch 1, L1, Adam; {medians}",
    )


def _batch():
    rng = np.random.default_rng(0)
    target = rng.random((1, SIZE, SIZE, 3), "float32")
    hole = random_hole(rng, SIZE, SIZE, HOLE_RATIO)
    mask = np.logical_not(hole)[None, ..., None].astype("float32")
    arrays = {"image": target * mask, "mask": mask, "target": target}
    return {key: tf.constant(array) for key, array in arrays.items()}


def _forward(network, inputs, **options):
    compiled = tf.function(lambda inputs: network(inputs, training=False), **options)

    def run():
        # Waits for the result without copying it.
        tf.nest.map_structure(lambda x: x[0, 0, 0, 0].numpy(), compiled(inputs))

    return run


def _training(network, restored, batch):
    def loss(batch):
        value = keras.ops.mean(keras.ops.abs(restored(batch) - batch["target"]))
        return value, {"loss": value}

    update = compile_update(
        loss,
        network.trainable_variables,
        network.non_trainable_variables,
        keras.optimizers.Adam(2e-4),
    )

    def run():
        update(batch)["loss"].numpy()

    return run
