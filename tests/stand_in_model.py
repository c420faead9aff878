"""A stand-in SavedModel, so that the tools are tested without trained weights."""

import json

import numpy as np
import pytest
import skimage.data


@pytest.fixture(scope="session")
def astronaut():
    """uint8, (512, 512, 3), public domain."""
    return skimage.data.astronaut()


@pytest.fixture(scope="session")
def make_saved_model(tmp_path_factory, tensorflow):
    """Writes a SavedModel that fills holes with the mean of the known pixels."""
    tf = tensorflow

    class MeanFill(tf.Module):
        def __init__(self, gain, tint):
            super().__init__()
            self.gain = tf.Variable(gain, dtype=tf.float32)
            self.tint = tf.Variable(tint, dtype=tf.float32)

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, None, 3), tf.float32, "image"),
                tf.TensorSpec((None, None, None, 1), tf.float32, "mask"),
            ]
        )
        def serve(self, image, mask):
            total = tf.reduce_sum(image * mask, (1, 2), keepdims=True)
            count = tf.reduce_sum(mask, (1, 2), keepdims=True)
            mean = tf.math.divide_no_nan(total, count) * self.gain + self.tint
            return {"restored": image * mask + mean * (1 - mask)}

    def make(gain=1.0, tint=(0.0, 0.0, 0.0), **card):
        folder = tmp_path_factory.mktemp("saved_model")
        module = MeanFill(gain, tint)
        tf.saved_model.save(module, str(folder), signatures=module.serve)
        card = {"task": "inpaint", "working_size": 256, "multiple_of": 64, **card}
        (folder / "card.json").write_text(json.dumps(card))
        return folder

    return make


@pytest.fixture(scope="session")
def saved_model_folder(make_saved_model):
    return make_saved_model()


@pytest.fixture(scope="session")
def tool(saved_model_folder):
    from facekit.restore import load

    return load(saved_model_folder)


@pytest.fixture(scope="session")
def skin_folder(tmp_path_factory, tensorflow):
    """An untrained network: its maps are wrong, but what is done with them is not."""
    import keras

    from facekit.export import export_skin
    from facekit.models import BioFaceNet

    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("models") / "skin"
    card = {"version": "1", "working_size": 64}
    export_skin(BioFaceNet((4, 4, 8), 1), folder, card)
    return folder


@pytest.fixture
def mouth_hole():
    """A hole over the astronaut's mouth and part of the flag behind her."""
    hole = np.zeros((512, 512), bool)
    hole[125:160, 195:255] = True
    return hole
