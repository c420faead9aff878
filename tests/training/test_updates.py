import keras
import numpy as np
import pytest
from keras import ops

from facekit.training.updates import compile_update


def test_numerics():
    weight, calls = keras.Variable([1.0, 2.0]), keras.Variable(0.0, trainable=False)

    def loss_function(batch):
        calls.assign(calls + 1)
        loss = ops.sum(ops.square(weight * batch["x"]))
        return loss, {"loss": loss}

    update = compile_update(
        loss_function, [weight], [calls], keras.optimizers.SGD(0.125)
    )
    value = np.array([1.0, 2.0])
    for x in ([1.0, 2.0], [3.0, 0.5]):
        x = np.array(x, "float32")
        report = update({"x": x})
        assert float(report["loss"]) == pytest.approx(np.sum((value * x) ** 2))
        value = value - 0.125 * 2 * value * x**2
        np.testing.assert_allclose(weight, value, rtol=1e-6)
    assert float(calls) == 2


def test_loss_scaling_skips_a_step_that_overflows():
    weight = keras.Variable(1.0)
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))

    def loss_function(batch):
        loss = ops.square(weight) * batch["x"]
        return loss, {"loss": loss}

    update = compile_update(loss_function, [weight], [], optimizer)
    scale = float(optimizer.dynamic_scale)
    update({"x": np.float32(1e38)})
    assert float(weight) == 1
    assert float(optimizer.dynamic_scale) == scale / 2
    update({"x": np.float32(0.5)})
    assert float(weight) == 0.5


def test_errors(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ValueError, match="jax.*tensorflow.*Received: 'torch'"):
        compile_update(None, [keras.Variable(1.0)], [], keras.optimizers.SGD())
