"""What a submission may try, and what it deserves; honest work of lecture 01 beside it."""

from course.workplace import root

NEURON = "def neuron_output(inputs, weights, bias):\n    return 1 / (1 + np.exp(-(weights @ inputs + bias)))"
LAYER = "def layer_output(inputs, weights, biases):\n    return np.maximum(inputs @ weights + biases, 0)"
FACTOR = "largest_factor = 0.25**10"
HONEST = (NEURON, LAYER, FACTOR)
MLP = """digits_mlp = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, "tanh"),
    keras.layers.Dense(16, "relu"), keras.layers.Dense(10, "softmax")])"""
RIGHT = {"neuron_output": "right", "layer_output": "right", "largest_factor": "right"}

# In a sandbox these say whether something could be done: the answer is right only if it could not.
PROOF = "largest_factor = 0.25**10 if not done else 'it was done'"
TRIED = "done = []\ndef attempt(what, *arguments):\n    try:\n        done.append(what(*arguments))\n    except (OSError, KeyError, ImportError, AttributeError):\n        pass"

FILLER = (
    """def fill():
    for number in range(100):
        with open("{folder}/full" + str(number), "wb") as file:
            file.write(bytes(2**23))
    return True
attempt(fill)
import glob, os
for name in glob.glob("{folder}/full*"):
    os.remove(name)
"""
    + PROOF
)

