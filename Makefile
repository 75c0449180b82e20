# The course in two commands: `make lab` opens it, `make test` passes its tests. `make help` lists the rest.
# Everything happens in .venv, in this folder. Options: PYTHON=python3.12, VENV=.venv, LAB_FLAGS="--no-browser".

VENV ?= .venv
PYTHON ?= $(firstword $(foreach version,3.13 3.12 3.11,$(if $(shell python$(version) --version 2>/dev/null),python$(version))) python3)
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check install --constraint constraints.txt
LAB_FLAGS ?=
SUBMISSIONS ?= data/example_submissions

.PHONY: help lab run grade test build format lock clean

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

lab: $(VENV)/student  ## open lecture 1 in JupyterLab, on copies in work/
	@$(RUN) -m course lab -- $(LAB_FLAGS)

run: $(VENV)/student  ## run every student notebook and write what they show to html/
	@$(RUN) -m course run

grade: $(VENV)/student  ## mark a class, SUBMISSIONS=folder (default: a small one to try), into grades/
	@$(RUN) -m course grade "$(SUBMISSIONS)" --out grades

test: export COURSE_EFFORT = quick
test: export KERAS_BACKEND = tensorflow
test: $(VENV)/test  ## run every test, and every notebook with nbval
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m course build --check
	$(RUN) -m pytest
	$(RUN) -m pytest --nbval --nbval-current-env solutions
	$(RUN) -m pytest --nbval-lax --nbval-current-env notebooks

build: $(VENV)/test  ## write the notebooks whose sources have changed
	$(RUN) -m course build

format: $(VENV)/test  ## lay out the code as ruff has it
	$(RUN) -m ruff format
	$(RUN) -m ruff check --fix

lock: $(VENV)/test  ## renew constraints.txt from requirements.txt and pyproject.toml
	$(PIP) uv
	$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --no-header \
		--output-file constraints.txt pyproject.toml

clean:  ## remove what was made here, but never work/, submissions/ or grades/
	rm -rf "$(VENV)" html course.egg-info .pytest_cache .ruff_cache .hypothesis
	find course tests solutions notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# --- environments: a stamp says that a command's packages are installed, from the files as they are now

$(VENV)/student: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "The course needs Python 3.11 to 3.13, and $(PYTHON) is not one: name one, such as make lab PYTHON=python3.12"; exit 1; }
	@test -w . || { echo "This folder cannot be written to: copy the course to a folder that is yours."; exit 1; }
	@echo "Installing into $(VENV), which takes a few minutes the first time"
	@$(PYTHON) -m venv "$(VENV)" || { \
		echo "No environment could be made: on Debian and Ubuntu, sudo apt install python3-venv"; exit 1; }
	$(PIP) --editable .
	@touch "$@"

$(VENV)/test: $(VENV)/student
	$(PIP) --editable '.[test]'
	@touch "$@"
