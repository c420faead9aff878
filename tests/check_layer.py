"""One check that every layer passes, whatever it computes.

    check_layer(lambda **kw: PartialConv2D(8, 3, **kw), [image, mask])

`make_layer` builds the layer and passes its keyword arguments on (`dtype`). `inputs`
is one float32 array or a list of them; the layer may return one array or a tuple.
The same tests run on TensorFlow and, by `tests/test_jax_backend.py`, on JAX.
"""

import inspect
import json
import tempfile
from pathlib import Path

import keras
import numpy as np

TOLERANCE = {"float32": 1e-5, "mixed_bfloat16": 0.1, "mixed_float16": 0.02}


def check_layer(make_layer, inputs, *, dynamic=True, low_precision=True):
    """Runs all checks on one layer.

    Args:
        make_layer: callable taking keyword arguments of the layer, returning a new one.
        inputs: float32 array or list of arrays, with the batch first.
        dynamic: whether height and width may vary from call to call; the inputs are
            then also tried at twice their size.
        low_precision: whether results under mixed policies must be near float32's.
    """
    check_config(make_layer, inputs)
    check_shapes(make_layer, inputs)
    check_fit(make_layer, inputs)
    check_dtypes(make_layer, inputs, close=low_precision)
    check_save_and_reload(make_layer, inputs)
    if dynamic:
        check_dynamic_sizes(make_layer, inputs)


def check_config(make_layer, inputs):
    """The configuration holds every argument and builds an equal layer."""
    layer = make_layer()
    config = layer.get_config()
    arguments = inspect.signature(type(layer).__init__).parameters.values()
    missing = [
        argument.name
        for argument in arguments
        if argument.name != "self"
        and argument.kind is not argument.VAR_KEYWORD
        and argument.name not in config
    ]
    assert not missing, f"get_config() lacks {missing}"
    assert json.loads(json.dumps(_plain(config)))

    layer(inputs)
    revived = type(layer).from_config(layer.get_config())
    assert _plain(revived.get_config()) == _plain(layer.get_config())
    revived(inputs)
    assert [w.shape for w in revived.weights] == [w.shape for w in layer.weights]
    assert _plain(config) == _plain(layer.get_config()), "build changed the config"


def check_shapes(make_layer, inputs):
    """Symbolic shapes and types are those of a call on arrays."""
    layer = make_layer()
    eager = _flat(layer(inputs))
    symbolic = _flat(make_layer()(_symbolic(inputs)))
    computed = _flat_shapes(layer.compute_output_shape(_shapes(inputs)))
    assert [tuple(x.shape) for x in symbolic] == [tuple(x.shape) for x in eager]
    assert computed == [tuple(x.shape) for x in eager]
    types = [keras.backend.standardize_dtype(x.dtype) for x in eager]
    assert [keras.backend.standardize_dtype(x.dtype) for x in symbolic] == types


def check_fit(make_layer, inputs):
    """One training step changes the weights in front of the layer and its own."""
    model = _model(make_layer(), inputs)
    targets = [np.zeros(x.shape, "float32") for x in _predict(model, inputs)]
    before = [_array(w).copy() for w in model.trainable_weights]
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    history = model.fit(
        inputs, targets if len(targets) > 1 else targets[0], epochs=1, verbose=0
    )
    assert np.isfinite(history.history["loss"][0])
    after = [_array(w).copy() for w in model.trainable_weights]
    assert all(np.isfinite(w).all() for w in after)
    assert any((a != b).any() for a, b in zip(after, before, strict=True))


def check_dtypes(make_layer, inputs, close=True):
    """Every policy gives finite results of its type, near those of float32."""
    reference = make_layer(dtype="float32")
    expected = [_array(x) for x in _flat(reference(inputs))]
    for policy, tolerance in TOLERANCE.items():
        layer = make_layer(dtype=policy)
        layer(inputs)
        layer.set_weights(reference.get_weights())
        outputs = _flat(layer(inputs))
        compute_dtype = keras.DTypePolicy(policy).compute_dtype
        first = keras.backend.standardize_dtype(outputs[0].dtype)
        assert first == compute_dtype, f"{policy}: {first}"
        for output, wanted in zip(outputs, expected, strict=True):
            assert np.isfinite(_array(output)).all(), policy
            if close:
                scale = max(1.0, np.abs(wanted).max())
                difference = np.abs(_array(output) - wanted).max() / scale
                assert difference <= tolerance, f"{policy}: {difference}"


def check_save_and_reload(make_layer, inputs):
    """A saved and reloaded model gives the same numbers."""
    model = _model(make_layer(), inputs)
    rng = np.random.default_rng(1)
    model.set_weights([w + rng.uniform(0, 0.1, w.shape) for w in model.get_weights()])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        reloaded = keras.saving.load_model(path)
    for a, b in zip(_predict(model, inputs), _predict(reloaded, inputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def check_dynamic_sizes(make_layer, inputs):
    """One model with unknown height and width serves two sizes like the layer."""
    layer = make_layer()
    model = _model(layer, inputs, dynamic=True)
    front = next(x for x in model.layers if isinstance(x, keras.layers.Dense))
    for repeats in (1, 2):
        sized = _map(inputs, lambda x: np.tile(x, (1, repeats, repeats, 1)))  # noqa: B023
        outputs = [_array(x) for x in _flat(layer(_through(front, sized)))]
        for a, b in zip(_predict(model, sized), outputs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def _model(layer, inputs, dynamic=False):
    """Puts a trainable layer in front, so that layers without weights train too."""
    symbolic = _symbolic(inputs, dynamic)
    channels = _listed(inputs)[0].shape[-1]
    front = keras.layers.Dense(channels, kernel_initializer="identity")
    outputs = layer(_through(front, symbolic))
    return keras.Model(symbolic, list(_flat(outputs)))


def _through(front, inputs):
    if isinstance(inputs, list):
        return [front(inputs[0]), *inputs[1:]]
    return front(inputs)


def _predict(model, inputs):
    return [_array(x) for x in _flat(model(inputs, training=False))]


def _symbolic(inputs, dynamic=False):
    def one(x):
        if dynamic:
            return keras.Input((None, None, x.shape[-1]))
        return keras.Input(batch_shape=x.shape)

    return _map(inputs, one)


def _shapes(inputs):
    return _map(inputs, lambda x: x.shape)


def _flat_shapes(shapes):
    nested = isinstance(shapes[0], list | tuple)
    return [tuple(shape) for shape in (shapes if nested else [shapes])]


def _map(inputs, function):
    if isinstance(inputs, list):
        return [function(x) for x in inputs]
    return function(inputs)


def _listed(inputs):
    return inputs if isinstance(inputs, list) else [inputs]


def _flat(outputs):
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _array(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def _plain(config):
    return keras.saving.serialize_keras_object(config)