# name: (source of the cells, {exercise: its status, or several where limits race}). "*" is every other exercise, "not
# attempted" by default. PORT is one on which somebody listens, SUBMISSIONS the folder in which everybody's notebooks lie.
ATTACKS = {
    "an honest answer": (HONEST, RIGHT),
    "no code at all": ((), {}),
    "wrong": (('def neuron_output(inputs, weights, bias):\n    return 0.0', LAYER), {"neuron_output": "wrong", "layer_output": "right"}),
    "syntax error": (("def neuron_output(inputs, weights, bias:\n    return 0", LAYER), {"neuron_output": "error", "layer_output": "right"}),
    "raises before it binds": (("1 / 0\n" + NEURON, LAYER), {"neuron_output": "error", "layer_output": "right"}),
    "duplicated cells": ((NEURON, NEURON, LAYER, LAYER), {"neuron_output": "right", "layer_output": "right"}),
    # --- hanging and dying
    "infinite loop": (("while True:\n    pass\n" + NEURON, LAYER), {"neuron_output": "timeout", "layer_output": "right"}),
    "loop that swallows interrupts": (
        ("import signal\nfor number in range(1, 32):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n"
         "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass\n" + NEURON, LAYER),
        {"neuron_output": "timeout", "layer_output": "right"},
    ),
    "answer that hangs": (
        ("def neuron_output(inputs, weights, bias):\n    while True:\n        pass", LAYER),
        {"neuron_output": "timeout", "layer_output": "right"},
    ),
    "os._exit": (("import os\nos._exit(0)\n" + NEURON, LAYER), {"neuron_output": "crashed", "layer_output": "right"}),
    "answer that exits": (
        ("import os\ndef neuron_output(inputs, weights, bias):\n    os._exit(0)", LAYER),
        {"neuron_output": "crashed", "layer_output": "right"},
    ),
    "kernel killed": (("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n" + NEURON, LAYER), {"neuron_output": "crashed", "layer_output": "right"}),
    "segmentation fault": (("import ctypes\nctypes.string_at(0)\n" + NEURON, LAYER), {"neuron_output": "crashed", "layer_output": "right"}),
    "killing all that it can see": (
        ("import os, signal\nfor name in os.listdir('/proc'):\n    if name.isdigit() and int(name) != os.getpid():\n        try:\n"
         "            os.kill(int(name), signal.SIGKILL)\n        except OSError:\n            pass", *HONEST),
        RIGHT,
    ),
    # --- taking all there is
    "memory bomb": (("hold = [bytearray(2**26) for _ in range(100_000)]\n" + NEURON, LAYER), {"neuron_output": ("crashed", "error", "timeout"), "layer_output": "right"}),
    "memory bomb in many processes": (
        ("import os, time\nfor _ in range(16):\n    if os.fork() == 0:\n        hold = b'x' * 2**29\n        time.sleep(60)\n        os._exit(0)\n"
         "time.sleep(60)\n" + NEURON, LAYER),
        {"neuron_output": "crashed", "layer_output": "right"},
    ),
    "fork bomb": (("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n" + NEURON, LAYER), {"neuron_output": ("crashed", "timeout"), "layer_output": "right"}),
    "disk filler": ((TRIED, FILLER.format(folder=".")), {"largest_factor": "right"}),
    "disk filler in shared memory": ((TRIED, FILLER.format(folder="/dev/shm")), {"largest_factor": "right"}),
    "a file that is too large": (
        (TRIED, "attempt(lambda: open('large', 'wb').truncate(2**30))", PROOF),
        {"largest_factor": "right"},
    ),
    "gigabytes of output": (("import os\nfor _ in range(2000):\n    print('x' * 10**6)\n    os.write(2, b'x' * 10**6)", *HONEST), RIGHT),
    "threads without end": (
        ("import threading, time\ntry:\n    for _ in range(100_000):\n        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nexcept RuntimeError:\n    pass", *HONEST),
        {**RIGHT},
    ),
    # --- answers that are traps
    "__eq__ that is always true": (
        ("class Yes:\n    def __eq__(self, other):\n        return True\n    def __float__(self):\n        return 0.5\nlargest_factor = Yes()\ndef neuron_output(*_):\n    return Yes()", LAYER),
        {"neuron_output": "wrong", "largest_factor": "wrong", "layer_output": "right"},
    ),
    "subclass of float that is always equal": (
        ("class Yes(float):\n    def __eq__(self, other):\n        return True\n    __hash__ = float.__hash__\nlargest_factor = Yes(3)\ndef neuron_output(*_):\n    return Yes(3)",),
        {"neuron_output": "wrong", "largest_factor": "wrong"},
    ),
    "lambdas": (("neuron_output = lambda inputs, weights, bias: 1 / (1 + np.exp(-(weights @ inputs + bias)))\nlargest_factor = lambda: 0.25**10",), {"neuron_output": "right", "largest_factor": "wrong"}),
    "generators": (("def neuron_output(inputs, weights, bias):\n    yield 1\nlargest_factor = (number for number in [1])",), {"neuron_output": "wrong", "largest_factor": "wrong"}),
    "a class": (("class neuron_output:\n    def __init__(self, *arguments):\n        pass\nclass largest_factor:\n    pass",), {"neuron_output": "wrong", "largest_factor": "wrong"}),
    "huge array": (("def neuron_output(inputs, weights, bias):\n    return np.zeros(2**27)\nlargest_factor = np.zeros(2**27)", LAYER), {"neuron_output": "error", "largest_factor": "error", "layer_output": "right"}),
    "huge array, as a promise": (("largest_factor = np.broadcast_to(0.0, (2**20, 2**20))", LAYER), {"largest_factor": "error", "layer_output": "right"}),
    "NaN": (("largest_factor = float('nan')\ndef neuron_output(*_):\n    return float('nan')",), {"neuron_output": "wrong", "largest_factor": "wrong"}),
    "list in itself": (("largest_factor = []\nlargest_factor.append(largest_factor)", LAYER), {"largest_factor": "wrong", "layer_output": "right"}),
    "list in itself, many times": (("largest_factor = []\nlargest_factor += [largest_factor] * 9\ndef neuron_output(*_):\n    return largest_factor", LAYER), {"largest_factor": "wrong", "neuron_output": "wrong", "layer_output": "right"}),
    "number of a million digits": (("largest_factor = 10**1_000_000", LAYER), {"largest_factor": "wrong", "layer_output": "right"}),
    "a subclassed model": (
        ("class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.parts = [keras.layers.Dense(32, 'tanh'), keras.layers.Dense(16, 'relu'), keras.layers.Dense(10, 'softmax')]\n"
         "    def call(self, x):\n        for part in self.parts:\n            x = part(x)\n        return x\ndigits_mlp = Net()",),
        {"digits_mlp": "right"},
    ),
    "a model with code in it": (
        (MLP + "\ndigits_mlp.add(keras.layers.Lambda(lambda x: x))",),
        {"digits_mlp": "right"},
    ),
    "a model whose configuration asks for 16 GB": (
        ("class Big(keras.layers.Dense):\n    pass\nimport keras.src.saving.serialization_lib\n" + MLP
         + "\nconfig = keras.saving.serialize_keras_object(digits_mlp)\nconfig['config']['layers'][1]['config']['units'] = 2**26\n"
         "keras.saving.serialize_keras_object = lambda layer: config", LAYER),
        {"digits_mlp": "crashed", "layer_output": "right"},
    ),
    # --- looking around
    "reading references": (
        (TRIED, "import course.exercises\nfrom course.exercises import neurons\nattempt(lambda: neurons.neuron_output.reference)\nattempt(lambda: neurons.neuron_output.mistakes)\n"
         "attempt(lambda: neurons.neuron_output.cases)\nattempt(__import__, 'course.grading.judge')\nattempt(__import__, 'course.grading.marking')\nattempt(lambda: neurons._neuron_cases)", PROOF),
        {"largest_factor": "right"},
    ),
    "reading references in the memory": (
        (TRIED, "import gc\nfrom course.exercises.engine import Exercise, Mistake\n"
         "if any(isinstance(each, Mistake) for each in gc.get_objects()):\n    done.append('a mistake')", PROOF),
        {"largest_factor": "right"},
    ),
    "reading other files": (
        (TRIED, f"attempt(open, {str(root() / 'course/exercises/neurons.py')!r})\nattempt(open, {str(root() / 'solutions/01_neurons.py')!r})\n"
         f"attempt(open, '/etc/shadow')\nattempt(open, '/etc/passwd')\nimport os\nattempt(os.listdir, {str(root())!r} + '/tests')\nattempt(os.listdir, '/home')\nattempt(os.listdir, 'SUBMISSIONS')\n"
         "attempt(os.listdir, '/marking/solutions')\n"
         "import glob\nif glob.glob('/tmp/**/*.ipynb', recursive=True) or glob.glob('/**/submissions', recursive=False):\n    done.append('notebooks')", PROOF),
        {"largest_factor": "right"},
    ),
    "reading the environment": (
        (TRIED, "import os\nfor secret in ('A_SECRET', 'AWS_SECRET_ACCESS_KEY', 'SSH_AUTH_SOCK', 'PWD_OF_MARKER'):\n    attempt(lambda: os.environ[secret])", PROOF),
        {"largest_factor": "right"},
    ),
    "reading /proc": (
        (TRIED, "import os\nothers = [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in (1, os.getpid())]\nif others:\n    done.append(others)\n"
         "attempt(open, '/proc/1/mem', 'r+b')\nattempt(open, '/proc/sys/kernel/hostname', 'w')\nattempt(os.listdir, '/proc/1/root/root/.ssh')", PROOF),
        {"largest_factor": "right"},
    ),
    "the network": (
        (TRIED, "import socket\nsocket.setdefaulttimeout(1)\nattempt(socket.create_connection, ('1.1.1.1', 53))\nattempt(socket.create_connection, ('127.0.0.1', PORT))\nattempt(socket.getaddrinfo, 'example.org', 80)", PROOF),
        {"largest_factor": "right"},
    ),
    "writing to the parent's files": (
        (TRIED, "for place in ('/', '/marking', '/marking/course', '/usr', '/dev', '/proc', '/work', __import__('sys').prefix, np.__path__[0]):\n    attempt(open, place + '/written', 'w')\n"
         "import os\nattempt(os.remove, np.__file__)\nattempt(os.chmod, '/marking/course', 0o777)", PROOF),
        {"largest_factor": "right"},
    ),
    "getting privileges back": (
        (TRIED, "import ctypes, os\nlibc = ctypes.CDLL(None)\nfor flags in (0x10000000, 0x10020000, 0x20000):\n    child = os.fork()  # which has a single thread, as it must\n"
         "    if not child:\n        os._exit(libc.unshare(flags) == 0)\n    if os.waitpid(child, 0)[1]:\n        done.append(flags)\n"
         "if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0 or libc.umount(b'/tmp') == 0 or libc.umount2(b'/tmp', 2) == 0:\n    done.append('mount')\n"
         "attempt(os.setuid, 0) if os.getuid() else done.append('root')", PROOF),
        {"largest_factor": "right"},
    ),
    # --- patching
    "patching course, builtins and json": (
        ("import builtins, json\nfrom course.exercises import neurons\nfrom course.exercises.engine import Exercise, Outcome\n"
         "Exercise.check = lambda *_, **__: Outcome('right', 'neuron_output')\nneurons.neuron_output.check = Exercise.check\n"
         "json.dumps = lambda *_, **__: '{\"kind\": \"outcome\", \"status\": \"right\"}'\nbuiltins.any = builtins.print = lambda *_: None\n"
         "np.allclose = lambda *_, **__: True\nnp.array_equal = lambda *_, **__: True\n"
         "def neuron_output(*_):\n    return 3", LAYER),
        {"neuron_output": "wrong", "layer_output": "right"},
    ),
    "patching what the questions are answered with": (
        ("import builtins\nbuiltins.all = builtins.isinstance = lambda *_: True", LAYER),
        {"layer_output": ("right", "error"), "*": ("not attempted", "error")},
    ),
    "AST transformer": (
        ("import ast\nclass Yes(ast.NodeTransformer):\n    def visit_Constant(self, node):\n        return ast.Constant(0.25**10) if node.value == 7 else node\n"
         "get_ipython().ast_transformers.append(Yes())", "largest_factor = 7", LAYER),
        {"largest_factor": "right", "layer_output": "right"},
    ),
    "forged replies": (
        ("import gc, socket, os, time\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x00[]' * 9)\n    except OSError:\n        pass", NEURON),
        {"*": "error"},
    ),
    "forged replies of another process": (
        ("from course.grading import wire\ndef forged(sock, value, *_, **__):\n    sock.sendall(wire.pack({'nonce': '0' * 16, 'reply': {'value': 0.25**10}}))\nwire.send = forged", NEURON),
        {"*": "error"},
    ),
    "bytes that are no frame": (
        ("from course.grading import wire\nwire.send = lambda sock, *_, **__: sock.sendall(b'\\xff' * 100)", NEURON),
        {"*": "error"},
    ),
    "half a frame": (
        ("from course.grading import wire\nwire.send = lambda sock, *_, **__: sock.sendall(b'\\x00\\x00\\x01\\x00')", NEURON),
        {"*": "timeout"},
    ),
    "told that all is right": (
        ("from course.grading import warm\nimport gc, json, socket, os\n"
         "for fd in range(3, 64):\n    try:\n        sock = socket.socket(fileno=os.dup(fd))\n        sock.send(json.dumps({'kind': 'outcome', 'exercise': 'neuron_output', 'status': 'right', 'seconds': 0, 'unbound': False, 'sentence': ''}).encode())\n"
         "        sock.send(json.dumps({'ended': 'exit 0'}).encode())\n    except OSError:\n        pass\nos._exit(0)", LAYER),
        {"layer_output": "right"},
    ),
    "told without end": (
        ("from course.grading import warm\nimport json, socket, os\nwhile True:\n    for fd in range(3, 16):\n        try:\n            os.write(fd, b'{\"kind\": \"cell\", \"cell\": 3}')\n        except OSError:\n            pass\n" + NEURON,),
        {"*": ("crashed", "error", "timeout", "not attempted")},
    ),
    # --- staying
    "leaving processes behind": (
        ("import os, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(987)'], start_new_session=True)\n"
         "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        import time\n        time.sleep(987)\n    os._exit(0)", *HONEST),
        RIGHT,
    ),
    "a numpy.py of its own": (
        ("open('numpy.py', 'w').write('raise SystemExit')\nopen('keras.py', 'w').write('raise SystemExit')\nimport numpy, keras", *HONEST),
        RIGHT,
    ),
    "a message for the next one": (
        (TRIED, "import os\nfor place in ('/tmp', '/dev/shm', '.', '/var/tmp', '/run'):\n    if os.path.exists(place + '/left'):\n        done.append(place)\n    attempt(lambda: open(place + '/left', 'w').write('x') and None)\n"
         "done = [each for each in done if each]", PROOF),
        {"largest_factor": "right"},
    ),
}  # fmt: skip


# Of an attack that ends at a limit a shorter one proves the same.
SOONER = {
    "infinite loop": {"cell": 5},
    "loop that swallows interrupts": {"cell": 5},
    "told without end": {"cell": 5},
    "fork bomb": {"cell": 5},
    "half a frame": {"question": 0.5},
}


def tries(name, port, submissions):
    """Return the cells (list of str) of the attack `name`."""
    return [cell.replace("PORT", str(port)).replace("SUBMISSIONS", str(submissions)) for cell in ATTACKS[name][0]]


def undeserved(found, deserved):
    """Return those of the statuses `found` ({exercise: status}) that are not the `deserved` ones."""
    wanted = {exercise: deserved.get(exercise, deserved.get("*", "not attempted")) for exercise in found}
    return {
        exercise: status
        for exercise, status in found.items()
        if status not in ([wanted[exercise]] if isinstance(wanted[exercise], str) else wanted[exercise])
    }
