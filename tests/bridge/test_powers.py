"""Calls that give an address power say what it may then do and who is there, and warn of one key and of strangers."""

from __future__ import annotations

from typing import Any

import pytest
from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.codec import encode_call, functions
from bridge.governance.brought import Action
from bridge.governance.calls import action_words, call_words
from bridge.governance.powers import MOST_RECEIVERS, OWNERS, power_given
from bridge.governance.roles import ROLES
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.safes import made_safe

ADMIN, ZERO, ONE = bytes(32), "0x" + "00" * 20, "0x" + "00" * 19 + "01"
LP = account("lp").address
DUTIES = {name: keccak(text=f"{name}_ROLE") for name in ("PROPOSER", "EXECUTOR", "CANCELLER")}
STRANGER = "0x" + "12" * 20


def place(world: World, contract: str) -> str:
    if contract == "VolatilityOracle":
        return world.deployment.feeds["ETH"]
    return world.deployment.address("guardian" if contract == "Safe" else contract)


def told(world: World, contract: str, function: str, *arguments: Any) -> str:
    data = encode_call(contract, function, *arguments).hex
    return call_words(world.snapshot(), place(world, contract), data)


GIFTS: list[tuple[str, str, tuple[Any, ...], str]] = [
    ("HedgeParameters", "grantRole", (ADMIN, LP), "set every parameter and limit at once"),
    ("HedgeParameters", "grantRole", (ROLES["guardian"], LP), "pause the parameters"),
    ("HedgeParameters", "grantRole", (ROLES["steward"], LP), "announce updates inside the limits"),
    ("HedgeParameters", "grantRole", (keccak(text="AUTOMATION_ROLE"), LP), "set parameters inside their limits"),
    ("HedgeParameters", "grantRole", (b"\x77" * 32, LP), "not known here"),
    ("HedgeTimelock", "grantRole", (ADMIN, LP), "give and take every role of the timelock"),
    ("HedgeTimelock", "grantRole", (DUTIES["PROPOSER"], LP), "have the DAO make any call"),
    ("HedgeTimelock", "grantRole", (DUTIES["EXECUTOR"], LP), "execute what has waited"),
    ("HedgeTimelock", "grantRole", (DUTIES["CANCELLER"], LP), "cancel whatever waits in the timelock"),
    ("HedgeGovernor", "setProposalGuardian", (LP,), "cancel every proposal until it is executed"),
    ("HedgeGovernor", "updateTimelock", (LP,), "carry out, or not, whatever the DAO votes"),
    ("VolatilityOracle", "transferOwnership", (LP,), "replace the feed's reporters"),
    ("HedgeVotes", "delegate", (LP,), "vote with all votes of the caller"),
    ("HedgeVotes", "transfer", (LP, 5), "vote with the tokens that it gets"),
    ("HedgeVotes", "transferFrom", (STRANGER, LP, 5), "vote with the tokens that it gets"),
    ("HedgeVotes", "approve", (LP, 5), "move tokens of the caller"),
    ("Safe", "enableModule", (LP,), "make every call of the Safe without a signature"),
    ("Safe", "setGuard", (LP,), "refuse every transaction"),
    ("Safe", "setFallbackHandler", (LP,), "answer in the Safe's name"),
]


@pytest.mark.parametrize(("contract", "function", "arguments", "may"), GIFTS)
def test_call_words__power_for_a_plain_account__says_what_it_may_who_it_is_and_warns(
    world: World, contract: str, function: str, arguments: tuple[Any, ...], may: str
) -> None:
    lines = told(world, contract, function, *arguments).splitlines()
    assert lines[1].startswith(f"  gives power: {LP} may then ")
    assert may in lines[1]
    assert lines[2] == f"  at block {world.chain.head().number} {LP} is a plain account"
    assert lines[3].startswith(f"  WARNING: {LP} has no code: whoever has its one key")
    assert all(line.startswith("  ") for line in lines[1:])


