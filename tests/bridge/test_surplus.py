"""What lies in a v2 pair beside its reserves: no owner's, and no reason to leave his share out or to accuse a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isqrt
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.lens import Share, Status
from bridge.adapters.pool_position import PoolPosition
from bridge.adapters.uniswap_v2 import _doubt, _own
from bridge.config import BookConfig
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.market import read_market
from bridge.plans.observe import Holdings, look_at_positions, observe
from tests.bridge.lying_node import lying_node, through
from tests.bridge.test_contradictions import V2, in_pools, lens
from tests.bridge.test_lens_v2 import PAIR, pair_of, share_of

ANYONE = account("trader")


def give(world: World, asset: str, bps: int) -> None:
    """Send a pair so much of its own reserve, and tell it nothing."""
    share, token = share_of(world, account("lp").address), world.market.tokens[asset]
    reserve = share.reserve0 if token.lower() == share.token0 else share.reserve1
    units = reserve * bps // 10_000
    world.chain.send(account("deployer"), "TestToken", token, "mint", ANYONE.address, units)
    world.chain.send(ANYONE, "IERC20Metadata", token, "transfer", pair_of(world).address, units)


def look(world: World, snapshot_of: World | None = None) -> Holdings:
    terms, snapshot = BookConfig(), (snapshot_of or world).snapshot()
    spots = dict(read_market(world.snapshot(), terms).spots)
    return look_at_positions(snapshot, world.deployment.address("lp"), spots, terms)


def shares(held: Holdings) -> list[PoolPosition]:
    return [raw for raw in held.raw if isinstance(raw, PoolPosition) and raw.protocol == V2]


@pytest.mark.parametrize("given_", [{"USD": 200}, {"ETH": 200}, {"USD": 30_000}, {"USD": 5_000, "ETH": 5_000}])
def test_share__tokens_lie_beside_the_reserves__is_worth_its_part_of_the_reserves_and_stops_no_plan(
    world: World, given_: dict[str, int]
) -> None:
    (before,) = shares(look(world))
    for asset, bps in given_.items():
        give(world, asset, bps)
    held = look(world)
    (after,) = shares(held)
    assert (after.amounts_units, after.liquidity, after.doubt) == (before.amounts_units, before.liquidity, "")
    assert [units > 0 for units in sorted(after.surplus_units)] == [len(given_) == 2, True]
    assert (before.exact().get("surplus_units"), held.stops) == (None, "")
    assert after.exact()["surplus_units"] == [str(units) for units in after.surplus_units]
    (named,) = (left for left in held.unread if left.id == f"surplus of {after.id}")
    assert "whoever calls `skim` has them" in named.reason
    planned = observe(world.snapshot(), world.deployment.address("lp"), BookConfig())
    assert after.id in {raw.id for raw in planned.raw_positions}
    world.chain.send(ANYONE, PAIR, pair_of(world).address, "skim", ANYONE.address)
    (skimmed,) = shares(look(world))
    assert (skimmed.amounts_units, skimmed.surplus_units) == (before.amounts_units, (0, 0))


def test_share__surplus_of_next_to_nothing__is_not_named(world: World) -> None:
    give(world, "USD", 1)
    assert not [left for left in look(world).unread if left.id.startswith("surplus")]


def test_exposure__tokens_lie_beside_the_reserves__shows_the_share_and_accuses_nobody(
    world: World, command: Callable[..., tuple[int, str]]
) -> None:
    give(world, "USD", 200)
    code, said = command("exposure")
    assert code == 0
    assert "surplus of uniswap-v2:0x" in said
    assert "ask another node" not in said


def test_share__node_says_twice_its_amount__is_still_worth_its_part_of_the_reserves(world: World) -> None:
    (honest,) = shares(look(world))
    with lying_node(world.chain.url, lens(V2, in_pools(7, lambda amount: amount * 2, 10))) as node:
        (seen,) = shares(look(world, replace(world, chain=through(node, world.chain))))
    assert seen.amounts_units == honest.amounts_units


class Pair(NamedTuple):
    reserves: tuple[int, int]
    supply: int
    balance: int
    protocol: int
    surplus: tuple[int, int]

    def share(self, surplus: tuple[int, int]) -> Share:
        """Return what the lens says of a pair; see UniswapV2Shares.sol."""
        supply = self.supply + self.protocol
        paid = [self.balance * (own + more) // supply for own, more in zip(self.reserves, surplus, strict=True)]
        return Share("0x1", "0x2", "0x3", *self.reserves, self.supply, self.balance, *paid, Status.READ)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    reserves = draw(st.integers(1, 2**112 - 1)), draw(st.integers(1, 2**112 - 1))
    root = isqrt(reserves[0] * reserves[1])
    supply = draw(st.integers(1, root))
    protocol = draw(st.integers(0, supply * (root - supply) // (5 * root + supply)))  # a sixth of the growth at most
    surplus = draw(st.integers(0, 2**112)), draw(st.integers(0, 2**112))
    return Pair(reserves, supply, draw(st.integers(0, supply)), protocol, surplus)


@given(pair=pairs())
def test_own__of_any_honest_pair__is_what_a_burn_pays_without_a_surplus(pair: Pair) -> None:
    plain = pair.share((0, 0))
    assert _own(plain) == (plain.amount0, plain.amount1)
    for surplus in (pair.surplus, (0, pair.surplus[1]), (pair.surplus[0], 0)):
        share = pair.share(surplus)
        assert _doubt(share) == ""
        for own, amount, clean, reserve in zip(
            _own(share), (share.amount0, share.amount1), (plain.amount0, plain.amount1), pair.reserves, strict=True
        ):
            assert clean <= own <= min(amount, pair.balance * reserve // pair.supply)


@given(pair=pairs())
def test_own__surplus_of_one_token__the_other_tells_the_protocols_part(pair: Pair) -> None:
    plain, share = pair.share((0, 0)), pair.share((pair.surplus[0], 0))
    own = _own(share)
    assert own[1] == plain.amount1
    # what one unit of the other amount, rounded down as it is, can be of this one
    assert own[0] - plain.amount0 <= pair.reserves[0] // pair.reserves[1] + 1
