"""A made year in every format: the account of each is what lots say, computed in another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.ledger.exports import Export, read_export
from hedge.ledger.account import account
from hedge.ledger.results import Account
from tests.hedge.made_year import NOW_MS, Event, booked, log_csv, made_year, naive_profit, plain_csv, trades_json

pytestmark = pytest.mark.unit

D = Decimal
YEAR = made_year()
MARKS = {
    event.instrument: D(20) if event.instrument[-1] in "CP" else D(2500 if event.instrument[0] == "E" else 60_000)
    for event in YEAR.events
    if event.instrument
}


def taken(tmp_path: Path, name: str, text: str) -> Export:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return read_export(path, "main", now_ms=NOW_MS)


def agrees(found: Account, events: Iterable[Event]) -> None:
    """Hold an account against lots: USD and coin of every instrument, within 1e-9."""
    naive = naive_profit(events, MARKS)
    profits = found.profit(MARKS)
    assert len(profits) == len(naive)
    for profit in profits:
        for part in ("realised", "unrealised", "fees", "funding"):
            assert abs(getattr(profit, part) - naive[profit.instrument][part]) < D("1e-9"), (profit, part)
        assert profit.unrealised is not None
        assert profit.total == profit.realised + profit.unrealised - profit.fees + profit.funding
    for held in found.positions.values():
        assert held.quantity == pytest.approx(naive[held.instrument]["quantity"], abs=D("1e-30"))
        assert abs(held.realised - naive[held.instrument]["realised_coin"]) < D("1e-9")


def test_made_year__as_log__is_what_lots_say(tmp_path: Path) -> None:
    export = taken(tmp_path, "log.csv", log_csv(event for event in YEAR.events if event.instrument))
    assert (export.source, len(export.fills) > 2_000, export.left_out) == ("deribit_log", True, {})
    agrees(account(export.fills), map(booked, YEAR.events))


def test_made_year__as_plain__is_what_lots_say_with_all_its_cash(tmp_path: Path) -> None:
    export = taken(tmp_path, "p.csv", plain_csv(YEAR.events))
    events = [booked(event, cash=False) for event in YEAR.events]
    found = account(export.fills)
    agrees(found, events)
    for asset in ("ETH", "BTC", "USDC"):
        gains = [held.realised for (_, _, name), held in found.positions.items() if name[-1] not in "CP"
                 and held.traded is not None and held.traded.currency == asset]  # fmt: skip
        paid = [
            event.funding if event.type == "settlement" else event.cash for event in events if event.currency == asset
        ]
        fees = [event.fee for event in events if event.currency == asset]
        assert abs(found.cash["main", "deribit", asset] - (sum(gains) + sum(paid) - sum(fees))) < D("1e-9")


def test_made_year__as_trades__expires_by_itself_as_the_log_does(tmp_path: Path) -> None:
    export = taken(tmp_path, "t.json", trades_json(YEAR.events))
    found = account(export.fills, YEAR.deliveries, NOW_MS)
    agrees(found, [replace(event, funding=D(0)) for event in YEAR.events if event.type != "settlement"])
    assert {held.instrument.split("-")[1] for held in found.unsettled} == {"2JAN26", "9JAN26"}


def test_made_year__one_correction__counts_as_entered_right(tmp_path: Path) -> None:
    fills = taken(tmp_path, "t.json", trades_json(YEAR.events)).fills
    wrong = fills[100]
    back = replace(
        wrong, id="correction:1", quantity=-wrong.quantity, cash=-wrong.cash, fee=-wrong.fee, reverses=wrong.id,
        at_ms=NOW_MS,
    )  # fmt: skip
    right = replace(wrong, id="correction:2", quantity=wrong.quantity * 2, cash=wrong.cash * 2)
    trades = [event for event in YEAR.events if event.type == "trade"]
    events = [replace(event, amount=event.amount * 2) if event is trades[100] else event for event in trades]
    assert str(trades[100].id) in wrong.id
    agrees(account([*fills, right, back]), events)


def test_made_year__log_and_trades__name_the_same_trades(tmp_path: Path) -> None:
    log = taken(tmp_path, "log.csv", log_csv(event for event in YEAR.events if event.type == "trade"))
    assert set(log.fills) == set(taken(tmp_path, "t.json", trades_json(YEAR.events)).fills)
