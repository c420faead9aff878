"""What the trainers of networks with a single loss have in common."""

import keras

from facekit.training.averaging import MovingAverage
from facekit.training.optimizers import (
    dtype_policy,
    learning_rate_schedule,
    scaled_for,
)
from facekit.training.runs import load_generator
from facekit.training.updates import compile_update


class AveragedTrainer:
    """A network, its moving average and its optimizer; a subclass adds ``_loss``.

    ``_loss`` takes a batch, and gives the loss and a dict of what to log.

    Args:
        config: the settings of a run.
        build: function that builds the network.
        make_optimizer: function that takes a learning rate and gives an optimizer.

    Attributes:
        network: Keras model that is trained.
        average: Keras model with its averaged weights.
    """

    stored_as = "network"  # in checkpoints

    def __init__(self, config, build, make_optimizer):
        self.config = config
        keras.utils.set_random_seed(config.seed)
        with dtype_policy(config.precision):
            self.network, self.average = build(), build()
        if config.init:
            load_generator(self.network, config.init)
        self.average.set_weights(self.network.get_weights())
        rate = learning_rate_schedule(
            config.learning_rate, config.schedule, config.steps
        )
        self._optimizer = scaled_for(config.precision, make_optimizer(rate))
        self._update = compile_update(
            self._loss,
            self.network.trainable_variables,
            self.network.non_trainable_variables,
            self._optimizer,
        )
        self._average = MovingAverage(self.average, self.network, config.ema)

    def update(self, batch):
        """Train on one batch of examples; dict of what ``_loss`` logs."""
        report = self._update(batch)
        self._average.move()
        return report

    def variable_groups(self):
        """All variables that a checkpoint holds, by name."""
        return {
            self.stored_as: self.network.variables,
            "average": self.average.variables,
            "optimizer": self._optimizer.variables,
            "averaged_steps": [self._average.steps],
        }
