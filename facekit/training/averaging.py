"""A moving average of a network's weights."""

import keras

# Taking in the weights costs as much as a tenth of a step, so in long runs only every
# so many steps do.
_EVERY = 8
_EVERY_FROM = 64


class MovingAverage:
    """Follows a network with a copy that remembers.

    Args:
        average: network that holds the averaged weights.
        current: network of the same configuration that is trained.
        memory: float in [0, 1), weight of the past; 0 keeps the current weights.
        fixed: name of a layer that the average has as its own, or None.

    Attributes:
        steps: ``keras.Variable``, how often it has moved; a checkpoint keeps it.
    """

    def __init__(self, average, current, memory, fixed=None):
        self.average = average
        self.current = current
        self.memory = memory
        self.fixed = fixed
        self.steps = keras.Variable(0.0, trainable=False, name="steps")

    def move(self):
        """Take in the current weights; short memory at first, so the start is lost.

        Called after each step; ``memory`` is that of one step.
        """
        steps = float(self.steps.numpy()) + 1.0
        self.steps.assign(steps)
        every = _EVERY if steps > _EVERY_FROM and self.memory else 1
        if steps % every:
            return
        past = min(self.memory, steps / (10.0 + steps)) ** every
        pairs = zip(self.average.variables, self.current.variables, strict=True)
        for average, current in pairs:
            if self.fixed and average.path.startswith(f"{self.fixed}/"):
                continue
            average.assign(past * average + (1.0 - past) * current)
