"""Learning rates and number formats that all training runs choose from."""

from contextlib import contextmanager

import keras

SCHEDULES = ("constant", "cosine")


def learning_rate_schedule(rate, schedule, steps):
    """Return a learning rate for a Keras optimizer.

    Args:
        rate: float, the peak.
        schedule: "constant", or "cosine" with a warm-up of at most 500 steps.
        steps: int, of the whole run.
    """
    if schedule == "constant":
        return rate
    warmup = min(500, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        rate / 100,
        steps - warmup,
        alpha=0.01,
        warmup_target=rate,
        warmup_steps=warmup,
    )


def scaled_for(precision, optimizer):
    """Return the optimizer, with loss scaling where half precision needs it."""
    if precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


@contextmanager
def dtype_policy(precision):
    """Build layers under a Keras dtype policy, such as "mixed_bfloat16"."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
