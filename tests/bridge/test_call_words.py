"""What voters read of a call: structs by their fields, what is malformed by its names, all of it without a guard."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_typing import HexStr

from bridge.errors import UsageError
from bridge.governance.actions import build_action
from bridge.governance.calls import action_words, call_words
from bridge.governance.proposals import Action
from bridge.governance.telling import Telling
from bridge.governance.updates import Update, decode_update, update_call
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEYS
from tests.bridge.test_regime_table import table  # noqa: F401


def test_shown__struct_list_bytes_and_addresses__each_by_what_it_is(world: World) -> None:
    at = world.deployment
    content = {"a": 1, "b": [b"\x01", at.address("HedgeGovernor")], "c": {"d": "x\x1b"}}
    told = Telling(world.snapshot()).shown(content)
    assert told.startswith(f"{{a=1, b=[0x01, {at.address('HedgeGovernor')} (HedgeGovernor)], c={{d=x")
    assert told.isprintable()


def test_call_words__table_of_keys_that_there_are_not__is_shown_by_its_names(world: World) -> None:
    automation = world.deployment.address("RegimeAutomation")
    rows = [(0, [1_000]), (10**8, [900])]
    data = world.chain.contract("RegimeAutomation", automation).encode_abi(
        "setTable", args=[[200], rows, (5 * 10**6, 7_200, 86_400), 0]
    )
    words = call_words(world.snapshot(), automation, HexStr(data))
    assert words.startswith("RegimeAutomation.setTable(")
    assert "200" in words
    assert "900" in words


def test_action_words__deployment_without_the_guard__tells_the_call(world: World) -> None:
    made = build_action(
        world.snapshot(), "set-signers", ["ETH", "3", *(one.address for one in accounts("reporter"))][:5]
    )
    contracts = {name: at for name, at in world.deployment.contracts.items() if name != "ProposalGuard"}
    bare = Snapshot(world.chain, world.deployment.model_copy(update={"contracts": contracts}), world.chain.head())
    targets, calls = zip(*made.calls, strict=True)
    action = Action(targets, (0,) * len(calls), tuple(bytes.fromhex(call[2:]) for call in calls), "text")
    (told,) = action_words(bare, action)
    assert told.startswith("ETH feed.setSigners(")
    assert action_words(world.snapshot(), action) == [told]


@pytest.mark.parametrize("quorum", ["0", "256", "-1", "three", "1.5", ""])
def test_set_signers__quorum_that_is_none__is_refused_before_the_contract_is_asked(world: World, quorum: str) -> None:
    given = [one.address for one in accounts("reporter")[:3]]
    with pytest.raises(UsageError, match="the quorum is "):
        build_action(world.snapshot(), "set-signers", ["ETH", quorum, *given])
    for fine in ("1", "255"):
        assert build_action(world.snapshot(), "set-signers", ["ETH", fine, *given]).calls


def test_set_table__first_one__gives_the_role_and_promises_it(world: World, table: Path) -> None:  # noqa: F811
    made = build_action(world.snapshot(), "set-table", [str(table)])
    assert len(made.calls) == 2
    assert [promise.contract for promise in made.postconditions] == ["RegimeAutomation", "HedgeParameters"]
    (power,) = made.postconditions[1].answers
    assert power.function == "hasRole"
    assert account("operator").address not in str(power)


@pytest.mark.parametrize(
    ("keys", "values", "known"),
    [((3, 4), (1, 2), True), ((3, 200), (1, 2), False), ((200, 201), (1, 2), False), ((3, 4), (1,), False)],
)
def test_decode_update__one_key_among_others_that_there_is_not__is_no_update(
    world: World, keys: tuple[int, ...], values: tuple[int, ...], known: bool
) -> None:
    made = Update(keys, values, 5, 6, "0x" + "11" * 32)
    target, call = update_call(world.snapshot(), made)
    found = decode_update(world.snapshot(), target, bytes.fromhex(call[2:]))
    assert found == (made if known else None)
    assert decode_update(world.snapshot(), target.lower(), bytes.fromhex(call[2:])) == found
    assert decode_update(world.snapshot(), "0x" + "ab" * 20, bytes.fromhex(call[2:])) is None


@pytest.mark.parametrize(("key", "known"), [(len(KEYS) - 1, True), (len(KEYS), False)])
def test_decode_update__key_at_the_end_of_the_list__is_known_and_the_next_is_not(
    world: World, key: int, known: bool
) -> None:
    target, call = update_call(world.snapshot(), Update((key,), (1,), 5, 6, "0x" + "11" * 32))
    assert (decode_update(world.snapshot(), target, bytes.fromhex(call[2:])) is not None) is known


def test_call_words__rows_of_other_keys_than_the_table__are_shown_by_their_names(world: World) -> None:
    automation = world.deployment.address("RegimeAutomation")
    data = world.chain.contract("RegimeAutomation", automation).encode_abi(
        "setTable", args=[[13], [(0, [1_000, 5])], (5 * 10**6, 7_200, 86_400), 0]
    )
    words = call_words(world.snapshot(), automation, HexStr(data))
    assert words.startswith("RegimeAutomation.setTable(keys_=[13], ")
    assert "values=[1000, 5]" in words
