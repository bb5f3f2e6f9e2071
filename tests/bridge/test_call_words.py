"""What voters read of a call: structs by their fields, what is malformed by its names, all of it without a guard."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_typing import HexStr
from eth_utils import to_checksum_address

from bridge.chain.codec import encode_call
from bridge.errors import UsageError
from bridge.governance.actions import build_action
from bridge.governance.calls import action_words, call_words, overview
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


EVIL = to_checksum_address("0x" + "e1" * 20)
TOKEN = to_checksum_address("0x" + "aa" * 20)


def scheduled(world: World, *calls: tuple[str, str]) -> tuple[str, HexStr]:
    """Return the governor's call that has the timelock schedule these."""
    snapshot = world.snapshot()
    targets, data = zip(*calls, strict=True)
    batch = [list(targets), [0] * len(calls), [bytes.fromhex(each[2:]) for each in data], b"", b"", 172_800]
    batch[3:5] = [b"\x00" * 32, b"\x00" * 32]
    timelock, scheduling = snapshot.call("HedgeTimelock", "scheduleBatch", *batch)
    return snapshot.call("HedgeGovernor", "relay", timelock, 0, bytes.fromhex(scheduling[2:]))


def test_call_words__one_of_unknown_functions_beside_a_grant__tells_the_grant_and_names_the_other(world: World) -> None:
    unknown = world.deployment.address("Permit2")
    grant = world.snapshot().call("HedgeParameters", "grantRole", b"\x00" * 32, EVIL)
    told = call_words(world.snapshot(), *scheduled(world, grant, (unknown, "0x3644e515")))
    assert f"a call to Permit2 at {unknown}, whose functions are not known here: 0x3644e515" in told
    assert f"gives power: {EVIL}" in told
    assert "HedgeGovernor.relay(" in told
    assert "HedgeTimelock.scheduleBatch(" in told


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "power"),
    [
        ("NonfungiblePositionManager", "setApprovalForAll", (EVIL, True), "move every position of the caller"),
        ("HedgeVotes", "transfer", (EVIL, 10**18), "do what it likes with the tokens"),
        ("IAllowanceTransfer", "approve", (TOKEN, EVIL, 1, 1), "move tokens of the caller"),
        ("Safe", "enableModule", (EVIL,), "make every call of the Safe without a signature"),
    ],
)
def test_call_words__strangers_contract__says_who_gets_power_by_what_its_first_bytes_name(
    world: World, contract: str, function: str, arguments: tuple[object, ...], power: str
) -> None:
    data = encode_call(contract, function, *arguments).hex
    told = call_words(world.snapshot(), "0x" + "ab" * 20, data)
    assert "which is not one of our contracts" in told
    assert "gives power: " in told
    assert power in told


def test_call_words__token_of_the_deployment__is_named_by_its_asset(world: World) -> None:
    token = next(at for at, asset in world.deployment.assets.items() if asset == "USD")
    told = call_words(world.snapshot(), token, encode_call("HedgeVotes", "transfer", EVIL, 5).hex)
    assert told.startswith(f"a call to {token}, the token of USD: 0xa9059cbb")
    assert "gives power: " in told


def test_overview__many_calls__counts_them_and_points_at_those_that_give_power() -> None:
    words = ["a call"] * 30 + ["a call\n  gives power: 0xe1 may then vote"] + ["a call\n  WARNING: not told"]
    (line,) = overview(words)
    assert line == "32 calls; read these first, which give power or have a warning: 31, 32"
    assert overview(words[:30]) == ["30 calls; none of them gives power that is known here"]
    assert overview(words[-20:]) == []
