"""A node whose numbers contradict each other, for each kind: named by exposure and monitor, of real size no plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.lens import SELECTORS
from bridge.adapters.past import NOT_ADDED_UP
from bridge.adapters.pool_position import Impossible, price_doubt
from bridge.alerts.watch import watch
from bridge.chain.codec import encode_call
from bridge.chain.node import Chain
from bridge.config import BookConfig, Config
from bridge.errors import UntrustedNumber
from bridge.local.world import World
from bridge.plans.market import read_market, read_volatilities
from bridge.plans.observe import look_at_positions, read_positions
from bridge.sources.oracle import build_report, read_status
from hedge.amm.ticks import MAX_TICK, MIN_TICK, sqrt_price_at_tick
from tests.bridge.lying_node import Answering, Asked, Lie, lying_node

Words = list[int]
V2, V3, V4 = "uniswap-v2", "uniswap-v3", "uniswap-v4"
FUNCTIONS = {V2: "sharesV2", V3: "positionsOfV3", V4: "positionsV4"}


def words_of(answer: str) -> Words:
    return [int(answer[at : at + 64], 16) for at in range(2, len(answer), 64)]


def lens(protocol: str, change: Callable[[Words], None]) -> Lie:
    """Change the words that the lens answers of a protocol."""

    def lie(answering: Answering, asked: Asked) -> bool:
        selector = "0x" + SELECTORS[FUNCTIONS[protocol]]
        if asked["method"] != "eth_call" or not asked["params"][0]["data"].startswith(selector):
            return False
        words = words_of(json.loads(answering.honest(asked))["result"])
        change(words)
        return answering.result(asked, "0x" + "".join(f"{word % 2**256:064x}" for word in words))

    return lie


def in_pools(column: int, change: Callable[[int], int], width: int = 11) -> Callable[[Words], None]:
    """Change a word of every pool, or share."""

    def made(words: Words) -> None:
        start = words[2] // 32
        for row in range(words[start]):
            at = start + 1 + width * row + column
            words[at] = change(words[at])

    return made


def liquidity(change: Callable[[int], int]) -> Callable[[Words], None]:
    """Change the liquidity in every row: the second half of its second word."""

    def made(words: Words) -> None:
        start = words[3] // 32
        for at in range(start + 2, start + 1 + words[start], 3):
            words[at] = words[at] >> 128 << 128 | change(words[at] & (1 << 128) - 1)

    return made


def both(*changes: Callable[[Words], None]) -> Callable[[Words], None]:
    def made(words: Words) -> None:
        for change in changes:
            change(words)

    return made


def half(amount: int) -> int:
    return amount // 2


KINDS: dict[str, tuple[str, Lie]] = {
    "v2 amounts are small": (V2, lens(V2, in_pools(8, lambda amount: amount // 2, 10))),
    "v2 supply": (V2, lens(V2, in_pools(5, lambda supply: supply // 3, 10))),
    "v2 supply is large": (V2, lens(V2, in_pools(5, lambda supply: supply * 3, 10))),
    "v2 reserves are small": (V2, lens(V2, both(in_pools(3, half, 10), in_pools(4, half, 10)))),
    "v3 tick": (V3, lens(V3, in_pools(7, lambda tick: tick + 500))),
    "v4 tick": (V4, lens(V4, in_pools(7, lambda tick: tick - 500))),
    "v3 price 0": (V3, lens(V3, in_pools(6, lambda price: 0))),
    "v4 price beyond": (V4, lens(V4, in_pools(6, lambda price: 2**160 - 1))),
    "v3 more liquidity than was added": (V3, lens(V3, liquidity(lambda amount: 3 * amount))),
    "v3 less liquidity than was added": (V3, lens(V3, liquidity(lambda amount: amount // 2))),
    "v4 more liquidity than was added": (V4, lens(V4, liquidity(lambda amount: 3 * amount))),
    "v4 less liquidity than was added": (V4, lens(V4, liquidity(lambda amount: amount // 2))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_positions__numbers_contradict_each_other__are_named_and_no_plan_is_made(world: World, kind: str) -> None:
    terms, owner = BookConfig(), world.deployment.address("lp")
    spots = dict(read_market(world.snapshot(), terms).spots)
    honest = look_at_positions(world.snapshot(), owner, spots, terms)
    protocol, lie = KINDS[kind]
    assert [raw.id for raw in honest.raw if raw.id.startswith(protocol)]
    with lying_node(world.chain.url, lie) as node:
        snapshot = replace(world, chain=Chain(node.url, world.chain.chain_id)).snapshot()
        seen = look_at_positions(snapshot, owner, spots, terms)
        with pytest.raises(UntrustedNumber, match="the node says that"):
            read_positions(snapshot, owner, spots, terms)
    assert {raw.id for raw in seen.raw} == {raw.id for raw in honest.raw if not raw.id.startswith(protocol)}
    assert {left.id.split(":")[0] for left in seen.unread if "the node says that" in left.reason} == {protocol}


def test_positions__older_than_start_block__stay_in_the_book_with_an_unknown_deposit(world: World) -> None:
    terms, owner = BookConfig(), world.deployment.address("lp")
    spots = dict(read_market(world.snapshot(), terms).spots)
    late = world.deployment.model_copy(update={"start_block": world.chain.head().number})
    contracts = {name: at for name, at in late.contracts.items() if name not in ("PositionManager", "PoolManager")}
    late = late.model_copy(update={"contracts": contracts})
    held = read_positions(replace(world, deployment=late).snapshot(), owner, spots, terms)
    ours = [raw.exact()["unknown"] for raw in held.raw if raw.id.startswith(V3)]
    assert ours
    assert set(ours) == {NOT_ADDED_UP}


@given(tick=st.integers(MIN_TICK, MAX_TICK - 1), share=st.floats(0.0, 1.0))
def test_price_doubt__price_of_the_tick_or_at_its_upper_end__is_none(tick: int, share: float) -> None:
    low, high = sqrt_price_at_tick(tick), sqrt_price_at_tick(tick + 1)
    inside = low + int((high - low) * share)
    if inside < sqrt_price_at_tick(MAX_TICK):
        assert price_doubt(tick, inside) == ""
    if tick + 2 < MAX_TICK:
        assert "and its price is of tick" in price_doubt(tick, high + 1)
    if tick > MIN_TICK:
        assert f"price is of tick {tick - 1}:" in price_doubt(tick, low - 1)


@pytest.mark.parametrize(("tick", "price"), [(0, 0), (0, 2**160), (MAX_TICK, 2**96), (MIN_TICK - 1, 2**96), (2**23, 1)])
def test_price_doubt__of_no_pool__is_impossible(tick: int, price: int) -> None:
    with pytest.raises(Impossible, match="as no pool is"):
        price_doubt(tick, price)


def answers(function: str, change: Callable[[Words], None]) -> Lie:
    """Change the words that a feed answers."""
    selector = encode_call("VolatilityOracle", function).hex

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_call" or asked["params"][0]["data"] != selector:
            return False
        words = words_of(json.loads(answering.honest(asked))["result"])
        change(words)
        return answering.result(asked, "0x" + "".join(f"{word:064x}" for word in words))

    return lie


def put(at: int, value: int) -> Callable[[Words], None]:
    def made(words: Words) -> None:
        words[at] = value

    return made


def lied_to(world: World, url: str) -> World:
    return replace(world, chain=Chain(url, world.chain.chain_id))


def test_feed__observed_after_the_block__is_stale_and_no_volatility(world: World) -> None:
    later = world.chain.head().timestamp + 1
    with lying_node(world.chain.url, answers("peek", put(1, later))) as node:
        snapshot = lied_to(world, node.url).snapshot()
        assert [(feed.age_seconds, feed.stale) for feed in read_status(snapshot)] == [(-1, True)] * 2
        with pytest.raises(UntrustedNumber, match="after the block it is read at"):
            build_report(snapshot, "ETH", 60_000_000)
        node.lie = answers("latest", put(1, later))
        with pytest.raises(UntrustedNumber, match="after the block it is read at"):
            read_volatilities(snapshot)


@pytest.mark.parametrize("last", [0, 7, 2**64 - 1])
@pytest.mark.parametrize("both", [False, True])
def test_build_report__last_round_is_not_the_newest_or_impossible__is_refused(
    world: World, last: int, both: bool
) -> None:
    lies = [answers("lastRound", put(0, last)), *([answers("peek", put(0, last))] if both else [])]
    with lying_node(world.chain.url, lambda *asked: any(lie(*asked) for lie in lies)) as node:
        snapshot = lied_to(world, node.url).snapshot()
        if both and last < 2**48:
            assert build_report(snapshot, "ETH", 60_000_000).round == last + 1
            return
        with pytest.raises(UntrustedNumber, match=f"its last round is {last}.*ask another node"):
            build_report(snapshot, "ETH", 60_000_000)


@pytest.mark.parametrize(
    ("ahead", "said"), [(-601, "has stopped"), (601, "601 s ahead of this machine's clock"), (-600, ""), (600, "")]
)
def test_watch__newest_block_far_from_the_clock__is_an_alert(
    world: World, tmp_path: Path, ahead: int, said: str
) -> None:
    snapshot, config = world.snapshot(), Config(state=tmp_path)
    found = watch(snapshot, config, world.deployment.address("lp"), snapshot.block.timestamp - ahead)
    assert [said in alert.text for alert in found.alerts if alert.kind == "chain"] == [True] * bool(said)
