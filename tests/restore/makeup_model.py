"""A stand-in makeup SavedModel, whose maps are known."""

import json


def write_makeup_model(folder):
    """Write a SavedModel that lightens everything; returns the folder."""
    import tensorflow as tf

    class Brighten(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, "image")]
        )
        def serve(self, image):
            blend = tf.fill(tf.shape(image), 0.8) * [1.0, 0.9, 0.8]
            residual = tf.fill(tf.shape(image), 0.02)
            restored = image + (2 * blend - 1) * image * (1 - image) + residual
            return {"restored": restored, "blend": blend, "residual": residual}

    module = Brighten()
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    card = {"task": "makeup", "working_size": 64}
    (folder / "card.json").write_text(json.dumps(card))
    return folder
