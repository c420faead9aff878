import keras
import numpy as np
import pytest

from facekit.layers import GappyPCA2D
from facekit.ops import pull_push
from tests.check_layer import check_layer

SIZE = 8


@pytest.fixture
def mask():
    mask = np.ones((2, 16, 24, 1), "float32")
    mask[0, 4:11, 6:14] = 0
    mask[1, :, :8] = 0
    return mask


@pytest.fixture
def pictures(rng):
    """Weighted sums of five pictures, and a little noise."""
    basis = rng.random((5, SIZE, SIZE, 3)) / 5
    return np.tensordot(rng.random((40, 5)), basis, 1) + 0.01 * rng.random(
        (40, SIZE, SIZE, 3)
    )


def adapted(pictures, count=10, **arguments):
    layer = GappyPCA2D(SIZE, count, num_levels=3, **arguments)
    layer.adapt(pictures)
    return layer


def square(rng):
    """A mask of the components' size with a hole of 3 x 4 pixels."""
    mask = np.ones((1, SIZE, SIZE, 1), "float32")
    mask[0, 2:5, 1:5] = 0
    return mask


def weight_of_distance(mask, reach=7.0):
    """By the distance to the nearest missing pixel, along the axes."""
    missing = np.argwhere(mask == 0)
    places = np.argwhere(np.ones_like(mask))
    distance = np.abs(places[:, None] - missing).sum(-1).min(1)
    return 0.05 + 0.95 * np.exp(-distance / reach)


class TestGappyPCA2D:
    def test_shapes(self):
        layer = GappyPCA2D(8, 3)
        shape = (None, 4, None, 3)
        assert layer.compute_output_shape([shape, (None, 4, None, 1)]) == (shape, shape)

    def test_serialization(self, rng, mask):
        image = rng.random((2, 16, 24, 3), dtype="float32")

        def make_layer(**kwargs):
            return GappyPCA2D(4, 3, num_levels=2, **kwargs)

        check_layer(make_layer, [image, mask])

    @pytest.mark.parametrize("noise", [0.5, 20.0])
    def test_numerics(self, rng, pictures, noise):
        """The most likely picture, by NumPy's SVD of pictures and mirror images."""
        layer = adapted(pictures, noise=noise)
        mask, image = square(rng), pictures[:1].astype("float32")
        smooth, details = (np.asarray(x) for x in layer([image * mask, mask]))

        both = np.concatenate([pictures, pictures[:, :, ::-1]]).reshape(80, -1)
        mean = both.mean(0)
        _, deviations, vectors = np.linalg.svd(both - mean, full_matrices=False)
        basis = vectors[:10].T * deviations[:10] / np.sqrt(80)
        variance = np.square(deviations[10:]).sum() / 80 / len(mean)
        known = np.broadcast_to(mask, image.shape).ravel() == 1
        weight = np.repeat(np.sqrt(weight_of_distance(mask[0, ..., 0])), 3)[known]
        rows = np.concatenate(
            [weight[:, None] * basis[known], np.sqrt(noise * variance) * np.eye(10)]
        )
        right = np.concatenate([weight * (image.ravel() - mean)[known], np.zeros(10)])
        scores = np.linalg.lstsq(rows, right, rcond=None)[0]
        guess = (mean + basis @ scores).reshape(image.shape).astype("float32")
        wanted = guess - np.asarray(pull_push(guess, mask, 3))
        np.testing.assert_allclose(details, wanted, atol=1e-4)
        assert np.ptp(wanted) > 0.05
        np.testing.assert_allclose(
            smooth, np.asarray(pull_push(image * mask, mask, 3)), atol=1e-6
        )

    def test_without_reach_all_known_pixels_count_alike(self, rng, pictures):
        """Far known pixels then help as much as those at the rim."""
        image, mask = pictures[:1].astype("float32"), square(rng)
        found = adapted(pictures[1:], reach=None).fitted(image * mask, mask)
        near = adapted(pictures[1:], reach=1e6).fitted(image * mask, mask)
        np.testing.assert_allclose(found, near, atol=1e-4)
        other = adapted(pictures[1:], reach=0.5).fitted(image * mask, mask)
        assert np.abs(np.asarray(other) - np.asarray(near)).max() > 1e-3

    def test_guess_beats_smooth_surroundings(self, rng, pictures):
        layer = adapted(pictures[1:])
        mask, image = square(rng), pictures[:1].astype("float32")
        smooth, details = (np.asarray(x) for x in layer([image * mask, mask]))
        hole = mask[..., 0] == 0
        plain, guided = (
            np.abs(x - image)[hole].mean() for x in (smooth, smooth + details)
        )
        assert guided < 0.2 * plain

    def test_known_pixels_need_no_details(self, rng, mask, pictures):
        image = rng.random((2, 16, 24, 3), dtype="float32")
        smooth, details = (np.asarray(x) for x in adapted(pictures)([image, mask]))
        known = mask[..., 0] == 1
        np.testing.assert_allclose(smooth[known], image[known], atol=1e-6)
        np.testing.assert_allclose(details[known], 0, atol=1e-6)
        assert np.ptp(details) > 0.01

    def test_is_even_handed(self, rng, mask, pictures):
        """The mirror image gives the mirror image of the guess."""
        layer = adapted(pictures)
        image = rng.random((2, 16, 24, 3), dtype="float32")
        wanted = layer([image, mask])
        found = layer([image[:, :, ::-1], mask[:, :, ::-1]])
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, np.asarray(b)[:, :, ::-1], atol=1e-5)

    def test_few_pictures(self, rng, pictures, mask):
        image = rng.random((2, 16, 24, 3), dtype="float32")
        layer = adapted(pictures[:1])
        assert all(np.isfinite(x).all() for x in layer([image, mask]))

    def test_what_is_in_the_hole_is_not_read(self, rng, mask, pictures):
        layer = adapted(pictures)
        image = rng.random((2, 16, 24, 3), dtype="float32")
        wanted = layer([image, mask])
        found = layer([np.where(mask == 1, image, np.nan), mask])
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))

    def test_gradient(self, rng, mask, pictures):
        from tests.gradients import gradients

        layer = adapted(pictures)
        image = rng.random((2, 16, 24, 3), dtype="float32")
        weights = rng.random((2, 16, 24, 3), dtype="float32")
        (gradient,) = gradients(
            lambda x: keras.ops.sum(sum(layer([x, mask])) * weights), image
        )
        assert np.isfinite(gradient).all()
        assert (gradient[mask[..., 0] == 0] == 0).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"size": 0}, "positive int"),
            ({"size": 7}, "even"),
            ({"num_components": 1.5}, "positive int"),
            ({"noise": 0.0}, "positive"),
            ({"reach": -1.0}, "positive"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=f"{message}.*Received"):
            GappyPCA2D(**arguments)

    def test_pictures_of_another_size(self):
        with pytest.raises(ValueError, match="8, 8.*Received"):
            GappyPCA2D(8, 2).adapt(np.zeros((3, 8, 6, 3)))
