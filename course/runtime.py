"""`start()`, the first line of every notebook: backend, device, seed, effort."""

import contextlib
import importlib
import os
import sys
import tempfile
from dataclasses import dataclass

BACKENDS = ("tensorflow", "jax", "torch")  # what Keras 3 trains on, and the package of each
EFFORTS = ("quick", "full")


@dataclass(frozen=True)
class Run:
    """What a notebook runs on: Keras's `backend`, the `device` ("CPU" or "GPU"), the `effort` and the `seed`."""

    keras: str
    backend: str
    device: str
    effort: str
    seed: int

    def __str__(self):
        return f"Keras {self.keras} on {self.backend}, {self.device}, {self.effort} effort, seed {self.seed}"

    def pick(self, *, quick, full):
        """Return `quick` or `full`, whichever is this run's effort."""
        return quick if self.effort == "quick" else full


def start(seed=0):
    """Seed everything, set the figures' style, print one line on what runs here, and return it as a `Run`.

    `seed` is an int from 0 to 2³² − 1. The environment decides the rest: `KERAS_BACKEND` is one of `BACKENDS`
    (TensorFlow, unless Keras's own configuration file names another), and `COURSE_EFFORT` one of `EFFORTS`
    (full where there is a GPU, quick elsewhere).
    Raises TypeError or ValueError for a seed that is none, ValueError for an unknown backend or effort, and
    ImportError, in one sentence, where a package is missing.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an int, but got {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, but got {seed}")
    chosen("COURSE_EFFORT", EFFORTS)  # what is wrong with it is known before a long import
    keras = import_keras()
    with quiet():
        keras.utils.set_random_seed(seed)
        device, effort = device_of(keras), effort_of(keras)

    from course.figures import style

    style.apply()
    run = Run(keras.version(), keras.backend.backend(), device, effort, seed)
    print(run)
    return run


def device_of(keras):
    """Return where Keras puts a tensor: "CPU" or "GPU". Its own list of devices does not exist on every backend."""
    return "CPU" if "CPU" in str(keras.ops.ones(()).device).upper() else "GPU"


def effort_of(keras):
    """Return the effort (str) that `COURSE_EFFORT` names, else "full" where Keras has a GPU, and "quick" elsewhere."""
    return chosen("COURSE_EFFORT", EFFORTS) or ("full" if device_of(keras) == "GPU" else "quick")


def used():
    """Return what this process computes on: {"backend", "device", "effort", "gpu_gb"}, all None without Keras.

    "gpu_gb" is the most memory of the GPU that was in use at a time, as the backend counts it, and 0 on a CPU.
    """
    keras = sys.modules.get("keras")
    if keras is None:
        return dict.fromkeys(("backend", "device", "effort", "gpu_gb"))
    from course import autodiff

    device = device_of(keras)
    peak = autodiff.gpu_peak() if device == "GPU" else 0
    return {
        "backend": keras.backend.backend(),
        "device": device,
        "effort": effort_of(keras),
        "gpu_gb": round(peak / 1e9, 3),
    }


def chosen(variable, choices):
    """Return the environment `variable`'s value, None where it is not set; raise ValueError if not one of `choices`."""
    value = os.environ.get(variable) or None
    if value is not None and value not in choices:
        raise ValueError(f"The environment variable {variable} is {value!r}: set it to {either(choices)}, or unset it")
    return value


def either(choices):
    """Return `choices` (str each, two or more) as words: "a, b or c"."""
    return ", ".join(choices[:-1]) + " or " + choices[-1]


def import_keras():
    """Import Keras without its backend's start-up chatter, and return the module.

    Raises ValueError for an unknown `KERAS_BACKEND`, and ImportError, in one sentence, where Keras or its backend is
    missing or broken.
    """
    backend = chosen("KERAS_BACKEND", BACKENDS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for the rest of the run; `quiet` holds back what comes earlier
    # NumPy's and SciPy's products are small here, and their threads wait for each other longer than they compute
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with quiet():
            return importlib.import_module("keras")
    except Exception as problem:  # a half-installed backend raises anything: AttributeError, OSError, TypeError
        raise ImportError(_import_sentence(problem, backend)) from None


def _import_sentence(problem, backend):
    missing = getattr(problem, "name", None) if isinstance(problem, ModuleNotFoundError) else None
    if missing == "keras":
        return f"Keras is not installed for {sys.executable}: install it with `pip install -r requirements.txt`"
    if missing in BACKENDS:
        return (
            f"Keras is to run on {missing}, which is not installed for {sys.executable}: install it, or set the "
            f"environment variable KERAS_BACKEND to {either([name for name in BACKENDS if name != missing])}"
        )
    return (
        f"Keras cannot be imported on {backend or 'its backend'} ({type(problem).__name__}: {problem}): "
        "`course doctor` says more, and installing into a fresh environment mends most of it"
    )


@contextlib.contextmanager
def quiet():
    """Hold back what compiled code writes to the standard error; show it after all if the body raises."""
    sys.stderr.flush()
    try:
        keep = os.dup(2)
    except OSError:  # no such descriptor: a windowed program, some notebook hosts
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(keep, held.read())
            raise
        finally:
            os.dup2(keep, 2)
            os.close(keep)
