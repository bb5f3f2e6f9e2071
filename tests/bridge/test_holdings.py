"""What is held, from a CSV file, and the ticket as one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bridge.config import SignalsConfig
from bridge.errors import BadFile, UsageError
from bridge.plans.holdings import read_holdings
from bridge.plans.make import Asked, asked_parameters, make_plan
from bridge.plans.orders import COLUMNS, write_orders
from bridge.venues.leg_sizes import LegSize
from hedge.decision.trades import Trade
from hedge.instruments.contract import Contract
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.policy.parameters import Parameters
from tests.bridge.market_files import AT, stated

pytestmark = pytest.mark.unit

CHAINS = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}
NEAR = CHAINS["ETH"].expiries()[1]
NAME = Contract("ETH", NEAR, 1800.0, False).label


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "held.csv"
    path.write_text("\n".join(["instrument,quantity", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["# ours", "", "USD,1", "", "USD,2"], "line 6: USD stands there twice"),
        (["", "", "ETH-PERPETUAL,1e308"], "line 4: quantity '1e308' is no number of units"),
        (["# a", "ETH-99ABC26-1800-P,1"], "line 3: 99ABC26 is no day"),
        (["", "USD,1,2"], "line 3 has 3 cells"),
        (["", 'USD,"1'], "line 3 is no CSV"),
    ],
)
def test_read_holdings__wrong_line_after_comments_and_empty_ones__has_the_number_of_an_editor(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    with pytest.raises(BadFile) as caught:
        read_holdings(written(tmp_path, *lines), CHAINS)
    assert words in str(caught.value)


def test_read_holdings__options_perpetual_cash_and_comments__are_what_is_held(tmp_path: Path) -> None:
    held = read_holdings(written(tmp_path, f"{NAME}, 12 # puts", "", "eth-perpetual,-3.5", "USD,1000"), CHAINS)
    assert held.options == {Contract("ETH", NEAR, 1800.0, False): 12.0}
    assert (held.perpetuals, held.cash_usd) == ({"ETH": -3.5}, 1000.0)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((f"{NAME},1", f"{NAME},2"), "stands there twice"),
        ((f"{NAME},1", f"{NAME.replace('1800', '1800.0')},2"), "stands there twice"),
        (("ETH-27MAR26,1",), "is no instrument"),
        (("ETH-32MAR26-1800-P,1",), "is no day"),
        (("ETH-27MAR26-0-P,1",), "must be above 0"),
        ((f"{NAME},1e300",), "is no number of units"),
        ((f"{NAME},nan",), "is no number of units"),
        ((f"{NAME},1_0",), "is no number of units"),
        ((f"{NAME},1;0",), "is no number of units"),
        ((f"{NAME}",), "cells"),
        (("\x1b[31mETH,1",), "is no instrument"),
        (("E" * 200_000 + ",1",), "is no CSV"),
    ],
)
def test_read_holdings__line_that_cannot_be__named(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadFile, match=words) as refused:
        read_holdings(written(tmp_path, *lines), CHAINS)
    assert "\x1b" not in str(refused.value)


def test_read_holdings__no_file_or_other_content__named(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name, words in (
        ("none.csv", "absent"),
        ("other.csv", "first line"),
        ("binary.csv", "cannot be read"),
        (".", "no file"),
    ):
        with pytest.raises(BadFile, match=words):
            read_holdings(tmp_path / name, CHAINS)


def test_plan__its_own_ticket_as_holdings__holds(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    first = make_plan(seen, CHAINS, SignalsConfig(folder=None)).plan
    assert first.trades
    lines = [
        f"{trade.instrument},{trade.quantity if trade.side == 'buy' else -trade.quantity}" for trade in first.trades
    ]
    again = make_plan(seen, CHAINS, SignalsConfig(folder=None), None, Asked(written(tmp_path, *lines))).plan
    assert again.trades == ()
    assert again.risk.held == pytest.approx(again.risk.hedged)


def test_write_orders__a_plan__one_line_an_order_with_numbers_that_machines_read(tmp_path: Path) -> None:
    plan = make_plan(stated(tmp_path, CHAINS), CHAINS, SignalsConfig(folder=None)).plan
    rows = list(csv.DictReader(write_orders(tmp_path / "orders.csv", plan.trades, "0xabcdef").open(encoding="utf-8")))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["instrument"] for row in rows] == [trade.instrument for trade in plan.trades]
    assert [float(row["quantity"]) for row in rows] == pytest.approx([trade.quantity for trade in plan.trades])
    assert sum(float(row["cash_usd"]) for row in rows) == pytest.approx(plan.costs["cash_usd"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"costBudgetBp": 1}, "did you mean costBudgetBps"),
        ({"nothing": 1}, "one of benchmark"),
        ({"costBudgetBps": 2000}, "must be 0 to 1000"),
        ({"costBudgetBps": 300}, "costBudget <= cashBudget"),
    ],
)
def test_asked_parameters__what_cannot_be_voted__refused(values: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        asked_parameters(Parameters(), values)


def test_write_orders__name_that_a_spreadsheet_would_reckon_with__is_guarded(tmp_path: Path) -> None:
    trade = Trade("buy", "buy", "=1+1-13MAR26-1900-P", "=1+1", "tail", 2.0, 10.0, 0.005, 20.0, 0.1, "@why\x1b[2J")
    (row,) = csv.DictReader(write_orders(tmp_path / "orders.csv", [trade], "0xabcdef").open(encoding="utf-8"))
    assert (row["instrument"], row["reason"], row["limit_usd"]) == ("'=1+1-13MAR26-1900-P", "'@why[2J", "10")


def test_write_orders__perpetual_and_what_is_shown__are_as_the_venue_takes_and_shows_them(tmp_path: Path) -> None:
    perpetual = Trade("sell", "sell", "BTC-PERPETUAL", "BTC", "delta", 17.2346, 67_250.0, 0.9995, 1.0, 1.0, "")
    put = Trade("buy", "buy", "ETH-27MAR26-1800-P", "ETH", "tail", 696.0, 90.0, 0.05, 62_640.0, 1.0, "")
    size = LegSize(put.instrument, "buy", 696.0, 5.0, 0.05)
    file = write_orders(tmp_path / "orders.csv", [perpetual, put], "0xabcdef", [size])
    first, second = csv.DictReader(file.open(encoding="utf-8"))
    assert (first["size_usd"], first["limit_coin"], first["shown"]) == ("1159030", "", "")
    assert (second["size_usd"], second["limit_coin"], second["shown"]) == ("", "0.05", "5")
    assert "the venue shows 5 at 0.05, and the order is to buy 696: what is beyond that costs more" in size.words
