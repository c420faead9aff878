"""The tests of layers, losses, metrics, models and ops, once more on JAX."""

import pytest

from tests.backends import JAX, ROOT, run_on_jax, run_python


@pytest.mark.slow
@pytest.mark.parametrize(
    "folders", [("layers",), ("losses", "metrics", "ops"), ("models",)], ids="+".join
)
def test_same_tests_pass_on_jax(folders):
    assert " passed" in _run_tests(folders, "not slow")


def test_layers_import_without_tensorflow():
    code = "import sys, keras, facekit.layers, facekit.losses, facekit.models"
    code += "; print(keras.backend.backend(), 'tensorflow' in sys.modules)"
    assert run_on_jax(code).split() == ["jax", "False"]


def _run_tests(folders, *selection):
    paths = [str(ROOT / "tests" / name) for name in folders]
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", *selection]
    return run_python([*command, *paths], timeout=1800, **JAX)
