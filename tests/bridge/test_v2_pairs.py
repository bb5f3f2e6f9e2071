"""Shares of v2 pairs that are not read are named: of unknown tokens, of other factories; strangers' code is not run."""

from __future__ import annotations

import json

import pytest

from bridge.adapters import v2_pairs
from bridge.adapters.uniswap_v2 import UniswapV2Reader
from bridge.chain.node import Chain
from bridge.local.accounts import account
from bridge.local.local_chain import LocalChain
from bridge.local.other_pools import open_pair
from bridge.local.protocols import deploy_vendor
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, lying_node, through, without_address

LP = account("lp")
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
STRANGE = "0x000000000000000000000000000000000000bEEf"


def reader(world: World, chain: Chain | None = None) -> UniswapV2Reader:
    at = world.deployment
    return UniswapV2Reader(chain or world.chain, at.address("UniswapV2Factory"), list(at.assets), at.start_block)


def opened(world: World, factory: str, symbol: str) -> str:
    """Open a pair of a new token and the dollar at a factory, with a share of the owner's; return its address."""
    local, maker = LocalChain(world.chain), account("deployer")
    token = local.deploy(maker, "TestToken", symbol, symbol, 18)
    tokens = {"USD": world.market.tokens["USD"], "NEW": token}
    contracts = world.market.contracts | {"UniswapV2Factory": factory}
    if factory != world.market.contracts["UniswapV2Factory"]:
        router = deploy_vendor(world.chain, maker, "UniswapV2Router02", factory, contracts["WETH9"])
        contracts |= {"UniswapV2Router02": router}
    pair = open_pair(world.chain, contracts, tokens, "NEW", "USD")
    local.send(maker, "TestToken", token, "mint", LP.address, 10**24)
    local.send(account("market-maker"), "IERC20Metadata", tokens["USD"], "transfer", LP.address, 2_000 * 10**6)
    for each in tokens.values():
        local.send(LP, "IERC20Metadata", each, "approve", contracts["UniswapV2Router02"], 2**256 - 1)
    given = (tokens["NEW"], tokens["USD"], 10**21, 1_000 * 10**6, 0, 0, LP.address, 2**255)
    local.send(LP, "UniswapV2Router02", contracts["UniswapV2Router02"], "addLiquidity", *given)
    return pair.address


def named(world: World, chain: Chain | None = None) -> dict[str, str]:
    found = reader(world, chain).read_positions(LP.address, world.chain.head())
    assert len(found.read) == 1  # what is not read hides nothing
    return {each.id: each.reason for each in found.unread}


def test_read_positions__share_of_an_unknown_tokens_pair__is_named_until_it_is_given_away(world: World) -> None:
    assert named(world) == {}
    pair = opened(world, world.market.contracts["UniswapV2Factory"], "NEW")
    assert "has no asset: add it to `assets`" in named(world)[f"uniswap-v2:{pair}"]
    balance = world.chain.read("UniswapV2Pair", pair, "balanceOf", LP.address, block=world.chain.head())
    world.chain.send(LP, "UniswapV2Pair", pair, "transfer", account("trader").address, balance)
    assert named(world) == {}


def test_read_positions__share_of_another_factorys_pair__is_named_with_its_factory(world: World) -> None:
    deployer = account("deployer")
    factory = deploy_vendor(world.chain, deployer, "UniswapV2Factory", deployer.address)
    pair = opened(world, factory, "NEW")
    assert f"the factory {factory}" in named(world)[f"uniswap-v2:{pair}"]


def logs_a_transfer(topics: int = 3) -> str:
    """Return code that says that nothing was sent to the owner, and answers whoever asks with a word of ones."""
    to, zero = "73" + LP.address[2:].lower(), "5f"
    last = "5f" * (topics - 3)
    log = f"{last}{to}{zero}7f{TRANSFER}5f5fa{topics}"
    return "0x" + log + "5f195f5260205ff3"


@pytest.mark.parametrize("topics", [3, 4])
def test_read_positions__strangers_say_that_they_sent_something__their_code_is_not_run(
    world: World, topics: int
) -> None:
    world.chain.request("anvil_setCode", STRANGE, logs_a_transfer(topics))
    LocalChain(world.chain).send_raw(account("outsider"), STRANGE, "0x", "spamming")
    with lying_node(world.chain.url) as node:
        assert named(world, through(node, world.chain)) == {}
    calls = [asked for _, asked in node.seen if asked["method"] == "eth_call"]
    assert STRANGE.lower() not in json.dumps(calls).lower()


def test_read_positions__more_tokens_than_are_asked__says_how_many_were_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = opened(world, world.market.contracts["UniswapV2Factory"], "OLD")
    opened(world, world.market.contracts["UniswapV2Factory"], "NEW")
    monkeypatch.setattr(v2_pairs, "MOST_ASKED", 1)
    found = named(world)
    assert f"uniswap-v2:{pair}" not in found
    assert any("1 are looked at" in reason for reason in found.values())


def test_read_positions__node_that_wants_an_address_in_every_filter__says_that_others_were_not_looked_for(
    world: World,
) -> None:
    with lying_node(world.chain.url, without_address) as node:
        found = named(world, through(node, world.chain))
    assert "were not looked for" in found["uniswap-v2: pairs of other tokens"]


def test_read_positions__node_that_says_a_token_has_a_pairs_code__names_it_and_reads_the_others(world: World) -> None:
    pair = opened(world, world.market.contracts["UniswapV2Factory"], "NEW")
    code = world.chain.request("eth_getCode", pair, "latest")

    def same_code_everywhere(answering: Answering, asked: Asked) -> bool:
        return asked["method"] == "eth_getCode" and answering.result(asked, code)

    with lying_node(world.chain.url, same_code_everywhere) as node:
        found = named(world, through(node, world.chain))
    assert "has no asset" in found.pop(f"uniswap-v2:{pair}")
    assert found
    assert all("does not answer as one" in reason for reason in found.values())
