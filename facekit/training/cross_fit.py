"""Examples by turns from two halves of the data, for what is fitted to data."""

import cv2
import numpy as np


class CrossFit:
    """Draw every other batch from the other half of the crops.

    Principal components express the pictures they were found in better than any new
    one. A network that trained on such guesses would rely on them too much. So in
    training each half's guesses come from the components of the other half.

    Args:
        make_examples: function of ``crops`` and ``weights=`` that returns ``Examples``.
        crops: uint8, (count, height, width, 3).
        weights: how often to draw each crop, (count,), or None.

    Raises:
        ValueError: fewer than two crops.
    """

    def __init__(self, make_examples, crops, weights=None):
        if len(crops) < 2:
            raise ValueError(f"Expected two crops or more. Received: {len(crops)}")
        self._crops = crops
        self.halves = [
            make_examples(
                crops[half::2], weights=None if weights is None else weights[half::2]
            )
            for half in (0, 1)
        ]

    def batch(self, step, batch_size):
        """Draw the batch of a training step, from half ``step % 2``."""
        return self.halves[step % 2].batch(step // 2, batch_size)

    def batches(self, batch_size, start_step=0):
        """Yield batches without end."""
        step = start_step
        while True:
            yield self.batch(step, batch_size)
            step += 1

    def adapt(self, layer):
        """Adapt a ``GappyPCA2D`` to all crops.

        Returns:
            For each half, the layer's weights when adapted to the other half.
        """
        shape = (layer.size, layer.size)
        small = np.stack(
            [
                cv2.resize(crop, shape, interpolation=cv2.INTER_AREA)
                for crop in self._crops
            ]
        )
        small = small / np.float32(255)
        others = []
        for half in (0, 1):
            layer.adapt(small[1 - half :: 2])
            others.append(layer.get_weights())
        layer.adapt(small)
        return others