def test_call_words__role_for_each_kind_of_holder__warns_of_all_but_several_people_and_our_own(world: World) -> None:
    votes, timelock = world.deployment.address("HedgeVotes"), world.deployment.address("HedgeTimelock")
    world.chain.request("anvil_setCode", account("trader").address, "0xef0100" + votes[2:])
    signers = ("guardian-1", "guardian-2", "guardian-3")
    for to, is_, warned in (
        (account("trader").address, f"an account that runs the code of {votes}", "(EIP-7702)"),
        (votes, "a contract that is no Safe (HedgeVotes of this deployment)", "is a contract and no Safe"),
        (made_safe(world, signers[:1], 1), "a Safe of 1 of 1 owners", "is a Safe with one owner"),
        (made_safe(world, signers, 1), "a Safe of 1 of 3 owners", "of whom one is enough"),
        (made_safe(world, signers, 2), "a Safe of 2 of 3 owners", None),
        (world.deployment.address("guardian"), "a Safe of 2 of 3 owners", None),
        (timelock, "HedgeTimelock of this deployment", None),
    ):
        words = told(world, "HedgeTimelock", "grantRole", DUTIES["PROPOSER"], to)
        assert f"{to} is {is_}" in words
        assert ("WARNING" in words) == (warned is not None), words
        assert (warned or "") in words


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "said"),
    [
        ("HedgeTimelock", "grantRole", (DUTIES["EXECUTOR"], ZERO), "anyone at all may then execute what has waited"),
        ("HedgeGovernor", "setProposalGuardian", (ZERO,), f"WARNING: {ZERO} is nobody's"),
        ("Safe", "changeThreshold", (1,), "WARNING: the key of one owner is then enough"),
        ("Safe", "addOwnerWithThreshold", (LP, 1), "WARNING: the key of one owner is then enough"),
        ("Safe", "removeOwner", (ONE, LP, 1), "WARNING: the key of one owner is then enough"),
        ("Safe", "swapOwner", (ONE, STRANGER, ZERO), f"WARNING: {ZERO} is nobody's"),
        ("VolatilityOracle", "setSigners", ([LP], 1), "WARNING: the key of one reporter is then enough"),
    ],
)
def test_call_words__one_key_or_nobody__is_warned_of(
    world: World, contract: str, function: str, arguments: tuple[Any, ...], said: str
) -> None:
    assert said in told(world, contract, function, *arguments)


@pytest.mark.parametrize("function", sorted(OWNERS))
def test_call_words__owner_of_a_safe_that_is_an_account__is_named_without_a_warning(
    world: World, function: str
) -> None:
    words = told(world, "Safe", function, *((ONE, STRANGER, LP) if function == "swapOwner" else (LP, 2)))
    assert f"{LP} is a plain account" in words
    assert "sign for the Safe as one of its owners" in words
    assert "WARNING" not in words


def test_call_words__guard_taken_off_or_role_taken__gives_no_power(world: World) -> None:
    for call in (
        ("Safe", "setGuard", ZERO),
        ("HedgeParameters", "revokeRole", ADMIN, LP),
        ("HedgeParameters", "pause"),
    ):
        assert "gives power" not in told(world, *call)


