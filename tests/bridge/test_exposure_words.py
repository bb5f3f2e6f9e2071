"""Rows of `alvh exposure` and `alvh hedge list` against the numbers that they are made of."""

from __future__ import annotations

import math
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.cli.exposure_text import _pool_rows, _position_row
from bridge.cli.hedge_text import _usd, print_account
from bridge.cli.study import _print_listed
from bridge.study.markets.spec import MARKETS
from bridge.study.strategies import strategy_specs

pytestmark = pytest.mark.unit


def fake(**parts: Any) -> Any:
    return SimpleNamespace(**parts)


def position(**parts: Any) -> Any:
    money = dict.fromkeys(("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year"), 1.0)
    usual = {"id": "uniswap-v3:1", "pool": "ETH/USD", "in_range": True, "price": 2_000.0, "implied_vol": 0.6}
    usual |= {"deltas": {"ETH": 2.0, "USD": 9.0}, "gammas": {("ETH", "ETH"): -0.25, ("ETH", "BTC"): 7.0}}
    return fake(**usual | {"break_even_vol": 0.5} | money | parts)


def test_position_row__gamma__is_of_a_move_of_one_percent_in_usd() -> None:
    book = fake(assets={"ETH": fake(spot=2_000.0), "BTC": fake(spot=90_000.0)})
    row = _position_row(position(), book)
    assert row[5:7] == ["2 ETH", "-10,000"]  # -0.25 * 2000^2 / 100


def test_pool_rows__two_pools__each_sums_its_own() -> None:
    one, two = position(value_usd=100.0), position(value_usd=20.0)
    rows = _pool_rows(fake(positions=[one, position(pool="BTC/USD", value_usd=3.0), two]))
    assert [row[:3] for row in rows] == [["BTC/USD", "1", "3"], ["ETH/USD", "2", "120"]]


def test_pool_rows__something_unknown__what_is_known_is_summed_and_the_rest_is_a_question_mark() -> None:
    known, gift = position(il_usd=-40.0, fee_usd_per_year=7.0), position(il_usd=math.nan, fee_usd_per_year=math.nan)
    (row,) = _pool_rows(fake(positions=[known, gift, known]))
    assert row[2:] == ["3", "-80 + ?", "3", "14 + ?", "3"]
    (row,) = _pool_rows(fake(positions=[gift]))
    assert row[2:] == ["1", "-", "1", "-", "1"]


def test_print_account__venue_with_brackets__is_named_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    account = fake(positions={}, cash={("main", "[red]v", "ETH"): Decimal("1.5")}, over_delivered=())
    print_account(account, "main", "here", 0)
    assert "cash [red]v: 1.5 ETH" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "said"), [("0.0049", "0.00"), ("-0.0049", "0.00"), ("0.006", "0.01"), ("-1234.5", "-1,234.50")]
)
def test_usd__less_than_half_a_cent__is_nothing_without_a_sign(value: str, said: str) -> None:
    assert _usd(Decimal(value)) == said


def test_print_listed__markets_and_strategies__are_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    _print_listed(False)
    out = capsys.readouterr().out
    assert "Markets" in out
    assert "Strategies" in out
    for name in (*MARKETS, *(spec.name for spec in strategy_specs())):
        assert f"\n{name} " in out
