"""Pictures at halves and doubles of their size, for any Keras backend."""

from keras import ops


def enlarge(images, factors):
    """Enlarge by bilinear interpolation between half-pixel centres.

    Args:
        images: (batch, height, width, channels), any float.
        factors: (int, int), of height and width.

    Returns:
        (batch, height * factor, width * factor, channels).
    """
    for axis, factor in zip((1, 2), factors, strict=True):
        if factor > 1:
            images = _enlarge_axis(images, axis, factor)
    return images


def _enlarge_axis(images, axis, factor):
    shape = list(ops.shape(images))
    first, last = (_part(images, axis, start, 1) for start in (0, shape[axis] - 1))
    # Gradients of these slices and of this are many times faster than those of `[]`
    # and `pad`.
    padded = ops.concatenate([first, images, last], axis=axis)
    before, after = (_part(padded, axis, start, shape[axis]) for start in (0, 2))
    phases = []
    for phase in range(factor):
        offset = (phase + 0.5) / factor - 0.5
        neighbour = before if offset < 0 else after
        phases.append(images * (1 - abs(offset)) + neighbour * abs(offset))
    shape[axis] = shape[axis] * factor
    return ops.reshape(ops.stack(phases, axis=axis + 1), shape)


def _part(images, axis, start, count):
    starts, shape = [0] * 4, list(ops.shape(images))
    starts[axis], shape[axis] = start, count
    return ops.slice(images, starts, shape)


def pull_push(image, mask, num_levels):
    """Continue known pixels smoothly into a hole.

    Args:
        image: (batch, height, width, channels), float32; height and width are
            multiples of ``2 ** num_levels``.
        mask: (batch, height, width, 1), 1 = known, 0 = missing.
        num_levels: int, how often the picture is halved; holes wider than
            ``2 ** num_levels`` take the mean of all known pixels.

    Returns:
        As ``image``: known pixels unchanged, missing ones weighted means of ever wider
        surroundings; 0 where nothing is known.

    Reference: Gortler et al., The Lumigraph, 1996, section 3.4.
    """
    weighted, weight = ops.where(mask >= 0.5, image, 0.0), mask
    pyramid = [(weighted, weight)]
    for _ in range(num_levels):
        weighted, weight = (ops.average_pool(x, 2, 2) for x in (weighted, weight))
        pyramid.append((weighted, weight))
    total = ops.sum(weight, axis=(1, 2), keepdims=True)
    filled = ops.sum(weighted, axis=(1, 2), keepdims=True) / ops.maximum(total, 1e-6)
    for level, (weighted, weight) in enumerate(reversed(pyramid)):
        mean = weighted / ops.maximum(weight, 1e-6)
        # Beyond half coverage a coarser level has nothing to add but blur.
        share = ops.minimum(2.0 * weight, 1.0)
        coarser = filled if level == 0 else enlarge(filled, (2, 2))
        filled = share * mean + (1.0 - share) * coarser
    return filled
