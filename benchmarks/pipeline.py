"""Training steps fed by the data pipelines against steps fed one repeated batch."""

import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import interleaved_seconds, median_ratio, milliseconds, row
from facekit.data import (
    InpaintingExamples,
    InpaintingSequence,
    as_pair,
    as_tf_dataset,
    prefetch,
)
from facekit.losses import InpaintingLoss
from facekit.models import PartialConvUNet

SIZE = 256
BATCH_SIZE = 4
STEPS = 8
# Steps after which the queue of a feed is as full as it stays.
SKIPPED = 3


class StepClock(keras.callbacks.Callback):
    """Seconds a step between the end of the skipped steps and the last one."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == SKIPPED - 1:
            self.start = time.perf_counter()
        elif batch == STEPS - 1:
            elapsed = time.perf_counter() - self.start
            self.seconds = elapsed / (STEPS - SKIPPED)


def pipeline_rows():
    """Return the rows of each way to feed the compact network at 256 x 256."""
    network = PartialConvUNet.compact()
    network.compile(optimizer="adam", loss=InpaintingLoss("V0"))
    crops = np.random.default_rng(0).integers(0, 256, (64, SIZE, SIZE, 3), np.uint8)
    examples = InpaintingExamples(crops)
    seconds = interleaved_seconds(
        {name: _fit(network, feed) for name, feed in _feeds(examples).items()},
        warm_up=1,
    )
    repeated = seconds.pop("repeated batch")
    return [
        row(
            f"training step fed by {name} / repeated batch",
            median_ratio(fed, repeated),
            1.05,
            f"PartialConvUNet.compact(), {SIZE} x {SIZE}, batch {BATCH_SIZE}, `fit`, "
            f"cached crops; {milliseconds(fed)}, repeated {milliseconds(repeated)}",
        )
        for name, fed in seconds.items()
    ]


def _feeds(examples):
    """Functions that start each feed anew, with queues shorter than a measurement."""
    batch = tf.nest.map_structure(tf.constant, as_pair(examples.batch(0, BATCH_SIZE)))

    def sequence():
        return InpaintingSequence(
            examples, BATCH_SIZE, paired=True, workers=2, max_queue_size=2
        )

    return {
        "repeated batch": lambda: tf.data.Dataset.from_tensors(batch).repeat(),
        "as_tf_dataset": lambda: as_tf_dataset(examples, BATCH_SIZE, paired=True),
        "InpaintingSequence": sequence,
        "prefetch": lambda: prefetch(map(as_pair, examples.batches(BATCH_SIZE)), 2),
    }


def _fit(network, feed):
    def run():
        clock = StepClock()
        network.fit(
            feed(),
            epochs=1,
            steps_per_epoch=STEPS,
            shuffle=False,
            verbose=0,
            callbacks=[clock],
        )
        return clock.seconds

    return run
