"""The account: what each trade, mark and settlement costs, worked out by hand, and that all of it adds up."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_histories import DAY, NAN, START, Case, Row, call, play, put, quotes, rising, scripted

from hedge.backtest.account import Account, EntryKind, Legs, Venue
from hedge.backtest.execution import Board
from hedge.backtest.strategy import Targets
from hedge.errors import BadInput, Untied
from hedge.instruments.contract import Contract

pytestmark = pytest.mark.unit

SPOT = 2_000.0
CALL, PUT = call(2_100.0, 10), put(1_900.0, 10)
EPS = 2.0**-52


def board(rows: dict[Contract, Row], spot: float = SPOT, at: int = START, before: Board | None = None) -> Board:
    shot = quotes("ETH", at, spot, rows) if rows else None
    found = Board(at, {"ETH": spot}, {"ETH": shot})
    if before is not None:
        found.vols, found.counts = before.vols, before.counts
    return found


def account(**terms: float) -> Account:
    return Account(Venue(**terms), priced={"ETH": SPOT})


def earned(found: Account, kind: EntryKind) -> dict[str, float]:
    return {entry.label: entry.usd for entry in found.entries if entry.kind is kind}


def bought(legs: Legs, rows: dict[Contract, Row]) -> Account:
    found = account()
    found.trade(board(rows), {"tail": legs})
    return found


def test_trade__buy_at_the_ask__pays_half_the_spread_and_the_fee_of_the_index() -> None:
    found = bought({CALL: 10.0}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    # Fee of a unit: .0003 x 2000 = .60, below an eighth of 54.
    assert found.cash == pytest.approx(-10.0 * 54.0 - 10.0 * 0.6, rel=8 * EPS)
    assert earned(found, EntryKind.SLIPPAGE) == {"tail": pytest.approx(-30.0)}
    assert earned(found, EntryKind.FEE) == {"tail": pytest.approx(-6.0)}
    assert found.value() == pytest.approx(-36.0)
    assert found.turnover == 540.0


def test_trade__cheap_option__fee_is_an_eighth_of_its_price() -> None:
    found = bought({PUT: 10.0}, {PUT: (2.0, 4.0, 3.0, 0.6)})
    assert earned(found, EntryKind.FEE) == {"tail": pytest.approx(-10.0 * 0.5)}


def test_trade__sell_at_the_bid__gets_it_less_the_fee() -> None:
    found = bought({CALL: -10.0}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    assert found.cash == pytest.approx(500.0 - 6.0)
    assert found.value() == pytest.approx(500.0 - 6.0 - 510.0)


@pytest.mark.parametrize(
    ("contract", "spot", "expected"),
    [(CALL, 2_200.0, 100.0 - 0.005 * 2_200.0), (CALL, 2_105.0, 0.0), (CALL, 1_000.0, 0.0), (PUT, 1_000.0, 895.0)],
)
def test_trade__held_without_a_bid__goes_half_a_percent_below_intrinsic_value_or_for_nothing(
    contract: Contract, spot: float, expected: float
) -> None:
    found = bought({contract: 10.0}, {contract: (50.0, 54.0, 51.0, 0.6)})
    cash, shown = found.cash, board({contract: (NAN, 54.0, 51.0, 0.6)}, spot)
    found.trade(shown, {})
    assert found.cash - cash == pytest.approx(10.0 * expected - 10.0 * min(0.0003 * spot, 0.125 * expected))
    assert shown.counts["sales without a bid"] == 1
    assert found.options == {}


@pytest.mark.parametrize(
    ("quantity", "row"), [(1.0, (50.0, NAN, 51.0, 0.6)), (-1.0, (NAN, 54.0, 51.0, 0.6)), (1.0, None), (-1.0, None)]
)
def test_trade__opening_without_a_quote__is_not_done_and_counted(quantity: float, row: Row | None) -> None:
    found = bought({CALL: quantity}, {CALL: row} if row else {PUT: (1.0, 2.0, 1.5, 0.5)})
    assert (found.cash, found.options, found.entries) == (0.0, {"tail": {}}, [])
    assert found.counts["orders without a quote"] == 1


def test_trade__more_than_is_held_without_a_bid__is_not_done_at_all() -> None:
    found = bought({CALL: 1.0}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    found.trade(board({CALL: (NAN, 54.0, 51.0, 0.6)}), {"tail": {CALL: -1.0}})
    assert found.options == {"tail": {CALL: 1.0}}


def test_trade__two_labels_on_both_sides__only_the_net_is_dealt_and_both_share_its_cost() -> None:
    rows = {CALL: (50.0, 54.0, 51.0, 0.6)}
    found = account()
    found.trade(board(rows), {"strip": {CALL: 3.0}, "condor": {CALL: -2.0}})
    assert found.net() == {CALL: 1.0}
    assert found.cash == pytest.approx(-54.0 - 0.6)
    assert earned(found, EntryKind.FEE) == {"strip": pytest.approx(-0.36), "condor": pytest.approx(-0.24)}
    assert found.value() == pytest.approx(-3.6)


def test_trade__label_hands_its_leg_to_another__costs_nothing_and_needs_no_quote() -> None:
    found = bought({CALL: 2.0}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    before = found.value()
    found.trade(board({PUT: (1.0, 2.0, 1.5, 0.5)}), {"strip": {CALL: 2.0}})
    assert found.options == {"strip": {CALL: 2.0}}
    assert (found.value(), found.counts["orders without a quote"]) == (before, 0)


def test_trade__labels_that_share_tenths__close_without_a_bid_although_floats_do_not_add_up() -> None:
    parts = (0.1, 0.4, 0.2)
    assert math.fsum(parts) > 0.1 + 0.4 + 0.2  # what made a long look as if it went short
    found = account()
    found.trade(
        board({CALL: (50.0, 54.0, 51.0, 0.6)}), {label: {CALL: part} for label, part in zip("abc", parts, strict=True)}
    )
    shown = board({CALL: (NAN, 54.0, 51.0, 0.6)})
    found.trade(shown, {})
    assert found.options == {}
    assert shown.counts == {"sales without a bid": 1}


def test_trade__labels_swap_tenths__is_no_order() -> None:
    rows = {CALL: (50.0, 54.0, 51.0, 0.6)}
    found = account()
    found.trade(board(rows), {"a": {CALL: 0.3}, "b": {CALL: 0.1}})
    found.trade(board({PUT: (1.0, 2.0, 1.5, 0.5)}), {"a": {CALL: 0.1}, "b": {CALL: 0.3}})
    assert found.options["b"][CALL] == 0.3
    assert found.counts["orders without a quote"] == 0


def test_trade__held_and_modelled__is_counted_once_where_it_is_marked() -> None:
    found = bought({CALL: 1.0}, {CALL: (50.0, 54.0, NAN, 0.6)})
    gone = board({PUT: (1.0, 2.0, 1.5, 0.5)}, at=START + DAY)
    gone.counts = found.counts
    found.revalue(gone, {"ETH": 0.0}, 1 / 365)
    found.trade(gone, {"tail": {CALL: 1.0}})
    assert found.counts["marks from a model"] == 1


@pytest.mark.parametrize(
    ("row", "expected"), [((50.0, 54.0, 51.0, 0.6), 51.0), ((50.0, 54.0, NAN, 0.6), 52.0), ((NAN, 54.0, 0.0, 0.6), 0.0)]
)
def test_mark__listed__is_the_venues_else_the_middle(row: Row, expected: float) -> None:
    assert board({CALL: row}).mark(CALL) == expected


def test_mark__no_quote_but_a_volatility__is_black_scholes() -> None:
    # At the money, sigma sqrt(T) = .6 sqrt(10 / 365): S erf(x / (2 sqrt 2)).
    contract = call(SPOT, 10)
    expected = SPOT * math.erf(0.6 * math.sqrt(10 / 365) / (2.0 * math.sqrt(2.0)))
    assert board({contract: (NAN, 60.0, NAN, 0.6)}).mark(contract) == pytest.approx(expected, rel=1e-12)


def test_mark__delisted__keeps_the_volatility_that_it_had() -> None:
    contract = call(SPOT, 10)
    first = board({contract: (50.0, 54.0, 51.0, 0.6)})
    first.mark(contract)
    later = board({}, at=START + 5 * DAY, before=first)
    expected = SPOT * math.erf(0.6 * math.sqrt(5 / 365) / (2.0 * math.sqrt(2.0)))
    assert later.mark(contract) == pytest.approx(expected, rel=1e-12)
    assert later.counts["marks from a model"] == 1


@pytest.mark.parametrize(("spot", "at"), [(2_150.0, START), (2_150.0, CALL.expiry_at)])
def test_mark__no_volatility_ever_or_no_time__is_intrinsic_value(spot: float, at: int) -> None:
    assert board({}, spot, at).mark(CALL) == 50.0


@pytest.mark.parametrize(
    ("quantity", "index", "fee"), [(10.0, 2_300.0, 0.345), (-10.0, 2_300.0, 0.345), (10.0, 2_102.0, 0.25)]
)
def test_settle__in_the_money__pays_out_less_the_delivery_fee(quantity: float, index: float, fee: float) -> None:
    # .00015 x 2300 = .345 a unit; of a pay-off of 2 an eighth, .25, is less than .3153.
    found = bought({CALL: quantity}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    cash = found.cash
    found.settle(START + 10 * DAY, CALL, index)
    assert found.cash - cash == pytest.approx(quantity * (index - 2_100.0) - 10.0 * fee)
    assert (found.net(), found.marks) == ({}, {})


def test_settle__worthless__takes_the_mark_away_and_no_fee() -> None:
    found = bought({CALL: 10.0}, {CALL: (50.0, 54.0, 51.0, 0.6)})
    found.settle(START + 10 * DAY, CALL, 2_000.0)
    assert earned(found, EntryKind.SETTLEMENT) == {"tail": -510.0}
    assert earned(found, EntryKind.DELIVERY_FEE) == {}


def test_settle__two_labels_on_both_sides__pays_the_fee_of_the_net_alone() -> None:
    found = account()
    found.trade(board({CALL: (50.0, 54.0, 51.0, 0.6)}), {"strip": {CALL: 3.0}, "condor": {CALL: -2.0}})
    found.settle(START + 10 * DAY, CALL, 2_300.0)
    assert math.fsum(earned(found, EntryKind.DELIVERY_FEE).values()) == pytest.approx(-0.345)


def test_perpetual__a_day__gains_the_move_and_pays_cost_and_funding() -> None:
    case = Case(
        {"ETH": [(START, 2_000.0), (START + DAY, 1_900.0)]},
        funding={"ETH": [(START, 0.0), (START + DAY, 0.365)]},
        script={START: Targets(perpetuals={"delta": {"ETH": -10.0}})},
    )
    run = case.play()
    sums = run.entries.groupby("kind")["usd"].sum()
    assert sums["perpetual cost"] == pytest.approx(-0.0005 * 20_000.0)
    assert sums["perpetual"] == pytest.approx(1_000.0)
    assert sums["funding"] == pytest.approx(10.0 * 2_000.0 * 0.365 / 365)  # the short is paid
    assert run.turnover.tolist() == [20_000.0, 0.0]


def test_perpetual__no_rate_in_the_history__is_the_venues() -> None:
    case = Case(
        {"ETH": [(START, 2_000.0), (START + DAY, 2_000.0)]},
        script={START: Targets(perpetuals={"delta": {"ETH": 10.0}})},
        venue=Venue(funding=0.0365),
    )
    sums = case.play().entries.groupby("kind")["usd"].sum()
    assert sums["funding"] == pytest.approx(-20_000.0 * 0.0365 / 365)


def test_perpetual__two_labels__only_the_net_is_traded() -> None:
    found = account()
    found.trade_perpetuals(board({}), {"delta": {"ETH": -10.0}, "beside": {"ETH": 8.0}})
    assert found.turnover == pytest.approx(2.0 * SPOT)
    assert found.cash == pytest.approx(-0.0005 * 2.0 * SPOT)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ({}, "at least one"),
        ({CALL: (55.0, 54.0, 51.0, 0.6)}, "crossed"),
        ({CALL: (-1.0, 54.0, 51.0, 0.6)}, "bid of ETH"),
        ({CALL: (1.0, math.inf, 51.0, 0.6)}, "ask of ETH"),
        ({CALL: (1.0, 54.0, math.inf, 0.6)}, "mark of ETH"),
        ({call(NAN, 10): (1.0, 54.0, 51.0, 0.6)}, "strike of ETH"),
    ],
)
def test_quotes__empty_crossed_or_impossible__are_refused(rows: dict[Contract, Row], match: str) -> None:
    with pytest.raises(BadInput, match=match):
        quotes("ETH", START, SPOT, rows)


def test_quotes__one_contract_twice_or_a_short_column__are_refused() -> None:
    two = quotes("ETH", START, SPOT, {CALL: (50.0, 54.0, 51.0, 0.6), PUT: (50.0, 54.0, 51.0, 0.6)})
    with pytest.raises(BadInput, match="listed once each"):
        replace(two, strike=np.full(2, 2_100.0), is_call=np.full(2, True))
    with pytest.raises(BadInput, match="rows of every column"):
        replace(two, bid=two.bid[:1])


def test_run__entry_of_another_amount__is_untied(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Account.note

    def tampered(self: Account, at: int, kind: EntryKind, label: str, usd: float) -> None:
        honest(self, at, kind, label, usd * (1.01 if kind is EntryKind.PERPETUAL_COST else 1.0))

    monkeypatch.setattr(Account, "note", tampered)
    with pytest.raises(Untied) as found:
        play(rising(), scripted({START: Targets(perpetuals={"delta": {"ETH": -10.0}})}))
    assert found.value.at == START
    assert found.value.gap == pytest.approx(0.01 * 10.0)


TAMPERED = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
assert False, "asserts are on"
from sample_histories import rising, scripted
from hedge.backtest.account import Account
from hedge.backtest.engine import BacktestTerms, backtest
from hedge.backtest.strategy import Targets
from hedge.backtest.wealth import PoolPlan
from hedge.errors import Untied
Account.note = lambda *entry: None
script = scripted({{{START}: Targets(perpetuals={{"delta": {{"ETH": -10.0}}}})}})
try:
    backtest(rising(), script, BacktestTerms({START}, {START + 9 * DAY}, (PoolPlan("ETH/USD", "ETH"),)))
except Untied as untied:
    print("Untied", untied.gap)
"""


def test_run__asserts_switched_off__is_untied_all_the_same(root: Path) -> None:
    done = subprocess.run([sys.executable, "-O", "-c", TAMPERED], capture_output=True, text=True, cwd=root, check=False)
    assert done.stdout.split() == ["Untied", "-10.0"], done.stderr
