"""U-Net of partial convolutions: fills irregular holes in a picture."""

import keras
from keras import layers, ops

from facekit.layers.gappy_pca_2d import GappyPCA2D
from facekit.layers.masked_batch_normalization import MaskedBatchNormalization
from facekit.layers.partial_conv_2d import PartialConv2D
from facekit.layers.position_encoding_2d import PositionEncoding2D
from facekit.ops.masks import zero_missing

PAPER_FILTERS = (64, 128, 256, 512, 512, 512, 512, 512)
COMPACT_FILTERS = (32, 64, 96, 128, 160, 192, 192)
COMPACT_KERNEL_SIZES = (2, 5, 5, 3, 3, 3, 3)
COMPACT_COMPONENTS = 256


@keras.saving.register_keras_serializable("facekit")
class PartialConvUNet(keras.Model):
    """U-Net in which every convolution is a partial convolution.

    Every encoder level halves the picture with a strided partial convolution (7x7,
    then 5x5 twice, then 3x3; batch normalisation on all but the first; ReLU). Every
    decoder level doubles features and mask by nearest neighbour, joins them with the
    encoder level of that size and its mask, and applies a 3x3 partial convolution with
    batch normalisation and LeakyReLU 0.2. The last layer sees the input picture and
    mask, has a bias and no normalisation. Masks grow level by level until nothing is
    missing.

    ``PartialConvUNet()`` is the paper's 512-pixel network (32.86 M trainable
    parameters); ``PartialConvUNet.compact()`` (3.1 M) is facekit's own size.
    Batch normalisation takes its statistics from known pixels only, which the
    paper's does not.

    Args:
        filters: tuple of ints, channels of the encoder levels, outermost first. The
            decoder mirrors them. Defaults to the paper's eight levels.
        kernel_sizes: tuple of ints, one for each encoder level. Defaults to None:
            7, 5, 5, then 3.
        num_frequencies: int, tell the decoder each pixel's place in the picture by a
            ``PositionEncoding2D`` of so many frequencies. Defaults to None: not at
            all, as in the paper.
        num_components: int, let the decoder start from the guess of a ``GappyPCA2D``
            of so many components, the layer "guess", for aligned pictures, and add
            its details to the result where it finds them fit. Defaults to None: not
            at all, as in the paper.
        component_size: int, the components' height and width. Defaults to 64.
        image_channels: int. Defaults to 3.
        normalization_momentum: float in [0, 1), of the moving statistics. Defaults
            to 0.99.

    Input shape:
        ``{"image", "mask"}`` with image: (batch, height, width, 3), float32, [0, 1],
        what stands in a hole is ignored; mask: (batch, height, width, 1), 1 = known,
        0 = missing. Height and width are multiples of ``multiple_of``.
    Output shape:
        ``{"restored"}``: (batch, height, width, 3), the whole picture, not clipped;
        see ``facekit.ops.composite`` for known pixels kept as they were.

    Raises:
        ValueError: if ``filters`` has fewer than two levels, or a picture's height
            or width is no multiple of ``multiple_of``.

    Example:
        >>> import numpy as np
        >>> model = PartialConvUNet(filters=(4, 8))
        >>> image = np.ones((1, 16, 16, 3), "float32")
        >>> mask = np.ones((1, 16, 16, 1), "float32")
        >>> tuple(model({"image": image, "mask": mask})["restored"].shape)
        (1, 16, 16, 3)

    Reference:
        Liu et al. 2018 (arXiv:1804.07723), section 3.2 and supplementary table 1.
    """

    def __init__(
        self,
        filters=PAPER_FILTERS,
        kernel_sizes=None,
        num_frequencies=None,
        num_components=None,
        component_size=64,
        image_channels=3,
        normalization_momentum=0.99,
        **kwargs,
    ):
        if len(filters) < 2:
            raise ValueError(f"`filters` needs two levels or more. Received: {filters}")
        if kernel_sizes is None:
            kernel_sizes = (7, 5, 5, *[3] * len(filters))[: len(filters)]
        if len(kernel_sizes) != len(filters):
            raise ValueError(
                f"`kernel_sizes` must be {len(filters)} numbers, one for each level. "
                f"Received: {kernel_sizes}"
            )
        self._momentum = normalization_momentum
        self._num_frequencies = num_frequencies
        image = keras.Input((None, None, image_channels), name="image")
        mask = keras.Input((None, None, 1), name="mask")
        # From here on every feature is zero in its holes.
        levels = [(zero_missing(image, mask), mask)]
        guess = None
        if num_components is not None:
            guess = GappyPCA2D(
                component_size, num_components, num_levels=len(filters), name="guess"
            )(levels[0])
        self._encode(levels, filters, kernel_sizes)
        restored = self._decode(levels, guess, filters, image_channels)
        kwargs.setdefault("name", "partial_conv_unet")
        super().__init__(
            inputs={"image": image, "mask": mask},
            outputs={"restored": restored},
            **kwargs,
        )
        self.filters = tuple(filters)
        self.kernel_sizes = tuple(kernel_sizes)
        self.num_frequencies = num_frequencies
        self.num_components = num_components
        self.component_size = component_size
        self.image_channels = image_channels
        self.normalization_momentum = normalization_momentum

    @classmethod
    def compact(cls, **kwargs):
        """A small network: seven levels, 3.1 M parameters, made for 256 pixels."""
        return cls(
            filters=COMPACT_FILTERS,
            kernel_sizes=COMPACT_KERNEL_SIZES,
            num_frequencies=3,
            num_components=COMPACT_COMPONENTS,
            **kwargs,
        )

    def inner(self, levels):
        """A smaller network with the same layers inside, for pictures half as large.

        ``facekit.models.grow_from`` carries what it learns into the large one.

        Args:
            levels: int, outermost levels to leave out; each halves the picture.

        Returns:
            ``PartialConvUNet`` with new weights.
        """
        return PartialConvUNet(
            self.filters[levels:],
            self.kernel_sizes[levels:],
            self.num_frequencies,
            self.num_components,
            self.component_size,
            self.image_channels,
            self.normalization_momentum,
        )

    @property
    def multiple_of(self):
        """Height and width of a picture must be multiples of this many pixels."""
        return 2 ** len(self.filters)

    def call(self, inputs, training=None, mask=None):
        space = inputs["image"].shape[1:3]
        if any(size is not None and size % self.multiple_of for size in space):
            raise ValueError(
                f"Height and width must be multiples of {self.multiple_of}. "
                f"Received: {tuple(space)}"
            )
        return super().call(inputs, training=training, mask=mask)

    def freeze_normalization(self, parts=("encoder",), frozen=True):
        """Freeze (or thaw) normalisation; the paper's second phase asks the encoder's.

        Frozen layers use their moving statistics and are not trained. Training
        functions that were built before must be built again, and a `.keras` file does
        not remember what was frozen: freeze again after loading.

        Args:
            parts: of "encoder" and "decoder".
            frozen: bool.
        """
        for layer in self.layers:
            if layer.name.startswith(tuple(parts)) and isinstance(
                layer, MaskedBatchNormalization
            ):
                layer.trainable = not frozen

    def _encode(self, levels, filters, kernel_sizes):
        x, mask = levels[0]
        sizes = zip(filters, kernel_sizes, strict=True)
        for index, (width, kernel_size) in enumerate(sizes, start=1):
            name = f"encoder_{index}"
            x, mask = PartialConv2D(
                width, kernel_size, strides=2, use_bias=False, name=f"{name}_conv"
            )([x, mask], zeroed=True)
            if index > 1:
                x = self._normalize(x, mask, name)
            x = layers.ReLU(name=f"{name}_relu")(x)
            levels.append((x, mask))

    def _decode(self, levels, guess, filters, image_channels):
        guesses = _halvings(guess, len(filters))
        x, mask = levels.pop()
        for index in range(len(filters) - 1, 0, -1):
            name = f"decoder_{index}"
            known = self._enlarge(x, mask, guesses[index], name)
            x, mask = self._join(known, levels.pop(), filters[index - 1], name)
            x = self._normalize(x, mask, name)
            x = layers.LeakyReLU(0.2, name=f"{name}_relu")(x)
        known = self._enlarge(x, mask, guesses[0], "restored")
        width = image_channels if guess is None else image_channels + 1
        x, _ = self._join(known, levels.pop(), width, "restored", use_bias=True)
        if guess is None:
            return layers.Activation("linear", dtype="float32", name="restored")(x)
        return _AddDetails(name="restored")([x, guess[1]])

    def _enlarge(self, x, mask, guess, name):
        """Features and mask at twice the size, with what is known of the place."""
        x = layers.UpSampling2D(2, name=f"{name}_up")(x)
        mask = layers.UpSampling2D(2, name=f"{name}_up_mask", dtype="float32")(mask)
        placed = x
        if guess is not None:
            placed = layers.Concatenate(name=f"{name}_guess")([placed, guess])
        if self._num_frequencies is not None and name != "restored":
            placed = PositionEncoding2D(self._num_frequencies, name=f"{name}_place")(
                placed
            )
        if placed is not x:
            # Every feature is zero in its holes, these too.
            x = layers.Multiply(name=f"{name}_known")([placed, mask])
        return x, mask

    def _join(self, known, skip, width, name, use_bias=False):
        return PartialConv2D(width, 3, use_bias=use_bias, name=f"{name}_conv")(
            [*known, *skip], zeroed=True
        )

    def _normalize(self, x, mask, name):
        return MaskedBatchNormalization(self._momentum, name=f"{name}_norm")(
            [x, mask], zeroed=True
        )

    def get_config(self):
        return {
            "name": self.name,
            "filters": self.filters,
            "kernel_sizes": self.kernel_sizes,
            "num_frequencies": self.num_frequencies,
            "num_components": self.num_components,
            "component_size": self.component_size,
            "image_channels": self.image_channels,
            "normalization_momentum": self.normalization_momentum,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _halvings(guess, count):
    """The guess's two pictures as one, at each level's size."""
    if guess is None:
        return [None] * count
    x = layers.Concatenate(name="guess_0")(guess)
    halvings = [x]
    for index in range(1, count):
        x = layers.AveragePooling2D(2, name=f"guess_{index}")(x)
        halvings.append(x)
    return halvings


@keras.saving.register_keras_serializable("facekit")
class _AddDetails(layers.Layer):
    """Adds the guess's details as far as the last channel, a logit, says."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs):
        x, details = inputs
        return x[..., :-1] + ops.sigmoid(x[..., -1:]) * details

    def compute_output_shape(self, input_shape):
        return input_shape[1]
