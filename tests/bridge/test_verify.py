"""A plan is made again from what was published of it, and whatever differs from the proposal is named."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.config import BookConfig, Config
from bridge.errors import BadFile, RefusedAction
from bridge.governance.actions import build_action
from bridge.governance.governor import Proposal
from bridge.governance.proposal_text import describe
from bridge.governance.proposals import draft_action, send_proposal
from bridge.governance.verify import Check, Outcome, verify_proposal
from bridge.json_files import MOST_BYTES
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.published import inputs_path, keep_plan, remake
from bridge.plans.records import PlanRecord
from hedge.decision.programme.scenarios import COUNT
from hedge.plan.published import MOST_ASSETS, MOST_AT, MOST_MOMENTS, MOST_POSITIONS, MOST_QUOTES, MOST_SIGNALS
from tests.bridge.lying_node import Answering, Asked, lying_node, through
from tests.bridge.steps import found, plan_now, propose, with_changes

TERMS, LP = BookConfig(), account("lp").address


@pytest.fixture(scope="session")
def published(built_world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[PlanRecord, str]:
    """Keep a plan of the world as built; return its record and the text of its inputs."""
    state = tmp_path_factory.mktemp("state")
    planned = plan_now(built_world, Config())
    keep_plan(planned, state)
    return planned.record, inputs_path(state, planned.record.inputs_hash).read_text(encoding="utf-8")


def written(folder: Path, content: Any) -> Path:
    path = folder / "told.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def checked(world: World, proposal: Proposal, path: Path) -> list[Check]:
    return verify_proposal(world.snapshot(), proposal, remake(path), LP, TERMS)


def different(checks: list[Check]) -> set[str]:
    return {check.what for check in checks if check.outcome is Outcome.DIFFERENT}


def test_remake__inputs_as_kept__gives_the_record_bit_for_bit(
    published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    record, text = published
    assert remake(written(tmp_path, text)) == record


def change(content: Any, path: tuple[Any, ...], value: Any) -> None:
    """Put a value where a path of keys leads in JSON."""
    for step in path[:-1]:
        content = content[step]
    content[path[-1]] = value


TAMPERED: list[tuple[dict[tuple[Any, ...], Any], set[str]]] = [
    (
        {
            ("inputs", "market", "vols", "ETH"): 0.9,
            ("inputs", "book", 0, "liquidity"): 1.0,
            ("inputs", "limits", "3", "step_up"): 9_999,
        },
        {"book and prices", "parameters"},
    ),
    ({("inputs", "block_hash"): "0x" + "00" * 32}, {"block"}),
    ({("inputs", "owner"): "0x" + "11" * 20}, {"book and prices"}),
    ({("quotes", "ETH", 0, 4): 0.0001}, set()),
    ({("inputs", "scenarios"): 20, ("inputs", "expected_signals"): []}, {"settings"}),
]


def test_verify__numbers_of_the_inputs_are_others__is_named(
    world: World, published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    record, text = published
    proposal = found(world, propose(world, record))
    assert different(checked(world, proposal, written(tmp_path, text))) == set()
    for tampered, what in TAMPERED:
        content = json.loads(text)
        for place, value in tampered.items():
            change(content, place, value)
        seen = different(checked(world, proposal, written(tmp_path, content)))
        assert {"inputs", *what} <= seen, (what, seen)


def test_verify__changes_that_the_plan_does_not_make__are_named(
    world: World, published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    """A proposal that names an honest plan's inputs and sets something else."""
    record, text = published
    proposal = found(world, propose(world, with_changes(record, {8: 150})))
    checks = checked(world, proposal, written(tmp_path, text))
    assert different(checks) == {"changes", "calls", "text"}
    words = {check.what: check.words for check in checks}
    assert words["changes"].startswith("the proposal says rehedgeBps 150, made again it is ")
    assert words["text"].startswith("line ")


