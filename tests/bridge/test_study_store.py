"""What a run leaves in its folder: whole or not at all, and only for the inputs that it was made with."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from bridge.errors import BadConfig, BadFile
from bridge.study.inputs import RunInputs, read_inputs
from bridge.study.progress import Lines, Silent, progress_for
from bridge.study.results import read_records, read_results
from bridge.study.runner import TasksRun, run_tasks
from bridge.study.store import Store
from bridge.study.tasks import Part, Task

pytestmark = pytest.mark.unit

INPUTS = RunInputs({"seed": 7, "layers": {"tail": 1}}, {"eth": "ab"}, {"alvh": "0.1.0", "numpy": "2.0"})
TASKS = [Task(f"week {index}", index) for index in range(4)]


def square(task: Task) -> Part:
    equity = pd.DataFrame({"at": [1, 2], "usd": [0.1 * task.arguments, task.arguments**2]})
    return Part({"equity": equity, "entries": equity.tail(1)}, {"label": "é", "square": task.arguments**2})


def run(folder: Path, *, inputs: RunInputs = INPUTS, tasks: list[Task] = TASKS, force: bool = False) -> TasksRun:
    with Store(folder, inputs, force=force) as store:
        return run_tasks(tasks, square, store=store)


def part_of(folder: Path, index: int) -> Path:
    return next((folder / "parts" / "equity").glob(f"{index:06d}-*.parquet"))


def refused(folder: Path, **options: object) -> str:
    with pytest.raises(BadFile) as caught:
        run(folder, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_results__read_back__are_what_tasks_returned(tmp_path: Path) -> None:
    run(tmp_path)
    results = read_results(tmp_path)
    assert results.keys == tuple(task.key for task in TASKS)
    for task in TASKS:
        assert_frame_equal(results.frame(task.key, "equity"), square(task).frames["equity"])
        assert_frame_equal(results.frame(task.key, "entries"), square(task).frames["entries"])
        assert results.facts(task.key) == {"label": "é", "square": task.arguments**2}
    assert [key for key, _ in results.frames("entries")] == list(results.keys)


def test_results__a_folder_of_parts__is_one_table_in_the_order_of_tasks(tmp_path: Path) -> None:
    run(tmp_path)
    table = pd.read_parquet(tmp_path / "parts" / "equity")
    assert list(table["usd"]) == [value for task in TASKS for value in square(task).frames["equity"]["usd"]]


def test_manifest__finished_run__holds_inputs_and_the_hash_of_each_part(tmp_path: Path) -> None:
    import hashlib

    run(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["inputs_sha256"] == INPUTS.sha256
    assert manifest["inputs"] == INPUTS.document()
    assert manifest["ended_at"].endswith("Z")
    assert list(manifest["parts"]) == [task.key for task in TASKS]
    assert manifest["parts"]["week 2"]["equity"] == hashlib.sha256(part_of(tmp_path, 2).read_bytes()).hexdigest()


@pytest.mark.parametrize("damage", ["flipped", "cut", "absent"])
def test_store__spoilt_part__is_done_again_and_nothing_else(tmp_path: Path, damage: str) -> None:
    run(tmp_path)
    path = part_of(tmp_path, 1)
    whole = path.read_bytes()
    if damage == "absent":
        path.unlink()
    else:
        path.write_bytes(whole[:-5] if damage == "cut" else whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    with pytest.raises(BadFile, match="run the study again"):
        read_results(tmp_path).frame("week 1", "equity")
    assert run(tmp_path).kept == 3
    assert path.read_bytes() == whole


@pytest.mark.parametrize("spoil", [lambda line: line[:30], lambda line: line.replace(b"square", b"squars")])
def test_store__spoilt_record__is_done_again(tmp_path: Path, spoil: object) -> None:
    run(tmp_path)
    records = tmp_path / "records.jsonl"
    lines = records.read_bytes().splitlines()
    lines[2] = spoil(lines[2])  # type: ignore[operator]
    records.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(BadFile, match="differs from the manifest"):
        read_results(tmp_path)
    assert run(tmp_path).kept == 3
    assert len(read_records(records)) == 4


def test_store__other_inputs__are_refused_by_name_until_forced(tmp_path: Path) -> None:
    run(tmp_path)
    other = RunInputs({"seed": 8, "layers": {"tail": 1}}, {"eth": "cd"}, {"alvh": "0.1.0", "numpy": "2.1"})
    message = refused(tmp_path, inputs=other)
    assert "(setting seed, file eth, version of numpy)" in message
    assert "another folder, or --force" in message
    assert run(tmp_path).kept == 4
    assert run(tmp_path, inputs=other, force=True).kept == 0
    assert run(tmp_path, inputs=other).kept == 4


def test_store__other_tasks__are_refused(tmp_path: Path) -> None:
    run(tmp_path)
    assert "a run of other tasks" in refused(tmp_path, tasks=TASKS[:2])


def test_store__folder_of_something_else__is_left_alone_even_when_forced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    for force in (False, True):
        assert "holds other files" in refused(tmp_path, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_store__manifest_that_is_none__is_refused_until_forced(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[1]")
    assert "no manifest of a run" in refused(tmp_path)
    assert run(tmp_path, force=True).kept == 0


def test_store__two_runs_at_once__the_second_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path, INPUTS):
        assert "another run works in this folder" in refused(tmp_path)
    assert run(tmp_path).kept == 0


def test_store__folder_that_cannot_be_written__is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(tmp_path / "file" / "out")


@pytest.mark.parametrize("name", ["lock", "manifest.json", "records.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "link", "link to a device", "link to nothing", "folder"])
def test_store__pipe_device_link_or_folder_in_the_place_of_a_file_of_ours__is_named_and_never_waited_for(
    tmp_path: Path, name: str, kind: str
) -> None:
    run(tmp_path / "run")
    place = tmp_path / "run" / name
    place.rename(tmp_path / "moved")
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        to = {"link": tmp_path / "moved", "link to a device": Path("/dev/zero")}
        place.symlink_to(to.get(kind, tmp_path / "none"))
    before = (tmp_path / "moved").read_bytes()
    for force in (False, True):
        message = refused(tmp_path / "run", force=force)
        assert f"{place}: is a " in message
        assert "remove it" in message
    if name != "lock":
        with pytest.raises(BadFile, match=r"is a .*remove it"):
            read_results(tmp_path / "run")
    assert (tmp_path / "moved").read_bytes() == before


def test_store__part_that_is_a_pipe_now__is_done_again(tmp_path: Path) -> None:
    run(tmp_path)
    part = part_of(tmp_path, 2)
    content = part.read_bytes()
    part.unlink()
    os.mkfifo(part)
    with pytest.raises(BadFile, match="it is a folder, a pipe or a device"):
        read_results(tmp_path).frame("week 2", "equity")
    run(tmp_path)
    assert part_of(tmp_path, 2).read_bytes() == content


def test_store__manifest_that_nests_without_end__is_one_line(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "manifest.json").write_text("[" * 100_000)
    assert "is no manifest of a run" in refused(tmp_path)


def test_read_results__run_cut_short__says_how_to_go_on(tmp_path: Path) -> None:
    with Store(tmp_path, INPUTS) as store:
        store.begin(["a"])
    with pytest.raises(BadFile, match="cut short: start it again"):
        read_results(tmp_path)
    with pytest.raises(BadFile, match="no run was kept here"):
        read_results(tmp_path / "absent")


def test_read_inputs__file_changes__changes_the_hash(tmp_path: Path) -> None:
    path = tmp_path / "eth.csv"
    path.write_text("1")
    before = read_inputs({"seed": (1, 2)}, {"eth": path})
    assert before == read_inputs({"seed": [1, 2]}, {"eth": path})
    assert {"alvh", "numpy", "pandas", "numba", "sources"} <= set(before.versions)
    path.write_text("2")
    assert read_inputs({"seed": [1, 2]}, {"eth": path}).sha256 != before.sha256


def test_read_inputs__nan_or_absent_file__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="without NaN"):
        read_inputs({"seed": float("nan")}, {})
    with pytest.raises(BadFile, match="no such file"):
        read_inputs({}, {"eth": tmp_path / "absent"})


def test_lines__hundred_tasks__says_every_tenth_with_the_time_left() -> None:
    now = [0.0]
    said = io.StringIO()
    lines = Lines(said, clock=lambda: now[0])
    lines.begin(100, 50)
    for index in range(50):
        now[0] += 2.0
        lines.step(failed=index == 0)
    written = said.getvalue().splitlines()
    assert len(written) == 11
    assert written[:2] == ["50 of 100 runs are done already", "55 of 100 runs, 1 failed, 10 s, about 1 min 30 s left"]
    assert written[-1] == "100 of 100 runs, 1 failed, 1 min 40 s"


def test_progress_for__json_or_no_terminal__draws_no_bar() -> None:
    assert isinstance(progress_for(quiet=True), Silent)
    assert isinstance(progress_for(quiet=False, stream=io.StringIO()), Lines)


def test_bar__a_terminal__shows_counts_and_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    bar = progress_for(quiet=False)
    bar.begin(4, 1)
    bar.step(failed=True)
    bar.note("a worker died")
    bar.end()
    assert "2/4" in screen.getvalue()
    assert "runs, 1 failed" in screen.getvalue()
    assert "a worker died" in screen.getvalue()
