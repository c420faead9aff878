"""Notebooks equal their scripts, hold no outputs, and run from top to bottom."""

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from tests.backends import ROOT

FOLDER = ROOT / "notebooks"
NAMES = [
    "00_start_here",
    "01_face_inpainting",
    "02_makeup_removal",
    "05_biophysical_skin",
]
TIMEOUT = 1200


def _cells(notebook):
    return [
        (cell.cell_type, cell.source, cell.metadata.get("tags", []))
        for cell in notebook.cells
    ]


def test_every_notebook_is_tested():
    scripts = sorted(path.stem for path in FOLDER.glob("*.py"))
    notebooks = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    assert scripts == notebooks == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_notebook_equals_its_script(name):
    script = jupytext.read(FOLDER / f"{name}.py")
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert _cells(notebook) == _cells(script), "run `make notebooks`"


@pytest.mark.parametrize("name", NAMES)
def test_notebook_holds_no_outputs(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[] for _ in code]
    assert {cell.execution_count for cell in code} == {None}


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
# Two processes get two each: the longest goes with the shortest.
@pytest.mark.parametrize("name", [NAMES[-1], *NAMES[:-1]])
def test_notebook_runs(name, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEKIT_FAST_RUN", "1")
    # As users have it: faster, which unit tests give up for exact sums.
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        skip_cells_with_tag="install",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    assert any(cell.get("outputs") for cell in notebook.cells)