def test_verify__observed_at_another_time__is_named(
    world: World, published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    record, text = published
    number = propose(world, replace(record, observed_at=record.observed_at - 1))
    checks = checked(world, found(world, number), written(tmp_path, text))
    assert {"observed", "calls", "text"} <= different(checks)


def test_verify__proposal_without_an_update__is_refused_with_the_way_to_read_it(
    world: World, published: tuple[PlanRecord, str]
) -> None:
    operator = account("operator")
    action = build_action(world.snapshot(), "set-guardian", [world.deployment.address("HedgeVotes")])
    drafted = draft_action(world.snapshot(), action, operator.address)
    assert send_proposal(world.snapshot(), operator, drafted)
    proposal = found(world, drafted.id)
    with pytest.raises(RefusedAction, match="holds 0 updates of parameters"):
        verify_proposal(world.snapshot(), proposal, published[0], LP, TERMS)


def test_verify__plan_of_another_chain__is_named(
    world: World, published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    record, text = published
    proposal = found(world, propose(world, record))
    content = json.loads(text)
    content["inputs"]["chain_id"] = 1
    assert {"chain", "inputs", "answer"} <= different(checked(world, proposal, written(tmp_path, content)))


HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)),
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "another format": b'{"format": 99}',
    "no inputs": b'{"format": 1}',
    "not a number": b'{"format": 1, "inputs": NaN}',
    "escape": b'{"format": 1, "inputs": {"\\u001b[2J": 1}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_remake__file_of_a_stranger__is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "told.json").write_bytes(HOSTILE[name])
    with pytest.raises(BadFile, match=r"told\.json") as refused:
        remake(tmp_path / "told.json")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("inputs", "scenarios"), 10**9),
        (("inputs", "scenarios"), COUNT + 1),
        (("inputs", "book"), [{}] * (MOST_POSITIONS + 1)),
        (("quotes", "ETH"), [[1]] * (MOST_QUOTES + 1)),
        (("inputs", "parameters"), []),
        (("inputs", "market", "vols"), {"ETH": -1.0}),
        (("inputs", "book", 0, "upper"), -5.0),
        (("inputs", "at"), "now"),
        (("quotes", "ETH"), [[1]]),
        (("quotes",), {}),
        (("past", "prices"), {"ETH": {"times": [2, 1.5], "values": [1.0, 2.0]}}),
        (("held",), [["ETH", 10**30, 1.0, True, 1.0]]),
        (("inputs", "histories"), {}),
        (("inputs", "histories"), {"origin": ["a"], "provenance": None}),
        (("inputs", "histories"), []),
        (("inputs", "block_number"), -1),
        (("inputs", "chain_id"), True),
    ],
)
def test_remake__inputs_that_no_plan_has__are_refused_by_name(
    published: tuple[PlanRecord, str], tmp_path: Path, path: tuple[Any, ...], value: Any
) -> None:
    content = json.loads(published[1])
    change(content, path, value)
    with pytest.raises(BadFile, match=r"told\.json"):
        remake(written(tmp_path, content))


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Iterate over the paths of a document's nodes; of a list, of its first two."""
    if path:
        yield path
    if isinstance(content, (dict, list)):
        rows = list(content.items()) if isinstance(content, dict) else list(enumerate(content[:2]))
        for key, value in rows:
            yield from places(value, (*path, key))


OTHER_KINDS: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, 1e308, -1e308, 1e-320, "", "x", "\x1b[2J", "9" * 400, [], [1], [None], [[]],
    {}, {"a": 1}, {"": {}}, "taken out",
]  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_remake__any_node_taken_out_or_of_another_kind__is_refused_by_name_or_read_without_a_word(
    published: tuple[PlanRecord, str], tmp_path: Path, data: st.DataObject
) -> None:
    content = json.loads(published[1])
    content["inputs"]["scenarios"] = 64
    path = data.draw(st.sampled_from(list(places(content))))
    value = data.draw(st.sampled_from(OTHER_KINDS))
    change(content, path, copy.deepcopy(value))
    if value == "taken out":
        inner = content
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        words = ""
        try:
            words = describe(remake(written(tmp_path, content)), account("operator").address)
        except BadFile as error:
            words = str(error) if str(error).isprintable() and "told.json" in str(error) else ""
    assert words
    assert not [each for each in said if issubclass(each.category, RuntimeWarning)]


