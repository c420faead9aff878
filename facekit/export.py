"""SavedModels: written, reloaded in a process without facekit, compared."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from facekit.conventions import PARSING_CLASSES
from facekit.errors import ModelError
from facekit.export_modules import (
    COLOURS,
    MATRIX,
    NEW_SCENE,
    PICTURE,
    SKIN_SCENE,
    inpaint_module,
    makeup_module,
    skin_module,
)

CARD = "card.json"
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


def export_inpaint(
    generator, folder, card, appearance=None, parser=None, parsing_size=128
):
    """Write an inpainting network as a SavedModel with its card.

    The SavedModel takes pictures of any size: it pads them with missing pixels to
    what the network needs. Known pixels come back as they went in, restored ones are
    clipped to [0, 1], and what stands in the hole is never read. Weights are stored
    in half precision. With an appearance model it has a signature `appearance`, which
    completes face textures, and one `shapes`, which tells the components of shapes and
    how landmarks found beside a hole are to be corrected. With a parsing network it has
    a signature `parsing`.

    Args:
        generator: built ``PartialConvUNet``.
        folder: where to write; replaced as a whole once everything is written.
        card: dict of what ``card.json`` should say besides the interface: ``version``,
            ``training_data``, ``licence`` and so on.
        appearance: ``AppearanceModel`` (``facekit.training.load_appearance``), or None.
            Defaults to None.
        parser: built ``FaceParsingUNet``, or None. Defaults to None.
        parsing_size: int, side of the squares that it parses. Defaults to 128.

    Raises:
        ModelError: if Keras does not run on TensorFlow.
    """
    mask = {**PICTURE, "shape": ["batch", "height", "width", 1]}
    del mask["range"]
    mask["values"] = "1 = known, 0 = missing"
    interface = {
        "task": "inpaint",
        "inputs": {"image": PICTURE, "mask": mask},
        "outputs": {"restored": PICTURE},
        "signatures": {},
    }
    if appearance is not None:
        side, count = appearance.layer.size, len(appearance.shapes.components)
        points = {"dtype": "float32", "values": "shares of the aligned square"}
        texture = {**PICTURE, "shape": ["batch", side, side, 3]}
        scored = {**texture, "values": "scores of the shape in the upper corners"}
        del scored["range"]
        known = {**mask, "shape": ["batch", side, side, 1]}
        interface["signatures"]["appearance"] = {
            "inputs": {"texture": scored, "known": known},
            "outputs": {"face": texture},
        }
        interface["signatures"]["shapes"] = {
            "inputs": {},
            "outputs": {
                "mean": {**points, "shape": [468, 2]},
                "components": {**points, "shape": [count, 468, 2]},
            },
        }
        if appearance.shapes.correction is not None:
            about = {**points, "shape": list(appearance.shapes.correction.shape)}
            interface["signatures"]["shapes"]["outputs"]["correction"] = about
        card = {**card, "appearance_parameters": appearance.layer.count_params()}
    if parser is not None:
        square, count = ["batch", parsing_size, parsing_size], len(PARSING_CLASSES)
        classes = {"range": [0, 1], "values": f"shares of {', '.join(PARSING_CLASSES)}"}
        face = {"values": "1 = inside the hull of the face's landmarks"}
        interface["signatures"]["parsing"] = {
            "inputs": {
                "image": {**PICTURE, "shape": [*square, 3]},
                "mask": {**mask, "shape": [*square, 1]},
                "face": {**mask, **face, "shape": [*square, 1]},
            },
            "outputs": {
                "classes": {
                    **PICTURE,
                    **classes,
                    "shape": [*square, len(PARSING_CLASSES)],
                }
            },
        }
        card = {**card, "parsing_parameters": parser.count_params()}
    _write(
        lambda network: inpaint_module(network, appearance, parser, parsing_size),
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
        card: as in ``export_inpaint``; ``working_size`` and ``framing`` are those of
            the crops that the network learned from.

    Raises:
        ModelError: if Keras does not run on TensorFlow.
    """
    interface = {
        "task": "makeup",
        "inputs": {"image": PICTURE},
        "outputs": {
            "restored": PICTURE,
            "blend": {**PICTURE, "values": "soft-light map, 0.5 = unchanged"},
            "residual": COLOURS,
        },
        "formula": "restored = image + (2 blend - 1) image (1 - image) + residual",
    }
    _write(makeup_module, generator, folder, {**interface, **card})


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
        "inputs": {"image": PICTURE},
        "outputs": {**SKIN_SCENE, "reconstruction": PICTURE},
        "signatures": {
            "render": {"inputs": SKIN_SCENE, "outputs": {"image": PICTURE}},
            "edit": {
                "inputs": {**SKIN_SCENE, **NEW_SCENE},
                "outputs": {
                    "ratio": {**PICTURE, "range": [0, None]},
                    "to_camera": MATRIX,
                    "to_srgb": MATRIX,
                },
                "formula": "edited = to_srgb @ (ratio * (to_camera @ linear sRGB))",
            },
        },
        "wavelengths": "400 to 720 nm in steps of 10 nm",
        "surface": network.surface,
    }
    _write(skin_module, network, folder, {**interface, **card})


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
