"""The plan beside its benchmarks, and each layer with and without."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.benchmarks import delta_benchmark, strip_benchmark
from hedge.layers.gate import TailRisk
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.risk.measures import book_pnl, cvar, legs_pnl
from hedge.risk.scenarios import Scenarios, draw_scenarios

pytestmark = pytest.mark.unit

ONE = Book((position("eth", 1e6),))
SCENARIOS = draw_scenarios(("ETH",), MARKET, 2048)


def plan(book: Book = ONE) -> Plan:
    return build_plan(book, MARKET, CHAINS, Parameters(), signals=CALM, scenario_count=2048)


def test_comparison__rows__agree_with_the_gate_and_the_layers() -> None:
    result = plan()
    rows = result.comparison
    assert [alternative.name for alternative in rows.alternatives] == [
        "unhedged", "delta", "strip", "strip and delta", "layers 2 and 3", "plan",
    ]  # fmt: skip
    risk: TailRisk = result.gate.risk
    assert rows["unhedged"].cvar_usd == risk.unhedged
    assert rows["layers 2 and 3"].cvar_usd == pytest.approx(risk.protected)
    assert rows["plan"].cvar_usd == pytest.approx(risk.hedged)
    assert rows["plan"].cash_usd == pytest.approx(result.costs["cash_usd"])
    assert math.isnan(rows["unhedged"].cvar_per_usd)
    json.dumps(rows.to_dict(), allow_nan=False)


def test_comparison__calm_synthetic_chain__plan_beats_delta_per_usd_and_strip_with_delta_removes_the_variance() -> None:
    rows = plan().comparison
    assert rows["plan"].cvar_per_usd > rows["delta"].cvar_per_usd
    assert rows["strip and delta"].variance_removed > 0.95
    assert rows["strip and delta"].cvar_usd < 0.35 * rows["unhedged"].cvar_usd
    assert rows["delta"].variance_removed > 0.7


def test_delta_benchmark__legs__offset_the_delta_to_half_a_lot() -> None:
    total = book_exposure(ONE, MARKET).assets["ETH"]
    legs = delta_benchmark(total, CHAINS["ETH"]).legs
    # A forward's spot delta is exp((carry - rate) T): 1 at zero carry.
    assert total.delta + sum(leg.greeks(2000.0).delta for leg in legs) == pytest.approx(0.0, abs=0.06)


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
    assert [effect.name for effect in result.effects] == ["tail", "volatility", "condor"]
    for effect in result.effects:
        legs = [layer for layer in result.layers if layer.name == effect.name]
        vega = sum(layer.greeks.vega for layer in legs)
        assert effect.with_it.vega_usd - effect.without_it.vega_usd == pytest.approx(vega, rel=1e-9, abs=1e-6)
        assert effect.alone.vega_usd == pytest.approx(vega)
        assert effect.with_it.cvar_usd == pytest.approx(result.gate.risk.hedged, rel=1e-12)
    condor = result.effects[2]
    assert condor.without_it.cvar_usd == pytest.approx(result.gate.risk.protected)
    assert condor.with_it.gamma_usd <= condor.without_it.gamma_usd


def test_decision__layers_that_earn_less_than_delta__says_do_not_hedge_with_both_numbers() -> None:
    rows = tuple(row._replace(ask=2.0 * row.ask) for row in CHAINS["ETH"].rows)
    dear = {"ETH": dataclasses.replace(CHAINS["ETH"], rows=rows)}
    fair = {"ETH": CHAINS["ETH"]}
    answers = {}
    for name, chains in (("fair", fair), ("dear", dear)):
        answers[name] = build_plan(ONE, MARKET, chains, Parameters(), signals=CALM, scenario_count=512).decision
    assert answers["fair"].answer == "hedge"
    assert answers["dear"].answer == "do not hedge"
    assert "by delta alone" in answers["dear"].reasons[0]
    assert answers["dear"].numbers["cvar_per_usd"] < answers["dear"].numbers["delta_cvar_per_usd"]


def test_decision__hedge_that_takes_a_few_usd_off_a_large_tail__is_not_worth_a_trade() -> None:
    rows = tuple(row._replace(ask=3.0 * row.ask) for row in CHAINS["ETH"].rows)
    dear = {"ETH": dataclasses.replace(CHAINS["ETH"], rows=rows)}
    answer = build_plan(ONE, MARKET, dear, Parameters(), signals=CALM, scenario_count=512).decision
    cut = answer.numbers["cvar_unhedged_usd"] - answer.numbers["cvar_hedged_usd"]
    assert 0.0 < cut < 0.01 * answer.numbers["cvar_unhedged_usd"]
    assert answer.answer == "do not hedge"
    assert answer.reasons[0].startswith("not worth a trade: CVaR95 goes from")


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
    wide = Parameters(overlay_notional_cap_usd=500_000_000, condor_notional_cap_usd=50_000_000)
    larger = Book(tuple(dataclasses.replace(pool, liquidity=pool.liquidity * factor) for pool in book.positions))
    once, more = (
        build_plan(sized, MARKET, CHAINS, wide, signals=CALM, scenario_count=256).comparison for sized in (book, larger)
    )
    for name in ("delta", "plan"):
        assert more[name].cvar_usd == pytest.approx(factor * once[name].cvar_usd, rel=0.01)
        assert more[name].cvar_per_usd == pytest.approx(once[name].cvar_per_usd, rel=0.03)


def test_cvar__of_the_unhedged_row__is_that_of_the_scenarios() -> None:
    assert plan().comparison["unhedged"].cvar_usd == pytest.approx(cvar(book_pnl(ONE, MARKET, SCENARIOS)))
