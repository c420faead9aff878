import importlib
import re

import keras
import numpy as np
import pytest

from facekit.errors import WeightsError
from facekit.models import feature_network

module = importlib.import_module("facekit.models.feature_network")


@pytest.fixture(scope="module")
def vgg16():
    keras.utils.set_random_seed(0)
    return keras.applications.VGG16(include_top=False, weights=None)


@pytest.fixture
def image(rng):
    return rng.random((1, 48, 40, 3), dtype="float32")


class TestVGG16:
    def test_numerics(self, vgg16, image, monkeypatch, tensorflow):
        """Caffe's scaling in, and out as if pictures had unit deviation."""
        monkeypatch.setattr(keras.applications, "VGG16", lambda **kwargs: vgg16)
        preprocessed = keras.applications.vgg16.preprocess_input(255.0 * image)
        for layers_for, names in (
            ("loss", ("block1_pool", "block2_pool", "block3_pool")),
            ("distance", ("block4_conv3", "block5_conv3")),
        ):
            model = feature_network(weights=None, layers_for=layers_for)
            assert not model.trainable_weights
            outputs = [vgg16.get_layer(name).output for name in names]
            wanted = keras.Model(vgg16.input, outputs)(preprocessed)
            for found, map_ in zip(model(image), wanted, strict=True):
                map_ = np.asarray(map_) / (255 * 0.226)
                np.testing.assert_allclose(found, map_, atol=1e-5 * map_.max())

    def test_stays_float32_under_mixed_precision(self, vgg16, image, tensorflow):
        keras.config.set_dtype_policy("mixed_float16")
        try:
            model = feature_network(weights=None)
            assert keras.config.dtype_policy().name == "mixed_float16"
        finally:
            keras.config.set_dtype_policy("float32")
        dtypes = {keras.backend.standardize_dtype(x.dtype) for x in model(image)}
        assert dtypes == {"float32"}

    def test_error_without_network(self, monkeypatch):
        def unreachable(**kwargs):
            raise OSError("URL fetch failure")

        monkeypatch.setattr(keras.applications, "VGG16", unreachable)
        with pytest.raises(WeightsError) as error:
            feature_network()
        message = str(error.value)
        assert "URL fetch failure" in message
        assert "squeezenet_v1_1_imagenet_notop.h5" in message
        assert re.search(r"vgg16_\w+_notop\.h5", message)


class TestSqueezeNet:
    def test_weights_file(self, image, tmp_path, tensorflow):
        network = module._squeezenet()
        path = tmp_path / "squeezenet.weights.h5"
        network.save_weights(path)
        first_pool = feature_network(path)(image)[0]
        bgr = 255 * image[..., ::-1] - np.array([103.939, 116.779, 123.68])
        conv = network.get_layer("conv1")(bgr.astype("float32"))
        rectified = np.maximum(np.asarray(conv), 0)
        windows = np.lib.stride_tricks.sliding_window_view(rectified, (3, 3), (1, 2))
        wanted = windows[:, ::2, ::2].max((-1, -2)) / (255 * 0.226)
        np.testing.assert_allclose(first_pool, wanted, atol=1e-5 * wanted.max())
        channels = [
            x.shape[-1] for x in feature_network(path, layers_for="distance").outputs
        ]
        assert channels == [384, 384, 512, 512]

    def test_errors(self, tmp_path, tensorflow):
        with pytest.raises(WeightsError, match="no such weights file"):
            feature_network(tmp_path / "squeezenet.h5")
        broken = tmp_path / "squeezenet_broken.h5"
        broken.write_bytes(b"not weights")
        with pytest.raises(WeightsError, match="squeezenet_broken.h5: not the weights"):
            feature_network(broken)


def test_models_are_returned_unchanged():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, [image])
    assert feature_network(model) is model


def test_unknown_use_of_layers():
    with pytest.raises(ValueError, match="`layers_for`.*Received"):
        feature_network(layers_for="style")
