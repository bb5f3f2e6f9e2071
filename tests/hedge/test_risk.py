"""Scenarios, CVaR, pay-off curves and stress."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from sample_books import CHAINS, MARKET, NOW, mixed_book, position

from hedge.book.positions import Book
from hedge.errors import BadInput
from hedge.instruments.layer import LayerRole, build_layer
from hedge.market import Market
from hedge.risk.measures import book_pnl, cvar, layers_pnl, legs_pnl, rolled_pnl
from hedge.risk.scenarios import draw_scenarios, vol_move
from hedge.risk.stress import payoff_curve, stress_matrix

pytestmark = pytest.mark.unit

ETH = CHAINS["ETH"]
PUT = ETH.bought(next(put for put in ETH.buyable(ETH.first_expiry(120), is_call=False) if put.strike == 1600.0))
TAIL = build_layer("tail", "ETH", (PUT,), 100.0, 2000.0, "test")


def test_draw_scenarios__mean_and_covariance__are_those_of_the_market() -> None:
    scenarios = draw_scenarios(("BTC", "ETH"), MARKET, 8192)
    logs = {asset: np.log(scenarios.spots[asset] / MARKET.spot(asset)) for asset in ("BTC", "ETH")}
    for asset, log in logs.items():
        assert scenarios.spots[asset].mean() == pytest.approx(MARKET.spot(asset), rel=1e-3)
        assert log.std() == pytest.approx(MARKET.vol(asset) * math.sqrt(30 / 365), rel=5e-3)
    assert np.corrcoef(logs["BTC"], logs["ETH"])[0, 1] == pytest.approx(0.8, abs=5e-3)


def test_draw_scenarios__same_seed__gives_the_same_bits_and_another_seed_does_not() -> None:
    prices, same = (draw_scenarios(("ETH",), MARKET, 256, 7).spots["ETH"] for _ in range(2))
    assert (prices == same).all()
    assert (prices != draw_scenarios(("ETH",), MARKET, 256, 8).spots["ETH"]).any()


def test_draw_scenarios__perfect_correlation__moves_assets_together() -> None:
    market = Market(NOW, {"A": 1.0, "B": 1.0}, {"A": 0.5, "B": 0.5}, {("A", "B"): 1.0})
    spots = draw_scenarios(("A", "B"), market, 64).spots
    assert spots["A"] == pytest.approx(spots["B"], rel=1e-6)


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_draw_scenarios__count_not_a_power_of_two__is_refused(count: int) -> None:
    with pytest.raises(BadInput):
        draw_scenarios(("ETH",), MARKET, count)


def test_cvar__position_that_was_simulated_elsewhere__is_within_three_errors_of_that_simulation() -> None:
    """2,653 bp came from 60,000 hourly paths; its sampling error is sqrt((var(tail) + 0.95 (CVaR - VaR)^2) / 3,000)."""
    market = Market(NOW, {"ETH": 2000.0}, {"ETH": 0.6})
    book = Book((position("a", 1e4, market=market),))
    pnl = np.sort(book_pnl(book, market, draw_scenarios(("ETH",), market)))
    tail = -pnl[: len(pnl) // 20]
    error = math.sqrt((tail.var() + 0.95 * (tail.mean() - tail.min()) ** 2) / 3000)
    assert error < 15.0
    assert cvar(pnl) == pytest.approx(2653, abs=3 * error)


def test_cvar__uniform_losses__is_the_mean_of_the_worst_twentieth() -> None:
    assert cvar(-np.arange(1.0, 101.0)) == pytest.approx(98.0)


def test_vol_move__fall_and_rise__rises_by_beta_and_sticks() -> None:
    assert vol_move(np.array([math.exp(-0.4), 1.0, 1.5])) == pytest.approx([0.1, 0.0, 0.0])


def test_legs_pnl__bought_put__never_loses_more_than_its_premium() -> None:
    pnl = legs_pnl(TAIL.legs, draw_scenarios(("ETH",), MARKET))
    assert pnl.min() >= -TAIL.cost_usd
    assert pnl.max() > TAIL.cost_usd


def test_payoff_curve__lp_and_layers__add_up_and_leave_other_assets_alone() -> None:
    prices = np.linspace(1000.0, 3000.0, 9)
    curve = payoff_curve(mixed_book(), MARKET, [TAIL], "ETH", prices)
    assert list(curve.now) == list(curve.horizon) == ["LP", "LP + tail"]
    assert curve.now["LP"][4] == pytest.approx(2.5e6)
    assert (curve.now["LP"] == curve.horizon["LP"]).all()
    assert curve.now["LP + tail"] - curve.now["LP"] == pytest.approx(
        [float(TAIL.legs[0].value(price)) - TAIL.cost_usd for price in prices]
    )
    assert list(payoff_curve(mixed_book(), MARKET, [TAIL], "BTC", prices * 20).now) == ["LP"]


def test_stress_matrix__no_move_and_a_crash__costs_the_spread_and_gains() -> None:
    matrix = stress_matrix(mixed_book(), MARKET, [TAIL], (-0.5, 0.0), (0.0, 0.2))
    assert matrix.unhedged.shape == (2, 2)
    assert matrix.unhedged[1].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert -0.1 * TAIL.cost_usd < matrix.hedged[1, 0] < 0.0 < matrix.hedged[1, 1]
    assert (matrix.hedged[0] > matrix.unhedged[0]).all()


def test_stress_matrix__empty_book__is_zero() -> None:
    matrix = stress_matrix(Book(()), MARKET, [], (-0.5, 0.0), (0.0,))
    assert matrix.hedged.tolist() == [[0.0], [0.0]]


WEEKLY = [ETH.sold(row) for row in ETH.sellable(ETH.nearest_expiry(7, 3, 21), is_call=True) if row.strike == 2200.0]


def test_spots_at__several_days__weekly_returns_are_independent_and_have_their_own_variance() -> None:
    scenarios = draw_scenarios(("ETH", "BTC"), MARKET, 8192)
    week = 7.3 / 365
    logs = {asset: [np.log(scenarios.spots_at(k * week)[asset]) for k in range(5)] for asset in ("ETH", "BTC")}
    weekly = {asset: np.diff(log, axis=0) for asset, log in logs.items()}
    for asset, moves in weekly.items():
        assert moves.std(axis=1) == pytest.approx(MARKET.vol(asset) * math.sqrt(week), rel=0.03)
        assert np.abs(np.corrcoef(moves) - np.eye(4)).max() < 0.04
    across = [np.corrcoef(weekly["ETH"][k], weekly["BTC"][k])[0, 1] for k in range(4)]
    assert across == pytest.approx([0.8] * 4, abs=0.02)


def test_vol_moves_at__a_day_on_the_way__follow_the_price_of_that_day_unless_still() -> None:
    scenarios = draw_scenarios(("ETH",), MARKET, 256)
    ratio = scenarios.spots_at(0.03)["ETH"] / 2000.0
    assert scenarios.vol_moves_at(0.03)["ETH"] == pytest.approx(vol_move(ratio))
    assert (scenarios.still().vol_moves_at(0.03)["ETH"] == 0.0).all()


def test_rolled_pnl__weekly_call_over_a_month__is_the_sum_of_its_lives_at_the_same_moneyness() -> None:
    scenarios, (call,) = draw_scenarios(("ETH",), MARKET, 512), WEEKLY
    lives = int(scenarios.elapsed / call.expiry)
    assert lives == 3
    days = [scenarios.spots_at(k * call.expiry)["ETH"] for k in range(lives + 1)]
    expected = np.zeros(512)
    for before, after in itertools.pairwise(days):
        # The strike stands 10 % above the price of the day of sale; the notional stays, so units fall as it rises.
        expected += (2000.0 / before) * (-np.maximum(after - 1.1 * before, 0.0)) - call.cost_usd
    assert rolled_pnl(WEEKLY, scenarios) == pytest.approx(expected)


def test_rolled_pnl__one_life_or_no_path__is_that_of_the_legs() -> None:
    scenarios = draw_scenarios(("ETH",), MARKET, 256)
    assert (rolled_pnl([PUT], scenarios) == legs_pnl([PUT], scenarios)).all()
    bare = dataclasses.replace(scenarios, paths={})
    assert (rolled_pnl(WEEKLY, bare) == legs_pnl(WEEKLY, bare)).all()


def test_layers_pnl__sold_condor__is_rolled_and_a_bought_one_is_not() -> None:
    scenarios = draw_scenarios(("ETH",), MARKET, 512)
    sold = build_layer("condor", "ETH", tuple(WEEKLY), 10.0, 2000.0, "", LayerRole.FINANCING)
    long = tuple(dataclasses.replace(leg, quantity=1.0) for leg in WEEKLY)
    bought = build_layer("condor", "ETH", long, 10.0, 2000.0, "", LayerRole.FINANCING)
    assert sold.financing
    assert (layers_pnl([sold], scenarios) == rolled_pnl(sold.legs, scenarios)).all()
    assert layers_pnl([bought, TAIL], scenarios) == pytest.approx(legs_pnl([*bought.legs, *TAIL.legs], scenarios))
    assert cvar(layers_pnl([sold], scenarios)) > 1.2 * cvar(legs_pnl(sold.legs, scenarios))


def test_pnl__fees__are_paid_once_per_leg_and_once_per_life_of_a_rolled_one() -> None:
    scenarios, lives = draw_scenarios(("ETH",), MARKET, 256), 3
    free = [dataclasses.replace(leg, fee=0.0) for leg in (PUT, *WEEKLY)]
    assert legs_pnl(free[:1], scenarios) - legs_pnl([PUT], scenarios) == pytest.approx(PUT.fees_usd)
    per_life = sum(leg.fees_usd for leg in WEEKLY)
    assert per_life > 0.0
    assert rolled_pnl(free[1:], scenarios) - rolled_pnl(WEEKLY, scenarios) == pytest.approx(lives * per_life)
