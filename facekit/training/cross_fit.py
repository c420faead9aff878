"""Examples by turns from two halves of the data, for what is fitted to data."""

import cv2
import numpy as np


class CrossFit:
    """Draw every other batch from the other half of the crops.

    Principal components express the pictures they were found in better than any new
    one. A network that trained on such guesses would rely on them too much. So in
    training each half's guesses come from the components of the other half.

    Args:
        make_examples: function of ``crops``, ``weights=`` and ``seed=`` that returns
            ``Examples``.
        crops: uint8, (count, height, width, 3).
        people: who is in each crop, (count,); a person is in one half only.
        weights: how often to draw each crop, (count,), or None.
        seed: integer >= 0. Defaults to 0.

    Raises:
        ValueError: fewer than two people.
    """

    def __init__(self, make_examples, crops, people, weights=None, seed=0):
        persons = {person: number for number, person in enumerate(sorted(set(people)))}
        if len(persons) < 2:
            raise ValueError(f"Expected two people or more. Received: {len(persons)}")
        self._crops = crops
        self._half = np.asarray([persons[person] % 2 for person in people])
        weights = np.ones(len(crops)) if weights is None else weights
        self.halves = [
            make_examples(
                crops, weights=weights * (self._half == half), seed=2 * seed + half
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
            layer.adapt(small[self._half != half])
            others.append(layer.get_weights())
        layer.adapt(small)
        return others
