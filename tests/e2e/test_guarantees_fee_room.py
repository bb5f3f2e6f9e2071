"""What a transaction offers and may cost, dry and sent, to the last wei and on two chains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.local.accounts import account
from tests.bridge.lying_node import GWEI, Answering, Asked, Lie, lying_node
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error

TO = account("lp").address
DELEGATE = ("gov", "delegate", TO)


def asking(tip: int, base: int, **answers: Any) -> Lie:
    """Name a tip and a base fee as a node does, and give other answers by method."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_maxPriorityFeePerGas":
            return answering.result(asked, hex(tip))
        if asked["method"] == "eth_getBlockByNumber":
            block = json.loads(answering.honest(asked))["result"]
            return answering.result(asked, block and block | {"baseFeePerGas": hex(base)})
        return asked["method"] in answers and answering.result(asked, answers[asked["method"]])

    return lie


def mined(place: Place) -> dict[str, Any]:
    """Return the one transaction of the newest block."""
    (sent,) = place.world.chain.request("eth_getBlockByNumber", "latest", True)["transactions"]
    return {name: int(sent[name], 16) for name in ("gas", "maxFeePerGas", "maxPriorityFeePerGas", "chainId")}


def estimated(place: Place) -> int:
    """Ask the node what gas a delegation takes."""
    to, data = place.world.snapshot().call("HedgeVotes", "delegate", TO)
    sender = account("voter-1").address
    return int(place.world.chain.request("eth_estimateGas", {"from": sender, "to": to, "data": data}), 16)


def test_send__any_transaction__offers_the_tip_above_twice_the_base_fee_and_a_quarter_more_gas(
    place: Place, tmp_path: Path
) -> None:
    gas, tip, base = estimated(place), 3 * GWEI + 7, 20 * GWEI + 11
    with lying_node(place.world.chain.url, asking(tip, base)) as node, through(place, tmp_path, node):
        place.sent(*DELEGATE, role="voter-1")
    offered = {"maxFeePerGas": 2 * base + tip, "maxPriorityFeePerGas": tip}
    assert mined(place) == {"gas": gas * 5 // 4, "chainId": place.chain_id, **offered}


def test_send__account_that_has_just_enough__is_sent_and_a_wei_less_is_refused_dry_and_sent(place: Place) -> None:
    most = estimated(place) * 5 // 4 * int(place.world.chain.fees()["maxFeePerGas"])
    voter = account("voter-1").address
    place.world.chain.request("anvil_setBalance", voter, hex(most - 1))
    for send in ((), ("--send",)):
        done = place.run(*DELEGATE, *send, role="voter-1")
        assert_one_line_error(done, 1, "and its gas may cost", "send it some first")
    place.world.chain.request("anvil_setBalance", voter, hex(most))
    assert place.run(*DELEGATE, role="voter-1").code == 0
    assert place.sent(*DELEGATE, role="voter-1")["sent"] is True


@pytest.mark.parametrize(
    ("tip", "base", "gas", "said"),
    [
        (20 * GWEI, GWEI, None, ""),
        (20 * GWEI + GWEI // 100, GWEI, None, "20.01 gwei, and chain.max_tip_gwei allows 20"),
        (2 * GWEI, 249 * GWEI, None, ""),
        (2 * GWEI, 249 * GWEI + GWEI, None, "502 gwei, and chain.max_fee_gwei allows 500"),
        (2 * GWEI, 49 * GWEI, 4_000_000, ""),
        (2 * GWEI, 49 * GWEI, 4_000_080, "0.50001 of the chain's own coin, and chain.max_fee_native allows 0.5"),
    ],
)  # fmt: skip
def test_fee__at_most_what_the_settings_allow__dry_run_and_send_agree(
    place: Place, tmp_path: Path, tip: int, base: int, gas: int | None, said: str
) -> None:
    answers = {"eth_estimateGas": hex(gas)} if gas else {}
    with lying_node(place.world.chain.url, asking(tip, base, **answers)) as node, through(place, tmp_path, node):
        for send in ((), ("--send",)):
            done = place.run(*DELEGATE, *send, role="voter-1")
            if said:
                assert_one_line_error(done, 1, said)
            else:
                assert done.code == 0, done
        assert len(node.asked("eth_sendRawTransaction")) == (0 if said else 1)
