# One word per chore. Needs Python >= 3.11, make and git; everything else goes into .venv.
.PHONY: help demo test lab fix bench docs clean
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:
	@echo "make demo   run the quickstart notebook and print its answer"
	@echo "make test   lint, types and the whole suite"
	@echo "make lab    JupyterLab on the notebooks"
	@echo "make fix    format and mend what ruff can mend"
	@echo "make bench  the figures, as a table"
	@echo "make docs   generate the reference pages"

# The first Python that is new enough and can make an environment; PYTHON=... chooses another.
$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	  if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$($$python -V)"; exec $$python -m venv $(VENV); fi; done; \
	echo "No Python 3.11 or newer with venv was found.  Try: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing; the first time takes a few minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]' -c constraints.txt
	@touch $@

demo: $(READY)
	@$(BIN)/motadata-nb demo

test: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -n 2 --dist loadfile

lab: $(READY)
	@$(BIN)/motadata-nb lab

fix: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python -m tests.benchmarks

docs: $(READY)
	@$(BIN)/python -m docs.generate

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist build
