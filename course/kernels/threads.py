"""How many threads the packages under Keras may use."""

VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)


def threads(count):
    """Return the environment ({name: str}) in which each of them uses `count` (int) threads."""
    return dict.fromkeys(VARIABLES, str(count))
