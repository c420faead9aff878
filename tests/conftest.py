"""What all tests share: seeds, quiet logs, and which backend runs which test."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
import pytest

pytest_plugins = ("tests.stand_in_model",)

ON_TENSORFLOW = os.environ["KERAS_BACKEND"] == "tensorflow"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leaves out what needs TensorFlow when the tests run on another backend."""
    if ON_TENSORFLOW:
        return
    needless = [item for item in items if "tensorflow" in item.fixturenames]
    config.hook.pytest_deselected(items=needless)
    items[:] = [item for item in items if item not in needless]


@pytest.fixture(scope="session")
def tensorflow():
    """The tensorflow module; a test that asks for it runs on that backend only."""
    import tensorflow

    return tensorflow


@pytest.fixture
def rng():
    """A seeded NumPy generator, the same for every test."""
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _seed():
    """Seeds Keras for the tests that use it, without importing it for the others."""
    np.random.seed(0)
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.set_random_seed(0)
