"""Training steps fed by the data pipelines against steps fed one repeated batch."""

import contextlib
import itertools
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import interleaved_seconds, median_ratio, milliseconds, row
from facekit.data import (
    BlemishExamples,
    ExamplePool,
    ExampleSequence,
    InpaintingExamples,
    MakeupExamples,
    WornMaskExamples,
    align,
    alignment_transform,
    as_pair,
    as_tf_dataset,
    find_faces,
    prefetch,
)
from facekit.data.alignment import transform_points
from facekit.losses import InpaintingLoss, RestorationLoss
from facekit.models import PartialConvUNet, Res34UNet
from facekit.portraits import load_embedded
from facekit.training.makeup_config import NETWORKS

SIZES = {"inpainting": 256, "damage": 224}
BATCH_SIZE = 4
STEPS = 8
# Steps after which the queue of a feed is as full as it stays.
SKIPPED = 3
# Batches drawn to time drawing alone.
DRAWN = 10
VERSIONS = 4


class StepClock(keras.callbacks.Callback):
    """Seconds a step between the end of the skipped steps and the last one."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == SKIPPED - 1:
            self.start = time.perf_counter()
        elif batch == STEPS - 1:
            elapsed = time.perf_counter() - self.start
            self.seconds = elapsed / (STEPS - SKIPPED)


def pipeline_rows():
    """Yield the rows of each way to feed each task's compact network."""
    network = PartialConvUNet.compact()
    network.compile(optimizer="adam", loss=InpaintingLoss("V0"))
    crops, _ = portraits(SIZES["inpainting"])
    what = "PartialConvUNet.compact(), V0, 256 x 256, cached crops"
    yield from _rows("inpainting", InpaintingExamples(crops), network, what)
    crops, landmarks = portraits(SIZES["damage"])
    what = "compact Res34UNet, 224 x 224, cached crops, ExamplePool"
    for task, kind in (
        ("makeup", MakeupExamples),
        ("blemishes", BlemishExamples),
        ("worn masks", WornMaskExamples),
    ):
        with tempfile.TemporaryDirectory() as folder:
            pool = ExamplePool(kind(crops, landmarks), Path(folder), VERSIONS)
            fresh = _seconds_a_picture(pool.examples, len(crops))
            for step in range(10 * VERSIONS):
                pool.batch(step, len(crops))
            _, truth = as_pair(pool.batch(0, 1))
            network = _damage_network(truth)
            drawing = f"{what}; a new version takes {1000 * fresh:.0f} ms to draw"
            yield from _rows(task, pool, network, drawing)


def _damage_network(truth):
    """A compact Res34UNet with an output for each part of the truth."""
    image = keras.Input((SIZES["damage"], SIZES["damage"], 3), name="image")
    outputs = {"restored": Res34UNet(**NETWORKS["compact"])(image)["restored"]}
    # The perceptual term would only make the step longer, and the ratio better.
    losses = {"restored": RestorationLoss()}
    if "worn_mask" in truth:
        finder = keras.layers.Conv2D(1, 1, activation="sigmoid", name="worn_mask")
        outputs["worn_mask"] = finder(outputs["restored"])
        losses["worn_mask"] = "binary_crossentropy"
    network = keras.Model({"image": image}, outputs)
    network.compile(optimizer="adamw", loss=losses)
    return network


def portraits(size):
    """Return the aligned crops of eight embedded portraits, and their landmarks."""
    crops, landmarks = [], []
    for person in load_embedded(8):
        picture = person.pictures["bare"]
        points = find_faces(picture, max_faces=1)[0].landmarks
        transform = alignment_transform(points, size)
        crops.append(align(picture, transform, size))
        landmarks.append(transform_points(points, transform))
    return np.stack(crops), np.stack(landmarks)


def _seconds_a_picture(examples, batch_size):
    """Seconds that drawing takes, after what each crop is looked at for once."""
    examples.batch(0, len(examples.crops))
    start = time.perf_counter()
    for step in range(1, DRAWN + 1):
        examples.batch(step, batch_size)
    return (time.perf_counter() - start) / (DRAWN * batch_size)


def _rows(task, examples, network, what):
    pair = as_pair(examples.batch(0, BATCH_SIZE))
    drawn = 1000 * BATCH_SIZE * _seconds_a_picture(examples, BATCH_SIZE)
    ways = {
        "`fit`": (_fit, _fit_feeds(examples, pair)),
        "`train_on_batch`": (_loop, _loop_feeds(examples, pair)),
    }
    for way, (run, feeds) in ways.items():
        seconds = interleaved_seconds(
            {name: run(network, feed) for name, feed in feeds.items()}, warm_up=1
        )
        repeated = seconds.pop("repeated batch")
        for name, fed in seconds.items():
            yield row(
                f"{task}: training step fed by {name} / repeated batch",
                median_ratio(fed, repeated),
                1.05,
                f"{what}, batch {BATCH_SIZE}, drawn in {drawn:.0f} ms by one thread; "
                f"{way}; {milliseconds(fed)}, repeated {milliseconds(repeated)}",
            )


def _fit_feeds(examples, pair):
    """Functions that start each feed of `fit` anew, with short queues."""
    batch = tf.nest.map_structure(tf.constant, pair)
    return {
        "repeated batch": lambda: tf.data.Dataset.from_tensors(batch).repeat(),
        "as_tf_dataset": lambda: as_tf_dataset(examples, BATCH_SIZE, paired=True),
        "ExampleSequence": lambda: ExampleSequence(examples, BATCH_SIZE, paired=True),
    }


def _loop_feeds(examples, pair):
    """Functions that start each feed of a loop of one's own anew."""
    return {
        "repeated batch": lambda: itertools.repeat(pair),
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


def _loop(network, feed):
    def run():
        with contextlib.closing(_started(feed())) as batches:
            for step, (inputs, truth) in enumerate(itertools.islice(batches, STEPS)):
                network.train_on_batch(inputs, truth)
                if step == SKIPPED - 1:
                    start = time.perf_counter()
        return (time.perf_counter() - start) / (STEPS - SKIPPED)

    return run


def _started(batches):
    """A generator, which can be closed, of any iterator."""
    yield from batches
