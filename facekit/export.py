"""SavedModels: written, reloaded in a process without facekit, compared."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from facekit.errors import ModelError
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN

CARD = "card.json"
_COLOURS = {"shape": ["batch", "height", "width", 3], "dtype": "float32"}
_PICTURE = {**_COLOURS, "range": [0, 1]}
_MAP = {"shape": ["batch", "height", "width", 1], "dtype": "float32"}
_MATRIX = {"shape": ["batch", 3, 3], "dtype": "float32"}
SKIN_SCENE = {
    "melanin": {**_MAP, "range": [0, MAX_MELANIN], "values": "volume fraction"},
    "haemoglobin": {
        **_MAP,
        "range": [0, MAX_HAEMOGLOBIN],
        "values": "volume fraction of blood",
    },
    "diffuse": {**_MAP, "range": [0, None], "values": "light over albedo"},
    "specular": {**_MAP, "range": [0, None], "values": "1 = white"},
    "light": {"shape": ["batch", 33], "dtype": "float32", "values": "relative power"},
    "camera": {
        "shape": ["batch", 33, 3],
        "dtype": "float32",
        "values": "sensitivities of red, green and blue",
    },
}
_NEW_SCENE = {
    f"new_{name}": SKIN_SCENE[name]
    for name in ("melanin", "haemoglobin", "light", "camera")
}

_RUN_WITHOUT_FACEKIT = """
import sys
import numpy as np
import tensorflow as tf

folder, inputs, outputs = sys.argv[1:]
model = tf.saved_model.load(folder)
with np.load(inputs) as stored:
    arrays = {key: tf.constant(stored[key]) for key in stored.files}
