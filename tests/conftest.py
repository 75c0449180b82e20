"""Fixtures for tests of more than one module."""

import sys

import pytest


@pytest.fixture(scope="module")
def float64():
    """JAX has float64 only when asked."""
    import keras

    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.fixture(scope="module", autouse=True)
def compiled_functions_dropped():
    """JAX keeps whatever it has compiled: without this, a run of all tests takes 6 GB a worker."""
    yield
    if jax := sys.modules.get("jax"):
        jax.clear_caches()


@pytest.fixture
def contrast():
    """A function that returns the contrast ratio of two sRGB colours (three numbers up to 255 each), from 1 to 21.

    Source: Web Content Accessibility Guidelines (WCAG) 2.2.
    """

    def luminance(rgb):
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (c / 255 for c in rgb))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def ratio(first, second):
        low, high = sorted((luminance(first), luminance(second)))
        return (high + 0.05) / (low + 0.05)

    return ratio


@pytest.fixture(scope="module")
def computed_once():
    """Computes what a reference or a named mistake gives on a seed's cases once for a module, not for every answer.

    An exercise compares an answer with all of them, and most build a net. What the answer gives is computed every time.
    """
    from course.exercises import Exercise

    known, compute = {}, Exercise._results

    def results(exercise, implementation, seed):
        key = id(exercise), id(implementation), seed
        if key not in known:  # both are kept, so that no other object gets their ids
            known[key] = compute(exercise, implementation, seed), exercise, implementation
        return known[key][0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Exercise, "_results", results)
        yield
