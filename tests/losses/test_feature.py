import numpy as np
import pytest

from facekit.losses import gram_matrix, perceptual_loss, style_loss


@pytest.fixture
def maps(rng):
    """Feature maps of two levels, twice."""
    shapes = ((2, 6, 5, 3), (2, 3, 2, 4))
    return [[rng.random(s, dtype="float32") for s in shapes] for _ in range(2)]


def _gram(features):
    features = features.astype("float64")
    elements = np.prod(features.shape[1:])
    return np.einsum("nhwa,nhwb->nab", features, features) / elements


def test_gram_matrix(maps):
    for features in maps[0]:
        np.testing.assert_allclose(gram_matrix(features), _gram(features), rtol=1e-5)


def test_perceptual_loss(maps):
    wanted = sum(
        np.abs(a.astype("float64") - b).mean() for a, b in zip(*maps, strict=True)
    )
    assert float(perceptual_loss(*maps)) == pytest.approx(wanted, rel=1e-5)
    assert float(perceptual_loss(maps[0], maps[0])) == 0


def test_style_loss(maps):
    wanted = sum(np.abs(_gram(a) - _gram(b)).mean() for a, b in zip(*maps, strict=True))
    assert float(style_loss(*maps)) == pytest.approx(wanted, rel=1e-4)


def test_style_does_not_depend_on_place(maps):
    moved = [np.roll(x, (1, 2), axis=(1, 2)) for x in maps[0]]
    assert float(style_loss(maps[0], moved)) == pytest.approx(0, abs=1e-6)
    assert float(perceptual_loss(maps[0], moved)) > 0.1


@pytest.mark.parametrize("loss", [perceptual_loss, style_loss])
def test_errors(loss, maps):
    with pytest.raises(ValueError, match="shorter"):
        loss(maps[0], maps[1][:1])
