import keras
import numpy as np
import pytest

from facekit.layers import PositionEncoding2D
from tests.check_layer import check_layer


class TestPositionEncoding2D:
    def test_shapes(self):
        layer = PositionEncoding2D(2)
        assert layer.compute_output_shape((None, 4, None, 3)) == (None, 4, None, 13)

    def test_serialization(self, rng):
        image = rng.random((2, 6, 5, 3), dtype="float32")
        check_layer(PositionEncoding2D, image)

    def test_numerics(self, rng):
        image = rng.random((2, 3, 4, 5), dtype="float32")
        placed = keras.ops.convert_to_numpy(PositionEncoding2D(2)(image))
        y, x = np.mgrid[:3, :4]
        place = np.stack([(x + 0.5) / 2 - 1, (y + 0.5) / 1.5 - 1], -1)
        waves = [
            f(turns * place) for turns in (np.pi, 2 * np.pi) for f in (np.sin, np.cos)
        ]
        wanted = np.concatenate([place, *waves], -1)
        np.testing.assert_array_equal(placed[..., :5], image)
        for found in placed[..., 5:]:
            np.testing.assert_allclose(found, wanted, atol=1e-6)

    @pytest.mark.parametrize("number", [-1, 1.5, "2"])
    def test_errors(self, number):
        with pytest.raises(ValueError, match=r"`num_frequencies`.*Received"):
            PositionEncoding2D(number)
