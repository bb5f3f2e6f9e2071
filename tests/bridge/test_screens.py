"""Valuation screens from a file: what they leave of a book, why, and how what cannot be used is named."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bridge.errors import BadFile
from bridge.plans.screens import Screened, read_screens
from hedge.instruments.synthetic_chain import synthetic_chain
from tests.bridge.market_files import AT, THREE_POOLS, stated

pytestmark = pytest.mark.unit

CHAINS = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6), "BTC": synthetic_chain("BTC", 40_000.0, AT, 0.5, lot=0.1)}
ETH = '[[asset]]\nsymbol = "ETH"\nsector = "staked"\n'
BTC = '[[asset]]\nsymbol = "BTC"\nsector = "money"\n'
YIELD = "dividend = 60.0\ndiscount = 0.08\ngrowth = 0.03\n"


def screened(folder: Path, text: str) -> Screened:
    seen = stated(folder, CHAINS, THREE_POOLS)
    path = folder / "screens.toml"
    path.write_text(text, encoding="utf-8")
    return read_screens(path, seen.exposure, seen.market)


def test_read_screens__loose_caps__allows_all_that_is_wanted(tmp_path: Path) -> None:
    rules = "[rules]\nasset_cap = 1.0\nsector_cap = 1.0\ngroup_cap = 1.0\n"
    found = screened(tmp_path, rules + ETH + BTC)
    assert [row.symbol for row in found.rows] == ["BTC", "ETH"]
    assert all(row.allowed == row.wanted and not row.reasons for row in found.rows)
    assert found.cash == pytest.approx(1.0 - sum(row.wanted for row in found.rows))


def test_read_screens__dear_yield__is_cut_with_every_reason(tmp_path: Path) -> None:
    eth = ETH + YIELD + "yield_bearing = true\nearnings = 10.0\nmarket_cap_usd = 5e7\n"
    btc, row = screened(tmp_path, eth + BTC).rows
    assert row.fair_value == pytest.approx(60.0 * 1.03 / 0.05)
    assert row.promised == pytest.approx(60.0 * 1.03 / 2_000.0 + 0.03)
    assert row.earnings_multiple == 200.0
    assert row.allowed < btc.allowed
    assert row.cut_usd == pytest.approx((row.wanted - row.allowed) * 1_800_000.0)
    assert [reason.split()[0] for reason in row.reasons] == ["price", "P/E", "market", "asset"]


def test_read_screens__stages__value_grows_first(tmp_path: Path) -> None:
    plain = screened(tmp_path, ETH + YIELD).rows[1].fair_value
    staged = screened(tmp_path, ETH + YIELD + "stages = [{ years = 3, growth = 0.25 }]\n").rows[1]
    assert staged.fair_value > plain
    assert math.isnan(staged.promised)


def test_read_screens__two_that_move_together__are_one_group(tmp_path: Path) -> None:
    found = screened(tmp_path, "[rules]\nasset_cap = 1.0\nsector_cap = 1.0\ngroup_cap = 0.2\n" + ETH + BTC)
    assert sum(row.allowed for row in found.rows) == pytest.approx(0.2)
    assert all("moves together: " in row.reasons[-1] for row in found.rows)


def test_read_screens__asset_without_a_table__is_unknown_and_said(tmp_path: Path) -> None:
    btc, _ = screened(tmp_path, ETH + '[[asset]]\nsymbol = "DOGE"\nsector = "memes"\n').rows
    assert math.isnan(btc.allowed)
    assert btc.to_dict()["allowed"] is None
    assert btc.reasons == ("not screened: screens.toml does not list it, only ETH, DOGE",)
    _, eth = screened(tmp_path, ETH.replace("ETH", "eth")).rows
    assert eth.reasons == ("not screened: screens.toml does not list it, only eth",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "asset: is missing: add it"),
        ("[[asset]", "not TOML"),
        (ETH + "beta = 1\n", "asset 1, beta: "),
        (ETH + BTC + "price = -1.0\n", "asset 2, price: must be above 0"),
        (ETH.replace("staked", "sta\\u202eked"), "asset 1, sector: holds a sign that cannot be printed"),
        (ETH.replace("staked", "s" * 61), "asset 1, sector: "),
        (ETH + "fair_value = nan\n", "asset 1, fair_value: "),
        (ETH + 'earnings = "many"\n', "asset 1, earnings: "),
        (ETH + YIELD.replace("0.08", "10"), "asset 1, discount: 10 is 1000% a year: 0.1 is 10 %"),
        (ETH + YIELD.replace("0.08", "15"), "asset 1, discount: 15 is 1500% a year"),
        (ETH + YIELD + "stages = [{ years = 40, growth = 3.0 }]\n", "asset 1 (ETH): its dividend is worth 7.33547e+25"),
        (ETH + "dividend = 60.0\n", "asset 1: dividend and discount go together"),
        (ETH + "yield_bearing = true\n", "asset 1: yield_bearing needs dividend and discount"),
        (ETH + YIELD + "fair_value = 3.0\n", "asset 1: fair_value and dividend are two values"),
        (BTC + ETH + YIELD.replace("0.03", "0.09"), "asset 2 (ETH): "),
        (ETH + ETH, "asset 2, symbol: ETH stands there twice"),
        (ETH + YIELD + "stages = [{ years = 0, growth = 0.1 }]\n", "asset 1, stages 1, years: "),
        ("[rules]\nasset_cap = 2.0\n" + ETH, "rules, asset_cap"),
        ("[rules]\nasset_cups = 0.5\n" + ETH, "rules, asset_cups: "),
    ],
)
def test_read_screens__unusable__is_named_by_asset_and_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        screened(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_screens__absent_folder_device_or_huge__refused(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS, THREE_POOLS)
    huge = tmp_path / "huge.toml"
    huge.write_text("#" * 1_000_001, encoding="utf-8")
    for path, words in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "is no file"),
        (Path("/dev/zero"), "is no file"),
        (huge, "is larger than 1 MB"),
    ):
        with pytest.raises(BadFile, match=words):
            read_screens(path, seen.exposure, seen.market)
