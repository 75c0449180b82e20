"""The process that forks one child a job: it has imported Keras and run nothing, so that a child starts at once.

It runs twice inside the walls of `course.grading.sandbox`, as "student" and as "judge". For each job it forks a
*supervisor*, and that the child, behind walls of its own: namespaces of processes, files, network and messages, a
private temporary folder, limits, and no privilege to change any of it. The supervisor watches time and memory, passes
on what the child tells, and sees to it that with the child all that it started ends.

Started cold, nothing is imported before the fork, and each child imports Keras for itself: slower, and the same
otherwise.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time

TOLD = 60_000  # bytes of one message from a child
MESSAGES = 5_000  # of one child
TICK = 0.05  # seconds between two looks at a child

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x20000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
NOBODY = 65534

_to_json = json.JSONEncoder().encode  # a notebook may replace json.dumps


def main(role, control, *flags):
    """Serve jobs from the socket whose descriptor is `control` until it closes."""
    control = socket.socket(fileno=int(control))
    module = importlib.import_module(f"course.grading.{role}")
    cold = "cold" in flags
    if not cold:
        module.prepare()
    tasks = threads()
    control.send(json.dumps({"ready": True, "threads": tasks}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the supervisors
    while True:
        message, fds, *_ = socket.recv_fds(control, 64, 2)
        if not message:
            return
        fit = threads() == tasks
        if fit and os.fork() == 0:
            control.close()
            _supervise(module, *fds, cold=cold, jail="jail" in flags)
            os._exit(0)
        for fd in fds:
            os.close(fd)
        if not fit:  # whatever runs beside us may hold a lock in the child for ever
            return


def threads():
    """Return how many threads this process has (int), 1 where that cannot be seen."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


# --- the supervisor
# -------------------------------------------------------------------------------------------------------


def _supervise(module, report, talk, *, cold, jail):
    """Run one job in a child; `report` and `talk` are descriptors of sockets, to the marker and to the other
    role's child.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report = socket.socket(fileno=report)
    with report.makefile("rb") as lines:
        job = json.loads(lines.readline())
    told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    user, group = os.getuid(), os.getgid()  # in a new namespace nobody knows them
    root = user == 0
    libc = ctypes.CDLL(None, use_errno=True)
    if jail:  # the next child is the first process of a namespace of its own
        _try(libc.unshare, CLONE_NEWPID if root else CLONE_NEWUSER | CLONE_NEWPID)
        if not root:
            _map(user, group)
    elif sys.platform == "linux":
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what loses its parent becomes ours
    folder = "/tmp/work" if jail else tempfile.mkdtemp(prefix="course-marking-")
    child = os.fork()
    if child == 0:
        try:
            if not jail:
                os.setsid()
            _child(module, job, talk, telling, folder, libc if jail else None, root, cold)
        except BaseException as problem:  # the walls cannot be built, or a student broke what runs here
            with contextlib.suppress(BaseException):
                telling.send(
                    json.dumps({"kind": "failed", "text": f"{type(problem).__name__}: {problem}"[:1000]}).encode()
                )
        os._exit(70)
    telling.close()
    os.close(talk)
    try:
        ended = _watch(child, told, report, job["limits"])
    except Exception as problem:  # nothing that a child tells may end its supervisor before it
        ended = f"{type(problem).__name__}"
    _end(child, jail)
    if not jail:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        _tell(report, {"ended": ended})


def _watch(child, told, report, limits):
    """Pass on what the child tells until it ends, the marker hangs up, or a limit is passed; return how it ended (str).

    The clocks start when the child says that it begins, which is its first word: started cold it imports Keras before.
    """
    started = cell = time.monotonic()
    messages, running, begun = 0, True, False
    ends = [os.pidfd_open(child)] if hasattr(os, "pidfd_open") else []
    while True:
        readable, _, _ = select.select([told, report, *ends], [], [], TICK)
        now = time.monotonic()
        if report in readable:  # the marker says nothing more: it has hung up
            return "hung up"
        ended, status = os.waitpid(child, os.WNOHANG)
        while told in readable:
            told.setblocking(False)
            try:
                message = _read(told.recv(TOLD + 1))
            except BlockingIOError:
                break
            messages += 1
            if message and messages < MESSAGES and (running or message.get("kind") != "cell"):
                if message.get("kind") == "begins" and not begun:
                    begun, started, cell = True, now, now
                if message.get("kind") == "cell":
                    cell = now
                running = running and message.get("kind") != "ran"
                try:
                    _tell(report, message)
                except OSError:
                    return "hung up"
            if not ended:
                break
        if ended:
            return f"exit {os.waitstatus_to_exitcode(status)}"
        if messages >= MESSAGES:
            return "flood"
        if not begun:
            if now - started > limits["start"]:
                return "timeout"
            continue
        if running and (now - cell > limits["cell"] or now - started > limits["notebook"]):
            return "timeout"
        if now - started > limits["whole"]:
            return "timeout"
        pids = descendants(child)
        if len(pids) > limits["processes"] // 2:  # the system stops at all of them, threads counted
            return "processes"
        if _memory(pids) > limits["memory"]:
            return "memory"


def _read(packet):
    """Return a child's message, or None where it is none."""
    try:
        message = json.loads(packet)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and "ended" not in message else None


