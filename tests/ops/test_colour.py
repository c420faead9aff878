import numpy as np
import pytest
from keras import ops

from facekit import spectra
from facekit.ops import camera_to_srgb, decode_srgb, encode_srgb
from tests.gradients import gradients


def test_numerics_of_the_transfer_curve():
    values = np.linspace(0, 1, 513, dtype="float32")
    for ours, theirs in (
        (encode_srgb, spectra.encode_srgb),
        (decode_srgb, spectra.decode_srgb),
    ):
        np.testing.assert_allclose(np.asarray(ours(values)), theirs(values), atol=1e-6)


def test_gradient_of_the_transfer_curve():
    values = np.array((-1, 0, 1e-9, 0.0031308, 0.5, 1, 9), "float32")
    (slope,) = gradients(lambda x: ops.sum(encode_srgb(x)), values)
    assert np.isfinite(slope).all() and (slope[2:5] > 0).all()


@pytest.mark.parametrize("weights", [(0, 0), (3, 3), (-3, 3), (1, -2, 1, 1, 1)])
def test_numerics_of_the_colour_matrix(weights):
    camera = spectra.camera(weights)
    expected = spectra.colour.XYZ_TO_SRGB @ spectra.camera_to_xyz(camera)
    expected /= expected.sum(1, keepdims=True)
    ours = camera_to_srgb(camera[None].astype("float32"))
    np.testing.assert_allclose(np.asarray(ours)[0], expected, atol=2e-5)