results = model.signatures["serving_default"](**arrays)
assert "facekit" not in sys.modules
np.savez(outputs, **{key: value.numpy() for key, value in results.items()})
"""


def export_inpaint(generator, folder, card, appearance=None):
    """Write an inpainting network as a SavedModel with its card.

    The SavedModel takes pictures of any size: it pads them with missing pixels to
    what the network needs. Known pixels come back as they went in, restored ones are
    clipped to [0, 1], and what stands in the hole is never read. Weights are stored
    in half precision. With an appearance model it has a signature `appearance`, which
    completes face textures, and one `shapes`, which tells the components of shapes.

    Args:
        generator: built ``PartialConvUNet``.
        folder: where to write; replaced as a whole once everything is written.
        card: dict of what ``card.json`` should say besides the interface: ``version``,
            ``training_data``, ``licence`` and so on.
        appearance: ``AppearanceModel`` (``facekit.training.load_appearance``), or None.
            Defaults to None.

    Raises:
        ModelError: if Keras does not run on TensorFlow.
    """
    mask = {**_PICTURE, "shape": ["batch", "height", "width", 1]}
    del mask["range"]
    mask["values"] = "1 = known, 0 = missing"
    interface = {
        "task": "inpaint",
        "inputs": {"image": _PICTURE, "mask": mask},
        "outputs": {"restored": _PICTURE},
    }
    if appearance is not None:
        side, count = appearance.layer.size, len(appearance.shapes.components)
        points = {"dtype": "float32", "values": "shares of the aligned square"}
        texture = {**_PICTURE, "shape": ["batch", side, side, 3]}
        scored = {**texture, "values": "scores of the shape in the upper corners"}
        del scored["range"]
        known = {**mask, "shape": ["batch", side, side, 1]}
        interface["signatures"] = {
            "appearance": {
                "inputs": {"texture": scored, "known": known},
                "outputs": {"face": texture},
            },
            "shapes": {
                "inputs": {},
                "outputs": {
                    "mean": {**points, "shape": [468, 2]},
                    "components": {**points, "shape": [count, 468, 2]},
                },
            },
        }
        card = {**card, "appearance_parameters": appearance.layer.count_params()}
    _write(
        lambda network: _inpaint_module(network, appearance),
        generator,
        folder,
        {**interface, **card},
    )


def export_makeup(generator, folder, card):
    """Write a makeup-removing network as a SavedModel with its card.

    The SavedModel takes pictures of any size; the restored picture is clipped to
    [0, 1]. Weights are stored in half precision.

    Args:
        generator: built ``Res34UNet``.
        folder: as in ``export_inpaint``.
        card: as in ``export_inpaint``.

    Raises:
        ModelError: if Keras does not run on TensorFlow.
    """
    interface = {
        "task": "makeup",
        "inputs": {"image": _PICTURE},
        "outputs": {
            "restored": _PICTURE,
            "blend": {**_PICTURE, "values": "soft-light map, 0.5 = unchanged"},
            "residual": _COLOURS,
        },
        "formula": "restored = image + (2 blend - 1) image (1 - image) + residual",
    }
    _write(_makeup_module, generator, folder, {**interface, **card})


def export_skin(network, folder, card):
    """Write a skin network as a SavedModel with its card.

    `serving_default` takes a picture of any size apart, `render` makes a picture of
    maps, light and camera, and `edit` says what a change of them does to a photograph.

    Args:
        network: built ``BioFaceNet``.
        folder: as in ``export_inpaint``.
        card: as in ``export_inpaint``.

    Raises:
        ModelError: if Keras does not run on TensorFlow.
    """
    interface = {
        "task": "skin",
        "inputs": {"image": _PICTURE},
        "outputs": {**SKIN_SCENE, "reconstruction": _PICTURE},
        "signatures": {
            "render": {"inputs": SKIN_SCENE, "outputs": {"image": _PICTURE}},
            "edit": {
                "inputs": {**SKIN_SCENE, **_NEW_SCENE},
                "outputs": {
                    "ratio": {**_PICTURE, "range": [0, None]},
                    "to_camera": _MATRIX,
                    "to_srgb": _MATRIX,
                },
                "formula": "edited = to_srgb @ (ratio * (to_camera @ linear sRGB))",
            },
        },
        "wavelengths": "400 to 720 nm in steps of 10 nm",
    }
    _write(_skin_module, network, folder, {**interface, **card})


def _write(make_module, generator, folder, card):
    """Write a SavedModel and its card, whole or not at all."""
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            "SavedModels are written by TensorFlow. Set KERAS_BACKEND=tensorflow "
            f"for the export. Received: {keras.backend.backend()}"
        )
    card = {**card, "multiple_of": 1, "parameters": int(generator.count_params())}
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        written = Path(temporary) / folder.name
        _save(make_module(generator), written)
        card["sha256"] = _checksums(written)
        (written / CARD).write_text(json.dumps(card, indent=2) + "\n")
        if folder.exists():
            _copy_other_files(folder, written)
            folder.replace(Path(temporary) / "before")
        written.replace(folder)


def _copy_other_files(folder, written):
    """Take along what is not part of the SavedModel, such as the loss ladder."""
    for path in folder.iterdir():
        target = written / path.name
        if path.is_dir() and not target.exists():
            shutil.copytree(path, target)
        elif not target.exists():
            shutil.copy2(path, target)


def run_in_fresh_process(folder, inputs):
    """Run a SavedModel in a Python process that never imports facekit.

    Args:
        folder: SavedModel.
        inputs: dict of float32 arrays by input name.

    Returns:
        Dict of arrays by output name.

    Raises:
        ModelError: if the process fails; the message holds what it said.
    """
    with tempfile.TemporaryDirectory() as temporary:
        source, target = Path(temporary) / "in.npz", Path(temporary) / "out.npz"
        np.savez(source, **inputs)
        arguments = [str(Path(folder).resolve()), str(source), str(target)]
        done = subprocess.run(
            [sys.executable, "-c", _RUN_WITHOUT_FACEKIT, *arguments],
            capture_output=True,
            text=True,
            cwd=temporary,
        )
        if done.returncode:
            raise ModelError(f"{folder}: does not load or run:\n{done.stderr[-2000:]}")
        with np.load(target) as stored:
            return dict(stored)


def _inpaint_module(generator, appearance=None):
    """A ``tf.Module`` with half-precision weights around the network."""
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
            if appearance is None:
                return {}
            return {"appearance": self._completed(), "shapes": self._shapes()}

        def _shapes(self):
            @tf.function(input_signature=[])
            def shapes():
                mean, components = (tf.identity(x) for x in self.shapes)
                return {"mean": mean, "components": components}

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

    return Inpaint()


def _makeup_module(generator):
    """A ``tf.Module`` with half-precision weights around the network."""
    import tensorflow as tf

    multiple = generator.multiple_of

    class Makeup(tf.Module):
        def __init__(self):
            super().__init__(name="makeup")
            self.weights = _half_weights(generator)

        @tf.function(
            input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, "image")]
        )
        def restore(self, image):
            padded = _continued(image, multiple)
            outputs = _call_with(generator, self.weights, {"image": padded})
            height, width = tf.shape(image)[1], tf.shape(image)[2]
            outputs = {name: x[:, :height, :width] for name, x in outputs.items()}
            restored = tf.clip_by_value(outputs["restored"], 0.0, 1.0)
            return {**outputs, "restored": restored}

        @tf.function
        def serve(self, inputs):
            return self.restore(inputs["image"])

    return Makeup()


def _skin_module(network):
    """A ``tf.Module`` with half-precision weights, and the decoder by itself."""
    import tensorflow as tf

    from facekit.layers import SpectralRender
    from facekit.ops import edit_ratio

    multiple, surface = network.multiple_of, network.surface
    paint = SpectralRender(surface, dtype="float32")

    class Skin(tf.Module):
        def __init__(self):
            super().__init__(name="skin")
            self.weights = _half_weights(network)

        @tf.function(
            input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, "image")]
        )
        def restore(self, image):
            padded = _continued(image, multiple, 4 * multiple)
            outputs = _call_with(network, self.weights, {"image": padded})
            height, width = tf.shape(image)[1], tf.shape(image)[2]
            return {
                # Light and camera have no height and width.
                name: outputs[name]
                if name in ("light", "camera")
                else outputs[name][:, :height, :width]
                for name in (*SKIN_SCENE, "reconstruction")
            }

        @tf.function
        def serve(self, inputs):
            return self.restore(inputs["image"])

        @tf.function(input_signature=_specs(SKIN_SCENE))
        def render(self, *scene):
            return {"image": paint(list(scene))}

        @tf.function(input_signature=_specs(SKIN_SCENE | _NEW_SCENE))
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


def _save(module, folder):
    import tensorflow as tf

    restore = module.restore.get_concrete_function()
    named = {spec.name: spec for spec in module.restore.input_signature}
    module.serve.get_concrete_function(named)
    signatures = {"serving_default": restore}
    if hasattr(module, "more_signatures"):
        signatures |= module.more_signatures()
    tf.saved_model.save(module, str(folder), signatures=signatures)
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def _checksums(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
