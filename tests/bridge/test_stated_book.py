"""A book that a file states, planned on quotes alone."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.config import BookConfig
from bridge.errors import BadFile, UntrustedNumber, UsageError
from bridge.genesis import GovernanceTerms
from bridge.plans.stated_book import observe_stated, read_time
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.volatility.index import index_from_chain
from tests.bridge.market_files import AT, BOOK, stated

pytestmark = pytest.mark.unit

CHAINS = {
    "ETH": synthetic_chain("ETH", 2000.0, AT, 0.6),
    "BTC": synthetic_chain("BTC", 40_000.0, AT + 60, 0.5, lot=0.01),
}


def test_observe_stated__position_in_usd__has_value_range_and_market_of_the_chain(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    (position,) = seen.book.positions
    assert (position.base, position.quote, position.lower, position.upper, position.fee_apr) == (
        "ETH",
        "USD",
        1600.0,
        2500.0,
        0.4,
    )
    assert float(position.value_usd({"ETH": 2000.0})) == pytest.approx(1e6)  # type: ignore[dict-item]
    assert position.held_base * 2000.0 + position.held_quote == pytest.approx(1e6)
    assert (seen.block.timestamp, seen.market.spots) == (AT, {"ETH": 2000.0})
    assert seen.market.vols["ETH"] == index_from_chain(CHAINS["ETH"].quotes).vol
    assert seen.market.vol_source.startswith("ETH: 30-day index of synthetic")
    assert seen.governed.limits == dict(enumerate(GovernanceTerms().limits))


def test_observe_stated__two_assets_and_defaults__full_range_with_fees_unknown(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS, '[[position]]\nbase = "BTC"\nquote = "ETH"\nvalue_usd = 5e5\n')
    (position,) = seen.book.positions
    assert (position.lower, position.upper) == (0.0, math.inf)
    assert math.isnan(position.fee_apr)
    assert float(position.value_usd({"ETH": 2000.0, "BTC": 40_000.0})) == pytest.approx(5e5)  # type: ignore[dict-item]
    assert seen.market.correlations == {("BTC", "ETH"): BookConfig().correlation}
    assert seen.block.timestamp == AT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "position: is missing: add it"),
        ("position = []", "position: "),
        (BOOK + "width = 3\n", "position.0.width: unknown setting"),
        (BOOK.replace("1_000_000.0", "0.0"), "position.0.value_usd: must be 1 or more"),
        (BOOK.replace("1_000_000.0", "nan"), "position.0.value_usd: "),
        (BOOK.replace("1600.0", "-1.0"), "position.0.lower: "),
        (BOOK.replace("2500.0", "1500.0"), "lower"),
        (BOOK.replace('"ETH"', '"SOL"'), "no option chain of SOL"),
        ("[[position]", "not TOML"),
        (BOOK.replace('"ETH"', '"USD"'), "position.0: USD and USD are one asset"),
        (BOOK + '[[position]]\nbase = "USD"\nvalue_usd = 1.0\n', "position.1: USD and USD are one asset"),
        (BOOK + 'quote = "ETH"\n', "position.0: ETH and ETH are one asset"),
        (BOOK + 'quote = "WETH"\n', "position.0: ETH and WETH are one asset"),
        (BOOK.replace('"ETH"', '"usdc"') + 'quote = "USDT"\n', "position.0: usdc and USDT are one asset"),
        (BOOK.replace('"ETH"', '"WETH"'), "no option chain of WETH: write ETH for WETH"),
        (BOOK.replace('"ETH"', '"eth"'), "no option chain of eth: write ETH for eth"),
        (BOOK + 'quote = "usd"\n', "no option chain of usd: write USD for usd"),
        (BOOK + 'quote = "USDC"\n', "no option chain of USDC: write USD for USDC"),
        (BOOK.replace('"ETH"', '""'), "position.0.base: "),
        (BOOK.replace('"ETH"', "5"), "position.0.base: "),
        (BOOK.replace("1_000_000.0", "inf"), "position.0.value_usd: "),
        (BOOK.replace("1_000_000.0", "-1.0"), "position.0.value_usd: "),
        (BOOK.replace("1_000_000.0", "1e14"), "position.0.value_usd: "),
        (BOOK.replace("1_000_000.0", "true"), "position.0.value_usd: "),
        (BOOK.replace("1_000_000.0", '"1e6"'), "position.0.value_usd: "),
        (BOOK.replace("1600.0", "nan"), "position.0.lower: "),
        (BOOK.replace("1600.0", "inf"), "position.0: lower inf is not below upper 2500"),
        (BOOK.replace("2500.0", "nan"), "position.0.upper: "),
        (BOOK.replace("2500.0", "-inf"), "position.0.upper: "),
        (BOOK.replace("2500.0", "1600.00001"), "position.0: the range 1600 to 1600 is narrower than a tick"),
        (BOOK.replace("2500.0", "1600.0"), "position.0: lower 1600 is not below upper 1600"),
        (BOOK.replace("0.4", "40.0"), "40 is no share of the value a year from 0 to 5: 0.25 is 25 %"),
        (BOOK.replace("0.4", "nan"), "nan is no share of the value a year"),
        (BOOK.replace("0.4", "inf"), "inf is no share of the value a year"),
        (BOOK.replace("0.4", "-0.1"), "-0.1 is no share of the value a year"),
        (BOOK.replace("1600.0", "0.0004").replace("2500.0", "0.0006"), "it looks like ETH per USD; write USD per ETH"),
        (BOOK.replace("1600.0", "160000.0").replace("2500.0", "250000.0"), "it is in another unit, or of another pair"),
        (BOOK.replace("1600.0", "0.999").replace("2500.0", "1.001"), "position.0: the range 0.999 to 1.001 is far"),
    ],
)
def test_observe_stated__unusable_file__is_named_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        stated(tmp_path, CHAINS, text)
    assert words in str(caught.value)
    assert "book.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_observe_stated__byte_order_mark__is_no_part_of_it(tmp_path: Path) -> None:
    assert len(stated(tmp_path, CHAINS, "\ufeff" + BOOK).book.positions) == 1


@given(
    name=st.sampled_from(["base", "quote", "lower", "upper", "value_usd", "fee_apr"]),
    value=st.sampled_from(["nan", "inf", "-inf", "-1.0", "1e300", "true", '"3"', "[]", "2026-03-02", '""', '"USD "']),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_observe_stated__any_key_of_another_kind__is_named_or_a_range_without_end(
    tmp_path: Path, name: str, value: str
) -> None:
    lines = [line for line in BOOK.strip().splitlines() if not line.startswith(f"{name} ")]
    text = "\n".join([*lines, f"{name} = {value}", ""])
    if name == "upper" and value in ("inf", "1e300"):
        assert stated(tmp_path, CHAINS, text).book.positions[0].upper == float(value)
        return
    with pytest.raises(BadFile) as caught:
        stated(tmp_path, CHAINS, text)
    assert "\n" not in str(caught.value)


def test_observe_stated__absent_file__is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        observe_stated(tmp_path / "none.toml", CHAINS, BookConfig())


def thin(vol: float) -> dict[str, OptionChain]:
    """Return a chain of one option with an ask only."""
    row = {"expiry_at": AT + 30 * 86_400, "expiry": 30 / 365, "strike": 2100.0, "is_call": True, "bid": math.nan,
           "ask": 50.0, "vol": vol, "forward": 2000.0, "lot": 0.1}  # fmt: skip
    return {"ETH": OptionChain.from_frame("ETH", AT, 2000.0, pd.DataFrame([row]), "file thin.csv")}


def test_observe_stated__too_little_quoted_for_an_index__takes_the_mark_and_says_so(tmp_path: Path) -> None:
    seen = stated(tmp_path, thin(0.8))
    assert seen.market.vols == {"ETH": 0.8}
    assert "mark at 2100 over 30 days of file thin.csv, too little is quoted" in seen.market.vol_source
    with pytest.raises(UntrustedNumber, match="give no volatility"):
        stated(tmp_path, thin(math.nan))


@pytest.mark.parametrize("text", ["2026-01-09T12:00Z", "2026-01-09 12:00", "1767960000", "2026-01-09T13:00+01:00"])
def test_read_time__every_way_to_write_it__is_the_same_second(text: str) -> None:
    assert read_time(text) == AT


@pytest.mark.parametrize("text", ["soon", "", "2026-13-01"])
def test_read_time__no_time__says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match="is no time: write 2026-03-02T12:00Z"):
        read_time(text)
