import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops

from facekit.layers import PartialConv2D
from tests.check_layer import check_layer
from tests.gradients import gradients

# Every new shape is compiled on JAX, so fewer of them are tried there.
NUM_EXAMPLES = 40 if keras.backend.backend() == "tensorflow" else 5


@st.composite
def cases(draw):
    """Arguments of the layer, and branches of (features, mask)."""
    kernel_size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    strides, dilation = draw(
        st.sampled_from(
            [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 2), (1, 1)), ((1, 1), (2, 1))]
        )
    )
    arguments = {
        "kernel_size": kernel_size,
        "strides": strides,
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(["symmetric", "same", "valid"])),
        "use_bias": draw(st.booleans()),
    }
    height, width = draw(st.tuples(st.integers(10, 14), st.integers(10, 14)))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    branches = []
    for channels in draw(st.sampled_from([(1,), (3,), (4, 3), (1, 6)])):
        features = rng.normal(size=(2, height, width, channels))
        mask = rng.random((2, height, width, 1)) < draw(st.sampled_from([0.1, 0.5, 1]))
        mask[1, : height // 2] = 0
        branches.append((features.astype("float32"), mask.astype("float32")))
    return arguments, branches


class TestPartialConv2D:
    def test_shapes(self):
        layer = PartialConv2D(8, 5, strides=2)
        shapes = [(None, 9, None, 3), (None, 9, None, 1)]
        features, mask = layer.compute_output_shape(shapes)
        assert features == (None, 5, None, 8)
        assert mask == (None, 5, None, 1)

    def test_serialization(self, rng):
        image, mask = _random_pair(rng, (2, 8, 6, 3))
        check_layer(
            lambda **kwargs: PartialConv2D(4, 3, strides=2, **kwargs), [image, mask]
        )
        other, other_mask = _random_pair(rng, (2, 8, 6, 2))
        check_layer(
            lambda **kwargs: PartialConv2D(
                4, (3, 5), dilation_rate=2, kernel_regularizer="l2", **kwargs
            ),
            [image, mask, other, other_mask],
        )

    @settings(
        max_examples=NUM_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def test_numerics(self, case):
        arguments, branches = case
        layer = PartialConv2D(5, bias_initializer="normal", **arguments)
        features, mask = layer([x for branch in branches for x in branch])
        kernel, *bias = [np.asarray(w, "float64") for w in layer.get_weights()]
        wanted, wanted_mask = _reference(
            branches,
            kernel,
            bias[0] if bias else None,
            arguments["strides"],
            arguments["dilation_rate"],
            arguments["padding"],
        )
        np.testing.assert_array_equal(mask, wanted_mask)
        scale = max(1.0, np.abs(wanted).max())
        np.testing.assert_allclose(features, wanted, atol=1e-5 * scale)
        assert np.all(np.asarray(features)[wanted_mask[..., 0] == 0] == 0)

    @pytest.mark.parametrize("strides", [1, 2])
    def test_full_mask_equals_convolution_inside(self, rng, strides):
        image = rng.normal(size=(1, 11, 12, 3)).astype("float32")
        partial = PartialConv2D(4, 5, strides=strides, bias_initializer="normal")
        features, mask = partial([image, np.ones((1, 11, 12, 1), "float32")])
        plain = keras.layers.Conv2D(4, 5, strides=strides)
        padded = np.pad(image, ((0, 0), (2, 2), (2, 2), (0, 0)))
        plain.build(padded.shape)
        plain.set_weights(partial.get_weights())
        inside = (slice(None), slice(2, -2), slice(2, -2))
        wanted = np.asarray(plain(padded))[inside]
        np.testing.assert_allclose(np.asarray(features)[inside], wanted, atol=1e-5)
        assert np.asarray(mask).min() == 1

    def test_window_stays_whole_at_the_border(self):
        image = np.full((1, 5, 6, 2), 0.25, "float32")
        layer = PartialConv2D(1, 3, use_bias=False, kernel_initializer="ones")
        features, _ = layer([image, np.ones((1, 5, 6, 1), "float32")])
        plain = keras.layers.Conv2D(
            1, 3, padding="same", use_bias=False, kernel_initializer="ones"
        )
        ratio = np.asarray(features)[0, ..., 0] / np.asarray(plain(image))[0, ..., 0]
        wanted = np.ones((5, 6))
        wanted[[0, -1]] *= 1.5
        wanted[:, [0, -1]] *= 1.5
        np.testing.assert_allclose(ratio, wanted, rtol=1e-6)

    @pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
    def test_empty_mask(self, dtype):
        layer = PartialConv2D(4, 3, dtype=dtype, bias_initializer="ones")
        image = np.full((1, 6, 6, 3), np.nan, "float32")
        mask = np.zeros((1, 6, 6, 1), "float32")
        features, new_mask = layer([image, mask])
        assert not np.asarray(ops.cast(features, "float32")).any()
        assert not np.asarray(new_mask).any()
        for gradient in _input_and_weight_gradients(layer, image, mask):
            assert not gradient.any()

    @pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
    def test_hole_content_changes_nothing(self, rng, dtype):
        image, mask = _random_pair(rng, (1, 9, 8, 3))
        layer = PartialConv2D(4, 3, dtype=dtype)
        wanted, _ = layer([image, mask])
        wanted_gradients = _input_and_weight_gradients(layer, image, mask)
        for content in (np.nan, np.inf, -1e30, 7.0):
            spoiled = np.where(mask == 1, image, np.float32(content))
            features, _ = layer([spoiled, mask])
            np.testing.assert_array_equal(
                ops.cast(features, "float32"), ops.cast(wanted, "float32")
            )
            found = _input_and_weight_gradients(layer, spoiled, mask)
            for gradient, reference in zip(found, wanted_gradients, strict=True):
                assert np.isfinite(gradient).all()
                np.testing.assert_array_equal(gradient, reference)

    def test_masks_only_grow(self, rng):
        image, mask = _random_pair(rng, (4, 16, 16, 1), known=0.05)
        layer = PartialConv2D(2, 3)
        for _ in range(6):
            _, grown = layer([image, mask])
            grown = np.asarray(grown)
            assert (grown >= mask).all()
            assert grown.sum() > mask.sum() or grown.min() == 1
            mask = grown

    def test_flip_equivariance(self, rng):
        image, mask = _random_pair(rng, (1, 9, 12, 3))
        layer = PartialConv2D(4, 5, bias_initializer="normal")
        features, new_mask = (np.asarray(x) for x in layer([image, mask]))
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel[:, ::-1], bias])
        flipped, flipped_mask = layer([image[:, :, ::-1], mask[:, :, ::-1]])
        np.testing.assert_allclose(np.asarray(flipped)[:, :, ::-1], features, atol=1e-5)
        np.testing.assert_array_equal(np.asarray(flipped_mask)[:, :, ::-1], new_mask)

    def test_gradient(self, rng):
        image, mask = _random_pair(rng, (1, 6, 6, 2))
        layer = PartialConv2D(3, 3)

        def total(image, mask):
            features, new_mask = layer([image, mask])
            return ops.sum(features) + ops.sum(new_mask)

        of_image, of_mask = gradients(total, image, mask)
        assert not of_mask.any()
        assert not of_image[mask[..., 0] == 0].any()
        step = 1e-2
        bumped = image.copy()
        row, column = np.argwhere(mask[0, ..., 0] == 1)[0]
        bumped[0, row, column, 1] += step
        slope = (float(total(bumped, mask)) - float(total(image, mask))) / step
        assert slope == pytest.approx(of_image[0, row, column, 1], rel=2e-2, abs=1e-2)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"filters": 0}, "`filters`"),
            ({"filters": 2.5}, "`filters`"),
            ({"kernel_size": 0}, "`kernel_size`"),
            ({"kernel_size": (3, 3, 3)}, "`kernel_size`"),
            ({"strides": 0}, "`strides`"),
            ({"dilation_rate": -1}, "`dilation_rate`"),
            ({"padding": "reflect"}, "`padding`"),
            ({"strides": 2, "dilation_rate": 2}, "cannot be combined"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=rf"{message}.*Received"):
            PartialConv2D(**{"filters": 2, "kernel_size": 3, **arguments})

    @pytest.mark.parametrize(
        "shapes",
        [
            [(1, 8, 8, 3)],
            [(1, 8, 8, 3), (1, 8, 8, 3)],
            [(1, 8, 8, 3), (1, 8, 8, 1), (1, 8, 8, 3)],
        ],
    )
    def test_input_errors(self, shapes):
        with pytest.raises(ValueError, match="PartialConv2D expects.*Received"):
            PartialConv2D(2, 3)([np.ones(shape, "float32") for shape in shapes])

    def test_error_without_mask(self):
        with pytest.raises(ValueError, match=r"expects \[features, mask\]"):
            PartialConv2D(2, 3)(np.ones((1, 8, 8, 3), "float32"))


