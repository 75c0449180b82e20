# The course in two commands: `make lab` opens it, `make test` passes its tests. `make help` lists the rest.
# Everything happens in .venv, in this folder. Options: PYTHON=python3.12, VENV=.venv, LAB_FLAGS="--no-browser",
# WORKERS=2 (tests and notebooks at a time), LECTURES="01 03" (for budget and the backends).

VENV ?= .venv
PYTHON ?= $(firstword $(foreach version,3.13 3.12 3.11,$(if $(shell python$(version) --version 2>/dev/null),python$(version))) python3)
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check install --constraint constraints.txt
LAB_FLAGS ?=
WORKERS ?= $(or $(shell nproc 2>/dev/null),2)
LECTURES ?=
BACKENDS ?= tensorflow jax torch
TESTS ?= tests/exercises tests/models $(filter-out tests/test_cli.py tests/test_house.py,$(wildcard tests/test_*.py))
SUBMISSIONS ?= data/example_submissions

PYTEST := -m pytest -n $(WORKERS) --dist loadfile

# Quick effort, kernels that start warm, and one thread each: there is a worker for every core.
CALM := COURSE_EFFORT=quick JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	MKL_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

.PHONY: help lab run grade budget build format lock clean
.PHONY: test test-long test-all test-backends test-tensorflow test-jax test-torch test-gpu

help:  ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1: /p' Makefile

lab: $(VENV)/student  ## open lecture 1 in JupyterLab, on copies in work/
	@$(RUN) -m course lab -- $(LAB_FLAGS)

run: $(VENV)/student  ## run every student notebook and write what they show to html/
	@$(RUN) -m course run

grade: $(VENV)/student  ## mark a class, SUBMISSIONS=folder (default: a small one to try), into grades/
	@$(RUN) -m course grade "$(SUBMISSIONS)" --out grades

test: $(VENV)/test  ## run every test, and every notebook with nbval, on TensorFlow
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m course build --check
	$(CALM) KERAS_BACKEND=tensorflow $(RUN) $(PYTEST)
	$(CALM) KERAS_BACKEND=tensorflow $(RUN) $(PYTEST) --nbval --nbval-current-env solutions
	$(CALM) KERAS_BACKEND=tensorflow $(RUN) -m course run --strict --workers $(WORKERS)

test-long: $(VENV)/test  ## run the tests that take minutes: keras.applications, the attacks on every path, Dask
	$(CALM) KERAS_BACKEND=tensorflow $(RUN) $(PYTEST) -m long

test-all: test test-long test-jax test-torch  ## run every test there is, on TensorFlow, JAX and PyTorch

test-backends: $(BACKENDS:%=test-%)  ## run the solutions and most tests on TensorFlow, JAX and PyTorch

test-tensorflow test-jax test-torch: test-%: $(VENV)-%/backend
	$(CALM) KERAS_BACKEND=$* $(VENV)-$*/bin/python -m course run $(LECTURES) --answers --out html/$* --workers $(WORKERS)
	$(CALM) KERAS_BACKEND=$* $(VENV)-$*/bin/python $(PYTEST) $(TESTS)

test-gpu: $(VENV)-gpu/backend  ## run the solutions on a GPU, at quick effort against what they store, and at full effort
	COURSE_EFFORT=quick $(VENV)-gpu/bin/python -m pytest --nbval --nbval-current-env solutions
	COURSE_EFFORT=full $(VENV)-gpu/bin/python -m course run $(LECTURES) --answers --gpu --out html/gpu --workers 1

budget: $(VENV)/test  ## measure what the lectures take, one at a time, for README's table
	COURSE_COLD_KERNELS=1 COURSE_EFFORT=quick KERAS_BACKEND=tensorflow CUDA_VISIBLE_DEVICES= \
		$(RUN) -m course run $(LECTURES) --out html --workers 1
	cp html/budget.json data/budget.json
	$(RUN) -m course build

build: $(VENV)/test  ## write the notebooks whose sources have changed, and the class in data/ that uses one
	$(RUN) -m course build
	$(RUN) data/example_submissions.py

format: $(VENV)/test  ## lay out the code as ruff has it
	$(RUN) -m ruff format
	$(RUN) -m ruff check --fix

lock: $(VENV)/test  ## renew constraints.txt from requirements.txt and pyproject.toml
	$(PIP) uv
	$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --no-header \
		--output-file constraints.txt pyproject.toml

clean:  ## remove what was made here, but never work/, submissions/ or grades/
	rm -rf "$(VENV)" $(foreach kind,tensorflow jax torch gpu,"$(VENV)-$(kind)") html course.egg-info .pytest_cache .ruff_cache .hypothesis
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

tensorflow_packages := # the course's own are enough
jax_packages := "jax>=0.7,<0.12"
torch_packages := "torch>=2.8,<2.14"
gpu_packages := "tensorflow[and-cuda]"

$(VENV)-%/backend: $(VENV)/student
	$(PYTHON) -m venv "$(VENV)-$*"
	$(VENV)-$*/bin/python -m pip --disable-pip-version-check install -c constraints.txt -e '.[test]' $($*_packages)
	@touch "$@"
