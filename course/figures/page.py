"""Self-contained HTML out of a template beside this file: a still picture, the data, and the script that moves it."""

import json
from importlib import resources

from IPython.display import HTML


def page(template, still, data):
    """Return an `IPython.display.HTML`: `template` (a file's name) with `still` (HTML) and `data` (for JSON) in place.

    The template marks the places with <!-- STILL --> and /* DATA */. No text in the data can end the script around it.
    Raises ValueError for NaN or infinity, which JSON does not know.
    """
    text = resources.files("course.figures").joinpath(template).read_text(encoding="utf-8")
    before, rest = text.split("<!-- STILL -->")
    between, after = rest.split("/* DATA */")
    embedded = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return HTML(before + still + between + embedded + after)
