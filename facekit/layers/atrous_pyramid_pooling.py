"""Context of several widths at once."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("facekit")
class AtrousPyramidPooling(keras.layers.Layer):
    """Looks at features through holes of several sizes and mixes what is seen.

    A 1x1 convolution, one dilated 3x3 convolution for each rate and the mean of the
    whole picture, each with batch normalisation and ReLU, are concatenated and mixed
    by another 1x1 convolution.

    Args:
        filters: int, channels of each branch and of the output.
        rates: tuple of ints, dilations of the 3x3 convolutions. Defaults to (1, 2, 4),
            for features of 4 to 16 pixels.
        **kwargs: `name`, `dtype` and `trainable` of the layer.

    Input shape:
        (batch, height, width, channels), any float

    Output shape:
        (batch, height, width, filters)

    Raises:
        ValueError: `filters` or a rate is less than 1.

    Example:
        >>> import keras
        >>> from facekit.layers import AtrousPyramidPooling
        >>> features = keras.random.uniform((1, 4, 6, 8), seed=0)
        >>> tuple(AtrousPyramidPooling(16)(features).shape)
        (1, 4, 6, 16)

    Reference:
        Chen et al. 2017, "Rethinking atrous convolution for semantic image
        segmentation", section 3.3.
    """

    def __init__(self, filters, rates=(1, 2, 4), **kwargs):
        super().__init__(**kwargs)
        if filters < 1 or min(rates) < 1:
            raise ValueError(
                "Expected `filters` and `rates` to be at least 1. Received: "
                f"filters={filters}, rates={rates}"
            )
        self.filters = filters
        self.rates = tuple(rates)
        names = ("point", *(f"rate_{rate}" for rate in self.rates), "mean", "mix")
        self._convolutions = [
            keras.layers.Conv2D(
                filters,
                3 if name.startswith("rate") else 1,
                padding="same",
                dilation_rate=int(name[5:]) if name.startswith("rate") else 1,
                use_bias=False,
                dtype=self.dtype_policy,
                name=name,
            )
            for name in names
        ]
        self._normalizers = [
            keras.layers.BatchNormalization(
                dtype=self.dtype_policy, name=f"{name}_norm"
            )
            for name in names
        ]

    def build(self, input_shape):
        """Creates the weights of the branches."""
        inner = (*input_shape[:-1], self.filters)
        for convolution, norm in self._branches():
            convolution.build(input_shape)
            norm.build(inner)
        joined = (*input_shape[:-1], self.filters * (len(self._convolutions) - 1))
        self._convolutions[-1].build(joined)
        self._normalizers[-1].build(inner)

    def call(self, inputs, training=None):
        """Returns the mixture."""
        *local, mean = self._branches()
        seen = [norm(conv(inputs), training=training) for conv, norm in local]
        middle = ops.mean(inputs, axis=(1, 2), keepdims=True)
        middle = mean[1](mean[0](middle), training=training)
        seen.append(ops.broadcast_to(middle, ops.shape(seen[0])))
        mixed = self._convolutions[-1](ops.relu(ops.concatenate(seen, axis=-1)))
        return ops.relu(self._normalizers[-1](mixed, training=training))

    def _branches(self):
        pairs = zip(self._convolutions, self._normalizers, strict=True)
        return list(pairs)[:-1]

    def compute_output_shape(self, input_shape):
        """Returns the shape of the mixture."""
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        """Returns the constructor's arguments."""
        config = {"filters": self.filters, "rates": self.rates}
        return {**super().get_config(), **config}
