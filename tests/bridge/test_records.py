"""Plans on record: one hash for one content, a changed file refused, never half a file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import files
from bridge.errors import BadFile
from bridge.files import open_draft
from bridge.plans.records import PlanRecord, find_record, inputs_hash, load_record, newest_record
from hedge.book.exposure import PositionExposure
from hedge.instruments.leg import Leg
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def made(**inputs: Any) -> PlanRecord:
    said = {"spot_source": "pools", "spot_provenance": "on chain", "vol_source": "feeds", "vol_provenance": "on chain"}
    market = {"observed_at": 1_767_225_600, "spots": {"ETH": 3000.0}, "vols": {"ETH": 0.7}, "correlations": {}} | said
    place = {"owner": "0xabc", "chain_id": 31337, "block_number": 12, "block_hash": "0xblock"}
    chain = {"source": "file q.csv", "provenance": "file"}
    inputs = {
        "spot": 3000.0, "market": market, "book": [{"id": "v3:1"}], "chains": {"ETH": chain}, "indices": {},
        "parameters": list(Parameters().to_values()), "histories": None, **place, **inputs,
    }  # fmt: skip
    change = {"key": 3, "old": 250, "new": 300, "name": "cashBudgetBps", "unit": "bps of book value"}
    position = PositionExposure("v3:1", "ETH/USD", 3e3, True, 1e6, {"ETH": 1.0}, {}, 0.0, 0.0, 0.0, math.nan, 0.0, 0.7)
    leg = Leg("ETH", 1_774_598_400, 0.2, 3000.0, False, 10.0, 100.0, 0.7, 3000.0, 0.0, 0.0, 1.0)
    trade = {"instrument": leg.label, "side": "buy", "layer": "tail", "quantity": 10.0, "limit_usd": 101.0}
    plan = {
        "inputs": inputs,
        "decision": {"answer": "hedge", "reasons": ["the tail is cut"]},
        "exposure": {
            "value_usd": 1e6, "assets": {"ETH": {"delta": 1.0, "gamma": -0.1}}, "positions": [position.to_dict()],
        },
        "trades": [trade],
        "layers": [{"name": "tail", "underlying": "ETH", "legs": [leg.to_dict()]}],
        "update": {"proposable": True, "changes": [change | {"reason": "it is short", "effect": "less tail"}]},
    }  # fmt: skip
    return PlanRecord(inputs_hash(inputs), 31337, 12, "0xblock", 1_767_225_600, "0xabc", plan)


def places(content: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to every value of a JSON document."""
    found = [place] if place else []
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return found + [each for name, part in pairs for each in places(part, (*place, name))]


def refused(path: Path) -> str:
    """Return in which words a file is refused; raises LookupError where it is not."""
    try:
        load_record(path)
    except BadFile as error:
        said = str(error)
    else:
        raise LookupError(path)
    assert str(path) in said
    assert "\n" not in said
    return said


