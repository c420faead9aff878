"""Feature maps of a recognition network, for perceptual and style losses."""

from pathlib import Path

import keras
from keras import layers, ops

from facekit.errors import WeightsError

# The Keras weights expect blue-green-red values around zero on a scale of 255, the
# published loss weights expect features of pictures with unit deviation. The networks
# are nearly homogeneous, so dividing features by 255 * 0.226 makes up for it.
_CHANNEL_MEAN_BGR = (103.939, 116.779, 123.68)
_FEATURE_SCALE = 1.0 / (255.0 * 0.226)

LOSS_LAYERS = {
    "vgg16": ("block1_pool", "block2_pool", "block3_pool"),
    "squeezenet": ("pool1", "pool3", "pool5"),
}
DISTANCE_LAYERS = {
    "vgg16": ("block4_conv3", "block5_conv3"),
    "squeezenet": ("fire6_concat", "fire7_concat", "fire8_concat", "fire9_concat"),
}


def feature_network(source="vgg16", weights="imagenet", layers_for="loss"):
    """Build the network whose feature maps a loss or a distance compares.

    Args:
        source: ``"vgg16"`` (through ``keras.applications``), or the path of a weights
            file: SqueezeNet 1.1 or VGG16 without top (``.h5``), told apart by the word
            "squeezenet" in the name; or a Keras model from pictures in [0, 1] to a
            list of feature maps, which is returned unchanged.
        weights: ``"imagenet"``, or None for random weights (tests, and runs that need
            no meaning in the features). Ignored unless ``source`` is ``"vgg16"``.
        layers_for: ``"loss"`` (pool1 to pool3, as the paper) or ``"distance"``
            (deeper layers, which the loss does not use).

    Returns:
        Frozen Keras model, (batch, height, width, 3) RGB in [0, 1] to a list of
        (batch, rows, columns, channels).

    Raises:
        WeightsError: if the weights cannot be fetched or do not fit; the message says
            what to do.
        ValueError: unknown ``layers_for``.

    Reference:
        Simonyan & Zisserman 2014 (VGG16); Iandola et al. 2016 (SqueezeNet).
    """
    if isinstance(source, keras.Model):
        return source
    if layers_for not in ("loss", "distance"):
        raise ValueError(
            f"`layers_for` must be 'loss' or 'distance'. Received: {layers_for!r}"
        )
    kind = "squeezenet" if "squeezenet" in Path(source).name.lower() else "vgg16"
    names = (LOSS_LAYERS if layers_for == "loss" else DISTANCE_LAYERS)[kind]
    # Under a half-precision policy the features would lose the differences that the
    # losses measure.
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        network = _squeezenet() if kind == "squeezenet" else _vgg16(source, weights)
        if source != "vgg16":
            _load_file(network, source)
        outputs = [network.get_layer(name).output for name in names]
        image = keras.Input((None, None, 3), name="image")
        maps = keras.Model(network.input, outputs)(_caffe_scaled(image))
        scaled = [x * _FEATURE_SCALE for x in maps]
        model = keras.Model(image, scaled, name=f"{kind}_features")
    finally:
        keras.config.set_dtype_policy(policy)
    model.trainable = False
    return model


def _caffe_scaled(image):
    bgr = ops.flip(image, axis=-1) * 255.0
    return bgr - ops.reshape(
        ops.convert_to_tensor(_CHANNEL_MEAN_BGR, "float32"), (1, 1, 1, 3)
    )


def _vgg16(source, weights):
    if source != "vgg16":
        weights = None
    try:
        return keras.applications.VGG16(include_top=False, weights=weights)
    except Exception as error:
        raise WeightsError(
            f"The VGG16 weights could not be fetched ({error}). Connect to the "
            "network once, or give a weights file instead: features=<path of "
            "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 or "
            "squeezenet_v1_1_imagenet_notop.h5>."
        ) from error


def _load_file(network, source):
    if not Path(source).is_file():
        raise WeightsError(f"{source}: no such weights file")
    try:
        network.load_weights(source)
    except (ValueError, OSError, KeyError, AttributeError) as error:
        raise WeightsError(
            f"{source}: not the weights of {network.name} without top ({error})"
        ) from error


def _squeezenet():
    """SqueezeNet 1.1 up to its last fire module, with the names of the weights file."""
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(64, 3, strides=2, padding="valid", name="conv1")(image)
    x = layers.ReLU(name="relu_conv1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    squeezes = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
    for number, squeeze in squeezes.items():
        x = _fire(x, squeeze, f"fire{number}")
        if number in (3, 5):
            x = layers.MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    return keras.Model(image, x, name="squeezenet")


def _fire(x, squeeze, name):
    expand = 4 * squeeze
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    narrow = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
    wide = layers.Conv2D(
        expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3"
    )(x)
    return layers.Concatenate(name=f"{name}_concat")([narrow, wide])
