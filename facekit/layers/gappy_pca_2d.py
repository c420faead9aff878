"""Principal components of aligned pictures, fitted to what a hole leaves of one."""

import keras
import numpy as np
from keras import ops

from facekit.ops.pyramids import pull_push

# What the farthest known pixels count at least.
_FAR = 0.05


@keras.saving.register_keras_serializable("facekit")
class GappyPCA2D(keras.layers.Layer):
    """First guess of what is in a hole: smooth surroundings and a face's details.

    Faces that are aligned resemble weighted sums of a few hundred pictures, their
    principal components (eigenfaces). The weights that fit the known pixels best also
    say what is in the hole: an eye of the colour of the other one, a mouth that goes
    with the cheeks. The sum of the two outputs is a picture to start from; they come
    apart, so that a network can leave the details out where there is no face.

    ``adapt`` finds the components; until then the details are 0. They are for a set
    of pictures and their mirror images, so each is even or odd, half of it is stored,
    and no gradient reaches them.

    Args:
        size: int, even, height and width of the components, to which pictures are
            reduced for the fit. Defaults to 64.
        num_components: int. Defaults to 256.
        noise: float > 0, by how much what the components cannot express counts more
            than if its pixels were independent. Defaults to 8.
        reach: float > 0, at this distance from the hole, in pixels of the components,
            known pixels count a third of those at its rim: hair or clothes like no
            other are not to decide about an eye far away. None counts all alike.
            Defaults to 7.
        num_levels: int, how often the picture is halved to bridge wide holes.
            Defaults to 6.

    Input shape:
        ``[image, mask]`` with image: (batch, height, width, channels), float, [0, 1];
        mask: (batch, height, width, 1), 1 = known, 0 = missing. Multiples of
        ``2 ** num_levels``.
    Output shape:
        ``(smooth, details)``, both of the image's shape. Smooth is the image where it
        is known and continues it into the hole; details are what the fitted face has
        there beyond its own smooth continuation, and 0 elsewhere.

    Raises:
        ValueError: an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> from facekit.layers import GappyPCA2D
        >>> image = np.full((1, 4, 4, 3), 0.5, "float32")
        >>> mask = np.ones((1, 4, 4, 1), "float32"); mask[:, 1, 2] = 0
        >>> layer = GappyPCA2D(4, 2, num_levels=2)
        >>> layer.adapt(np.random.default_rng(0).random((9, 4, 4, 3)))
        >>> smooth, details = layer([image * mask, mask])
        >>> float(smooth[0, 1, 2, 0]), float(details[0, 0, 0, 0])
        (0.5, 0.0)

    Reference:
        Everson and Sirovich, Karhunen-Loeve procedure for gappy data, 1995; Tipping
        and Bishop, Probabilistic principal component analysis, 1999; Turk and
        Pentland, Eigenfaces for recognition, 1991; Gortler et al., The Lumigraph,
        1996, pull-push.
    """

    def __init__(
        self,
        size=64,
        num_components=256,
        noise=8.0,
        reach=7.0,
        num_levels=6,
        **kwargs,
    ):
        # The linear system of the fit is too stiff for half precision.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        for name, value in (
            ("size", size),
            ("num_components", num_components),
            ("num_levels", num_levels),
        ):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Expected `{name}` to be a positive int. Received: {value!r}"
                )
        if size % 2:
            raise ValueError(f"Expected `size` to be even. Received: {size}")
        for name, value in (("noise", noise), ("reach", reach)):
            if name == "reach" and value is None:
                continue
            if not value > 0:
                raise ValueError(
                    f"Expected `{name}` to be positive. Received: {value!r}"
                )
        self.size = size
        self.num_components = num_components
        self.noise = noise
        self.reach = reach
        self.num_levels = num_levels

    def build(self, input_shape):
        """Creates mean and components, 0 at first."""
        half = (self.size, self.size // 2, input_shape[0][-1])

        def add(name, shape, initializer="zeros"):
            return self.add_weight(
                name=name, shape=shape, initializer=initializer, trainable=False
            )

        self.mean = add("mean", half)
        self.components = add("components", (self.num_components, *half))
        self.parities = add("parities", (self.num_components,))
        self.variance = add("variance", (), "ones")

    def adapt(self, images):
        """Find mean and principal components of pictures and their mirror images.

        Args:
            images: (count, size, size, channels), float, [0, 1], aligned.

        Raises:
            ValueError: the pictures have another size.
        """
        images = np.asarray(images, "float32")
        if images.ndim != 4 or images.shape[1:3] != (self.size, self.size):
            raise ValueError(
                f"Expected `images` of shape (count, {self.size}, {self.size}, "
                f"channels). Received: {images.shape}"
            )
        if not self.built:
            self.build([(None, None, None, images.shape[-1])])
        left = images[:, :, : self.size // 2]
        right = images[:, :, : self.size // 2 - 1 : -1]
        even, odd = (left + right) / 2, (left - right) / 2
        mean = even.mean(0)
        self.mean.assign(mean)
        components, parities, missed = _principal(
            (even - mean).reshape(len(images), -1),
            odd.reshape(len(images), -1),
            self.num_components,
        )
        self.components.assign(components.reshape(self.components.shape))
        self.parities.assign(parities)
        self.variance.assign(missed)

    def call(self, inputs):
        """Returns the smooth picture and the fitted face's details."""
        image, mask = inputs
        # Means over few known pixels underflow in half precision.
        mask = ops.cast(mask >= 0.5, "float32")
        image = ops.where(mask > 0.5, ops.cast(image, "float32"), 0.0)
        guess = _resized(self.fitted(image, mask), *ops.shape(image)[1:3])
        both = ops.concatenate([image, guess], axis=-1)
        smooth, own = ops.split(pull_push(both, mask, self.num_levels), 2, axis=-1)
        dtype = self.compute_dtype
        return ops.cast(smooth, dtype), ops.cast(guess - own, dtype)

    def fitted(self, image, mask):
        """The most likely whole picture.

        Args:
            image: as in ``call``, 0 where it is missing.
            mask: as in ``call``.

        Returns:
            (batch, size, size, channels), of the components' size.
        """
        weight = _resized(mask, self.size, self.size)
        known = _resized(image, self.size, self.size)
        mean = _whole(ops.cast(self.mean, "float32"), 1.0)
        parities = ops.cast(self.parities, "float32")[:, None, None, None]
        basis = _whole(ops.cast(self.components, "float32"), parities)
        # One row a component, one column a value.
        basis = ops.reshape(basis, (self.num_components, -1))
        values = basis.shape[1]
        offset = known - weight * mean
        if self.reach is not None:
            near = _nearness(ops.cast(weight < 0.999, "float32"), self.reach)
            near = _FAR + (1.0 - _FAR) * near
            offset, weight = near * offset, near * weight
        offset = ops.reshape(offset, (-1, values))
        weight = ops.reshape(ops.broadcast_to(weight, ops.shape(known)), (-1, values))
        products = ops.matmul(weight[:, None] * basis, ops.transpose(basis))
        # Pixels of 8 bits are no more exact than this.
        variance = ops.maximum(ops.cast(self.variance, "float32"), 1e-6)
        products = products + self.noise * variance * ops.eye(self.num_components)
        right = ops.matmul(offset, ops.transpose(basis))[..., None]
        scores = ops.solve(products, right)[..., 0]
        face = ops.reshape(ops.matmul(scores, basis), ops.shape(known))
        return mean + face

    def compute_output_shape(self, input_shape):
        """Returns the image's shape twice."""
        return input_shape[0], input_shape[0]

    def compute_output_spec(self, inputs):
        """Returns the image's shape twice, in the layer's precision."""
        shape, dtype = inputs[0].shape, self.compute_dtype
        return keras.KerasTensor(shape, dtype), keras.KerasTensor(shape, dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "size": self.size,
            "num_components": self.num_components,
            "noise": self.noise,
            "reach": self.reach,
            "num_levels": self.num_levels,
        }


def _principal(even, odd, count):
    """Left halves of the first components, scaled by their standard deviations.

    Returns:
        components (count, values), zero where there are no more; their parities, 1 or
        -1; and the mean variance of a value that they leave over.
    """
    parts = [_right_singular(half, count) for half in (even, odd)]
    scaled = np.concatenate(parts) / np.sqrt(len(even))
    parities = np.repeat(np.float32([1, -1]), [len(part) for part in parts])
    variances = np.square(scaled).sum(1)
    order = np.argsort(-variances)[:count]
    total = (np.square(even).sum() + np.square(odd).sum()) / len(even)
    missed = float(total - variances[order].sum()) / even.shape[1]
    padding = count - len(order)
    components = np.pad(scaled[order], ((0, padding), (0, 0)))
    return components, np.pad(parities[order], (0, padding)), missed


def _right_singular(rows, count):
    """The first right singular vectors, as rows, times their singular values."""
    wide = rows.shape[0] < rows.shape[1]
    products = rows @ rows.T if wide else rows.T @ rows
    values, vectors = np.linalg.eigh(products.astype("float64"))
    vectors = vectors[:, ::-1][:, :count].T.astype("float32")
    if wide:
        return vectors @ rows
    return vectors * np.sqrt(np.maximum(values[::-1][:count], 0))[:, None]


def _whole(half, parity):
    """Left halves (..., height, width / 2, channels) beside their mirror images."""
    return ops.concatenate([half, parity * ops.flip(half, axis=-2)], axis=-2)


def _nearness(hole, reach):
    """``exp(-distance / reach)``, the distance that to the hole along the axes."""
    length = hole.shape[1]
    places = ops.arange(length, dtype="float32")
    fall = ops.exp(-ops.abs(places[:, None] - places) / reach)
    rows = ops.max(fall[:, :, None, None] * hole[:, None], axis=2)
    return ops.max(fall[:, :, None] * rows[:, :, None], axis=3)


def _resized(image, height, width):
    """Pictures (batch, rows, columns, channels) at another size."""
    _, rows, columns, _ = ops.shape(image)
    image = ops.einsum("hr,brcd->bhcd", _triangles(height, rows), image)
    return ops.einsum("wc,bhcd->bhwd", _triangles(width, columns), image)


def _triangles(length, size):
    """Weights (length, size) of bilinear resizing, of averaging when it shrinks."""
    scale = ops.cast(size, "float32") / ops.cast(length, "float32")
    centres = (ops.cast(ops.arange(length), "float32") + 0.5) * scale - 0.5
    centres = ops.clip(centres, 0.0, ops.cast(size, "float32") - 1.0)
    pixels = ops.cast(ops.arange(size), "float32")
    distance = ops.abs(centres[:, None] - pixels) / ops.maximum(scale, 1.0)
    weights = ops.maximum(1.0 - distance, 0.0)
    return weights / ops.sum(weights, axis=1, keepdims=True)
