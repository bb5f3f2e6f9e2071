"""The table of hedges of one LP, the estimates in it, and the sign of a sold condor."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import norm

from hedge import amm
from hedge.errors import BadInput
from hedge.replication import strip
from hedge.risk.measures import cvar
from hedge.simulate import estimates
from hedge.simulate.hedged_lp import ROWS, HedgedLp, LpScenario, hedged_lp
from hedge.simulate.models import GBM

pytestmark = pytest.mark.unit

# CVaR95 in bp of capital that an independent simulation of 60,000 paths gave.
PUBLISHED = dict(zip(ROWS, (2_653.0, 1_576.0, 536.0, 327.0, 2_986.0, 1_278.0), strict=True))
PUBLISHED_PATHS = 60_000
COUNT = 40_000


@cache
def table() -> HedgedLp:
    return hedged_lp(GBM(1.0, 0.6), LpScenario(), COUNT, seed=2)


@pytest.mark.parametrize("name", ROWS)
def test_hedged_lp__published_table__within_three_errors_of_the_difference(name: str) -> None:
    found = table().rows[name].cvar95
    both = found.error * math.sqrt(1.0 + COUNT / PUBLISHED_PATHS)
    assert abs(found.value - PUBLISHED[name]) <= 3.0 * both + 0.5  # published whole


def test_hedged_lp__sold_condors__add_variance_and_tail() -> None:
    rows = table().rows
    assert rows["sold condors"].std.value ** 2 / rows["unhedged"].std.value ** 2 == pytest.approx(1.23, abs=0.02)
    assert rows["sold condors"].cvar95.value > rows["unhedged"].cvar95.value
    assert rows["static delta + bought condors"].cvar95.value < rows["static delta"].cvar95.value
    assert table().strip_cost == pytest.approx(327.3, abs=0.05)


def test_hedged_lp__fair_options__move_no_mean() -> None:
    for name in ROWS[1:]:
        difference = table().rows[name].mean
        bound = 3.5 * math.hypot(difference.error, table().rows["unhedged"].mean.error)
        assert abs(difference.value - table().rows["unhedged"].mean.value) <= bound, name


def test_hedged_lp__unhedged__integral_over_the_lognormal() -> None:
    """Integrate profit over 400,000 quantiles: no simulation."""
    scenario = LpScenario()
    quantiles = (np.arange(400_000) + 0.5) / 400_000
    deviation = 0.6 * math.sqrt(30.0 / 365.0)
    last = np.exp(norm.ppf(quantiles) * deviation - 0.5 * deviation**2)
    profit = 1e4 * (amm.value(last, scenario.liquidity, 0.8, 1.25) - 1.0)
    found = table().rows["unhedged"]
    for estimate, exact in (
        (found.mean, profit.mean()),
        (found.std, profit.std()),
        (found.cvar95, cvar(profit)),
        (found.cvar99, cvar(profit, 0.01)),
    ):
        assert abs(estimate.value - exact) <= 3.0 * estimate.error


def test_hedged_lp__in_parts__same_paths() -> None:
    scenario = LpScenario(days=7, condor_rolls=1)
    whole = hedged_lp(GBM(1.0, 0.6), scenario, 1_000, seed=2)
    parts = [hedged_lp(GBM(1.0, 0.6), scenario, 500, seed=2, first=first) for first in (0, 500)]
    for name in ROWS:
        assert np.mean([part.rows[name].mean.value for part in parts]) == pytest.approx(whole.rows[name].mean.value)


def test_strip__of_the_scenario__the_one_that_replication_builds() -> None:
    scenario = LpScenario(spot=2_000.0)
    knots, heights, cost = scenario.strip()
    listed = strip.strip_weights(knots[1:-1], 2_000.0, scenario.liquidity, *scenario.range)
    prices = np.linspace(1_000.0, 4_000.0, 301)
    paid = np.interp(prices, knots, heights)
    inside = (prices > knots[0]) & (prices < knots[-1])
    np.testing.assert_allclose(paid[inside], strip.strip_payoff(listed, prices)[inside], rtol=1e-9, atol=1e-12)
    assert cost == pytest.approx(strip.strip_value(listed, 2_000.0, 30.0 / 365.0, 0.6), rel=1e-9)


def test_hedged_lp__other_units_of_price__same_table() -> None:
    scenario = LpScenario(days=7, condor_rolls=1)
    unit = hedged_lp(GBM(1.0, 0.6), scenario, 500, seed=2)
    dollars = hedged_lp(GBM(2_048.0, 0.6), LpScenario(spot=2_048.0, days=7, condor_rolls=1), 500, seed=2)
    for name in ROWS:
        assert dollars.rows[name].cvar95.value == pytest.approx(unit.rows[name].cvar95.value, rel=1e-9)


def test_hedged_lp__to_dict__pure_json() -> None:
    document = json.loads(json.dumps(table().to_dict()))
    assert document["rows"]["static delta + strip"]["count"] == COUNT


def test_estimates__errors__the_spread_of_repeated_simulations() -> None:
    """Repeat a simulation 400 times: each stated error is the spread of its estimate, to 3.5 / sqrt(800) of it."""
    draws = np.random.default_rng(5).normal(0.0, 1.0, (400, 4_000))
    for name in ("mean", "std", "cvar95"):
        found = [getattr(estimates.outcome(row), name) for row in draws]
        spread = np.std([estimate.value for estimate in found])
        assert np.mean([estimate.error for estimate in found]) == pytest.approx(spread, rel=3.5 / math.sqrt(800.0))


def test_estimates__cvar__as_risk_measures_it() -> None:
    profits = np.random.default_rng(1).normal(size=1_001)
    for share in (0.01, 0.05, 0.5):
        assert estimates.cvar(profits, share).value == pytest.approx(cvar(profits, share), rel=1e-14)
    assert estimates.deviation(np.ones(5)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("range_high", {"range_low": 1.1}),
        ("implied_vol", {"implied_vol": math.nan}),
        ("hedges_a_day", {"hedges_a_day": 5}),
        ("condor_delta", {"condor_delta": 0.6}),
        ("condor_rolls", {"condor_rolls": 5}),
        ("condor_wing", {"condor_wing": 2.0}),
        ("strike_gap", {"strike_gap": 0.07}),
    ],
)
def test_scenario__outside_its_domain__bad_input_names_it(name: str, numbers: dict[str, float]) -> None:
    with pytest.raises(BadInput) as caught:
        hedged_lp(GBM(1.0, 0.6), LpScenario(**numbers), 10, seed=1)  # type: ignore[arg-type]
    assert caught.value.name == name


@pytest.mark.parametrize("profits", [[1.0], [[1.0, 2.0]], [1.0, math.nan], [1.0, math.inf]])
def test_estimates__not_outcomes__bad_input(profits: list[float]) -> None:
    with pytest.raises(BadInput, match="profits"):
        estimates.outcome(profits)
