# make demo   install into .venv, restore the embedded photographs, write demo/index.html
# make test   install into .venv, check style, run the unit and notebook tests
# make lab    JupyterLab on the notebooks
# make bench  time the layers, networks and pipelines on this machine
#
# They need python3 >= 3.11 (or PYTHON=/path/to/python3) and a package index.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lab bench notebooks public-surface format

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.demo
	$(BIN)/python -m facekit demo -o demo

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not notebook and not gpu"
	$(BIN)/python -m pytest -n 2 -m notebook

lab: $(VENV)/.dev
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

notebooks: $(VENV)/.dev
	$(BIN)/jupytext --update --to ipynb notebooks/*.py

public-surface: $(VENV)/.dev
	$(BIN)/python -m tests.test_public_surface

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: pyproject.toml setup.py | $(BIN)/python
	$(BIN)/python -m pip install --editable ".[$*]"
	@touch $@

$(BIN)/python:
	@for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	      2>/dev/null; then \
	    "$$python" -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo "$$python cannot make $(VENV); on Debian and Ubuntu: apt install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "facekit needs Python 3.11, 3.12 or 3.13, and found none." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; \
	exit 1