PAST: dict[str, Any] = {"times": [10**9], "values": [1.0]}
NAMED = [f"A{number}" for number in range(MOST_ASSETS + 1)]
TOO_MUCH: list[tuple[tuple[Any, ...], Any, str]] = [
    (("inputs", "market", "spots"), dict.fromkeys(NAMED, 2.0), f"assets = 5[0-9]: must be at most {MOST_ASSETS}:"),
    (("inputs", "market", "vols"), dict.fromkeys(NAMED, 0.6), f"assets = 5[0-9]: must be at most {MOST_ASSETS}:"),
    (("inputs", "chains"), {key: {} for key in NAMED}, f"assets = 5[0-9]: must be at most {MOST_ASSETS}:"),
    (("inputs", "own"), {key: {} for key in NAMED}, f"assets = 5[0-9]: must be at most {MOST_ASSETS}:"),
    (
        ("inputs", "holdings", "perpetuals"),
        dict.fromkeys(NAMED, 1.0),
        f"assets = 5[0-9]: must be at most {MOST_ASSETS}",
    ),
    (("past", "prices"), dict.fromkeys(NAMED, PAST), f"assets = 5[0-9]: must be at most {MOST_ASSETS}:"),
    (("inputs", "book", 0, "assets"), NAMED, f"assets of a position = {MOST_ASSETS + 1}: must be at most 8"),
    (("inputs", "book"), [{"assets": NAMED[:8]}] * 251, "tokens of weighted positions = 2008: must be at most 2,000"),
    (("inputs", "market", "correlations"), {f"A{k}/B": 0.1 for k in range(2_501)}, "correlations = 2501: must be at"),
    (("inputs", "signals"), [{}] * (MOST_SIGNALS + 1), f"signals = {MOST_SIGNALS + 1}: must be at most {MOST_SIGNALS}"),
    (("order",), ["VRP"] * (MOST_SIGNALS + 1), f"order of signals = {MOST_SIGNALS + 1}: must be at most"),
    (("inputs", "expected_signals"), ["VRP"] * (MOST_SIGNALS + 1), "expected signals = 101: must be at most 100"),
    (("held",), [[]] * (MOST_QUOTES + 1), "options held = 10001: must be at most 10,000"),
    (
        ("past", "indices"),
        {"ETH": {"times": [1] * (MOST_MOMENTS + 1), "values": []}},
        "past = 1000001: must be at most",
    ),
    (
        ("past", "prices"),
        {"ETH": {"times": [-(10**13), 5], "values": [1.0, 1.0]}},
        "times of the past = -10000000000000",
    ),
    (("inputs", "market", "observed_at"), MOST_AT + 1, f"at = {MOST_AT + 1}: must be in 0"),
]


@pytest.mark.parametrize(("path", "value", "words"), TOO_MUCH, ids=["-".join(map(str, path)) for path, *_ in TOO_MUCH])
def test_remake__more_than_any_plan_has__is_refused_by_name_and_number_before_it_is_made(
    published: tuple[PlanRecord, str], tmp_path: Path, path: tuple[Any, ...], value: Any, words: str
) -> None:
    """300 more assets took half a minute, 1,000 four minutes and 1.6 GB."""
    content = json.loads(published[1])
    change(content, path, value)
    with pytest.raises(BadFile, match=words) as refused:
        remake(written(tmp_path, content))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("price", [1e308, 1e-320])
def test_remake__price_that_no_number_holds__says_nothing_beside_its_error(
    published: tuple[PlanRecord, str], tmp_path: Path, price: float
) -> None:
    content = json.loads(published[1])
    content["inputs"]["scenarios"] = 64
    content["inputs"]["market"]["spots"]["ETH"] = price
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadFile, match=r"told\.json"):
            remake(written(tmp_path, content))


def test_remake__file_as_large_as_none_is__is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "told.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(BadFile, match="larger than 64 MiB"):
        remake(tmp_path / "told.json")


def test_verify__node_no_longer_has_the_plans_block__proves_nothing_and_says_so(
    world: World, published: tuple[PlanRecord, str], tmp_path: Path
) -> None:
    record, text = published
    proposal = found(world, propose(world, record))

    def forget(answering: Answering, asked: Asked) -> bool:
        old = asked["method"] == "eth_call" and asked["params"][1] == hex(record.block_number)
        return old and answering.error(asked, {"code": -32000, "message": "missing trie node abc (path )"})

    with lying_node(world.chain.url, forget) as node:
        pruned = replace(world, chain=through(node, world.chain))
        checks = checked(pruned, proposal, written(tmp_path, text))
    assert different(checks) == set()
    unknown = [check for check in checks if check.outcome is Outcome.UNKNOWN]
    assert [check.what for check in unknown] == ["what the chain says"]
    assert "ask an archive node" in unknown[0].words
