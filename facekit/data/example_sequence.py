"""Examples for ``keras.Model.fit`` on any backend."""

import keras

from facekit.data.examples import as_pair


class ExampleSequence(keras.utils.PyDataset):
    """Wrap examples as an endless ``keras.utils.PyDataset``.

    Use it instead of ``as_tf_dataset`` where TensorFlow is not the backend, and give
    ``fit`` the arguments ``steps_per_epoch`` and ``shuffle=False`` (the examples are
    shuffled already). It has no end because Keras looks into a finite one before
    training, which would make the first epoch start late.

    Args:
        examples: ``InpaintingExamples``, ``MakeupExamples``, ``BlemishExamples`` or
            ``WornMaskExamples``.
        batch_size: number of examples in a batch, at least 1.
        start_step: step to start at, for resuming. Defaults to 0.
        paired: whether to give ``as_pair`` of each batch, for ``fit``. Defaults to
            False.
        **kwargs: ``workers``, ``use_multiprocessing`` and ``max_queue_size``, as in
            ``keras.utils.PyDataset``. With one worker ``fit`` sees the batches of
            ``examples.batches`` exactly, and on TensorFlow the next is made ready
            during a step; with more, Keras may skip the first few, and hands each
            over between steps.
    """

    def __init__(self, examples, batch_size, start_step=0, paired=False, **kwargs):
        super().__init__(**kwargs)
        self.examples = examples
        self.batch_size = batch_size
        self.start_step = start_step
        self.paired = paired

    @property
    def num_batches(self):
        """None: there is no last batch."""
        return None

    def __getitem__(self, index):
        """Draw the batch that lies ``index`` steps after ``start_step``."""
        batch = self.examples.batch(self.start_step + index, self.batch_size)
        return as_pair(batch) if self.paired else batch
