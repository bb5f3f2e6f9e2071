"""Decimals of tokens: what a stranger's contract says is doubted, what a node fails to say is the node's fault."""

from __future__ import annotations

import pytest

from bridge.adapters.tokens import MOST_DECIMALS, NATIVE, Decimals, unknown_token
from bridge.chain.node import Chain
from bridge.errors import MissingBlock, NodeUnreachable, UntrustedNumber
from bridge.local.anvil import free_port
from bridge.local.world import World
from tests.bridge.lying_node import failing, lying_node, through


def tokens(world: World) -> tuple[str, str]:
    """Return the addresses of USD and BTC."""
    by_asset = {asset: token for token, asset in world.deployment.assets.items()}
    return by_asset["USD"], by_asset["BTC"]


def test_decimals__node_that_is_gone_or_lacks_the_block__is_no_fault_of_the_token(world: World) -> None:
    block = world.chain.head()
    with lying_node(world.chain.url) as node:
        chain = through(node, world.chain)
        node.lie = failing("eth_call", -1, lambda answering, asked: answering.error(asked, "header not found"))
        with pytest.raises(MissingBlock):
            Decimals(chain).of(tokens(world), block)
    with pytest.raises(NodeUnreachable):
        Decimals(Chain(f"http://127.0.0.1:{free_port()}", world.chain.chain_id)).of(tokens(world), block)


@pytest.mark.parametrize(("said", "known"), [(0, True), (MOST_DECIMALS, True), (MOST_DECIMALS + 1, False)])
def test_decimals__at_the_most_that_make_sense__are_taken_and_one_more_is_not(
    world: World, said: int, known: bool
) -> None:
    token, other = tokens(world)
    world.chain.request("anvil_setCode", token, f"0x60{said:02x}5f5260205ff3")
    read, block = Decimals(world.chain), world.chain.head()
    if known:
        assert read.of((token, other), block) == (said, 8)
        assert read.of((NATIVE, token), block) == (18, said)
    else:
        with pytest.raises(UntrustedNumber, match=f"says {said} decimals"):
            read.of((other, token), block)


def test_unknown_token__known_in_any_case__is_nothing_to_say(world: World) -> None:
    usd, btc = tokens(world)
    assert unknown_token((usd.lower(), btc.upper().replace("X", "x", 1)), world.deployment.assets) == ""
    assert unknown_token((usd, "0x" + "ab" * 20), None) == ""
    said = unknown_token((usd, "0x" + "ab" * 20), world.deployment.assets)
    assert "0xabABaBAbABaBabAbABAbAbabABababABaBABABAB".lower() in said.lower()
    assert "has no asset" in said
