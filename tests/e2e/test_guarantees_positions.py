"""Positions are read whole, at the block that was asked for, and only where what they pay is known: on two chains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak, to_checksum_address

from bridge.adapters.lens import ADDRESS
from bridge.local.accounts import account
from bridge.local.other_pools import open_pool
from tests.bridge.lying_node import Answering, Asked, Lie, lying_node
from tests.bridge.plain_market import plain_way
from tests.bridge.test_lens import word
from tests.bridge.test_taken_back import Trap
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error

TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
KEEPS, SWAPS = "may keep part of what is withdrawn", "may swap at prices of its own"
AFTER, BEFORE = "acts after every withdrawal and may refuse it", "acts before every withdrawal and may move the price"


def book(place: Place) -> dict[str, Any]:
    done = place.run("exposure", "--json")
    assert done.code == 0, done
    return dict(done.json())


def hook(*flags: int) -> str:
    """Return an address whose last bits are these permissions; there is no code at it."""
    return to_checksum_address(f"0x{'0a' * 18}{sum(1 << flag for flag in flags):04x}")


# v4 demands that a hook which returns a difference of its own (0 to 3) is called for the action as well (6 to 8, 10).
DOUBTED = {(8,): [AFTER], (9,): [BEFORE], (0, 8): [KEEPS, AFTER], (3, 7): [SWAPS], (8, 9): [AFTER, BEFORE]}
HARMLESS = [(4,), (5,), (6,), (7,), (2, 6)]


def test_v4_hook__any_permission_over_what_a_withdrawal_pays__is_named_and_all_others_are_read(place: Place) -> None:
    world, lp = place.world, account("lp")
    assert world.market.pool_v4 is not None
    usd, names, before = world.market.pool_v4.usd, {}, book(place)
    for flags in (*DOUBTED, *HARMLESS):
        with plain_way():  # the local way of the market is refused on another chain
            pool = open_pool(world.chain, world.market.contracts, usd, 3000.0, hook(*flags))
            names[flags] = f"uniswap-v4:{pool.mint(lp, (0.8, 1.25), 1_000, 3000.0)}"
    seen = book(place)
    reasons = {left["id"]: left["reason"] for left in seen["unread"]}
    assert reasons.keys() == {names[flags] for flags in DOUBTED}
    for flags, doubts in DOUBTED.items():
        said = reasons[names[flags]]
        assert said.startswith(f"the hook {hook(*flags).lower()} of its pool ")
        assert [doubt for doubt in (KEEPS, SWAPS, AFTER, BEFORE) if doubt in said] == doubts
    read = {position["id"] for position in seen["positions"]}
    assert read - {position["id"] for position in before["positions"]} == {names[flags] for flags in HARMLESS}


def transfers(place: Place, change: Any) -> Lie:
    """Change the transfers that a node knows of the v4 position manager."""
    manager = place.world.deployment.address("PositionManager").lower()

    def lie(answering: Answering, asked: Asked) -> bool:
        wanted = asked["params"][0] if asked["method"] == "eth_getLogs" else {}
        if str(wanted.get("address")).lower() != manager or wanted["topics"][0] != TRANSFER:
            return False
        return answering.result(asked, change(json.loads(answering.honest(asked))["result"]))

    return lie


def test_v4_transfers__node_forgets_one_or_tells_one_too_many__is_refused(place: Place, tmp_path: Path) -> None:
    lp = place.world.deployment.address("lp")

    def one_more(entries: list[Any]) -> list[Any]:
        number, place = "0x" + "00" * 30 + "7777", hex(1_000)
        added = ({**each, "topics": [*each["topics"][:3], number], "logIndex": place} for each in entries[:1])
        return [*entries, *added]

    for change, named in ((lambda entries: [], 0), (one_more, 2)):
        with lying_node(place.world.chain.url, transfers(place, change)) as node, through(place, tmp_path, node):
            for words in (("exposure",), ("plan",)):
                assert_one_line_error(
                    place.run(*words), 1, f"{lp} holds 1 v4 positions, transfers from block ", f" name {named}: "
                )


@pytest.mark.parametrize("change", [word(0, 1), word(1, 1), word(0, 2**255)], ids=["number", "time", "huge number"])
def test_lens__answer_is_of_another_block_by_number_or_time_alone__is_refused(
    place: Place, tmp_path: Path, change: Any
) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_call" or asked["params"][0].get("to") != ADDRESS:
            return False
        return answering.result(asked, change(json.loads(answering.honest(asked))["result"]))

    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        for words in (("exposure",), ("plan",)):
            assert_one_line_error(
                place.run(*words), 1, "the node answered for block", "it lags, or serves another chain"
            )
        done = place.run("watch", "--once")
        assert (done.code, "it lags, or serves another chain" in done.out) == (1, True)


def test_dust__sums_up_over_all_positions__and_stops_a_plan_once_it_is_none(place: Place, tmp_path: Path) -> None:
    """Three gifts of 40 USD in a pool at a wrong price: two are dust, the third makes more than 100 USD of them.

    Each is of ETH, to be sold above the true price: that nobody takes back.
    """
    names, spot = [], book(place)["market"]["spots"]["ETH"]
    trap = Trap(place.world, 0.9)
    for count in (1, 2, 3):
        names.append(trap.mint(1.5 * spot, 3 * spot, 40 / spot))
        seen = book(place)
        reasons = {left["id"]: left["reason"] for left in seen["unread"]}
        assert reasons.keys() == set(names)
        assert [reasons[name].endswith(", dust") for name in names] == [True, True, False][:count]
        assert seen["stops"].startswith(f"{names[-1]}: ") is (count == 3)
        if count == 2:
            assert (seen["stops"], place.run("plan").code) == ("", 0)
    assert reasons[names[-1]].endswith(", 40 USD of it are known")
    assert_one_line_error(place.run("plan"), 1, names[-1], "apart")
    for dust, stops in ((119.0, True), (121.0, False)):
        settings = tmp_path / "alvh.toml"
        text = settings.read_text(encoding="utf-8").partition("[book]")[0]
        settings.write_text(f"{text}[book]\ndust_usd = {dust}\n", encoding="utf-8")
        assert bool(book(place)["stops"]) is stops
