"""Lectures run side by side: budgets, records, what is skipped, and that what breaks one is said of it alone."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.kernels import Usage, batch, budget, warm

MB_400 = "kept = bytearray(400_000_000)"


@pytest.fixture(scope="module", autouse=True)
def ended():
    yield
    warm.stop()


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("COURSE_EFFORT", "quick")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def lecture(house, name, *sources, minutes=1.0, memory_gb=3.0, folder="notebooks"):
    (house / folder).mkdir(exist_ok=True)
    start = "import course; run = course.start()"
    notebook = new_notebook(cells=[new_code_cell(source) for source in (start, *sources)])
    notebook.metadata["course"] = {
        "minutes": {"quick": minutes, "full": minutes},
        "memory_gb": {"quick": memory_gb, "full": memory_gb},
    }
    nbformat.write(notebook, house / folder / f"{name}.ipynb")


def records(house):
    return {found["lecture"]: found for found in json.loads((house / "html" / "budget.json").read_text())}


def test_each_planted_fault_fails_its_notebook_alone(house, capsys):
    lecture(house, "01_good", "1 + 1")
    lecture(house, "02_slow", "import time; time.sleep(3.5)", minutes=1 / 60)
    lecture(house, "03_stuck", "import time; time.sleep(600)", minutes=1 / 60)
    lecture(house, "04_large", MB_400, memory_gb=0.5)
    lecture(house, "05_leak", "kept = []\nwhile True: kept.append(bytearray(50_000_000))", memory_gb=0.4)
    lecture(house, "06_out", "from pathlib import Path; open(Path.home() / 'out', 'w')")
    assert batch.run(house, strict=True, workers=2) == 1
    found, said = records(house), capsys.readouterr().out
    assert [name for name in found if found[name]["passed"]] == ["01_good"]
    reasons = {name: found[name]["reason"] for name in found}
    assert "s where the front matter says 1; slowest: cell 2 (3" in reasons["02_slow"]
    assert reasons["03_stuck"].startswith("cell 2: still running")
    assert "GB where the front matter says 0.5" in reasons["04_large"]
    assert reasons["05_leak"].startswith("cell 2: the notebook holds")
    assert "writes outside of its folder" in reasons["06_out"] and not (Path.home() / "out").exists()
    assert said.splitlines()[-1].startswith("1 of 6 notebooks ran") and "02_slow failed: over its budget" in said
    assert [page.stem for page in sorted((house / "html").glob("*.html"))] == ["01_good", "02_slow", "04_large"]


def test_only_who_asks_is_held_to_a_budget(house):
    lecture(house, "01_slow", "import time; time.sleep(2)", minutes=0.5 / 60)
    assert batch.run(house) == 0
    found = records(house)["01_slow"]
    assert found["cells"]["2"] == pytest.approx(2, abs=1) and found["seconds"] >= 2
    assert (found["backend"], found["device"], found["effort"]) == ("tensorflow", "CPU", "quick")


def test_what_passed_and_has_not_changed_is_left_out_but_never_in_ci(house, capsys, monkeypatch):
    lecture(house, "01_good", "print(1)")
    lecture(house, "02_bad", "1 / 0")
    ran, first = [], {}

    def once(path, *rest, run=batch._run):
        """Run a notebook the first time, and give the same record whenever it would run again."""
        ran.append(path.stem)
        if path.stem not in first:
            first[path.stem] = run(path, *rest)
        return first[path.stem]

    monkeypatch.setattr(batch, "_run", once)

    def again(**options):
        ran.clear()
        batch.run(house, **options)
        return sorted(ran)

    assert again() == ["01_good", "02_bad"]
    assert again(changed=True) == ["02_bad"] and "1 of 2 notebooks are as they were" in capsys.readouterr().out
    assert again() == ["01_good", "02_bad"]
    (house / "course").mkdir()
    (house / "course" / "helper.py").write_text("x = 1")
    assert again(changed=True) == ["01_good", "02_bad"]
    lecture(house, "01_good", "print(2)")
    assert again(changed=True) == ["01_good", "02_bad"]
    monkeypatch.setenv("CI", "true")
    assert again(changed=True) == ["01_good", "02_bad"]


def test_answers_are_the_notebooks_of_solutions(house, capsys):
    lecture(house, "01_good", "1 / 0")
    lecture(house, "01_good", "print('the answer')", folder="solutions")
    assert batch.run(house, ["1"], house / "pages", answers=True) == 0
    assert "the answer" in (house / "pages" / "01_good.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("device, gpu_gb, code", [("GPU", 0.02, 0), ("GPU", 0.0, 1), ("CPU", 0.0, 1)])
def test_where_a_gpu_is_asked_for_it_must_have_computed(house, monkeypatch, device, gpu_gb, code):
    lecture(house, "01_good")
    used = {"backend": "tensorflow", "device": device, "effort": "full", "gpu_gb": gpu_gb}
    monkeypatch.setattr("course.kernels._used", lambda client: used)
    assert batch.run(house, gpu=True) == code


@pytest.mark.parametrize("workers", [0, -1])
def test_less_than_one_worker_is_refused(house, workers):
    lecture(house, "01_good")
    with pytest.raises(ValueError, match="workers must be at least 1"):
        batch.run(house, workers=workers)


ABOUT = {"minutes": {"quick": 0.5, "full": 5}, "memory_gb": {"quick": 2, "full": 4}}
ON = {"backend": "tensorflow", "device": "CPU", "effort": "quick", "gpu_gb": 0.0}


@pytest.mark.parametrize(
    "seconds, memory, on, says",
    [
        (89, 2.4, ON, None),
        (91, 2.4, ON, "91 s where the front matter says 30"),
        (89, 2.6, ON, "2.6 GB where the front matter says 2"),
        (91, 2.6, ON, "91 s where the front matter says 30 and 2.6 GB where the front matter says 2"),
        (500, 9, {**ON, "backend": "jax"}, None),
        (500, 9, {**ON, "device": "GPU"}, None),
        (500, 9, {**ON, "effort": "full"}, None),
    ],
)
def test_a_budget_is_three_times_the_seconds_and_a_quarter_more_memory_on_the_reference_runtime(
    seconds, memory, on, says
):
    usage = Usage({0: 1.0, 2: seconds - 3.0, 4: 1.5, 5: 0.5}, memory, on)
    sentence = budget.exceeded(budget.record("01_x", usage), ABOUT)
    assert (sentence or "").split(";")[0] == (says or "")
    assert says is None or sentence.endswith(f"slowest: cell 3 ({seconds - 3:.1f} s), cell 5 (1.5 s), cell 1 (1.0 s)")


def test_records_of_the_same_lecture_and_runtime_replace_each_other(tmp_path):
    path = tmp_path / "budget.json"
    record = budget.record("01_x", Usage({0: 1.0}, 1.0, ON))
    other = {**record, "backend": "jax"}
    budget.write([record, other], path)
    budget.write([{**record, "seconds": 7.0}], path)
    assert sorted((found["backend"], found["seconds"]) for found in budget.read(path)) == [
        ("jax", 1.0),
        ("tensorflow", 7.0),
    ]

    failed = [budget.record(name, Usage({}, 0.0, {}), "cell 1") for name in ("01_x", "02_y")]
    budget.write(failed, path)  # on no runtime that is known
    assert len(budget.read(path)) == 4
    budget.write([record], path)
    assert [found["lecture"] for found in budget.read(path) if not found["passed"]] == ["02_y"]

    for content in ("", "{", "[1]", "{}", '[{"lecture": 1}]'):
        path.write_text(content)
        assert budget.read(path) == []