def test_call_words__power_inside_of_a_call__is_told_however_it_is_carried(world: World) -> None:
    grant = encode_call("HedgeTimelock", "grantRole", DUTIES["PROPOSER"], LP).data
    timelock = place(world, "HedgeTimelock")
    batch = [timelock, STRANGER], [0, 3], [grant, b"\x01\x02\x03\x04"]
    once = encode_call("HedgeGovernor", "relay", timelock, 0, grant).data
    for contract, function, arguments in (
        ("HedgeGovernor", "relay", (timelock, 0, grant)),
        ("HedgeGovernor", "relay", (place(world, "HedgeGovernor"), 0, once)),
        ("HedgeGovernor", "propose", (*batch, "text")),
        ("HedgeTimelock", "scheduleBatch", (*batch, ADMIN, ADMIN, 5)),
        ("HedgeTimelock", "execute", (timelock, 0, grant, ADMIN, ADMIN)),
        ("Safe", "execTransaction", (timelock, 0, grant, 1, 0, 0, 0, ZERO, ZERO, b"")),
    ):
        words = told(world, contract, function, *arguments)
        assert "  carries the call: HedgeTimelock.grantRole(role=proposer, account=" in words
        assert f"gives power: {LP} may then have the DAO make any call" in words
        assert f"WARNING: {LP} has no code" in words
        assert ("3 wei with a call to" in words) == (arguments[0] == batch[0])
        assert ("(a delegate call)" in words) == (contract == "Safe")


def test_call_words__bytes_behind_an_end_that_no_contract_looks_at__hide_nothing(world: World) -> None:
    """Solidity reads neither the zeros behind bytes nor whether they are there."""
    timelock, governor = place(world, "HedgeTimelock"), place(world, "HedgeGovernor")
    grant = encode_call("HedgeTimelock", "grantRole", DUTIES["PROPOSER"], LP).data
    inner = encode_call("HedgeTimelock", "schedule", timelock, 0, grant, ADMIN, ADMIN, 5).data
    clean = encode_call("HedgeGovernor", "relay", timelock, 0, inner).data
    unpadded = len(inner) % 32 and 32 - len(inner) % 32
    dirty_inner = encode_call("HedgeGovernor", "relay", timelock, 0, inner[:-1] + b"\x01").data
    batch = encode_call("HedgeTimelock", "scheduleBatch", [timelock], [0], [grant], ADMIN, ADMIN, 5).data
    at = batch.index(grant) + len(grant)
    dirty_batch = encode_call("HedgeGovernor", "relay", timelock, 0, batch[:at] + b"\x01" + batch[at + 1 :]).data
    for data in (clean, clean[:-1] + b"\x01", clean[:-unpadded], dirty_inner, dirty_batch):
        words = call_words(world.snapshot(), governor, HexStr("0x" + data.hex()))
        assert f"gives power: {LP} may then have the DAO make any call" in words
        assert f"WARNING: {LP} has no code" in words


def test_call_words__function_of_ours_with_arguments_that_do_not_fit__warns(world: World) -> None:
    """Contracts of before 0.8 look at the last bytes of an address alone."""
    data = bytearray(encode_call("HedgeTimelock", "grantRole", DUTIES["PROPOSER"], LP).data)
    data[36] = 1  # of the address' twelve zeros
    for to in (place(world, "HedgeTimelock"), STRANGER):
        words = call_words(world.snapshot(), to, HexStr("0x" + bytes(data).hex()))
        assert "WARNING: by its first bytes it is grantRole, and its arguments cannot be told" in words


def test_call_words__calls_inside_of_calls_without_end__says_where_it_stops(world: World) -> None:
    governor, data = place(world, "HedgeGovernor"), b"\x01\x02\x03\x04"
    for _ in range(20):
        data = encode_call("HedgeGovernor", "relay", governor, 0, data).data
    words = call_words(world.snapshot(), governor, HexStr("0x" + data.hex()))
    assert "it is inside of too many others" in words
    assert "not shown whole" in words


def test_call_words__ownership_of_a_contract_that_is_not_in_the_file__is_told_by_its_first_bytes(world: World) -> None:
    for contract, function, arguments in (
        ("VolatilityOracle", "transferOwnership", (LP,)),
        ("HedgeParameters", "grantRole", (ADMIN, LP)),
    ):
        words = call_words(world.snapshot(), STRANGER, encode_call(contract, function, *arguments).hex)
        assert words.startswith(f"a call to {STRANGER}, which is not one of our contracts: 0x")
        assert f"by its first bytes it is {function}(" in words
        assert f"WARNING: {LP} has no code" in words


