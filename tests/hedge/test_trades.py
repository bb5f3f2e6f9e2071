"""The ticket: buy, sell, roll, close, condor legs, perpetuals; executable limits, whole lots, closing first."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from sample_books import MARKET, NOW, position
from sample_chains import Humped

from hedge.book.positions import Book
from hedge.decision.programme.answer import answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose
from hedge.decision.trades import PERPETUAL_SLIP, Action, Trade, trades_of
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.fees import DERIBIT
from hedge.instruments.holdings import Holdings
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit

CHAIN = synthetic_chain("ETH", 2000.0, NOW, 0.65, Humped())
QUOTES = {Contract("ETH", row.expiry_at, row.strike, row.is_call): row for row in CHAIN.rows}
EXPIRIES = CHAIN.expiries()
BOOK = Book((position("eth", 1e6),))


def put(expiry: int, strike: float) -> Contract:
    return Contract("ETH", EXPIRIES[expiry], strike, False)


def posed(held: Holdings | None = None, chain: OptionChain = CHAIN, parameters: Parameters = Parameters()) -> Posed:  # noqa: B008
    listing = Listing.of_chain(chain, {})
    return pose(Goal(parameters, 1e6, scenarios=128), BOOK, MARKET, {"ETH": listing}, held)


def ticket(found: Posed, changes: dict[str, float], chain: OptionChain = CHAIN) -> tuple[Trade, ...]:
    """Return the trades that change some columns, by label, from what is held."""
    units: FloatArray = found.problem.held.copy()
    labels = [column.label for column in found.columns]
    for label, change in changes.items():
        units[labels.index(label)] += change
    return trades_of(found, units, {"ETH": chain})


def test_trades_of__nothing_changes__no_trade() -> None:
    assert ticket(posed(Holdings({put(1, 1800.0): 5.0}, {"ETH": -20.0})), {}) == ()


def test_trades_of__option_bought__at_the_ask_with_its_fee() -> None:
    contract = put(1, 1800.0)
    (trade,) = ticket(posed(), {contract.label: 7.0})
    row = QUOTES[contract]
    fee = 7.0 * min(0.0003 * 2000.0, 0.125 * row.ask)
    assert (trade.action, trade.side, trade.instrument, trade.quantity) == (Action.BUY, "buy", contract.label, 7.0)
    assert (trade.limit_usd, trade.limit_coin) == (row.ask, row.ask / 2000.0)
    assert trade.fee_usd == pytest.approx(fee)
    assert trade.cash_usd == pytest.approx(7.0 * row.ask + fee)
    assert "9-day put at 90% of the price" in trade.reason


def test_trades_of__option_reduced__is_sold_at_the_bid() -> None:
    contract = put(1, 1800.0)
    (trade,) = ticket(posed(Holdings({contract: 7.0})), {contract.label: -3.0})
    row = QUOTES[contract]
    assert (trade.action, trade.side, trade.quantity, trade.limit_usd) == (Action.SELL, "sell", 3.0, row.bid)
    assert trade.cash_usd == pytest.approx(-3.0 * row.bid + trade.fee_usd)


def test_trades_of__option_sold_whole__is_closed() -> None:
    contract = put(1, 1800.0)
    (trade,) = ticket(posed(Holdings({contract: 7.0})), {contract.label: -7.0})
    assert (trade.action, trade.side) == (Action.CLOSE, "sell")


def test_trades_of__option_without_a_bid__is_closed_a_little_below_intrinsic_value() -> None:
    contract = put(1, 2400.0)
    rows = tuple(row._replace(bid=math.nan) if QUOTES.get(contract) == row else row for row in CHAIN.rows)
    unbid = replace(CHAIN, rows=rows)
    (trade,) = ticket(posed(Holdings({contract: 7.0}), unbid), {contract.label: -7.0}, unbid)
    assert trade.limit_usd == pytest.approx(400.0 - 0.005 * 2000.0)


def test_trades_of__later_expiry_in_place_of_an_earlier_one__is_a_roll_after_the_close() -> None:
    near, far = put(1, 1800.0), put(2, 1750.0)
    close, roll = ticket(posed(Holdings({near: 7.0})), {near.label: -7.0, far.label: 6.0})
    assert [(close.action, close.instrument), (roll.action, roll.instrument)] == [
        (Action.CLOSE, near.label),
        (Action.ROLL, far.label),
    ]


def test_trades_of__another_strike_of_the_same_expiry__is_no_roll() -> None:
    old, new = put(1, 1800.0), put(1, 1750.0)
    trades = ticket(posed(Holdings({old: 7.0})), {old.label: -7.0, new.label: 6.0})
    assert [trade.action for trade in trades] == [Action.CLOSE, Action.BUY]


def test_trades_of__earlier_expiry_or_another_layer__is_no_roll() -> None:
    near, far = put(1, 1800.0), put(2, 1750.0)
    assert ticket(posed(Holdings({far: 7.0})), {far.label: -7.0, near.label: 6.0})[1].action is Action.BUY
    call = Contract("ETH", EXPIRIES[2], 2100.0, True)
    assert ticket(posed(Holdings({near: 7.0})), {near.label: -7.0, call.label: 6.0})[1].action is Action.BUY


def condor() -> tuple[str, tuple[tuple[Contract, float], ...]]:
    column = next(column for column in posed().columns if column.is_condor)
    return column.label, column.contracts


def test_trades_of__condor_sold__is_four_legs_two_at_the_bid_two_at_the_ask() -> None:
    label, legs = condor()
    trades = ticket(posed(), {label: 4.0})
    assert {(trade.instrument, trade.side) for trade in trades} == {
        (contract.label, "buy" if sign > 0.0 else "sell") for contract, sign in legs
    }
    named = {contract.label: QUOTES[contract] for contract, _ in legs}
    for trade in trades:
        row = named[trade.instrument]
        assert (trade.layer, trade.quantity) == ("condor", 4.0)
        assert trade.action is (Action.BUY if trade.side == "buy" else Action.SELL)
        assert trade.limit_usd == (row.ask if trade.side == "buy" else row.bid)
        assert "trade its legs as one combination" in trade.reason
    assert sum(trade.cash_usd for trade in trades) < 0.0


def test_trades_of__condor_bought_back__closes_all_four_legs() -> None:
    label, legs = condor()
    trades = ticket(posed(Holdings({contract: 4.0 * sign for contract, sign in legs})), {label: -4.0})
    assert {(trade.action, trade.side, trade.instrument) for trade in trades} == {
        (Action.CLOSE, "sell" if sign > 0.0 else "buy", contract.label) for contract, sign in legs
    }


def test_trades_of__put_that_is_also_a_wing__each_layer_trades_its_part() -> None:
    label, legs = condor()
    wing = legs[2][0]
    trades = [trade for trade in ticket(posed(), {label: 4.0, wing.label: 3.0}) if trade.instrument == wing.label]
    assert {(trade.layer, trade.quantity) for trade in trades} == {("condor", 4.0), ("tail", 3.0)}


@pytest.mark.parametrize(
    ("held", "change", "action", "side"),
    [(0.0, -50.0, Action.SELL, "sell"), (-50.0, 20.0, Action.BUY, "buy"), (-50.0, 50.0, Action.CLOSE, "buy")],
)
def test_trades_of__perpetual__has_a_limit_a_little_worse_than_the_index_and_costs_5_bp(
    held: float, change: float, action: Action, side: str
) -> None:
    (trade,) = ticket(posed(Holdings({}, {"ETH": held} if held else {})), {"ETH-PERPETUAL": change})
    assert (trade.action, trade.side, trade.quantity, trade.layer) == (action, side, abs(change), "delta")
    worse = 1.0 + (PERPETUAL_SLIP if side == "buy" else -PERPETUAL_SLIP)
    assert trade.limit_usd == pytest.approx(2000.0 * worse)
    assert trade.cash_usd == trade.fee_usd == pytest.approx(0.0005 * abs(change) * 2000.0)


def test_trades_of__many_changes__closes_come_first_then_layers_by_number() -> None:
    label, _ = condor()
    near, far, mid = put(1, 1700.0), put(2, 1650.0), put(1, 2000.0)
    changes = {near.label: -5.0, far.label: 4.0, mid.label: 3.0, label: 2.0, "ETH-PERPETUAL": -10.0}
    trades = ticket(posed(Holdings({near: 5.0})), changes)
    assert trades[0].action is Action.CLOSE
    numbers = {"delta": 0, "condor": 1, "volatility": 2, "tail": 3}
    order = [numbers[trade.layer] for trade in trades[1:]]
    assert order == sorted(order)
    assert json.loads(json.dumps([trade.to_dict() for trade in trades]))[0]["action"] == "close"


@pytest.mark.parametrize("target", [0, 200, 500])
def test_trades_of__an_answer__is_in_whole_lots_and_leads_to_its_units(target: int) -> None:
    held = Holdings({put(1, 1800.0): 7.0, put(3, 1500.0): 31.0}, {"ETH": -20.5})
    found = posed(held, parameters=Parameters(target_cvar_bps=target, rehedge_bps=0))
    units = answer(found.problem, 0.0).units
    trades = trades_of(found, units, {"ETH": CHAIN})
    assert trades
    cash = sum(trade.cash_usd for trade in trades if trade.layer != "delta")
    assert cash == pytest.approx(_paid(found, units), abs=1e-6)
    for trade in trades:
        lot = 0.001 if trade.layer == "delta" else 1.0
        assert trade.quantity > 0.0
        assert trade.quantity / lot == pytest.approx(round(trade.quantity / lot), abs=1e-6)


def _paid(found: Posed, units: FloatArray) -> float:
    """Return the cash of the options at executable quotes and fees, contract by contract."""
    total = 0.0
    for column, change in zip(found.columns, (units - found.problem.held).tolist(), strict=True):
        for contract, sign in column.contracts:
            price = QUOTES[contract].ask if sign * change > 0.0 else QUOTES[contract].bid
            total += sign * change * price + abs(change) * DERIBIT.usd(price, 2000.0)
    return total


@pytest.mark.parametrize("units", [math.nan, math.inf, -math.inf])
def test_holdings__quantity_that_is_no_number__is_refused(units: float) -> None:
    for kind in ({"options": {put(1, 1800.0): units}}, {"perpetuals": {"ETH": units}}):
        with pytest.raises(BadInput, match="must be finite"):
            Holdings(**kind)


def test_holdings__zeros_alone__are_empty_and_unknown_cash_is_none() -> None:
    assert Holdings({put(1, 1800.0): 0.0}, {"ETH": 0.0}).empty
    assert not Holdings({}, {"ETH": 0.1}).empty
    held = Holdings({put(2, 1500.0): 1.0, put(1, 1800.0): -2.0}, {"ETH": 1.0, "BTC": 2.0})
    stated = held.to_dict()
    assert list(stated["options"]) == [put(1, 1800.0).label, put(2, 1500.0).label]
    assert list(stated["perpetuals"]) == ["BTC", "ETH"]
    assert stated["cash_usd"] is None
    assert json.loads(json.dumps(stated, allow_nan=False)) == stated
