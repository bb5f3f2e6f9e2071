"""A plan's file that somebody wrote again with right hashes: what it lacks or makes up is named and never proposed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bridge.test_records import rehashed
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

pytestmark = pytest.mark.usefixtures("project")
Change = Callable[[dict[str, Any]], Any]


def first(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["plan"]["update"]["changes"][0]
    return found


def cut(*place: str) -> Change:
    """Return what takes a field out of a record."""

    def change(content: dict[str, Any]) -> None:
        for step in place[:-1]:
            content = content[step]
        del content[place[-1]]

    return change


def test_propose__plan_without_a_field_or_with_another_table__is_one_line(run: Run, tmp_path: Path) -> None:
    written = tmp_path / Path(run("plan", "--json").json()["file"])
    sound = written.read_text(encoding="utf-8")
    changes: list[tuple[Change, str, int]] = [
        (cut("plan", "decision"), "plan.decision", 2),
        (cut("plan", "update", "changes"), "plan.update.changes", 2),
        (cut("plan", "inputs", "market", "spot_source"), "plan.inputs.market.spot_source", 2),
        (cut("plan", "exposure", "assets"), "plan.exposure.assets", 2),
        (cut("observed_at"), "observed_at", 2),
        (lambda content: first(content).pop("reason"), "plan.update.changes.0.reason", 2),
        (lambda content: first(content).update(key=77), "plan.update.changes.0.key", 2),
        (lambda content: first(content).update(unit="USD"), "and the file says otherwise", 2),
        (lambda content: first(content).update(old=first(content)["old"] + 1), "and the chain has", 1),
    ]
    for change, words, code in changes:
        (tmp_path / "odd.json").write_text(sound, encoding="utf-8")
        rehashed(tmp_path / "odd.json", change)
        for command in (
            ("propose", "--plan", "odd.json", "--as", "operator"),
            ("safe", "propose", "schedule", "--plan", "odd.json"),
        ):
            done = run(*command)
            assert_one_line_error(done, code, words)
            assert done.out == ""
    (tmp_path / "odd.json").write_text(sound, encoding="utf-8")
    rehashed(tmp_path / "odd.json", lambda content: first(content).pop("unit"))
    told = run("propose", "--plan", "odd.json", "--as", "operator", "--json").json()["changes"][0]
    assert told == first(json.loads(sound))
