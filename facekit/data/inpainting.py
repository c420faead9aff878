"""Training examples for inpainting: a portrait, a hole, and what was in it."""

import functools
import queue
import threading

import cv2
import numpy as np

from facekit.data.holes import HOLE_KINDS, random_hole

# Small: a network that knows where an aligned face has its mouth draws it sharper, and
# the tool aligns to within about a hundredth.
_MAX_ROTATION = 2.0
_ZOOM_RANGE = (0.97, 1.03)
_MAX_SHIFT = 0.01
_MAX_BRIGHTNESS = 0.06
_MAX_CONTRAST = 0.12
_MAX_LOG_GAMMA = 0.15
_MAX_TEMPERATURE = 0.05
_WINDOW_ZOOM = (1.3, 3.5)


class InpaintingExamples:
    """Draw holes into portraits, reproducibly.

    Examples are counted by epoch and place in the epoch. Each one is a pure function
    of (seed, epoch, place), so that training resumes exactly and any worker can draw
    any example. What was in the hole is destroyed before anything else sees it.

    Args:
        crops: uint8, (count, height, width, 3), RGB; may be a ``numpy.memmap``.
        hole_ratio: share of hole pixels, a float or a (low, high) pair in (0, 1).
            Defaults to (0.01, 0.6).
        kinds: kinds of holes out of ``HOLE_KINDS``. Defaults to all of them.
        kind_weights: relative frequency of each kind, or None for equal ones.
            Defaults to None.
        seed: integer >= 0. Defaults to 0.
        augment: whether to flip, move, turn and re-light the portraits a little.
            Defaults to True.
        shuffle: whether each epoch has its own order. Defaults to True.
        weights: how often to draw each crop, relative to the others, as numbers
            >= 0 of shape (count,), so that small groups are seen as often as large
            ones. An epoch still has ``count`` examples, and a crop occurs in it within
            one of ``count * weight / sum(weights)`` times. None draws every crop
            once. Defaults to None.
        unaligned: share of examples that show an enlarged, turned window of a
            portrait, so that a network that knows the places of an aligned face also
            learns to fill what is none. Needs ``augment``. Defaults to 0.

    Raises:
        ValueError: if the crops or the weights have another form.

    Example:
        >>> import numpy as np
        >>> from facekit.data import InpaintingExamples
        >>> examples = InpaintingExamples(np.zeros((4, 32, 32, 3), np.uint8))
        >>> next(examples.batches(batch_size=2))["mask"].shape
        (2, 32, 32, 1)
    """

    def __init__(
        self,
        crops,
        hole_ratio=(0.01, 0.6),
        kinds=HOLE_KINDS,
        kind_weights=None,
        seed=0,
        augment=True,
        shuffle=True,
        weights=None,
        unaligned=0.0,
    ):
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[-1] != 3:
            raise ValueError(
                "`crops` must be uint8 of shape (count, height, width, 3). "
                f"Received: {crops.dtype} of shape {crops.shape}"
            )
        if not len(crops):
            raise ValueError("`crops` must hold at least one crop. Received: none")
        self.crops = crops
        self.hole_ratio = hole_ratio
        self.kinds = kinds
        self.kind_weights = kind_weights
        self.seed = seed
        self.augment = augment
        self.shuffle = shuffle
        self.weights = weights
        self.unaligned = unaligned
        self._shares = _shares(weights, len(crops))
        self._order = functools.lru_cache(maxsize=2)(self._draw_order)

    def __len__(self):
        """Number of examples in an epoch."""
        return len(self.crops)

    def mean(self, size):
        """Mean portrait, of each crop and its mirror image.

        Args:
            size: int, height and width.

        Returns:
            (size, size, 3), float32, [0, 1].
        """
        crops = self.crops[:: max(1, len(self.crops) // 1000)]
        total = sum(crop.astype(np.float64) for crop in crops) / (255 * len(crops))
        mean = (total + total[:, ::-1]) / 2
        mean = cv2.resize(mean, (size, size), interpolation=cv2.INTER_AREA)
        return mean.astype(np.float32)

    def example(self, epoch, index):
        """Draw one example.

        Args:
            epoch: integer >= 0.
            index: place in the epoch, 0 to ``len(self) - 1``.

        Returns:
            Dict of float32 arrays in [0, 1]: ``image`` (height, width, 3), 0 in the
            hole; ``mask`` (height, width, 1), 1 = known; ``target`` (height, width, 3).
        """
        crop = self.crops[self._order(epoch)[index]]
        rng = np.random.default_rng((self.seed, epoch, index))
        if self.augment:
            window = self.unaligned > 0 and rng.random() < self.unaligned
            target = _augmented(rng, crop, window)
        else:
            target = crop / np.float32(255)
        hole = random_hole(
            rng, *crop.shape[:2], self.hole_ratio, self.kinds, self.kind_weights
        )
        mask = np.logical_not(hole)[..., None].astype(np.float32)
        return {"image": target * mask, "mask": mask, "target": target}

    def batch(self, step, batch_size):
        """Draw the batch of a training step.

        Batches run on over the end of an epoch, so all of them are full.

        Args:
            step: integer >= 0, counted from the start of training.
            batch_size: number of examples, at least 1.

        Returns:
            Dict like that of ``example``, with a leading batch axis.
        """
        places = range(step * batch_size, (step + 1) * batch_size)
        examples = [self.example(*divmod(place, len(self))) for place in places]
        return {
            key: np.stack([example[key] for example in examples]) for key in examples[0]
        }

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
        batch: dict with ``image``, ``mask`` and ``target``.

    Returns:
        The pair ({"image", "mask"}, {"restored"}). The latter is the target with the
        mask as a fourth channel, which is what ``InpaintingLoss`` expects as y_true.
    """
    inputs = {"image": batch["image"], "mask": batch["mask"]}
    truth = np.concatenate([batch["target"], batch["mask"]], axis=-1)
    return inputs, {"restored": truth}


def as_tf_dataset(examples, batch_size, start_step=0, paired=False):
    """Wrap examples as an endless ``tf.data.Dataset``.

    Args:
        examples: ``InpaintingExamples``.
        batch_size: number of examples in a batch, at least 1.
        start_step: step to start at, for resuming. Defaults to 0.
        paired: whether to yield ``as_pair`` of each batch, for ``fit``. Defaults to
            False.

    Returns:
        Dataset of the same arrays as ``examples.batches``, drawn in parallel.
    """
    import tensorflow as tf

    keys = ("image", "mask", "target")
    size = examples.crops.shape[1:3]

    def draw(step):
        batch = examples.batch(int(step), batch_size)
        return [batch[key] for key in keys]

    def drawn(step):
        arrays = tf.numpy_function(draw, [step], [tf.float32] * len(keys))
        for key, array in zip(keys, arrays, strict=True):
            array.set_shape((batch_size, *size, 1 if key == "mask" else 3))
        if not paired:
            return dict(zip(keys, arrays, strict=True))
        image, mask, target = arrays
        truth = tf.concat([target, mask], axis=-1)
        return {"image": image, "mask": mask}, {"restored": truth}

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


def _augmented(rng, crop, window=False):
    """Flip, move, turn, zoom and re-light a uint8 crop, to float32 in [0, 1]."""
    height, width = crop.shape[:2]
    angle, zoom = _MAX_ROTATION, _ZOOM_RANGE
    if window:
        angle, zoom = 180.0, _WINDOW_ZOOM
    angle = rng.uniform(-angle, angle)
    zoom = rng.uniform(*zoom)
    # A window may lie anywhere in the enlarged picture.
    shift = zoom / 2 if window else _MAX_SHIFT
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, angle, zoom)
    matrix[:, 2] += rng.uniform(-shift, shift, 2) * (width, height)
    if rng.random() < 0.5:
        matrix[0] *= -1
        matrix[0, 2] += width - 1
    moved = cv2.warpAffine(
        crop,
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return cv2.LUT(moved, _tone_curves(rng))


def _tone_curves(rng):
    """Return a float32 table (1, 256, 3) of jittered tones for uint8 values."""
    brightness, contrast, log_gamma, temperature = rng.uniform(-1, 1, 4) * (
        _MAX_BRIGHTNESS,
        _MAX_CONTRAST,
        _MAX_LOG_GAMMA,
        _MAX_TEMPERATURE,
    )
    tones = np.linspace(0, 1, 256) ** np.exp(log_gamma)
    tones = 0.5 + (tones - 0.5) * (1 + contrast) + brightness
    gains = 1 + temperature * np.array([1.0, 0.0, -1.0])
    return np.clip(tones[:, None] * gains, 0, 1).astype(np.float32)[None]
