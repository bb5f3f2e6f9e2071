"""docs/valuation.md says what the code computes, and its pictures can be drawn anywhere."""

from pathlib import Path

import numpy as np
import pytest

from examples import valuation_numbers as numbers
from examples import valuation_pictures
from hedge.valuation import cash_flow
from hedge.valuation.capital import levered_return, wacc
from hedge.valuation.ddm import Stage, gordon_value, multi_stage_value
from hedge.valuation.diversification import effective_bets, joint_tail, lower_tail_dependence, variance_bets
from hedge.valuation.irr import internal_rates
from hedge.valuation.overlay_return import overlay_return
from hedge.valuation.screens import cap_exposure

pytestmark = pytest.mark.unit

PAGE = " ".join((numbers.ROOT / "docs" / "valuation.md").read_text(encoding="utf-8").split())


def assert_says(*phrases: str) -> None:
    for phrase in phrases:
        assert phrase in PAGE, phrase


def percent(value: float, digits: int = 1) -> str:
    return f"{100.0 * value:.{digits}f} %"


def test_page__overlay_and_leverage__numbers_of_the_code() -> None:
    good, bad = (overlay_return(numbers.overlay_flows(loss)) for loss in (1_900.0, 2_400.0))
    assert_says(f"Net {good.net_usd:.0f} USD on at most {good.invested_usd:,.0f} USD out of pocket in {good.days} days")
    assert_says(f"IRR of {percent(good.rate, 2)}", f"2,400 USD it is {percent(bad.rate, 2)}")
    assert_says(f"WACC {percent(wacc(numbers.CAPITAL), 2)}")
    lifted, sunk = (levered_return(outcome.rate, numbers.CAPITAL) for outcome in (good, bad))
    assert_says(f"to {percent(lifted, 2)}", f"made it {percent(sunk, 2)}")
    low, high = internal_rates(["2025-01-01", "2026-01-01", "2027-01-01"], [-100.0, 230.0, -132.0])
    assert_says(f"-100, +230, -132 has {low:.0%} and {high:.0%}".replace("%", " %"))


def test_page__cash_flow_and_dividends__numbers_of_the_code() -> None:
    assert_says(
        f"{float(cash_flow.option_cost_to_payoff(90.0, 2_000.0, 2_000.0, 30 / 365, 0.3)):.2f} times what it should pay"
    )
    assert_says(f"costs {float(cash_flow.variance_cost_to_payoff(0.6, 0.5)):.2f} times")
    value, later = multi_stage_value(2.0, 0.14, [Stage(3, 0.25), Stage(5, 0.10)], 0.03)
    assert_says(
        f"is worth {float(gordon_value(2.0, 0.10, 0.05)):.2f}", f"is worth {value:.2f}, of which {100 * later:.0f} %"
    )


def test_page__caps__numbers_of_the_code() -> None:
    result = cap_exposure(numbers.WANTED, numbers.LISTINGS, numbers.CORRELATIONS, numbers.RULES)
    allowed = {symbol: percent(share) for symbol, share in result.allowed.items()}
    assert_says(
        f"fair value: {allowed['REIT-A']}", f"too small: {allowed['REIT-B']}", f"Cash is {percent(result.cash)}"
    )
    assert_says(f"together: {allowed['stETH']}, {allowed['rETH']} and {allowed['LEND']}")


def test_page__motion__numbers_of_the_code() -> None:
    bands, costs = numbers.FRICTIONS, numbers.motion_costs()
    assert_says(f"beyond {bands.outer_usd:,.0f} USD of drift, back to {bands.inner_usd:,.0f}")
    assert_says(
        f"costs {costs['never']:,.0f} USD a year", f"week {costs['always']:,.0f}", f"bands {costs['bands']:,.0f}"
    )


def test_page__pools__numbers_of_the_shared_data(recorded: Path) -> None:
    pools = numbers.read_pools()
    years = dict(zip(pools.names, pools.price_to_cash_flow, strict=True))
    assert_says(
        f"WETH/USDT 0.05 % cost {years['WETH/USDT 0.05 %']:.1f} years", f"0.3 % {years['WBTC/WETH 0.3 %']:.1f} and"
    )
    assert_says(f"AAVE/WETH 0.3 % {years['AAVE/WETH 0.3 %']:.1f}.")
    rows, excess = (table[~np.isnan(table).any(axis=1)] for table in (pools.value, pools.excess))
    covariance, tail = np.cov(rows.T), joint_tail(rows)
    assert_says(
        f"{tail.rows:,} days", f"{effective_bets(covariance):.2f} effective", f"{variance_bets(covariance):.2f} by var"
    )
    assert_says(f"keeps {percent(tail.kept)} of the tail", f"would keep {percent(tail.kept_if_independent)}")
    pairs = lower_tail_dependence(rows)[np.triu_indices(len(pools.names), 1)]
    assert_says(f"{100 * pairs.min():.0f} % to {100 * pairs.max():.0f} % of the time")
    assert_says(f"{effective_bets(np.cov(excess.T)):.1f} effective bets and keeps {percent(joint_tail(excess).kept)}")


def test_page__swaps__numbers_of_the_shared_data(recorded: Path) -> None:
    tape = numbers.read_tape()
    at = [numbers.HORIZONS.index(seconds) for seconds in (60.0, 900.0, 3_600.0)]
    lost, lvr = ([f"{value / 1e6:.1f} M" for value in values[at]] for values in (-tape.gross_markouts(), tape.lvr()))
    assert_says(f"{len(tape.times):,} swaps: fees of {tape.fees_usd / 1e6:.1f} M USD")
    assert_says(f"lost {lost[0]} at a minute's markout, {lost[1]} at a quarter of an hour and {lost[2]} at an hour")
    assert_says(f"is {lvr[0]}, {lvr[1]} and {lvr[2]}")


def test_pictures__without_data__all_drawn_and_named_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALVH_DATA", str(tmp_path / "none"))
    written = valuation_pictures.main(tmp_path)
    assert {path.name for path in written} == {f"valuation-{name}.svg" for name in valuation_pictures.PICTURES}
    assert all(path.read_bytes().startswith(b"<?xml") for path in written)
    assert numbers.read_pools().source.startswith("simulated")
    assert numbers.read_tape().source.startswith("simulated")


def test_page__pictures__one_per_section_and_in_the_tree() -> None:
    for name in valuation_pictures.PICTURES:
        assert_says(f"(img/valuation-{name}.svg)")
        assert (numbers.ROOT / "docs" / "img" / f"valuation-{name}.svg").is_file()
