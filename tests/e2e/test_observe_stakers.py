"""Positions that an owner has put into a staker, Uniswap's own bytecode: read as before, and only the depositor's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.stakers import staked
from bridge.artifacts.vendor import vendor
from bridge.local.accounts import account
from bridge.local.world import World
from tests.e2e.observing import Observed

pytestmark = pytest.mark.e2e
MANAGER = "NonfungiblePositionManager"


def staker_of(observed: Observed, world: World, kind: str = "uniswap_v3_staker") -> str:
    """Deploy Uniswap's staker and name it in the network's file."""
    published, at = vendor("UniswapV3Staker"), world.deployment.contracts
    maker, terms = account("market-maker"), (at["UniswapV3Factory"], at[MANAGER], 0, 10**9)
    staker = observed.chain.deploy_code(maker, published.name, published.abi, published.bytecode, *terms)
    name_it(observed, staker, kind)
    return staker


def name_it(observed: Observed, staker: str, kind: str) -> None:
    file = observed.folder / "network.toml"
    file.write_text(file.read_text().partition("[stakers]")[0] + f'[stakers]\n"{staker}" = "{kind}"\n')


def v3_of(content: Any) -> dict[str, Any]:
    return {each["id"]: each for each in content["positions"] if each["id"].startswith("uniswap-v3:")}


def put(observed: Observed, world: World, staker: str, token_id: int) -> None:
    lp, manager = account("lp"), world.deployment.contracts[MANAGER]
    observed.chain.send(lp, MANAGER, manager, "transferFrom", lp.address, lp.address, token_id)
    observed.chain.send(lp, MANAGER, manager, "safeTransferFrom", lp.address, staker, token_id)


def test_staked__position_of_the_owner__is_read_with_its_past_as_before(observed: Observed, world: World) -> None:
    staker, before = staker_of(observed, world), v3_of(observed.exposure())
    name = next(iter(before))
    put(observed, world, staker, int(name.split(":")[1]))
    after = v3_of(observed.exposure())
    assert set(after) == set(before)
    for exact in ("amounts_units", "fees_units", "held_units", "liquidity", "unknown"):
        assert after[name][exact] == before[name][exact]


def test_staked__deposit_handed_on__is_the_new_depositors_alone(observed: Observed, world: World) -> None:
    staker, before = staker_of(observed, world), v3_of(observed.exposure())
    name, maker = next(iter(before)), account("market-maker")
    put(observed, world, staker, int(name.split(":")[1]))
    observed.chain.send(
        account("lp"), "UniswapV3Staker", staker, "transferDeposit", int(name.split(":")[1]), maker.address
    )
    assert name not in v3_of(observed.exposure())
    theirs = observed.call("exposure", "--json", "--rpc", observed.chain.url, "--owner", maker.address).json()
    assert v3_of(theirs)[name]["liquidity"] == before[name]["liquidity"]
    observed.chain.send(maker, "UniswapV3Staker", staker, "withdrawToken", int(name.split(":")[1]), observed.owner, b"")
    assert v3_of(observed.exposure())[name]["liquidity"] == before[name]["liquidity"]


def test_staked__in_a_staker_of_an_unknown_kind__is_named_and_stops_nothing(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    staker, before = staker_of(observed, world, "gauge"), v3_of(observed.exposure())
    name = next(iter(before))
    put(observed, world, staker, int(name.split(":")[1]))
    seen = observed.exposure()
    assert set(v3_of(seen)) == set(before) - {name}
    left = {each["id"]: each["reason"] for each in seen["unread"]}
    assert "a staker of the kind gauge, which does not tell here whose it is" in left[name]
    name_it(observed, staker, "uniswap_v3_staker")
    assert set(v3_of(observed.exposure())) == set(before)


def test_staked__more_deposits_than_are_asked__own_ones_first_and_the_rest_counted(
    observed: Observed, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    staker, before = staker_of(observed, world), v3_of(observed.exposure())
    names, maker = list(before), account("market-maker")
    for name in names[:2]:
        put(observed, world, staker, int(name.split(":")[1]))
    given = int(names[0].split(":")[1])
    observed.chain.send(account("lp"), "UniswapV3Staker", staker, "transferDeposit", given, maker.address)
    observed.chain.send(maker, "UniswapV3Staker", staker, "transferDeposit", given, observed.owner)
    monkeypatch.setattr("bridge.adapters.stakers.MOST_ASKED", 1)
    manager, block = world.deployment.contracts[MANAGER], observed.chain.head()
    found = staked(observed.chain, manager, {staker: "uniswap_v3_staker"}, observed.owner, 0, block)
    assert found.token_ids == [given]
    assert [each.id for each in found.unread] == ["uniswap-v3: 1 more"]


def test_staked__staker_that_is_not_there__stops_nothing(observed: Observed) -> None:
    before = v3_of(observed.exposure())
    name_it(observed, "0x" + "77" * 20, "uniswap_v3_staker")
    assert set(v3_of(observed.exposure())) == set(before)
