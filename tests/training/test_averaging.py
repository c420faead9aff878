import keras
import numpy as np
import pytest

from facekit.training.averaging import MovingAverage


def dense():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


@pytest.mark.parametrize("memory", [0.0, 0.99])
def test_without_memory_the_average_is_the_network(memory):
    """In long runs too, of which only every eighth step is taken in otherwise."""
    average, current = dense(), dense()
    moving = MovingAverage(average, current, memory)
    for step in range(70):
        current.set_weights([np.full((2, 1), step), np.zeros(1)])
        moving.move()
    kernel = np.asarray(average.get_weights()[0])
    assert (kernel == 69).all() == (memory == 0)
    assert (kernel > 30).all() and (kernel <= 69).all()
