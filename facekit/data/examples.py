"""Examples for training: counted, drawn from a seed, and wrapped for Keras.

One NumPy generator stands under ``tf.data`` and ``keras.utils.PyDataset``.
"""

import functools
import queue
import threading

import cv2
import numpy as np

from facekit.data.spare_arrays import spare_array


class Examples:
    """Draw examples from crops, reproducibly.

    Examples are counted by epoch and place in the epoch. Each one is a pure function
    of (seed, epoch, place), so that training resumes exactly and any worker can draw
    any example. A subclass says in ``channels`` what an example holds, and draws it in
    ``_draw``.

    Args:
        crops: uint8, (count, height, width, 3), RGB; may be a ``numpy.memmap``.
        seed: integer >= 0. Defaults to 0.
        shuffle: whether each epoch has its own order. Defaults to True.
        weights: how often to draw each crop, relative to the others, as numbers
            >= 0 of shape (count,), so that small groups are seen as often as large
            ones. An epoch still has ``count`` examples, and a crop occurs in it within
            one of ``count * weight / sum(weights)`` times. None draws every crop
            once. Defaults to None.

    Raises:
        ValueError: if the crops or the weights have another form.
    """

    channels = {}

    def __init__(self, crops, seed=0, shuffle=True, weights=None):
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[-1] != 3:
            raise ValueError(
                "`crops` must be uint8 of shape (count, height, width, 3). "
                f"Received: {crops.dtype} of shape {crops.shape}"
            )
        if not len(crops):
            raise ValueError("`crops` must hold at least one crop. Received: none")
        self.crops = crops
        self.seed = seed
        self.shuffle = shuffle
        self.weights = weights
        self._shares = _shares(weights, len(crops))
        self._order = functools.lru_cache(maxsize=2)(self._draw_order)

    def __len__(self):
        """Number of examples in an epoch."""
        return len(self.crops)

    def example(self, epoch, index):
        """Draw one example.

        Args:
            epoch: integer >= 0.
            index: place in the epoch, 0 to ``len(self) - 1``.

        Returns:
            Dict of float32 arrays (height, width, channels) in [0, 1], with the keys
            and numbers of channels of ``channels``.
        """
        rng = np.random.default_rng((self.seed, epoch, index))
        return self._draw(rng, int(self._order(epoch)[index]))

    def _draw(self, rng, number):
        raise NotImplementedError

    def batch(self, step, batch_size):
        """Draw the batch of a training step.

        Batches run on over the end of an epoch, so all of them are full.

        Args:
            step: integer >= 0, counted from the start of training.
            batch_size: number of examples, at least 1.

        Returns:
            Dict like that of ``example``, with a leading batch axis.
        """
        batch = {}
        for row in range(batch_size):
            place = step * batch_size + row
            example = self.example(*divmod(place, len(self)))
            for key, values in example.items():
                if key not in batch:
                    batch[key] = spare_array((batch_size, *values.shape))
                batch[key][row] = values
        return batch

    def batches(self, batch_size, start_step=0):
        """Yield batches without end.

        Args:
            batch_size: number of examples, at least 1.
            start_step: step to start at, for resuming. Defaults to 0.

        Yields:
            What ``batch`` returns for each step.
        """
        step = start_step
        while True:
            yield self.batch(step, batch_size)
            step += 1

    def _draw_order(self, epoch):
        count = len(self.crops)
        order = np.arange(count)
        # The extra word keeps this generator apart from those of the examples.
        rng = np.random.default_rng((self.seed, epoch, 0, 1))
        if self._shares is not None:
            places = (order + rng.random()) / count
            order = np.searchsorted(self._shares, places, side="right")
        return rng.permutation(order) if self.shuffle else order


