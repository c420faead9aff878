"""Fill a hole with a smooth continuation of what surrounds it."""

import cv2
import numpy as np


def smooth_fill(image, known, relaxations=0):
    """Fill unknown pixels by weighted averages of ever wider surroundings.

    It gives detectors and resampling something plausible to read where a photo has
    a hole; it is no restoration. The content of unknown pixels is never read.

    Args:
        image: float32, (height, width, channels).
        known: float32, (height, width), [0, 1], the weight of each pixel.
        relaxations: int, how often every pixel is averaged with its neighbours at each
            resolution. Without any, a wide hole soon takes the mean colour of all that
            is around it; with a dozen it goes over from one side to the other like a
            membrane. Defaults to 0.

    Returns:
        float32, (height, width, channels); equal to ``image`` where ``known`` is 1,
        and zero everywhere if nothing is known.

    Reference: Gortler et al., The Lumigraph, 1996, pull-push; relaxed from coarse to
    fine, it comes close to a solution of Laplace's equation (the nested iteration of
    Briggs et al., A Multigrid Tutorial).
    """
    known = known[..., None]
    weighted = np.where(known > 0, image, 0) * known
    return weighted + (1 - known) * _pull_push(weighted, known, relaxations)


def _pull_push(weighted, weight, relaxations):
    """Return the average of known pixels around every pixel."""
    height, width = weight.shape[:2]
    if height == 1 and width == 1:
        return weighted / np.maximum(weight, 1e-6)
    half = ((height + 1) // 2, (width + 1) // 2)
    halved = _halve(weight).reshape(*half, 1)
    mean = _halve(weighted).reshape(*half, -1) / np.maximum(halved, 1e-6)
    # Beyond half coverage a coarser level has nothing to add but blur.
    share = np.minimum(2 * halved, 1)
    if share.min() < 1:
        wider = _pull_push(mean * share, share, relaxations)
        mean = share * mean + (1 - share) * wider
    mean = cv2.resize(mean, (width, height)).reshape(height, width, -1)
    for _ in range(relaxations):
        mean = weighted + (1 - weight) * mean
        mean = cv2.blur(mean, (3, 3), borderType=cv2.BORDER_REFLECT)
        mean = mean.reshape(height, width, -1)
    return mean


def _halve(values):
    return cv2.pyrDown(values, borderType=cv2.BORDER_REFLECT)
