"""Distance between pictures as a feature network sees them."""

import keras
from keras import ops

from facekit.metrics.picture_mean import PictureMean, as_float, composite_in


def feature_distance(target, restored, features, region=None, epsilon=1e-10):
    """Distance between unit-normalised feature maps of each picture.

    ``mean over layers of mean over places of sum_c (t_c / |t| - r_c / |r|)^2``, where
    ``t`` and ``r`` are the feature vectors at a place. It is LPIPS without its learned
    channel weights, so figures compare only between equal feature networks.

    Args:
        target: (batch, height, width, 3), [0, 1].
        restored: as ``target``.
        features: callable, such as a Keras model, from pictures in [0, 1] to a feature
            map (batch, h, w, channels) or a list or dict of them. Its own scaling of
            the input is its business.
        region: (batch, height, width, 1), 1 = the hole. The picture compared is then
            ``restored`` pasted into ``target``. Defaults to None.
        epsilon: float, added to the squared length of a vector. Defaults to 1e-10.

    Returns:
        float32, (batch,), [0, 4].

    Reference: Zhang et al. 2018, "The unreasonable effectiveness of deep features as
    a perceptual metric", equation 1.
    """
    target, restored = as_float(target), as_float(restored)
    region = None if region is None else as_float(region)
    pairs = zip(
        keras.tree.flatten(features(target)),
        keras.tree.flatten(features(composite_in(region, target, restored))),
        strict=True,
    )
    distances = []
    for of_target, of_restored in pairs:
        difference = _unit(of_target, epsilon) - _unit(of_restored, epsilon)
        squares = ops.sum(ops.square(difference), axis=-1)
        distances.append(ops.mean(squares, axis=(1, 2)))
    return ops.mean(ops.stack(distances), axis=0)


@keras.saving.register_keras_serializable("facekit")
class FeatureDistance(PictureMean):
    """Mean distance of features over pictures, see ``feature_distance``.

    The configuration holds the architecture of a feature model, not its weights.

    Args:
        features: Keras model from pictures in [0, 1] to one or more feature maps.
        epsilon: float, added to the squared length of a vector. Defaults to 1e-10.
        name: name of the metric. Defaults to "feature_distance".
        dtype: data type of the result. Defaults to None, the Keras default.
    """

    def __init__(self, features, epsilon=1e-10, name="feature_distance", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.features = features
        self.epsilon = epsilon

    def measure(self, target, restored, region):
        return feature_distance(target, restored, self.features, region, self.epsilon)

    def get_config(self):
        return {
            **super().get_config(),
            "features": keras.saving.serialize_keras_object(self.features),
            "epsilon": self.epsilon,
        }

    @classmethod
    def from_config(cls, config):
        features = keras.saving.deserialize_keras_object(config["features"])
        return cls(**{**config, "features": features})


def _unit(vectors, epsilon):
    vectors = ops.cast(vectors, "float32")
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors / ops.sqrt(squares + epsilon)
