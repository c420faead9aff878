"""Examples run, and docstrings of layers have their sections."""

import doctest
import inspect
from importlib import import_module

import pytest

PACKAGES = ("layers", "losses", "metrics", "models", "ops")
SECTIONS = ("Input shape:", "Output shape:", "Reference:")


def _public(package):
    module = import_module(f"facekit.{package}")
    return [pytest.param(getattr(module, n), id=n) for n in module.__all__]


def _run_examples(item):
    context = vars(inspect.getmodule(item)).copy()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report = []
    for test in doctest.DocTestFinder(recurse=False).find(item, globs=context):
        runner.run(test, out=report.append)
    return runner.summarize(verbose=False), "".join(report)


@pytest.mark.parametrize("item", [p for name in PACKAGES for p in _public(name)])
def test_examples_run(item):
    result, report = _run_examples(item)
    assert result.failed == 0, report


@pytest.mark.parametrize("layer", _public("layers"))
def test_layers_have_all_sections_and_an_example(layer):
    doc = inspect.getdoc(layer)
    assert not [section for section in SECTIONS if f"\n{section}" not in doc]
    assert ">>>" in doc


@pytest.mark.parametrize("item", _public("ops") + _public("losses"))
def test_functions_and_losses_describe_their_arguments(item):
    assert "\nArgs" in inspect.getdoc(item)
