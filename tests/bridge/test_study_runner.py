"""Many tasks in workers of this machine: the same results whatever does the work, and whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from bridge.errors import BadConfig, BridgeError, MissingTool, UsageError
from bridge.study.tasks import Task, WithInputs
from tests.bridge import study_work
from tests.bridge.study_work import DRAWS, files, run

ROOT = Path(__file__).resolve().parents[2]
SOON = 20.0  # seconds: far longer than it takes, far less than for ever

PARENT = """
import sys
from functools import partial
from pathlib import Path
from bridge.study.inputs import RunInputs
from bridge.study.runner import run_tasks
from bridge.study.store import Store
from bridge.study.tasks import Task
from tests.bridge import study_work

if __name__ == "__main__":
    tasks = [Task(f"t{index}", 0.1) for index in range(20)]
    with Store(Path(sys.argv[1]), RunInputs({"seed": 7}, {}, {"alvh": "test"})) as store:
        run_tasks(tasks, partial(study_work.note_and_sleep, Path(sys.argv[2])), store=store, workers=2)
"""


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.total = self.kept = self.steps = self.failed = self.ended = 0
        self.notes: list[str] = []

    def begin(self, total: int, kept: int) -> None:
        self.total, self.kept = total, kept

    def step(self, failed: bool) -> None:
        self.steps += 1
        self.failed += failed

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self) -> None:
        self.ended += 1


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + SOON
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not asked for its code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_run_tasks__one_worker_or_two__leave_equal_bytes_in_the_order_of_tasks(tmp_path: Path) -> None:
    alone, beside = tmp_path / "1", tmp_path / "2"
    done = run(alone, DRAWS, study_work.draw)
    assert done.results.keys == tuple(task.key for task in DRAWS)
    assert run(beside, DRAWS, study_work.draw, workers=2).results.keys == done.results.keys
    assert len(files(alone)) == 2 + len(DRAWS)
    assert files(alone) == files(beside)


def test_run_tasks__listener__hears_every_task_and_the_end(tmp_path: Path) -> None:
    heard = Heard()
    run(tmp_path, DRAWS, study_work.draw, progress=heard)
    assert (heard.total, heard.kept, heard.steps, heard.failed, heard.ended) == (12, 0, 12, 0, 1)
    again = Heard()
    assert run(tmp_path, DRAWS, study_work.draw, progress=again).kept == 12
    assert (again.total, again.kept, again.steps, again.ended) == (12, 12, 0, 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_run_tasks__some_raise__are_named_and_the_others_go_on(tmp_path: Path, workers: int) -> None:
    kinds = ["hedge", "bridge", "foreign", "exit", "nan fact", "frame name", "no frame", "fine"]
    done = run(tmp_path, [Task(kind, kind) for kind in kinds], study_work.fail, workers=workers)
    assert done.results.keys == ("fine",)
    assert [each.key for each in done.failed] == kinds[:-1]
    named = {each.key: (each.kind, each.message) for each in done.failed}
    assert named["hedge"] == ("BadInput", "spot = -1.0: be above 0")
    assert named["bridge"] == ("BadFile", "prices.csv: no such file")
    assert named["foreign"] == ("RuntimeError", "two lines")
    assert named["exit"] == ("SystemExit", "enough")
    assert all("\n" not in str(each) for each in done.failed)
    assert run(tmp_path, [Task(kind, kind) for kind in kinds], study_work.fail).kept == 1


def test_run_tasks__worker_killed_half_way__costs_no_result(tmp_path: Path) -> None:
    plain, killed, seen = tmp_path / "plain", tmp_path / "killed", tmp_path / "seen"
    seen.mkdir()
    tasks = [Task(task.key, -1 if index == 5 else task.arguments) for index, task in enumerate(DRAWS)]
    heard = Heard()
    done = run(killed, tasks, partial(study_work.die_first, seen), workers=2, progress=heard)
    assert not done.failed
    assert any("died" in note for note in heard.notes)
    run(plain, [Task(task.key, abs(task.arguments)) for task in tasks], study_work.draw)
    assert files(plain) == files(killed)


def test_run_tasks__task_that_always_kills_its_worker__fails_alone(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    tasks = [Task(task.key, -2 if index == 3 else task.arguments) for index, task in enumerate(DRAWS)]
    done = run(tmp_path / "out", tasks, partial(study_work.die_first, seen), workers=2, retries=1)
    assert [(each.key, each.kind) for each in done.failed] == [("path 3", "WorkerDied")]
    assert "2 times" in done.failed[0].message
    assert len(done.results.keys) == 11


def test_run_tasks__parent_killed__resumes_without_what_is_done_and_leaves_no_worker(tmp_path: Path) -> None:
    out, calls = tmp_path / "out", tmp_path / "calls"
    calls.mkdir()
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}"}
    parent = subprocess.Popen([sys.executable, str(script), str(out), str(calls)], cwd=ROOT, env=environment)
    records = out / "records.jsonl"
    wait_until(lambda: records.exists() and records.read_bytes().count(b"\n") >= 3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    workers = {int(pid) for path in calls.iterdir() for pid in path.read_text().split()}
    wait_until(lambda: not any(map(alive, workers)))

    with records.open("ab") as file:
        file.write(b"0123456789abcdef {half a li")  # as a machine that loses power leaves it
    kept = records.read_bytes().count(b"\n")
    tasks = [Task(f"t{index}", 0.1) for index in range(20)]
    done = run(out, tasks, partial(study_work.note_and_sleep, calls), workers=2)
    assert done.kept == kept
    assert done.results.keys == tuple(task.key for task in tasks)
    twice = [path.name for path in calls.iterdir() if len(path.read_text().split()) > 1]
    assert len(twice) <= 5  # two ran, two waited, one was being written


def test_run_tasks__interrupted__ends_its_workers_and_keeps_what_is_done(tmp_path: Path) -> None:
    class Impatient(Heard):
        def step(self, failed: bool) -> None:
            super().step(failed)
            if self.steps == 3:
                raise KeyboardInterrupt

    calls = tmp_path / "calls"
    calls.mkdir()
    tasks = [Task(f"t{index}", 0.01 if index < 3 else 60.0) for index in range(8)]
    heard = Impatient()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", tasks, partial(study_work.note_and_sleep, calls), workers=2, progress=heard)
    assert heard.ended == 1
    workers = {int(pid) for path in calls.iterdir() for pid in path.read_text().split()}
    wait_until(lambda: not any(map(alive, workers)))
    short = [Task(task.key, 0.01) for task in tasks]
    assert run(tmp_path / "out", short, partial(study_work.note_and_sleep, calls)).kept == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_with_inputs__many_tasks__loads_once_a_process_and_anew_each_run(tmp_path: Path, workers: int) -> None:
    work = WithInputs(partial(study_work.read_inputs, tmp_path), study_work.multiply)
    tasks = [Task(f"t{index}", index) for index in range(10)]
    for turn in (1, 2):
        done = run(tmp_path / f"out{turn}", tasks, work, workers=workers)
        assert [done.results.facts(key)["product"] for key in done.results.keys] == [7 * index for index in range(10)]
        loaded = (tmp_path / "loaded").read_text().split()
        assert turn <= len(loaded) <= turn * workers


@pytest.mark.parametrize("workers", [1, 2])
def test_with_inputs__cannot_be_loaded__ends_the_run_with_one_line(tmp_path: Path, workers: int) -> None:
    work = WithInputs(study_work.absent_inputs, study_work.multiply)
    with pytest.raises(BridgeError, match=r"inputs of the run cannot be loaded: BadFile: prices\.csv: no such file"):
        run(tmp_path / "out", DRAWS, work, workers=workers)


def test_run_tasks__bad_requests__are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="key of its own: 'a' is used twice"):
        run(tmp_path / "out", [Task("a"), Task("a")], study_work.draw)
    with pytest.raises(UsageError, match="function of a module"):
        run(tmp_path / "out", DRAWS, lambda task: study_work.draw(task), workers=2)
    with pytest.raises(BadConfig, match="workers must be 1 to"):
        run(tmp_path / "out", DRAWS, study_work.draw, workers=0)
    with pytest.raises(BadConfig, match="retries must be 0 or more"):
        run(tmp_path / "out", DRAWS, study_work.draw, retries=-1)


def test_run_tasks__cluster_without_dask__says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingTool, match=r"pip install 'alvh\[cluster\]'"):
        run(tmp_path / "out", DRAWS, study_work.draw, cluster="tcp://127.0.0.1:1")
