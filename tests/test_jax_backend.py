"""The tests of layers, losses, metrics, models and ops, once more on JAX."""

from tests.backends import ROOT, run_python

FOLDERS = ("layers", "losses", "metrics", "models", "ops")


def test_same_tests_pass_on_jax():
    folders = [f"tests/{name}" for name in FOLDERS if _has_tests(name)]
    report = run_python(
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *folders],
        KERAS_BACKEND="jax",
        JAX_PLATFORMS="cpu",
    )
    assert " passed" in report


def test_the_backend_is_jax():
    code = "import sys, keras, facekit.layers; print(keras.backend.backend())"
    code += "; print('tensorflow' in sys.modules)"
    report = run_python(["-c", code], KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")
    assert report.split() == ["jax", "False"]


def _has_tests(name):
    return any((ROOT / "tests" / name).glob("test_*.py"))
