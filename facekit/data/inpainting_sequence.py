"""Inpainting examples for ``keras.Model.fit`` on any backend."""

import keras

from facekit.data.inpainting import as_pair


class InpaintingSequence(keras.utils.PyDataset):
    """Wrap examples as a ``keras.utils.PyDataset``.

    Use it instead of ``as_tf_dataset`` where TensorFlow is not the backend. Give
    ``fit`` the argument ``shuffle=False``: the examples are shuffled already, and the
    batches then come in the order of ``examples.batches``.

    Args:
        examples: ``InpaintingExamples``.
        batch_size: number of examples in a batch, at least 1.
        start_step: step to start at, for resuming. Defaults to 0.
        paired: whether to give ``as_pair`` of each batch, for ``fit``. Defaults to
            False.
        **kwargs: ``workers``, ``use_multiprocessing`` and ``max_queue_size``, as in
            ``keras.utils.PyDataset``.
    """

    def __init__(self, examples, batch_size, start_step=0, paired=False, **kwargs):
        super().__init__(**kwargs)
        self.examples = examples
        self.batch_size = batch_size
        self.start_step = start_step
        self.paired = paired
        self._step = start_step

    @property
    def num_batches(self):
        """Number of full batches in an epoch, at least 1."""
        return max(1, len(self.examples) // self.batch_size)

    def __getitem__(self, index):
        """Draw the batch at a place of the current epoch."""
        batch = self.examples.batch(self._step + index, self.batch_size)
        return as_pair(batch) if self.paired else batch

    def on_epoch_end(self):
        """Go on to the steps of the next epoch."""
        self._step += self.num_batches
