"""Many tasks on a Dask cluster: a real scheduler and two worker processes on the loopback device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bridge.errors import BadConfig, BridgeError
from bridge.study import cluster as cluster_module
from bridge.study.tasks import Task
from tests.bridge import study_work
from tests.bridge.study_work import DRAWS, files, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Start a real scheduler with two workers, each a process of its own with a nanny that starts it again."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'alvh[cluster]'")
    import dask
    from distributed import LocalCluster

    path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        # Dask gives a task up at its first death, so that what we do then is what is tested.
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 0}),
            LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1") as made,
        ):
            yield made.scheduler_address
    finally:
        os.environ.pop("PYTHONPATH") if path is None else os.environ.update(PYTHONPATH=path)


def test_on_cluster__two_workers__leave_the_bytes_of_one_process(tmp_path: Path, cluster: str) -> None:
    done = run(tmp_path / "dask", DRAWS, study_work.draw, cluster=cluster)
    assert not done.failed
    run(tmp_path / "here", DRAWS, study_work.draw)
    assert files(tmp_path / "dask") == files(tmp_path / "here")


def test_on_cluster__some_raise__are_named_and_the_others_go_on(tmp_path: Path, cluster: str) -> None:
    tasks = [Task(kind, kind) for kind in ("hedge", "bridge", "exit", "fine")]
    done = run(tmp_path, tasks, study_work.fail, cluster=cluster)
    assert [each.kind for each in done.failed] == ["BadInput", "BadFile", "SystemExit"]


def test_on_cluster__worker_killed__costs_no_result(tmp_path: Path, cluster: str) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    tasks = [Task(task.key, -1 if index == 5 else task.arguments) for index, task in enumerate(DRAWS)]
    done = run(tmp_path / "out", tasks, partial(study_work.die_first, seen), cluster=cluster)
    assert not done.failed
    assert len(done.results.keys) == len(DRAWS)


def test_on_cluster__nothing_at_the_address__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'alvh[cluster]'")
    monkeypatch.setattr("bridge.study.cluster.CONNECT_WITHIN", 0.2)
    with pytest.raises(BadConfig, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run(tmp_path / "out", DRAWS, study_work.draw, cluster="tcp://127.0.0.1:9")


def test_on_cluster__worker_of_other_versions__is_refused(
    tmp_path: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.study.inputs import versions

    monkeypatch.setitem(versions(), "numpy", "1.0")
    with pytest.raises(BadConfig, match=r"has numpy .* for 1\.0: install the same there"):
        run(tmp_path / "out", DRAWS, study_work.draw, cluster=cluster)


def test_on_cluster__task_that_always_kills_its_worker__fails_alone(tmp_path: Path, cluster: str) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    tasks = [Task(f"t{index}", -2 if index == 1 else index) for index in range(4)]
    done = run(tmp_path / "out", tasks, partial(study_work.die_first, seen), cluster=cluster, retries=1)
    assert [(each.key, each.kind) for each in done.failed] == [("t1", "WorkerDied")]
    assert done.results.keys == ("t0", "t2", "t3")


def test_attempt_on_worker__joined_later_with_other_versions__ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_limit_once", lambda: None)
    with pytest.raises(BadConfig, match=r"has numpy .* for 1\.0: install the same there"):
        cluster_module._attempt({"numpy": "1.0"}, study_work.draw, DRAWS[0])


def test_on_cluster__no_worker_left__does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deserted:
        def nthreads(self) -> dict[str, int]:
            return {}

    monkeypatch.setattr(cluster_module, "PATIENCE", -1.0)
    with pytest.raises(BridgeError, match="has had no worker for"):
        cluster_module._look_for_workers(Deserted())