def as_pair(batch):
    """Splits a batch into what ``keras.Model.fit`` takes as x and y.

    Args:
        batch: dict with ``image`` and ``target``, and ``mask`` (inpainting),
            ``amount`` (makeup, blemishes) or ``worn_mask``.

    Returns:
        The pair (x, y) of dicts. x holds ``image``, and ``mask`` if the batch does. y
        holds ``restored``, the target with mask, amount or worn mask as a fourth
        channel, which losses weigh by, and ``worn_mask`` if the batch does.
    """
    (extra,) = set(batch) - {"image", "target"}
    target, weight = batch["target"], batch[extra]
    # As one tall picture: OpenCV puts channels together much faster than NumPy.
    tall = [x.reshape(-1, *x.shape[2:]) for x in (target, weight)]
    restored = spare_array((*tall[0].shape[:2], 4), target.dtype)
    restored = cv2.merge(tall, restored).reshape(*target.shape[:3], 4)
    truth = {"restored": restored}
    inputs = {"image": batch["image"]}
    if extra == "mask":
        inputs["mask"] = batch["mask"]
    if extra == "worn_mask":
        truth["worn_mask"] = batch["worn_mask"]
    return inputs, truth


def as_tf_dataset(examples, batch_size, start_step=0, paired=False):
    """Wrap examples as an endless ``tf.data.Dataset``.

    Args:
        examples: ``InpaintingExamples``, ``MakeupExamples``, ``BlemishExamples`` or
            ``WornMaskExamples``.
        batch_size: number of examples in a batch, at least 1.
        start_step: step to start at, for resuming. Defaults to 0.
        paired: whether to yield ``as_pair`` of each batch, for ``fit``. Defaults to
            False.

    Returns:
        Dataset of the same arrays as ``examples.batches``, drawn in parallel.
    """
    import tensorflow as tf

    def draw(step):
        batch = examples.batch(int(step), batch_size)
        batch = {key: batch[key] for key in examples.channels}
        return tf.nest.flatten(as_pair(batch) if paired else batch)

    # Names and depths, as those of a batch with a single pixel.
    pixel = {
        key: np.zeros((1, 1, 1, depth), "float32")
        for key, depth in examples.channels.items()
    }
    pixel = as_pair(pixel) if paired else pixel
    shape = (batch_size, *examples.crops.shape[1:3])

    def drawn(step):
        parts = tf.nest.flatten(pixel)
        arrays = tf.numpy_function(draw, [step], [tf.float32] * len(parts))
        for array, like in zip(arrays, parts, strict=True):
            array.set_shape((*shape, like.shape[-1]))
        return tf.nest.pack_sequence_as(pixel, arrays)

    steps = tf.data.Dataset.counter(start=start_step)
    drawn_steps = steps.map(drawn, num_parallel_calls=2, deterministic=True)
    return drawn_steps.prefetch(tf.data.AUTOTUNE)


def prefetch(iterator, depth=4):
    """Draw the items of an iterator ahead of time in a thread.

    Args:
        iterator: any iterable, may be endless.
        depth: number of items to hold ready, at least 1. Defaults to 4.

    Yields:
        The items in order. An error of the iterator is raised here. The thread ends
        with the iterator, or when this generator is closed.
    """
    ready = queue.Queue(depth)
    closed = threading.Event()
    end = object()

    def put(item, error=None):
        while not closed.is_set():
            try:
                ready.put((item, error), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def draw():
        try:
            if all(map(put, iterator)):
                put(end)
        except Exception as error:
            put(end, error)

    thread = threading.Thread(target=draw, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        closed.set()
        thread.join()


def _shares(weights, count):
    """Return the cumulative share of each crop in an epoch, or None."""
    if weights is None:
        return None
    weights = np.asarray(weights, np.float64)
    if weights.shape != (count,) or not weights.min() >= 0 or not weights.sum() > 0:
        raise ValueError(
            f"`weights` must be {count} numbers >= 0, one for each crop, that are not "
            f"all 0. Received: shape {weights.shape}"
        )
    shares = np.cumsum(weights / weights.sum())
    # Rounding must not leave a place beyond the last crop that has a weight.
    shares[np.flatnonzero(weights)[-1] :] = 1.0
    return shares
