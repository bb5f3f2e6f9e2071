"""The plan beside its benchmarks, and each layer with and without."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, after, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.benchmarks import delta_benchmark, strip_benchmark
from hedge.decision.compare import SHARES
from hedge.decision.programme.revalue import Smiles
from hedge.decision.programme.scenarios import draw_horizon
from hedge.instruments.listing import Listing
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.risk.measures import book_pnl, cvar, legs_pnl
from hedge.risk.scenarios import Scenarios, draw_scenarios

pytestmark = pytest.mark.unit

ONE = Book((position("eth", 1e6),))
SCENARIOS = draw_scenarios(("ETH",), MARKET, 2048)


def plan(book: Book = ONE) -> Plan:
    return build_plan(book, MARKET, CHAINS, Parameters(), signals=CALM, scenario_count=2048)


def test_comparison__rows__agree_with_the_risk_and_the_costs() -> None:
    result = plan()
    rows, risk = result.comparison, result.risk
    assert [alternative.name for alternative in rows.alternatives] == [
        "unhedged", "delta", "strip", "strip and delta", "plan",
    ]  # fmt: skip
    assert rows["unhedged"].cvar_usd == risk.unhedged
    assert rows["plan"].cvar_usd == pytest.approx(risk.hedged)
    assert rows["plan"].cash_usd == pytest.approx(result.costs["premium_usd"])
    assert rows["plan"].expected_cost_30d_usd == pytest.approx(result.costs["expected_cost_30d_usd"])
    assert all(row.cvar_removed_usd == pytest.approx(risk.unhedged - row.cvar_usd) for row in rows.alternatives)
    json.dumps(rows.to_dict(), allow_nan=False)


def test_comparison__something_held__shows_it_untouched() -> None:
    held = after(plan())
    rows = build_plan(ONE, MARKET, CHAINS, Parameters(), signals=CALM, scenario_count=2048, holdings=held).comparison
    assert [alternative.name for alternative in rows.alternatives][:2] == ["unhedged", "held"]
    assert rows["held"].cvar_usd == rows["plan"].cvar_usd < rows["unhedged"].cvar_usd


def test_comparison__calm_synthetic_chain__plan_leaves_less_than_delta_or_strip_alone() -> None:
    rows = plan().comparison
    assert rows["plan"].cvar_usd < rows["delta"].cvar_usd < rows["unhedged"].cvar_usd
    assert rows["plan"].cvar_usd < rows["strip"].cvar_usd
    assert rows["strip and delta"].variance_removed > 0.95
    assert rows["strip and delta"].cvar_usd < 0.35 * rows["unhedged"].cvar_usd
    assert rows["delta"].variance_removed > 0.7


def test_frontier__more_cost__never_leaves_more_tail_and_costs_no_more_than_its_budget() -> None:
    result = plan()
    points = result.comparison.frontier
    assert [point.cost_budget_30d_usd / result.costs["cost_budget_usd"] for point in points] == pytest.approx(SHARES)
    left = [point.cvar_usd for point in points]
    assert (np.diff(left) <= 1e-6 * left[0]).all()
    assert left[-1] < 0.5 * left[0]
    assert all(point.expected_cost_30d_usd <= point.cost_budget_30d_usd + 1.0 for point in points)


def test_delta_benchmark__perpetual__offsets_the_whole_delta_at_5_bp() -> None:
    total = book_exposure(ONE, MARKET).assets["ETH"]
    (leg,) = delta_benchmark(total, NOW).legs
    assert (leg.label, leg.quantity) == ("ETH-PERPETUAL", -total.delta)
    assert leg.cost_usd == pytest.approx(0.0005 * total.delta * 2000.0)


def test_strip_benchmark__paid_at_expiry__returns_the_loss_against_holding() -> None:
    chain = CHAINS["ETH"]
    legs = strip_benchmark(ONE, "ETH", MARKET, chain).legs
    prices = np.linspace(1300.0, 3000.0, 35)
    spots, none = {"ETH": prices}, {"ETH": np.zeros(35)}
    lost = book_pnl(ONE, MARKET, Scenarios(0.0, spots, none))
    held = book_exposure(ONE, MARKET).assets["ETH"].delta * (prices - 2000.0)
    paid = sum(leg.payoff(prices) for leg in legs)
    assert np.max(np.abs(held - lost - paid)) < 2e-3 * 1e6


def test_effects__each_layer__is_the_difference_of_with_and_without() -> None:
    result = plan(mixed_book())
    assert [effect.name for effect in result.effects] == ["delta", "condor", "volatility", "tail"]
    for effect in result.effects:
        legs = [layer for layer in result.layers if layer.name == effect.name]
        vega = sum(layer.greeks.vega for layer in legs)
        assert effect.with_it.vega_usd - effect.without_it.vega_usd == pytest.approx(vega, rel=1e-9, abs=1e-6)
        assert effect.alone.vega_usd == pytest.approx(vega)
        assert effect.with_it.cvar_usd == pytest.approx(result.risk.hedged, rel=1e-12)
        held = any(layer.legs for layer in legs)
        assert (effect.alone.cvar_usd < result.risk.unhedged) is held


def test_effects__delta_alone__leaves_no_more_than_the_whole_delta_sold() -> None:
    everything = build_plan(ONE, MARKET, {}, Parameters(delta_share_bps=10_000, target_cvar_bps=0), scenario_count=2048)
    (effect, *_) = everything.effects
    assert effect.alone.cvar_usd == pytest.approx(everything.comparison["plan"].cvar_usd)
    assert effect.alone.cvar_usd <= everything.comparison["delta"].cvar_usd


def test_decision__asks_so_wide_that_nothing_pays__is_not_worth_a_trade() -> None:
    rows = tuple(row._replace(ask=10.0 * row.ask) for row in CHAINS["ETH"].rows)
    dear = {"ETH": dataclasses.replace(CHAINS["ETH"], rows=rows)}
    result = build_plan(ONE, MARKET, dear, Parameters(delta_share_bps=0), signals=CALM, scenario_count=512)
    assert result.decision.answer == "do not hedge"
    assert result.trades == ()
    assert result.decision.reasons[1].startswith("not worth a trade: the best trades would take")


def test_decision__quoted_volatility__is_the_chains_at_the_money() -> None:
    assert plan().decision.numbers["quoted_vol"] == pytest.approx(0.65, abs=0.02)


def test_scenarios__price_on_the_way__has_the_variance_of_its_own_time() -> None:
    week = SCENARIOS.spots_at(7 / 365)["ETH"]
    moves = np.log(week / 2000.0)
    assert float(np.std(moves)) == pytest.approx(0.65 * math.sqrt(7 / 365), rel=0.03)
    month = np.log(SCENARIOS.spots["ETH"] / 2000.0)
    assert float(np.corrcoef(moves, month)[0, 1]) == pytest.approx(math.sqrt(7 / 30), abs=0.05)
    assert np.allclose(SCENARIOS.spots_at(30 / 365)["ETH"], SCENARIOS.spots["ETH"])


def test_legs_pnl__early_expiry__pays_at_the_price_of_its_own_day() -> None:
    chain = CHAINS["ETH"]
    call = chain.bought(next(row for row in chain.buyable(chain.expiries()[0], True) if row.strike == 2000.0))
    pnl = legs_pnl([call], SCENARIOS)
    assert np.allclose(pnl, call.payoff(SCENARIOS.spots_at(call.expiry)["ETH"]) - call.cost_usd)


@pytest.mark.prop
@settings(max_examples=10)
@given(factor=st.floats(0.5, 20.0))
def test_comparison__book_scaled__scales_and_keeps_its_ratios(factor: float) -> None:
    book = Book((position("eth", 1e6), position("low", 5e5, lower=1200.0, upper=1900.0)))
    larger = Book((position("eth", factor * 1e6), position("low", factor * 5e5, lower=1200.0, upper=1900.0)))
    full = Parameters(target_cvar_bps=0, rehedge_bps=0)
    once, more = (
        build_plan(sized, MARKET, CHAINS, full, signals=CALM, scenario_count=256).comparison for sized in (book, larger)
    )
    for name in ("unhedged", "delta", "plan"):
        assert more[name].cvar_usd == pytest.approx(factor * once[name].cvar_usd, rel=0.01)


def test_cvar__of_the_unhedged_row__is_that_of_the_drawn_scenarios() -> None:
    """The plan draws a week at the volatility that its smiles quote at the money."""
    result = plan()
    smiles = Smiles.of(Listing.of_chain(CHAINS["ETH"], {}))
    drawn = draw_horizon(MARKET, {"ETH": smiles.at_money(7.0)}, {}, {}, 7.0, 2048)
    assert result.comparison["unhedged"].cvar_usd == pytest.approx(cvar(book_pnl(ONE, MARKET, drawn.scenarios)))
