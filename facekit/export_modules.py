"""What SavedModels hold: modules with half-precision weights, and their interfaces."""

import numpy as np

from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN

COLOURS = {"shape": ["batch", "height", "width", 3], "dtype": "float32"}
PICTURE = {**COLOURS, "range": [0, 1]}
MAP = {"shape": ["batch", "height", "width", 1], "dtype": "float32"}
MATRIX = {"shape": ["batch", 3, 3], "dtype": "float32"}
SKIN_SCENE = {
    "melanin": {**MAP, "range": [0, MAX_MELANIN], "values": "volume fraction"},
    "haemoglobin": {
        **MAP,
        "range": [0, MAX_HAEMOGLOBIN],
        "values": "volume fraction of blood",
    },
    "diffuse": {**MAP, "range": [0, None], "values": "light over albedo"},
    "specular": {**MAP, "range": [0, None], "values": "1 = white"},
    "light": {"shape": ["batch", 33], "dtype": "float32", "values": "relative power"},
    "camera": {
        "shape": ["batch", 33, 3],
        "dtype": "float32",
        "values": "sensitivities of red, green and blue",
    },
}
NEW_SCENE = {
    f"new_{name}": SKIN_SCENE[name]
    for name in ("melanin", "haemoglobin", "light", "camera")
}


# The correction of landmarks is nearly a product of matrices of so few columns and
# rows; what is left out is 1 % of it.
_CORRECTION_RANK = 40


def inpaint_module(generator, appearance=None, parser=None, parsing_size=128):
    """A ``tf.Module`` with half-precision weights around the networks."""
    import tensorflow as tf

    multiple = generator.multiple_of

    class Inpaint(tf.Module):
        def __init__(self):
            super().__init__(name="inpaint")
            self.weights = _half_weights(generator)
            if appearance is not None:
                shapes = appearance.shapes
                self.appearance_weights = _half_weights(appearance.layer)
                self.shapes = [
                    tf.Variable(array, trainable=False, dtype=tf.float32)
                    for array in (shapes.mean, shapes.components)
                ]
                if shapes.correction is not None:
                    self.correction = [
                        tf.Variable(factor, trainable=False, dtype=tf.float16)
                        for factor in _factors(shapes.correction)
                    ]
            if parser is not None:
                self.parser_weights = _half_weights(parser)

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, None, 3), tf.float32, "image"),
                tf.TensorSpec((None, None, None, 1), tf.float32, "mask"),
            ]
        )
        def restore(self, image, mask):
            known = mask >= 0.5
            size = tf.shape(image)[1:3]
            padding = [[0, 0], *_padding(size, multiple), [0, 0]]
            inputs = {
                "image": tf.pad(tf.where(known, image, 0.0), padding),
                "mask": tf.pad(tf.cast(known, tf.float32), padding),
            }
            outputs = _call_with(generator, self.weights, inputs)
            restored = outputs["restored"][:, : size[0], : size[1]]
            restored = tf.where(known, image, tf.clip_by_value(restored, 0.0, 1.0))
            return {"restored": restored}

        @tf.function
        def serve(self, inputs):
            return self.restore(inputs["image"], inputs["mask"])

        def more_signatures(self):
            signatures = {}
            if appearance is not None:
                signatures |= {"appearance": self._completed()}
                signatures |= {"shapes": self._shapes()}
            if parser is not None:
                signatures |= {"parsing": self._parsed()}
            return signatures

        def _shapes(self):
            @tf.function(input_signature=[])
            def shapes():
                mean, components = (tf.identity(x) for x in self.shapes)
                outputs = {"mean": mean, "components": components}
                if appearance.shapes.correction is not None:
                    left, right = (tf.cast(x, tf.float32) for x in self.correction)
                    outputs["correction"] = tf.tensordot(left, right, 1)
                return outputs

            return shapes.get_concrete_function()

        def _completed(self):
            layer, side = appearance.layer, appearance.layer.size
            texture, known = (
                tf.TensorSpec((None, side, side, channels), tf.float32, name)
                for channels, name in ((3, "texture"), (1, "known"))
            )

            @tf.function(input_signature=[texture, known])
            def completed(texture, known):
                known = tf.cast(known >= 0.5, tf.float32)
                texture = tf.where(known > 0.5, texture, 0.0)
                with _weights_of(layer, self.appearance_weights):
                    face = layer.fitted(texture, known)
                return {"face": tf.clip_by_value(face, 0.0, 1.0)}

            return completed.get_concrete_function()

        def _parsed(self):
            side = parsing_size
            names = {"image": 3, "mask": 1, "face": 1}
            signature = [
                tf.TensorSpec((None, side, side, channels), tf.float32, name)
                for name, channels in names.items()
            ]

            @tf.function(input_signature=signature)
            def parsed(image, mask, face):
                known = mask >= 0.5
                inputs = {
                    "image": tf.where(known, image, 0.0),
                    "mask": tf.cast(known, tf.float32),
                    "face": face,
                }
                return {"classes": _call_with(parser, self.parser_weights, inputs)}

            return parsed.get_concrete_function()

    return Inpaint()


