"""The `course` command: one sub-command for each thing that is done from outside of a notebook."""

import argparse
import sys
from pathlib import Path


def main(arguments=None):
    """Run the command line `arguments` (list of str, the process's own by default) and return the exit code."""
    parser = _parser()
    ours, theirs = _split(sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(ours)
    if theirs and options.command is not _lab:
        parser.error("only `course lab` takes options after --, which are JupyterLab's")
    options.flags = theirs
    for stream in (sys.stdout, sys.stderr):  # a pipe on Windows may know no Greek
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return options.command(options) or 0
    except (ValueError, TypeError, OSError, ImportError) as problem:
        print(f"course: {_sentence(problem)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("course: interrupted", file=sys.stderr)
        return 130


def _split(arguments):
    """Return the arguments before and after the first `--`."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def _parser():
    parser = argparse.ArgumentParser(prog="course", description="Convolutional networks for vision, in Keras 3.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        return sub

    lab = command("lab", _lab, "copy notebooks that work/ does not have yet, and open a lecture in JupyterLab")
    lab.add_argument(
        "lecture", nargs="?", default="01", help="number or name (default: 01); JupyterLab's options after --"
    )

    run = command("run", _run, "execute every student notebook from top to bottom and write what they show as HTML")
    run.add_argument("lectures", nargs="*", help="numbers or names (default: all)")
    run.add_argument("--out", type=Path, default=Path("html"), help="folder for the pages (default: html)")
    run.add_argument("--answers", action="store_true", help="run the notebooks of solutions/ instead")
    run.add_argument("--strict", action="store_true", help="fail those that take more than their front matter says")
    run.add_argument("--gpu", action="store_true", help="fail those that computed on no GPU")
    run.add_argument("--changed", action="store_true", help="leave out what passed before and has not changed since")
    run.add_argument("--workers", type=int, help="how many notebooks to run at a time (default: one for each core)")

    command("doctor", _doctor, "print what a bug report needs, and what is wrong with this installation")

    build = command("build", _build, "write notebooks/*.ipynb and solutions/*.ipynb from solutions/*.py")
    build.add_argument("lectures", nargs="*", help="numbers or names (default: all)")
    build.add_argument(
        "--check", action="store_true", help="change nothing; show what differs from the sources, and fail if it does"
    )
    build.add_argument("--execute", action="store_true", help="execute again also what has not changed")
    build.add_argument("--force", action="store_true", help="overwrite a student notebook that was edited by hand")

    nbgrader = command("export-nbgrader", _export_nbgrader, "write the lectures as a course folder for nbgrader")
    nbgrader.add_argument("folder", type=Path, metavar="DIR", help="a folder that is new or empty")
    nbgrader.add_argument("lectures", nargs="*", help="numbers or names (default: all)")

    new = command("new", _new, "start a lecture: a source and a file of exercises that build as they are")
    new.add_argument("name", help="NN_topic, such as 03_convolution")

    grade = command(
        "grade", _grade, "mark a folder of submissions: grades, a page of feedback for each, a report for you"
    )
    grade.add_argument(
        "submissions", type=Path, help="<student>/NN_topic.ipynb, or what Canvas or Moodle gave to download"
    )
    grade.add_argument("--out", type=Path, default=Path("grades"), help="folder for the grades (default: grades)")
    grade.add_argument(
        "--lecture", help="number or name: mark this one alone, and files whose names tell no lecture too"
    )
    grade.add_argument(
        "--roster", type=Path, help="CSV with the column student; also name, email, lms_id, extension, …"
    )
    grade.add_argument("--due", metavar="TIME", help='when the work was due, such as "2027-02-01 23:59"')
    grade.add_argument("--late", metavar="RATE", help="what each day begun costs, such as 10%%/day")
    grade.add_argument("--seed", type=int, help="of the inputs to mark with (default: the last run's, or a new one)")
    grade.add_argument("--regrade", action="store_true", help="mark everything again, and show what moved and why")
    grade.add_argument("--workers", type=int, help="how many notebooks to run at a time (default: one for each core)")
    grade.add_argument(
        "--dask", metavar="ADDRESS", help="run them on a Dask cluster: its scheduler's address, such as tcp://host:8786"
    )
    grade.add_argument(
        "--no-sandbox", action="store_true", help="run students' code with nothing around it: not advised"
    )

    export = command("export", _export, "put the grades into an LMS's own table, or into a package for Gradescope")
    export.add_argument("grades", type=Path, help="the folder that `course grade` wrote")
    export.add_argument(
        "--to", nargs="+", required=True, metavar=("PLATFORM", "FILE"), help="canvas FILE, moodle FILE or gradescope"
    )
    export.add_argument("--out", type=Path, help="file to write (default: in the folder of grades)")
    export.add_argument("--lecture", help="name: export this one alone")
    export.add_argument("--column", help="the column to fill in, where its name does not tell the lecture")
    return parser


def _lab(options):
    from course import workplace

    return workplace.lab(workplace.root(), options.lecture, options.flags)


def _run(options):
    from course import workplace
    from course.kernels import batch

    how = {name: getattr(options, name) for name in ("answers", "strict", "gpu", "changed", "workers")}
    return batch.run(workplace.root(), options.lectures, options.out, **how)


def _doctor(_):
    from course import doctor

    facts, problems = doctor.examine()
    print(*facts, sep="\n")
    print(*(problems or ["Nothing wrong was found."]), sep="\n")
    return 1 if problems else 0


def _build(options):
    from course import workplace
    from course.authoring import build

    root = workplace.root()
    if options.check:
        differences = build.check(root, options.lectures)
        print(*(differences or ["The notebooks and README are what their sources give."]), sep="\n")
        return 1 if differences else 0
    return build.build(root, options.lectures, execute=options.execute, force=options.force)


def _export_nbgrader(options):
    from course import workplace
    from course.authoring import nbgrader

    written = nbgrader.export(workplace.root(), options.folder, options.lectures)
    print(f"wrote {len(written)} files: now `cd {options.folder}` and `nbgrader generate_assignment NN_topic`")


def _new(options):
    from course import workplace
    from course.authoring import new

    print(*(f"wrote {path}" for path in new.new(workplace.root(), options.name)), sep="\n")


def _grade(options):
    from course import workplace
    from course.grading import command

    command.grade(
        options.submissions,
        options.out,
        workplace.root(),
        class_list=options.roster,
        due=options.due,
        late=options.late,
        lecture=options.lecture,
        seed=options.seed,
        regrade=options.regrade,
        workers=options.workers,
        sandbox=not options.no_sandbox,
        dask=options.dask,
    )


def _export(options):
    from course.grading import export

    platform, *files = options.to
    if platform not in export.PLATFORMS or len(files) > 1:
        raise ValueError(f"--to wants {', '.join(export.PLATFORMS)}, and at most one file, not {' '.join(options.to)}")
    theirs = Path(files[0]) if files else None
    done = export.export(options.grades, platform, theirs, options.out, options.lecture, options.column)
    print(f"Grades filled in: {done.count}, in {done.path}.")
    for sentence in done.left:
        print(f"  {sentence}")


def _sentence(problem):
    """Return what went wrong in words: an OSError by itself says its number and quotes its file name."""
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        return f"the package {problem.name} is not installed: `course doctor` says what is missing"
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
    return str(problem) or type(problem).__name__