def rehashed(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """Change a record and hash it again, as anyone can who writes the file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    inputs = content["plan"]["inputs"] if "inputs" in content.get("plan", ()) else None
    content["inputs_hash"] = inputs_hash(inputs) if "inputs_hash" in content else None
    body = {name: part for name, part in content.items() if name not in ("format", "content_hash")}
    path.write_text(json.dumps(content | {"content_hash": inputs_hash(body)}), encoding="utf-8")
    return path


def tampered(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_inputs_hash__keys_in_another_order__is_the_same() -> None:
    assert inputs_hash({"a": 1, "b": {"c": 2.5, "d": None}}) == inputs_hash({"b": {"d": None, "c": 2.5}, "a": 1})


def test_inputs_hash__known_text__is_the_keccak_of_compact_sorted_json() -> None:
    # keccak-256 of '{}', as any other implementation gives it.
    assert inputs_hash({}) == "0xb48d38f93eaa084033fc5970bf96e559c33c4cdc07d889ab00b4d63f9590739d"


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
@pytest.mark.prop
def test_inputs_hash__through_a_file_and_back__is_the_same(inputs: dict[str, Any]) -> None:
    assert inputs_hash(json.loads(json.dumps(inputs))) == inputs_hash(inputs)


def test_inputs_hash__nan__has_no_hash() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        inputs_hash({"vol": float("nan")})


def test_load_record__as_saved__is_equal_and_knows_its_changes(tmp_path: Path) -> None:
    record = made()
    path = record.save(tmp_path)
    assert path == record.path(tmp_path)
    assert load_record(path) == record
    assert record.changes() == {3: 300}


NEEDED = places(json.loads(json.dumps(made().plan)))
MAY_BE_ABSENT = {"spot", "name", "unit", "range_share", "delta_moves", "label", "fee", "exit", "cost_usd"}


@pytest.mark.parametrize("place", NEEDED, ids=lambda place: ".".join(map(str, place)))
def test_load_record__any_field_taken_out_or_of_another_kind_with_right_hashes__is_refused_or_as_it_was(
    tmp_path: Path, place: tuple[str | int, ...]
) -> None:
    *way, name = place

    def holder(content: Any) -> Any:
        for step in ("plan", *way):
            content = content[step]
        return content

    def named(change: Callable[[Any], Any]) -> str:
        path = rehashed(made().save(tmp_path), lambda content: change(holder(content)))
        with suppress(LookupError):
            return refused(path)
        load_record(path).changes()
        return ""

    for odd in ([[]], {"": {}}, "\x1b[2J", True, -1e308, None):
        named(lambda part, odd=odd: part.__setitem__(name, odd))  # type: ignore[misc]
    said = named(lambda part: part.pop(name))
    fixed = not any(isinstance(step, int) for step in place[-1:]) and not {"vols", "spots", "deltas"} & set(way)
    if fixed and str(name) not in MAY_BE_ABSENT and place[-1] != "ETH":
        assert str(name) in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": 99}, "plan.update.changes.0.key"),
        ({"key": -1}, "plan.update.changes.0.key"),
        ({"name": "costBudgetBps"}, "key 3 is cashBudgetBps in bps of book value, and the file says otherwise"),
        ({"unit": "USD"}, "key 3 is cashBudgetBps in bps of book value, and the file says otherwise"),
        ({"new": 1e308}, "plan.update.changes.0.new"),
        ({"old": 10**400}, "plan.update.changes.0.old"),
        ({"reason": "x" * 5000}, "plan.update.changes.0.reason"),
    ],
)
def test_load_record__change_that_is_not_of_the_table_of_keys__is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = rehashed(made().save(tmp_path), lambda content: content["plan"]["update"]["changes"][0].update(change))
    with pytest.raises(BadFile, match=re.escape(words)):
        load_record(path)


def test_load_record__one_key_twice_or_a_place_that_is_not_the_inputs__is_refused(tmp_path: Path) -> None:
    changes = rehashed(made().save(tmp_path), lambda content: content["plan"]["update"]["changes"].append(
        content["plan"]["update"]["changes"][0] | {"new": 350}
    ))  # fmt: skip
    with pytest.raises(BadFile, match=r"plan\.update: changes cashBudgetBps twice"):
        load_record(changes)
    for name, value in (("chain_id", 1), ("block_number", 13), ("block_hash", "0x"), ("owner", "0xdef")):
        path = rehashed(made().save(tmp_path), lambda content, n=name, v=value: content.update({n: v}))  # type: ignore[misc]
        with pytest.raises(BadFile, match=f"{name} is another in plan.inputs"):
            load_record(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["plan"]["inputs"].update(spot=2999.0),
        lambda content: content["plan"]["update"]["changes"][0].update(new=1),
        lambda content: content.update(chain_id=1),
        lambda content: content.update(observed_at=0),
        lambda content: content.update(inputs_hash="0x00"),
    ],
)
def test_load_record__changed_after_it_was_made__is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    path = tampered(made().save(tmp_path), change)
    with pytest.raises(BadFile, match="it was changed, make a new plan"):
        load_record(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content.update(format=2), "not a plan of format 1"),
        (lambda content: content.pop("format"), "not a plan as"),
        (lambda content: content.pop("owner"), "not a plan as"),
        (lambda content: content.update(extra=1), "not a plan as"),
        (lambda content: content.update(plan=[]), "not a plan as"),
        (lambda content: content["plan"]["inputs"].update(spot=float("nan")), "not a plan as"),
    ],
)
def test_load_record__of_another_shape__is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    path = tampered(made().save(tmp_path), change)
    with pytest.raises(BadFile, match=words):
        load_record(path)


@pytest.mark.parametrize("text", ["", "5", "[]", "null", "{", '"plan"'])
def test_load_record__not_a_record__is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=re.escape(str(path))):
        load_record(path)


def test_load_record__absent_or_a_folder__says_so(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="make one with `alvh plan`"):
        load_record(tmp_path / "none.json")
    with pytest.raises(BadFile, match="cannot be read"):
        load_record(tmp_path)


def test_newest_record__two_plans__is_the_one_saved_last(tmp_path: Path) -> None:
    first, second = made(), made(spot=3100.0)
    first.save(tmp_path)
    second.save(tmp_path)
    assert newest_record(tmp_path) == second
    first.save(tmp_path)
    assert newest_record(tmp_path) == first


def test_newest_record__none_made__says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="run `alvh plan`"):
        newest_record(tmp_path)


def test_find_record__known_and_unknown_hash__is_the_record_or_none(tmp_path: Path) -> None:
    record = made()
    record.save(tmp_path)
    assert find_record(tmp_path, record.inputs_hash) == record
    assert find_record(tmp_path, "0x" + "00" * 32) is None


@pytest.mark.parametrize("step", ["write", "replace"])
def test_save__disk_fails__leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    record = made()
    path = record.save(tmp_path)
    before = path.read_text(encoding="utf-8")

    def fail(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    def full(place: Path) -> tuple[Path, int]:
        draft, handle = open_draft(place)
        os.close(handle)
        return draft, os.open("/dev/full", os.O_WRONLY)

    with monkeypatch.context() as patch:
        patch.setattr(*((Path, "replace", fail) if step == "replace" else (files, "open_draft", full)))
        with pytest.raises(BadFile, match=r"cannot be written: .*No space left on device"):
            record.save(tmp_path)
    assert path.read_text(encoding="utf-8") == before
    assert sorted(file.name for file in path.parent.iterdir()) == sorted([path.name, "newest"])
