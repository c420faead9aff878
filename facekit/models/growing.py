"""Carries what a small network has learned into one for larger pictures."""

import keras
import numpy as np

_LOGIT_OFFSET = 8.0


def grow_from(network, inner, image, mask):
    """Make a network do at its size what its inner part does at half of it.

    Learning is cheap and quick on small pictures. The grown network starts where the
    small one stopped: its outermost encoder level hands the halved picture inwards in
    its first channels, its outermost decoder level hands the small restored picture
    outwards, enlarged. The other channels of both levels start at random, but nothing
    listens to them yet.

    Batch statistics would blur this: train on with
    ``freeze_normalization(("encoder", "decoder"))``.

    Args:
        network: ``PartialConvUNet`` whose first kernel is 2x2; its weights are
            replaced.
        inner: trained ``PartialConvUNet`` that ``network.inner(1)`` made.
        image: (batch, height, width, 3), float32, [0, 1], a few dozen pictures of the
            large size, by which the outer levels' normalisation is set.
        mask: (batch, height, width, 1), 1 = known, 0 = missing.

    Raises:
        ValueError: if ``inner`` is not the inner part of ``network``, or the first
            kernel is not 2x2.

    Reference:
        Chen et al., Net2Net, 2016 (arXiv:1511.05641), growing without forgetting;
        Karras et al., progressive growing, 2018 (arXiv:1710.10196).
    """
    _check(network, inner)
    known = {layer.name: layer.get_weights() for layer in inner.layers}
    for layer in network.layers:
        part, _, rest = layer.name.partition("_")
        index, _, kind = rest.partition("_")
        if kind in ("conv", "norm"):
            weights = known.get(f"{part}_{int(index) - 1}_{kind}", [])
            if [x.shape for x in weights] == [x.shape for x in layer.weights]:
                layer.set_weights(weights)
    if network.num_components is not None:
        network.get_layer("guess").set_weights(known["guess"])
    colours = network.image_channels
    _halve_picture(network, inner, colours)
    shift = _hand_out(network, inner, colours)
    inputs = {"image": np.asarray(image), "mask": np.asarray(mask)}
    _pass_through(network, "encoder_2", inputs, network.filters[1], 0.0)
    _pass_through(network, "decoder_1", inputs, len(shift), shift)


def _check(network, inner):
    expected = network.inner(1).get_config()
    received = inner.get_config()
    if {**expected, "name": None} != {**received, "name": None}:
        raise ValueError(
            f"{inner.filters} is not the inner part of {network.filters}: expected a "
            f"network of the configuration {expected}, received {received}"
        )
    if network.kernel_sizes[0] != 2:
        raise ValueError(
            "Only a network with a first kernel of 2x2 can grow. Received: "
            f"kernel_sizes={network.kernel_sizes}"
        )


def _halve_picture(network, inner, colours):
    """First encoder level: the mean of 2x2 known pixels, for the small network."""
    first, second = (network.get_layer(f"encoder_{i}_conv") for i in (1, 2))
    kernel = keras.ops.convert_to_numpy(first.kernel).copy()
    kernel[..., :colours] = np.eye(colours) / 4.0
    first.kernel.assign(kernel)
    kernel = np.zeros(second.kernel.shape, "float32")
    kernel[:, :, :colours] = keras.ops.convert_to_numpy(
        inner.get_layer("encoder_1_conv").kernel
    )
    second.kernel.assign(kernel)


def _hand_out(network, inner, colours):
    """Last decoder levels: the small restored picture, enlarged."""
    layer = network.get_layer("decoder_1_conv")
    kernel = keras.ops.convert_to_numpy(layer.kernel).copy()
    small, bias = inner.get_layer("restored_conv").get_weights()
    width = len(bias)
    deep = small.shape[2] - colours  # after these come the known picture's channels
    skip = kernel.shape[2] - network.filters[0]  # and here the encoder's
    kernel[..., :width] = 0.0
    # In a hole the encoder's channels are missing, more of them than in the small
    # network, and a partial convolution scales up what is left.
    scale = small.shape[2] / deep * skip / kernel.shape[2]
    kernel[:, :, :deep, :width] = small[:, :, :deep] * scale
    kernel[:, :, skip : skip + colours, :width] = small[:, :, deep:]
    layer.kernel.assign(kernel)
    last = network.get_layer("restored_conv")
    kernel = np.zeros(last.kernel.shape, "float32")
    kernel[1, 1, :width] = np.eye(width) * (1.0 - colours / kernel.shape[2])
    last.kernel.assign(kernel)
    # The logit of the guess's details has to pass a LeakyReLU unchanged.
    offset = np.where(np.arange(width) < colours, 0.0, _LOGIT_OFFSET)
    last.bias.assign(-offset)
    return bias + offset


def _pass_through(network, name, inputs, channels, shift):
    """Set a level's normalisation so that its first channels go through unchanged."""
    convolution = network.get_layer(f"{name}_conv")
    x, known = keras.Model(network.inputs, convolution.output).predict(
        inputs, batch_size=8, verbose=0
    )
    normalization = network.get_layer(f"{name}_norm")
    x = x[known[..., 0] > 0].astype("float64")
    mean, variance = x.mean(0), x.var(0)
    gamma, beta = np.ones_like(mean), np.zeros_like(mean)
    deviation = np.sqrt(variance + normalization.epsilon)
    gamma[:channels] = deviation[:channels]
    beta[:channels] = mean[:channels] + shift
    normalization.set_weights([gamma, beta, mean, variance])
