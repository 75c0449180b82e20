"""`course doctor`: what a bug report needs, and what is wrong with an installation, in sentences."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from course import runtime

PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that the course is tested on


def examine(folder="."):
    """Return two lists of str: the facts of this installation, and the problems found in it and in `folder`."""
    facts = [f"Python {platform.python_version()} at {sys.executable}", f"system {platform.platform()}"]
    problems = []
    for check in (_python, _packages, _keras, _folder):
        found, wrong = check(Path(folder))
        facts += found
        problems += wrong
    return facts, problems


def _python(_):
    oldest, newest = (".".join(map(str, version)) for version in PYTHONS)
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return [], []
    return [], [
        f"Python {platform.python_version()} is not supported: make the environment with Python {oldest} to {newest}."
    ]


def _packages(folder):
    """Compare what is installed with what requirements.txt asks for, as the package's own metadata repeats it.

    Beside a version within its range, and other than the one tested, stands that one.
    """
    try:
        from packaging.requirements import Requirement

        wanted = [Requirement(line) for line in metadata.requires("course") or () if "extra ==" not in line]
    except ModuleNotFoundError as missing:  # PackageNotFoundError, of `course` itself, is one too
        return [], [
            f"The package {missing.name} is not installed: run `python -m pip install -e .` in the course's folder."
        ]
    facts, problems, tested = [f"course {metadata.version('course')}"], [], _tested(folder)
    for requirement in wanted:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            problems.append(f"{requirement.name} is missing: run `python -m pip install -r requirements.txt`.")
            continue
        other = tested.get(requirement.name, version)
        facts.append(f"{requirement.name} {version}" + (f" (tested with {other})" if other != version else ""))
        if not requirement.specifier.contains(version, prereleases=True):
            problems.append(
                f"{requirement.name} {version} is outside of what the course is tested with ({requirement.specifier}): "
                "run `python -m pip install -r requirements.txt`."
            )
    return facts, problems


def _tested(folder):
    """Return {package: version} of `folder`'s constraints.txt, nothing where there is none."""
    try:
        lines = (folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split(";")[0].strip().split("==") for line in lines if "==" in line.split(";")[0])


def _keras(_):
    """Import Keras and compute something small, so that a broken backend shows here and not in a lecture."""
    names = ("KERAS_BACKEND", "KERAS_HOME", "COURSE_EFFORT", "CUDA_VISIBLE_DEVICES")
    facts = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    try:
        effort = runtime.chosen("COURSE_EFFORT", runtime.EFFORTS)
        keras = runtime.import_keras()
        with runtime.quiet():
            device = runtime.device_of(keras)
            total = float(keras.ops.sum(keras.ops.ones((2, 3))))
    except Exception as problem:
        return facts, [f"{problem}."]
    backend = keras.backend.backend()
    facts.append(f"Keras runs on {backend}, {device}, effort: {effort or 'by device'}")
    return facts, [] if total == 6 else [f"{backend} adds six ones to {total}: its installation is broken."]


def _folder(folder):
    """Look at where a student would work: the notebooks are there, and `work` can be written."""
    facts, problems = [f"folder {folder.resolve()}"], []
    if not (folder / "notebooks").is_dir():
        problems.append(f"{folder.resolve()} holds no folder `notebooks`: run the command in the course's folder.")
    target = folder / "work" if (folder / "work").exists() else folder
    if not os.access(target, os.W_OK):
        problems.append(
            f"{target.resolve()} cannot be written to: make it yours, or copy the course to a folder that is."
        )
    return facts, problems
