"""One optimizer step from one loss function, compiled, on TensorFlow and JAX."""

import keras


def compile_update(loss_function, trainable, non_trainable, optimizer):
    """Compile a training update that works alike on both backends.

    Args:
        loss_function: takes a batch (a dict of tensors) and returns a scalar loss and
            a dict of tensors to report. It reads the variables below as usual.
        trainable: list of ``keras.Variable`` to train. The loss function may assign
            them, as spectral normalisation does; the step then starts from there.
        non_trainable: list of ``keras.Variable`` that the loss function may assign,
            such as moving statistics, or that change between calls, such as the
            weights of an adversary. All others are constants to it.
        optimizer: Keras optimizer, built here for ``trainable``.

    Returns:
        Function from batch to the reported dict. Each call trains one step.

    Raises:
        ValueError: on a backend other than TensorFlow and JAX.
    """
    optimizer.build(trainable)
    compilers = {"tensorflow": _tensorflow_update, "jax": _jax_update}
    backend = keras.backend.backend()
    if backend not in compilers:
        raise ValueError(f"Training runs on {sorted(compilers)}. Received: {backend!r}")
    return compilers[backend](loss_function, trainable, non_trainable, optimizer)


def _tensorflow_update(loss_function, trainable, non_trainable, optimizer):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def update(batch):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in trainable])
            loss, report = loss_function(batch)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in trainable])
        optimizer.apply(gradients, trainable)
        return report

    def run(batch):
        return update({key: tf.convert_to_tensor(x) for key, x in batch.items()})

    return run


def _jax_update(loss_function, trainable, non_trainable, optimizer):
    import jax

    def loss_of(values, other_values, batch):
        mapping = [
            *zip(trainable, values, strict=True),
            *zip(non_trainable, other_values, strict=True),
        ]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            loss, report = loss_function(batch)
        new_values, new_others = (
            [scope.get_current_value(variable) for variable in group]
            for group in (trainable, non_trainable)
        )
        return loss, (report, new_values, new_others)

    @jax.jit
    def update(values, other_values, optimizer_values, batch):
        def scaled(values):
            loss, auxiliary = loss_of(values, other_values, batch)
            mapping = zip(optimizer.variables, optimizer_values, strict=True)
            with keras.StatelessScope(state_mapping=list(mapping)):
                return optimizer.scale_loss(loss), auxiliary

        gradients, auxiliary = jax.grad(scaled, has_aux=True)(values)
        report, values, others = auxiliary
        values, optimizer_values = optimizer.stateless_apply(
            optimizer_values, gradients, values
        )
        return values, others, optimizer_values, report

    def run(batch):
        groups = (trainable, non_trainable, optimizer.variables)
        state = [[variable.value for variable in group] for group in groups]
        *state, report = update(*state, batch)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return report

    return run