def _random_pair(rng, shape, known=0.6):
    image = rng.normal(size=shape).astype("float32")
    mask = rng.random((*shape[:3], 1)) < known
    return image, mask.astype("float32")


def _input_and_weight_gradients(layer, image, mask):
    """Gradients of the mean square of the features, for image and weights."""

    def mean_square(image, *weights):
        (features, _), _ = layer.stateless_call(weights, [], [image, mask])
        return ops.mean(ops.square(ops.cast(features, "float32")))

    return gradients(mean_square, image, *layer.get_weights())


def _reference(branches, kernel, bias, strides, dilation, padding):
    """NVIDIA's partialconv2d with multi-channel masks, in float64."""
    masks = [np.repeat(mask, x.shape[-1], axis=-1) for x, mask in branches]
    mask = np.concatenate(masks, axis=-1).astype("float64")
    image = np.concatenate([x for x, _ in branches], axis=-1).astype("float64")
    window = (kernel.shape, strides, dilation, padding)
    image_windows = _windows(image * mask, *window)
    raw = np.einsum("nhwcij,ijcf->nhwf", image_windows, kernel)
    count = _windows(mask, *window).sum((3, 4, 5))[..., None]
    update = np.clip(count, 0, 1)
    ratio = np.prod(kernel.shape[:3]) / (count + 1e-8) * update
    bias = 0 if bias is None else bias
    raw = raw + bias
    return ((raw - bias) * ratio + bias) * update, update


def _windows(x, kernel_shape, strides, dilation, padding):
    pads = [(0, 0)]
    for axis in (0, 1):
        extent = dilation[axis] * (kernel_shape[axis] - 1) + 1
        length = x.shape[axis + 1]
        steps = -(-length // strides[axis])
        before = after = 0
        if padding == "symmetric":
            before = after = (extent - 1) // 2
        elif padding == "same":
            total = max((steps - 1) * strides[axis] + extent - length, 0)
            before, after = total // 2, total - total // 2
        pads.append((before, after))
    padded = np.pad(x, (*pads, (0, 0)))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_shape, strict=False)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, extents, axis=(1, 2))
    windows = windows[:, :: strides[0], :: strides[1]]
    return windows[..., :: dilation[0], :: dilation[1]]
