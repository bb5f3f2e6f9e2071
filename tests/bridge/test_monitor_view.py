"""What people see of a look: the numbers of exposure and ledger, pay-offs, votes with their next step."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.config import Config
from bridge.governance.governor import find_proposal
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.monitor.governance_view import next_step, tell_proposals
from bridge.monitor.kept import exposure_rows, leg_rows, plan_row, proposal_rows
from bridge.monitor.payoff import LP, MOVES, TODAY
from bridge.monitor.view import look_view, series_of
from bridge.plans.records import PlanRecord
from hedge.decision.held import MarkSource
from tests.bridge.steps import propose
from tests.bridge.test_watch_ledger import fills, keep
from tests.bridge.watch_steps import hedged, watched

pytestmark = pytest.mark.chain


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state=tmp_path)


@pytest.fixture
def seen(world: World, config: Config, record: PlanRecord) -> MonitorSnapshot:
    """Look at the world after its plan was voted and bought."""
    hedged(world, config, record)
    keep(config, fills(record))
    return watched(world, config).seen


def viewed(world: World, seen: MonitorSnapshot) -> dict[str, Any]:
    told = {number: each for (number, _), each in tell_proposals(world.snapshot(), seen, {}).items()}
    found: dict[str, Any] = json.loads(json.dumps(look_view(seen, world.chain.chain_id, told), allow_nan=False))
    return found


def test_look_view__plan_voted_and_bought__is_exposure_ledger_and_plan(
    world: World, seen: MonitorSnapshot, record: PlanRecord
) -> None:
    view = viewed(world, seen)
    assert seen.exposure is not None
    assert seen.held is not None
    assert view["block"] == {"number": seen.block.number, "hash": seen.block.hash, "timestamp": seen.block.timestamp}
    assert view["totals"]["value_usd"] == seen.exposure.value_usd
    assert view["totals"]["hedge_value_usd"] == pytest.approx(sum(leg.value_usd for leg in seen.held.legs))
    assert view["totals"]["net_delta_usd"] == pytest.approx(sum(g.delta_usd for g in seen.held.greeks.values()))
    for row in view["assets"]:
        assert row["lp"]["delta_usd"] == seen.exposure.assets[row["asset"]].delta_usd
        assert row["net"]["vega_usd"] == seen.held.greeks[row["asset"]].vega_usd
    assert {leg["instrument"] for leg in view["held"]["legs"]} == {
        trade["instrument"] for trade in record.plan["trades"]
    }
    assert view["decision"]["plan"] == record.inputs_hash
    assert view["decision"]["answer"] == record.plan["decision"]["answer"]
    assert [order["left"] for order in view["decision"]["orders"]] == [0.0] * len(record.plan["trades"])
    assert {position["id"] for position in view["positions"]} == {each.id for each in seen.exposure.positions}
    assert [position["value_usd"] for position in view["positions"]] == sorted(
        (each.value_usd for each in seen.exposure.positions), reverse=True
    )
    assert view["parameters"][0]["values"]["targetCvarBps"] == seen.governed.parameters.target_cvar_bps
    assert {feed["asset"] for feed in view["feeds"]} == {"BTC", "ETH"}
    assert {row["name"] for row in view["sources"]} >= {"ETH price in USD", "ETH volatility"}


def test_payoff__held_legs__are_their_own_values_along_the_price(world: World, seen: MonitorSnapshot) -> None:
    curves = viewed(world, seen)["payoff"]
    assert seen.held is not None
    assert seen.market is not None
    for asset, shown in curves.items():
        spot = seen.market.spot(asset)
        legs = [each for each in seen.held.legs if each.leg.underlying == asset]
        assert set(shown["now"]) == {LP, *(each.layer for each in legs)}
        assert all(curve[TODAY] == 0.0 for curve in shown["now"].values())
        for at in (0, 20, len(MOVES) - 1):
            gained = sum(
                float(each.leg.value(spot * (1.0 + MOVES[at]))) - float(each.leg.value(spot))
                for each in legs
                if each.source is not MarkSource.EXPIRED
            )
            layers = sum(curve[at] for name, curve in shown["now"].items() if name != LP)
            assert layers == pytest.approx(gained, abs=0.02)
        assert shown["horizon_days"] == seen.governed.parameters.horizon_days


def test_series__of_a_view__are_its_known_numbers_by_name(world: World, seen: MonitorSnapshot) -> None:
    view = viewed(world, seen)
    series = series_of(view)
    assert series["value_usd"] == view["totals"]["value_usd"]
    assert series["net_delta_usd:ETH"] == next(r["net"]["delta_usd"] for r in view["assets"] if r["asset"] == "ETH")
    assert series["volatility:BTC"] == next(feed["volatility"] for feed in view["feeds"] if feed["asset"] == "BTC")
    assert all(math.isfinite(value) for value in series.values())


def test_rows__of_a_look__are_what_is_kept(world: World, seen: MonitorSnapshot, record: PlanRecord) -> None:
    assert seen.exposure is not None
    assert seen.held is not None
    rows = exposure_rows(seen)
    assert [(row.asset, row.lp_delta_usd) for row in rows] == [
        (asset, total.delta_usd) for asset, total in sorted(seen.exposure.assets.items())
    ]
    assert [(row.instrument, row.quantity) for row in leg_rows(seen)] == [
        (each.leg.label, each.leg.quantity) for each in seen.held.legs
    ]
    assert [row.state for row in proposal_rows(seen)] == ["executed"]
    kept = plan_row(seen)
    assert kept is not None
    assert kept.inputs_hash == record.inputs_hash


def test_look_view__not_valued__shows_what_is_known_and_why_not(world: World, seen: MonitorSnapshot) -> None:
    bare = replace(
        seen, market=None, exposure=None, untrusted="no fresh volatility for ETH", positions=(), held=None, drift=None
    )
    view = viewed(world, bare)
    assert view["untrusted"] == "no fresh volatility for ETH"
    assert view["totals"]["value_usd"] is None
    assert (view["assets"], view["positions"], view["payoff"], view["held"]) == ([], [], {}, None)
    assert view["feeds"]
    assert exposure_rows(bare) == leg_rows(bare) == ()
    assert set(series_of(view)) == {"volatility:BTC", "volatility:ETH"}


def test_proposals__open_one__are_told_before_and_after_with_the_next_step(
    world: World, config: Config, record: PlanRecord
) -> None:
    propose(world, record)
    view = viewed(world, watched(world, config).seen)
    [row] = view["proposals"]
    proposal = find_proposal(world.snapshot(), int(row["id"]))
    before = {change["name"]: (str(change["old"]), str(change["new"])) for change in record.differences()}
    assert {change["what"]: (change["before"], change["after"]) for change in row["changes"]} == before
    assert row["hashes"]["proposal"] == f"0x{proposal.id:064x}"
    assert row["hashes"]["description"] == "0x" + proposal.action.description_hash.hex()
    assert row["next"] == {
        "what": "vote",
        "who": "voters",
        "from": proposal.vote_start + 1,
        "until": proposal.deadline,
        "command": f"alvh gov vote {proposal.short_id} for --keystore FILE --send",
    }
    advance_time(world.chain, proposal.vote_start + 1 - world.snapshot().block.timestamp)
    now = world.snapshot()
    assert next_step(find_proposal(now, proposal.id), now.block.timestamp)["from"] == now.block.timestamp


def test_tell_proposals__told_before__is_not_asked_again(world: World, config: Config, record: PlanRecord) -> None:
    propose(world, record)
    seen = watched(world, config).seen
    told = tell_proposals(world.snapshot(), seen, {})
    again = tell_proposals(world.snapshot(), seen, told)
    assert [each is told[key] for key, each in again.items()] == [True]
    moved = replace(seen, governed=replace(seen.governed, version=seen.governed.version + 1))
    assert set(tell_proposals(world.snapshot(), moved, told)).isdisjoint(told)  # values of now are others then
