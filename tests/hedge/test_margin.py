"""Margin of what is sold, by numbers worked out by hand, and what happens where an account cannot keep it."""

from __future__ import annotations

import math

import pytest
from sample_histories import DAY, NAN, START, Case, Row, call, put

from hedge.backtest.account import Venue
from hedge.backtest.strategy import Targets
from hedge.instruments.contract import Contract
from hedge.instruments.margin import Margin, margin

pytestmark = pytest.mark.unit

SHORT, LONG = call(2_100.0, 20), put(1_900.0, 20)
DEAR = {SHORT: (395.0, 410.0, 400.0, 0.6), LONG: (50.0, 54.0, 51.0, 0.6)}
CHEAP = {SHORT: (50.0, 54.0, 51.0, 0.6), LONG: (50.0, 54.0, 51.0, 0.6)}


@pytest.mark.parametrize(
    ("contract", "mark", "spot", "initial", "maintenance"),
    [
        (call(2_000.0, 9), 80.0, 2_000.0, 300.0 + 80.0, 150.0 + 80.0),  # at the money: 15 and 7.5 %
        (call(2_060.0, 9), 60.0, 2_000.0, (0.15 - 0.03) * 2_000.0 + 60.0, 150.0 + 60.0),
        (call(3_000.0, 9), 5.0, 2_000.0, 200.0 + 5.0, 150.0 + 5.0),  # far away: not below 10 %
        (call(1_000.0, 9), 1_010.0, 2_000.0, 300.0 + 1_010.0, 150.0 + 1_010.0),
        (put(1_900.0, 9), 40.0, 2_000.0, (0.15 - 0.05) * 2_000.0 + 40.0, 150.0 + 40.0),
        # A put worth more than the index keeps 7.5 % of itself, and so much is the least to open it.
        (put(9_000.0, 9), 7_000.0, 2_000.0, 525.0 + 7_000.0, 525.0 + 7_000.0),
    ],
)
def test_margin__one_sold_option__is_the_published_rule(
    contract: Contract, mark: float, spot: float, initial: float, maintenance: float
) -> None:
    found = margin({contract: -3.0}, {contract: mark}, {}, {"ETH": spot})
    assert found == pytest.approx((3.0 * initial, 3.0 * maintenance))


def test_margin__bought_options__need_none() -> None:
    assert margin({SHORT: 5.0}, {SHORT: 100.0}, {}, {"ETH": 2_000.0}) == Margin(0.0, 0.0)


def test_margin__perpetuals_either_way__two_and_one_percent_of_the_notional() -> None:
    found = margin({}, {}, {"ETH": -2.0, "BTC": 0.5}, {"ETH": 2_000.0, "BTC": 40_000.0})
    assert found == pytest.approx((0.02 * 24_000.0, 0.01 * 24_000.0))


def case(rows: dict[Contract, Row], later: dict[Contract, Row], collateral: float, **targets: object) -> Case:
    """Return three days: sold on the first, the call at 2,100 as given on the second and third."""
    times = [START, START + DAY, START + 2 * DAY]
    return Case(
        {"ETH": [(times[0], 2_000.0), (times[1], 2_400.0), (times[2], 2_400.0)]},
        {"ETH": [(times[0], 2_000.0, rows), (times[1], 2_400.0, later), (times[2], 2_400.0, later)]},
        script={START: Targets(**targets)},  # type: ignore[arg-type]
        venue=Venue(collateral_usd=collateral),
    )


SOLD = {"condor": {SHORT: -10.0, LONG: 10.0}}


def test_run__collateral_suffices__stays_open_and_reports_its_initial_margin() -> None:
    run = case(CHEAP, DEAR, 1e5, options=SOLD).play()
    assert "forced closes" not in run.counts
    # In the money: 15 % of the index and the mark, a unit.
    assert run.margin[1] == pytest.approx(10.0 * (0.15 * 2_400.0 + 400.0))


def test_run__less_than_maintenance__sold_legs_are_bought_back_at_the_ask_with_a_loss_on_their_notional() -> None:
    # After the rise the hedge is worth 500 - 540 - 12 of cash and 510 - 4000 of marks: it needs 10 (180 + 400).
    run = case(CHEAP, DEAR, 9_000.0, options=SOLD).play()
    assert run.counts["forced closes"] == 1
    assert run.margin[1:].tolist() == [0.0, 0.0]
    day = run.entries[run.entries["at"] == START + DAY].groupby("kind")["usd"].sum()
    assert day["liquidation"] == pytest.approx(-0.0075 * 10.0 * 2_400.0)
    assert day["slippage"] == pytest.approx(-10.0 * 10.0)
    assert day["fee"] == pytest.approx(-10.0 * 0.0003 * 2_400.0)
    assert run.turnover[1] == pytest.approx(10.0 * 410.0)  # the bought put is kept


def test_run__just_enough__is_not_closed() -> None:
    worth = (500.0 - 540.0 - 12.0) + (510.0 - 4_000.0)
    kept = 10.0 * (0.075 * 2_400.0 + 400.0)
    assert "forced closes" not in case(CHEAP, DEAR, kept - worth + 1e-6, options=SOLD).play().counts
    assert case(CHEAP, DEAR, kept - worth - 1e-6, options=SOLD).play().counts["forced closes"] == 1


def test_run__nobody_sells_the_short_back__nothing_is_charged_for_what_stays() -> None:
    stuck = {SHORT: (395.0, NAN, 400.0, 0.6), LONG: DEAR[LONG]}
    run = case(CHEAP, stuck, 9_000.0, options=SOLD).play()
    assert run.counts["forced closes"] == 2
    assert run.counts["orders without a quote"] == 2
    assert "liquidation" not in set(run.entries["kind"])
    assert run.margin[2] == pytest.approx(10.0 * (0.15 * 2_400.0 + 400.0))


def test_run__short_of_one_label_covered_by_another__needs_no_margin_and_is_not_bought() -> None:
    covered = {"condor": {SHORT: -10.0}, "strip": {SHORT: 10.0}}
    run = case(CHEAP, DEAR, 0.0, options=covered).play()
    assert not run.counts
    assert not run.margin.any()
    assert "slippage" not in set(run.entries["kind"])


def test_run__margin_that_is_not_there__refuses_the_orders_and_counts_them() -> None:
    run = case(CHEAP, DEAR, 3_999.0, perpetuals={"delta": {"ETH": -100.0}}).play()
    assert run.counts == {"orders refused for want of margin": 1}
    assert run.turnover.sum() == 0.0
    # 2 % of 100 ETH at 2,000: enough with a dollar more, and it is then closed by force when the price rises.
    opened = case(CHEAP, DEAR, 4_000.0, perpetuals={"delta": {"ETH": -100.0}}).play()
    assert opened.counts["forced closes"] == 1
    assert opened.turnover[0] == pytest.approx(200_000.0)


def test_run__margin_left_out__is_never_closed() -> None:
    run = case(CHEAP, DEAR, math.inf, options={"condor": {SHORT: -1_000.0}}).play()
    assert "forced closes" not in run.counts
