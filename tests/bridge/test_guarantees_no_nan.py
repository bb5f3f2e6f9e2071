"""JSON that is written has no NaN and no infinity: what would have one is a fault, and nothing of it is written."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bridge.cli.monitor as monitor
from bridge.cli.flags import print_json
from bridge.plans.records import PlanRecord, inputs_hash

NONE = [math.nan, math.inf, -math.inf, np.float64("nan"), np.float64("-inf")]
PLACES: dict[str, Callable[[float], Any]] = {
    "value": lambda number: number,
    "list": lambda number: [1.0, number],
    "tuple in a dict": lambda number: {"a": {"b": (1, number)}},
    "key": lambda number: {number: 1},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", NONE, ids=repr)
def test_print_json__number_that_json_has_not__is_a_fault_and_nothing_is_printed(
    number: float, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for write in (print_json, monitor._write_line):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write(PLACES[place](number))
    assert capsys.readouterr().out == ""


def test_watch_line__number_that_json_has_not__is_said_and_the_next_look_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    values, said = iter((math.nan, 1.0)), list[Exception]()

    def look() -> Any:
        return SimpleNamespace(alerts=(), value=next(values))

    def stop() -> None:
        if said and capsys.readouterr().out:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        monitor.keep_looking(look, lambda seen: monitor._write_line({"value": seen.value}), said.append, stop)
    assert [type(error) for error in said] == [ValueError]


@pytest.mark.parametrize("number", NONE, ids=repr)
def test_plan_record__number_that_json_has_not__is_not_hashed_and_not_kept(
    number: float, record: PlanRecord, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        inputs_hash({"spot": number})
    plan = copy.deepcopy(record.plan)
    plan["exposure"]["value_usd"] = number
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(record, plan=plan).save(tmp_path)
    assert list(tmp_path.rglob("*.json")) == []


def test_plan_record__of_a_real_plan__is_json_that_any_reader_takes(record: PlanRecord, tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = record.save(tmp_path).read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse)["plan"] == record.plan
