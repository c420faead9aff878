"""Picture metrics against scikit-image and NumPy; functions against classes."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from facekit.metrics import (
    L1,
    PSNR,
    SSIM,
    FeatureDistance,
    feature_distance,
    l1,
    psnr,
    ssim,
)

METRICS = [(l1, L1), (psnr, PSNR), (ssim, SSIM)]
IDS = ["l1", "psnr", "ssim"]


def array(tensor):
    return ops.convert_to_numpy(tensor)


def pictures(count=2, side=40, noise=0.1, seed=0):
    photo = (astronaut()[40 : 40 + side, 190 : 190 + side] / 255).astype("float32")
    rng = np.random.default_rng(seed)
    target = np.stack([np.roll(photo, 7 * i, axis=1) for i in range(count)])
    restored = target + rng.normal(0, noise, target.shape)
    return target, np.clip(restored, 0, 1).astype("float32")


def region_of(target, seed=1):
    region = np.random.default_rng(seed).random((*target.shape[:3], 1)) < 0.3
    return region.astype("float32")


def oracle(one, other, **options):
    return structural_similarity(
        one,
        other,
        gaussian_weights=True,
        sigma=options.pop("sigma", 1.5),
        use_sample_covariance=False,
        data_range=1,
        channel_axis=-1,
        full=True,
        **options,
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.floats(0.001, 0.5), st.sampled_from([11, 24, 33]))
def test_ssim_equals_scikit_image(seed, noise, side):
    target, restored = pictures(2, side, noise, seed)
    values, maps = ssim(target, restored, return_map=True)
    assert tuple(maps.shape) == (2, side, side, 1)
    for i in range(2):
        expected, expected_map = oracle(target[i], restored[i])
        assert abs(float(values[i]) - expected) < 1e-4
        difference = array(maps)[i, ..., 0] - expected_map.mean(axis=-1)
        assert np.abs(difference).max() < 3e-4


def test_ssim_options_are_those_of_scikit_image():
    target, restored = pictures(1)
    value = ssim(target, restored, filter_size=17, sigma=2.4, k1=0.02, k2=0.05)
    expected, _ = oracle(target[0], restored[0], sigma=2.4, K1=0.02, K2=0.05)
    assert abs(float(value[0]) - expected) < 1e-4
    scaled = ssim(200 * target, 200 * restored, max_value=200)
    np.testing.assert_allclose(scaled, ssim(target, restored), atol=1e-4)


def test_psnr_and_l1_equal_numpy():
    target, restored = pictures()
    for i in range(2):
        expected = peak_signal_noise_ratio(target[i], restored[i], data_range=1)
        assert float(psnr(target, restored)[i]) == pytest.approx(expected, abs=1e-3)
        expected = np.abs(target[i] - restored[i]).mean()
        assert float(l1(target, restored)[i]) == pytest.approx(expected, rel=1e-5)
    scaled = psnr(255 * target, 255 * restored, max_value=255)
    np.testing.assert_allclose(scaled, psnr(target, restored), rtol=1e-4)


def test_equal_pictures_have_the_best_figures():
    target, _ = pictures()
    np.testing.assert_allclose(l1(target, target), 0)
    np.testing.assert_allclose(psnr(target, target), 100, rtol=1e-4)
    np.testing.assert_allclose(ssim(target, target), 1, atol=1e-4)


def test_a_region_counts_the_hole_alone():
    target, restored = pictures()
    region = region_of(target)
    inside = np.broadcast_to(region > 0, target.shape)
    composite = np.where(inside, restored, target)
    for i in range(2):
        error = (target[i] - restored[i])[inside[i]]
        found = [
            float(function(target, restored, region)[i]) for function, _ in METRICS
        ]
        assert found[0] == pytest.approx(np.abs(error).mean(), rel=1e-4)
        assert found[1] == pytest.approx(-10 * np.log10((error**2).mean()), rel=1e-4)
        expected = oracle(target[i], composite[i])[1][inside[i]].mean()
        assert found[2] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("function", "_"), METRICS, ids=IDS)
def test_what_lies_outside_a_region_has_no_influence(function, _):
    target, restored = pictures()
    region = region_of(target)
    spoilt = np.where(region > 0, restored, np.nan).astype("float32")
    expected = function(target, restored, region)
    np.testing.assert_array_equal(function(target, spoilt, region), expected)
    assert np.isnan(array(function(target, spoilt))).all()


@pytest.mark.parametrize(("function", "metric"), METRICS, ids=IDS)
def test_an_empty_region_is_nan_and_left_out(function, metric):
    target, restored = pictures()
    region = region_of(target)
    region[0] = 0
    values = array(function(target, restored, region))
    assert np.isnan(values[0]) and np.isfinite(values[1])
    mean = metric()
    mean.update_state(target, restored, region=region)
    assert float(mean.result()) == pytest.approx(float(values[1]), rel=1e-5)


@pytest.mark.parametrize(("function", "metric"), METRICS, ids=IDS)
def test_a_class_is_the_mean_of_its_function(function, metric):
    target, restored = pictures(3)
    mean = metric()
    mean.update_state(target[:2], restored[:2])
    mean.update_state(target[2:], restored[2:])
    values = array(function(target, restored))
    assert float(mean.result()) == pytest.approx(values.mean(), rel=1e-5)
    mean.reset_state()
    weights = np.array([1, 0, 3], "float32")
    mean.update_state(target, restored, sample_weight=weights)
    expected = np.average(values, weights=weights)
    assert float(mean.result()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("_", "metric"), METRICS, ids=IDS)
def test_a_broken_restoration_is_not_hidden(_, metric):
    target, restored = pictures()
    restored[0, 3, 3] = np.nan
    mean = metric()
    mean.update_state(target, restored, region=np.ones_like(target[..., :1]))
    assert np.isnan(float(mean.result()))


@pytest.mark.parametrize(
    "metric",
    [
        L1(name="hole_l1"),
        PSNR(max_value=2.0),
        SSIM(max_value=2.0, filter_size=7, sigma=1.0, k1=0.02, k2=0.04),
    ],
    ids=IDS,
)
def test_serialization(metric):
    stored = keras.saving.serialize_keras_object(metric)
    revived = keras.saving.deserialize_keras_object(stored)
    assert revived.get_config() == metric.get_config()
    target, restored = pictures()
    for one in (metric, revived):
        one.update_state(target, restored)
    assert float(revived.result()) == float(metric.result())


def test_metrics_work_in_fit():
    target, restored = pictures()
    inputs = keras.Input((40, 40, 3))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(loss="mae", metrics=[L1(), PSNR(), SSIM()])
    figures = model.evaluate(restored, target, verbose=0, return_dict=True)
    for function, name in zip((l1, psnr, ssim), IDS, strict=True):
        expected = array(function(target, restored)).mean()
        assert figures[name] == pytest.approx(expected, rel=1e-4)
    # Where the hole travels as a fourth channel, it does not count.
    paired = np.concatenate([target, np.ones_like(target[..., :1])], -1)
    metric = PSNR()
    metric.update_state(paired, restored)
    assert float(metric.result()) == pytest.approx(figures["psnr"], rel=1e-4)


def test_low_precision_pictures_are_measured_in_float32():
    target, restored = pictures()
    half = ops.cast(restored, "float16")
    for function, _ in METRICS:
        value = function(ops.cast(target, "float16"), half)
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        np.testing.assert_allclose(value, function(target, restored), rtol=2e-2)


def test_errors():
    target, restored = pictures(side=10)
    with pytest.raises(ValueError, match="`filter_size` must be odd"):
        ssim(target, restored)
    with pytest.raises(ValueError, match="`filter_size` must be odd"):
        ssim(target, restored, filter_size=8)


@pytest.fixture
def features():
    inputs = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, strides=2, name="first")(inputs)
    second = keras.layers.Conv2D(6, 3, strides=2, name="second")(first)
    return keras.Model(inputs, [first, second])


def test_feature_distance_follows_its_formula(features):
    target, restored = pictures()
    expected = []
    maps = zip(features(target), features(restored), strict=True)
    for one, other in (map(array, pair) for pair in maps):
        one, other = (
            x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (one, other)
        )
        expected.append(((one - other) ** 2).sum(axis=-1).mean(axis=(1, 2)))
    found = feature_distance(target, restored, features)
    np.testing.assert_allclose(found, np.mean(expected, axis=0), rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(feature_distance(target, target, features), 0)


def test_feature_distance_looks_at_the_composite(features):
    target, restored = pictures()
    region = region_of(target)
    composite = np.where(region > 0, restored, target)
    spoilt = np.where(region > 0, restored, np.nan).astype("float32")
    found = feature_distance(target, spoilt, features, region)
    expected = feature_distance(target, composite, features)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_feature_distance_class(features):
    target, restored = pictures()
    metric = FeatureDistance(features, epsilon=1e-8)
    metric.update_state(target, restored)
    expected = array(feature_distance(target, restored, features, epsilon=1e-8))
    assert float(metric.result()) == pytest.approx(expected.mean(), rel=1e-4)
    stored = keras.saving.serialize_keras_object(metric)
    revived = keras.saving.deserialize_keras_object(stored)
    revived.features.set_weights(features.get_weights())
    revived.update_state(target, restored)
    assert float(revived.result()) == pytest.approx(float(metric.result()), rel=1e-5)