def _factors(correction):
    """Two matrices, of even size, whose product is a correction but for little."""
    left, sizes, right = np.linalg.svd(
        np.reshape(correction, (len(correction), -1)).astype("float64"),
        full_matrices=False,
    )
    root = np.sqrt(sizes[:_CORRECTION_RANK])
    rank = len(root)
    right = (root[:, None] * right[:rank]).reshape(rank, *correction.shape[1:])
    return left[:, :rank] * root, right


def makeup_module(generator):
    """A ``tf.Module`` with half-precision weights around the network."""
    import tensorflow as tf

    class Makeup(tf.Module):
        def __init__(self):
            super().__init__(name="makeup")
            self.weights = _half_weights(generator)

        @tf.function(input_signature=_specs({"image": PICTURE}))
        def restore(self, image):
            outputs = _at_any_size(generator, self.weights, image)
            restored = tf.clip_by_value(outputs["restored"], 0.0, 1.0)
            return {**outputs, "restored": restored}

        @tf.function
        def serve(self, inputs):
            return self.restore(inputs["image"])

    return Makeup()


def skin_module(network):
    """A ``tf.Module`` with half-precision weights, and the decoder by itself."""
    import tensorflow as tf

    from facekit.layers import SpectralRender
    from facekit.ops import edit_ratio

    least, surface = 4 * network.multiple_of, network.surface
    paint = SpectralRender(surface, dtype="float32")

    class Skin(tf.Module):
        def __init__(self):
            super().__init__(name="skin")
            self.weights = _half_weights(network)

        @tf.function(input_signature=_specs({"image": PICTURE}))
        def restore(self, image):
            outputs = _at_any_size(network, self.weights, image, least)
            return {name: outputs[name] for name in (*SKIN_SCENE, "reconstruction")}

        @tf.function
        def serve(self, inputs):
            return self.restore(inputs["image"])

        @tf.function(input_signature=_specs(SKIN_SCENE))
        def render(self, *scene):
            return {"image": paint(list(scene))}

        @tf.function(input_signature=_specs(SKIN_SCENE | NEW_SCENE))
        def edit(self, *scenes):
            before, after = scenes[: len(SKIN_SCENE)], scenes[len(SKIN_SCENE) :]
            melanin, blood, light, camera = after
            diffuse, specular = before[2:4]
            changed = [melanin, blood, diffuse, specular, light, camera]
            return edit_ratio(list(before), changed, surface)

        def more_signatures(self):
            return {
                "render": self.render.get_concrete_function(),
                "edit": self.edit.get_concrete_function(),
            }

    return Skin()


def _specs(interface):
    """Signature of a function, from what the card says of its inputs."""
    import tensorflow as tf

    return [
        tf.TensorSpec(
            [side if isinstance(side, int) else None for side in about["shape"]],
            tf.float32,
            name,
        )
        for name, about in interface.items()
    ]


def _continued(image, multiple, least=0):
    """Pictures whose edge goes on until both sides are multiples."""
    import tensorflow as tf

    padded = image
    for axis in (1, 2):
        side = tf.shape(image)[axis]
        # A mirror image would need a side of some length.
        places = tf.range(tf.maximum(side + -side % multiple, least))
        padded = tf.gather(padded, tf.minimum(places, side - 1), axis=axis)
    return padded


def _padding(size, multiple):
    """What to add below and right so that both sides become multiples."""
    missing = -size % multiple
    return [[0, missing[0]], [0, missing[1]]]


def _half_weights(network):
    import tensorflow as tf

    return [
        tf.Variable(tf.cast(x.value, tf.float16), trainable=False)
        for x in network.variables
    ]


def _at_any_size(network, weights, image, least=0):
    """What a network says of pictures of any size, at that size."""
    import tensorflow as tf

    padded = _continued(image, network.multiple_of, least)
    outputs = _call_with(network, weights, {"image": padded})
    height, width = tf.shape(image)[1], tf.shape(image)[2]
    # Light and camera have no height and width.
    return {
        name: x[:, :height, :width] if len(x.shape) == 4 else x
        for name, x in outputs.items()
    }


def _call_with(network, weights, inputs):
    with _weights_of(network, weights):
        return network(inputs, training=False)


def _weights_of(network, weights):
    """A scope in which a network or layer has these weights."""
    import keras
    import tensorflow as tf

    values = [tf.cast(x, tf.float32) for x in weights]
    mapping = list(zip(network.variables, values, strict=True))
    return keras.StatelessScope(state_mapping=mapping)
