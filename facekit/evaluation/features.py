"""Distance of pictures as a recognition network sees them, where there is one."""

from facekit.errors import WeightsError


def named_distance(source):
    """Return the distance function, its network's name, and why there is none.

    Args:
        source: weights file or "vgg16", see ``facekit.models.feature_network``, or
            None.
    """
    from facekit.metrics import feature_distance
    from facekit.models import feature_network

    if source is None:
        return None, None, "Feature distance left out: no feature weights were given."
    try:
        network = feature_network(source, layers_for="distance")
    except WeightsError as error:
        return None, None, f"Feature distance left out: {error}"
    name = network.name.removesuffix("_features")

    def distance(target, restored):
        return feature_distance(target, restored, network)

    return distance, name, None