def _tell(report, message):
    report.sendall(json.dumps(message).encode() + b"\n")


def descendants(ancestor):
    """Return the numbers of the process `ancestor` and of all that it started and they started (list)."""
    children = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found = [ancestor]
    for pid in found:
        found += children.get(pid, ())
    return found


def _memory(pids):
    """Return the bytes that the processes hold together. What is shared is counted once, if the cheap sum is in
    doubt.
    """
    cheap = sum(_lines(f"/proc/{pid}/status", "RssAnon", "RssShmem") for pid in pids)
    if len(pids) < 3 or cheap < 2**30:
        return cheap
    exact = [_lines(f"/proc/{pid}/smaps_rollup", "Pss_Anon", "Pss_Shmem") for pid in pids]
    return sum(exact) or cheap


def _lines(path, *keys):
    """Return the sum, in bytes, of the lines of a file of /proc that begin with one of `keys`."""
    total = 0
    with contextlib.suppress(OSError, ValueError), open(path) as file:
        for line in file:
            key, _, value = line.partition(":")
            if key in keys:
                total += int(value.split()[0]) * 1024
    return total


def _end(child, jail):
    """Kill the child and whatever it has started; return when all are gone."""
    if not jail:
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)
    for _ in range(200):
        for pid in [child] if jail else descendants(os.getpid())[1:]:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


# --- the child
# ------------------------------------------------------------------------------------------------------------


def _child(module, job, talk, telling, folder, libc, root, cold):
    """Go behind the walls and do the job. Never returns."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    _keep_only(talk, telling.fileno())
    if libc:
        _wall_in(libc, job["limits"], root)
        worker = os.fork()
        if worker:
            os.close(talk)
            telling.close()
            libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # not to be looked into by what it looks after
            _first_process(worker)
    else:
        os.environ.update(HOME=folder, TMPDIR=folder)
    _limit(job["limits"], cold, walled=libc is not None)

    def tell(kind, **message):
        with contextlib.suppress(OSError):
            telling.send(_to_json({"kind": kind, **message}).encode()[:TOLD])

    os.chdir(folder)
    if cold:
        module.prepare()
    tell("begins")
    module.work(job, socket.socket(fileno=talk), tell)
    os._exit(0)


def _keep_only(*kept):
    """Close all descriptors but the standard ones and those `kept`."""
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 2**20))


def _first_process(worker):
    """Be the first process of the namespace: wait for those that lost their parents, and end with the `worker`."""
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            os._exit(71)
        if ended == worker:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _wall_in(libc, limits, root):
    """Enter namespaces of our own, mount what is private there, and give up every privilege."""
    _try(libc.unshare, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC)
    _try(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    _try(libc.mount, b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    owner = NOBODY if root else os.getuid()
    options = (
        f"size={limits['disk']},nr_inodes=20000,mode=0700,uid={owner},gid={owner if root else os.getgid()}".encode()
    )
    _try(libc.mount, b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options)
    for name in ("work", "shm"):
        os.mkdir(f"/tmp/{name}")
        os.chown(f"/tmp/{name}", owner, -1)
    _try(libc.mount, b"/tmp/shm", b"/dev/shm", None, MS_BIND, None)
    if root:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        _try(libc.prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)
        _try(libc.unshare, CLONE_NEWUSER)
        _map(NOBODY, NOBODY)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")  # in a namespace of its own it would be its own root, and mount what it likes
    _try(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _try(libc.capset, header, nothing)
    _try(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _map(uid, gid):
    """Be in the new namespace of users who we are outside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _limit(limits, cold, walled):
    """Set the limits that the system itself keeps; memory and time are the supervisor's, these stand behind."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out all the same, this process goes first
    os.nice(5)  # the supervisor goes first
    seconds = int(2 * (limits["notebook"] + limits["whole"]))
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": limits["disk"],
        "RLIMIT_NOFILE": 1024,
    }
    if walled:  # elsewhere the system counts all that the user has running
        wanted["RLIMIT_NPROC"] = limits["processes"]
    if sys.platform == "linux":
        wanted["RLIMIT_AS"] = _lines("/proc/self/status", "VmSize") + 2 * limits["memory"] + (8 * 2**30 if cold else 0)
    for name, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(getattr(resource, name))
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(getattr(resource, name), (value, value))


def _try(function, *arguments):
    """Call a function of the C library, and raise OSError where it fails."""
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
