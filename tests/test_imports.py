"""Imports point downward only, and heavy packages are imported where they are used."""

import ast

import pytest

from tests.backends import ROOT, run_python

BASE = {"conventions", "errors"}
NETWORKS = BASE | {"spectra", "ops", "layers", "losses", "metrics", "models"}
PROGRAM = NETWORKS | {
    "data",
    "portraits",
    "restore",
    "training",
    "export",
    "evaluation",
}
COMMANDS = {
    *("cli", "cli_jobs", "cli_makeup", "cli_render", "cli_shared", "cli_skin"),
    "cli_training",
}
SHELL = PROGRAM | {"demo", "demo_makeup", "demo_skin"} | COMMANDS
MAY_IMPORT = {
    "conventions": set(),
    "errors": set(),
    "spectra": set(),
    "ops": BASE | {"spectra"},
    "layers": BASE | {"ops", "spectra"},
    "losses": BASE | {"spectra", "ops", "layers"},
    "metrics": BASE | {"ops"},
    "models": BASE | {"spectra", "ops", "layers"},
    "data": BASE | {"spectra", "ops"},
    "portraits": BASE | {"spectra"},
    "restore": BASE | {"spectra", "ops", "data"},
    "training": NETWORKS | {"data", "portraits"},
    "export": NETWORKS | {"export_modules"},
    "export_modules": NETWORKS,
    "evaluation": PROGRAM,
    "demo": PROGRAM | {"demo_makeup", "demo_skin"},
    "demo_makeup": PROGRAM,
    "demo_skin": PROGRAM,
    **dict.fromkeys(COMMANDS, SHELL),
    "__init__": set(),
    "__main__": {"cli"},
}
BACKENDS = {"tensorflow", "jax", "torch"}
USES_BACKENDS = {
    *("data", "restore", "training", "evaluation", "demo"),
    *("export", "export_modules"),
}
WITHOUT_KERAS = {
    *("conventions", "errors", "spectra", "portraits", "restore"),
    *("__init__", "__main__"),
}

MODULES = sorted((ROOT / "facekit").rglob("*.py"))


def _part(path):
    return path.relative_to(ROOT / "facekit").parts[0].removesuffix(".py")


def _imports(path):
    """Yields (dotted name, whether inside a function) of every import."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]

    def visit(node, inside):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, inside
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", inside
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside or function)

    yield from visit(ast.parse(path.read_text()), False)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward(path):
    part = _part(path)
    for name, inside_function in _imports(path):
        top, *rest = name.split(".")
        if top == "facekit" and rest and rest[0] != "__version__":
            assert rest[0] in MAY_IMPORT[part] | {part}, f"{part} imports {name}"
        if top in BACKENDS:
            assert part in USES_BACKENDS, f"{part} imports {name}"
            assert inside_function, f"{name} is imported outside a function"
        if top == "keras":
            assert part not in WITHOUT_KERAS, f"{part} imports {name}"


def test_the_walk_sees_every_kind_of_import(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_imports.ROOT", tmp_path)
    path = tmp_path / "facekit" / "ops" / "probe.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import keras.ops as o\nfrom facekit import models\nfrom . import masks\n"
        "from .masks import x\ndef f():\n    import tensorflow as tf\n"
    )
    assert list(_imports(path)) == [
        ("keras.ops", False),
        ("facekit.models", False),
        ("facekit.ops.masks", False),
        ("facekit.ops.masks.x", False),
        ("tensorflow", True),
    ]


@pytest.mark.parametrize(
    "modules", ["facekit", "facekit.data, facekit.restore", "facekit.cli"]
)
def test_cold_start_loads_no_backend(modules):
    code = (
        f"import sys, {modules}; print(*({{'keras', *{BACKENDS}}} & set(sys.modules)))"
    )
    assert run_python(["-c", code]).split() == []