def test_action_words__thousands_of_receivers__are_looked_at_as_far_as_said(world: World) -> None:
    to = place(world, "HedgeParameters")
    calls = [encode_call("HedgeParameters", "grantRole", ADMIN, f"0x{2**20 + n:040d}").data for n in range(12)]
    words = action_words(world.snapshot(), Action((to,) * 12, (0,) * 12, tuple(calls), "text"))
    assert sum("is a plain account" in each for each in words) == MOST_RECEIVERS
    assert all(
        f"WARNING: 0x{2**20 + n:040d} was not looked at" in each for n, each in enumerate(words) if n >= MOST_RECEIVERS
    )
    twice = action_words(world.snapshot(), Action((to,) * 2, (0,) * 2, (calls[0], calls[0]), "text"))
    assert "stands above" in twice[1]


NO_POWER = {
    ("HedgeGovernor", "castVoteBySig"), ("HedgeGovernor", "castVoteWithReasonAndParamsBySig"),
    ("HedgeGovernor", "onERC1155BatchReceived"), ("HedgeGovernor", "onERC1155Received"),
    ("HedgeGovernor", "onERC721Received"), ("HedgeGovernor", "relay"), ("HedgeParameters", "renounceRole"),
    ("HedgeParameters", "revokeRole"), ("HedgeTimelock", "execute"), ("HedgeTimelock", "schedule"),
    ("HedgeTimelock", "onERC1155BatchReceived"), ("HedgeTimelock", "onERC1155Received"),
    ("HedgeTimelock", "onERC721Received"), ("HedgeTimelock", "renounceRole"), ("HedgeTimelock", "revokeRole"),
    ("HedgeVotes", "delegateBySig"), ("Safe", "disableModule"), ("Safe", "execTransaction"),
    ("Safe", "execTransactionFromModule"), ("Safe", "execTransactionFromModuleReturnData"), ("Safe", "removeOwner"),
    ("Safe", "setup"), ("Safe", "simulateAndRevert"),
}  # fmt: skip
"""Functions with an address that give none: they take it, carry a call that is told, or need what nobody has."""


@pytest.mark.unit
@pytest.mark.parametrize(
    "contract",
    [
        "HedgeGovernor", "HedgeParameters", "HedgeTimelock", "HedgeVotes", "RegimeAutomation", "Safe",
        "VolatilityBreaker", "VolatilityOracle",
    ],
)  # fmt: skip
def test_power_given__each_function_with_an_address__gives_power_or_stands_on_the_list(contract: str) -> None:
    for function in functions(contract):
        named = [each for each in function.inputs if each["type"] == "address"]
        if function.abi["stateMutability"] in ("view", "pure") or not named:
            continue
        arguments = {each["name"]: LP if each["type"] == "address" else b"" for each in function.inputs}
        found = power_given(contract, function.name, arguments) is not None
        assert found != ((contract, function.name) in NO_POWER), function.signature


def test_call_words__reporters_of_a_feed__says_how_many_of_them_set_it(world: World) -> None:
    signers = [LP, account("trader").address, account("operator").address]
    words = told(world, "VolatilityOracle", "setSigners", signers, 2)
    assert "gives power: any 2 of these 3 reporters may then set the feed's volatility" in words
    assert "WARNING" not in words


def test_call_words__owner_of_a_safe_of_one_key__is_warned_of(world: World) -> None:
    safe = made_safe(world, ("guardian-1", "guardian-2"), 1)
    named = world.deployment.model_copy(update={"accounts": world.deployment.accounts | {"guardian": safe}})
    data = encode_call("Safe", "swapOwner", ONE, account("guardian-1").address, LP).hex
    words = call_words(Snapshot(world.chain, named, world.chain.head()), safe, data)
    assert "WARNING: the key of one owner is then enough for every transaction of the Safe" in words
