"""The cores of this machine, and how many threads the packages under Keras may use."""

import os

VARIABLES = (
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)


def threads(count):
    """Return the environment ({name: str}) in which each of them uses `count` (int) threads, and OpenBLAS one.

    NumPy's and SciPy's products are small here: OpenBLAS's threads wait for each other longer than they compute.
    """
    return {**dict.fromkeys(VARIABLES, str(count)), "OPENBLAS_NUM_THREADS": "1"}


def cores():
    """Return how many cores this process may use (int)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
