import numpy as np
import pytest

from facekit.restore.patches import RADIUS, Sources, patches_of

SIZE, FAR = 24, 0.3


@pytest.fixture
def picture(rng):
    return rng.random((SIZE, SIZE, 3), dtype="float32")


@pytest.fixture
def known():
    known = np.ones((SIZE, SIZE), bool)
    known[8:14, 9:13] = False
    return known


@pytest.fixture
def sources(picture):
    allowed = np.zeros((SIZE, SIZE), bool)
    allowed[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    allowed[5:17, 6:16] = False
    return Sources(picture, allowed, np.arange(SIZE), FAR)


def weighed_distances(picture, known, target, sources):
    """From one patch to all sources, one by one."""
    weight = patches_of(known[..., None].repeat(3, -1).astype("float32"))[tuple(target)]
    patches, found = patches_of(picture), []
    for place in sources.places:
        apart = patches[tuple(target)] - patches[tuple(place)]
        away = FAR * np.square(target - place).sum() / SIZE**2
        found.append((weight * np.square(apart)).sum() / max(weight.sum(), 1) + away)
    return np.array(found)


def test_nearest_known_is_the_most_similar_by_known_pixels(picture, known, sources):
    targets = np.argwhere(~known)
    patches = patches_of(picture)
    found, distances = sources.nearest_known(patches, targets, known)
    for target, place, distance in zip(targets, found, distances, strict=True):
        true = weighed_distances(picture, known, target, sources)
        assert distance == pytest.approx(true.min(), abs=1e-4)
        chosen = np.flatnonzero((sources.places == place).all(1))[0]
        assert true[chosen] == pytest.approx(true.min(), abs=1e-4)


def test_a_patch_that_is_there_is_found(picture, sources):
    places = sources.places[::7]
    found, distances = sources.nearest(patches_of(picture), places)
    np.testing.assert_array_equal(found, places)
    np.testing.assert_allclose(distances, 0, atol=1e-6)


def test_hidden_pixels_are_not_compared(picture, known, sources):
    targets = np.argwhere(~known)
    other = np.where(known[..., None], picture, 0.5).astype("float32")
    first, _ = sources.nearest_known(patches_of(picture), targets, known)
    second, _ = sources.nearest_known(patches_of(other), targets, known)
    np.testing.assert_array_equal(first, second)
