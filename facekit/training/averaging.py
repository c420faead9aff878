"""A moving average of a network's weights."""

import keras


class MovingAverage:
    """Follows a network with a copy that remembers.

    Args:
        average: network that holds the averaged weights.
        current: network of the same configuration that is trained.
        memory: float in [0, 1), weight of the past.

    Attributes:
        steps: ``keras.Variable``, how often it has moved; a checkpoint keeps it.
    """

    def __init__(self, average, current, memory):
        self.average = average
        self.current = current
        self.memory = memory
        self.steps = keras.Variable(0.0, trainable=False, name="steps")

    def move(self):
        """Take in the current weights; short memory at first, so the start is lost."""
        steps = float(self.steps.numpy()) + 1.0
        self.steps.assign(steps)
        past = min(self.memory, steps / (10.0 + steps))
        pairs = zip(self.average.variables, self.current.variables, strict=True)
        for average, current in pairs:
            average.assign(past * average + (1.0 - past) * current)
