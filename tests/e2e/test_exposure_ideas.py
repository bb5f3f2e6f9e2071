"""`alvh exposure` beside the greeks: bets of the pools, years of fees, markouts of a swap tape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bridge.market_files import BOOK, DAYS, ROWS, THREE_POOLS, write, write_quotes
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

STATED = ("exposure", "--book", "book.toml", "--chain", "quotes.csv")
SWAPS = """time,base_in,quote_in,price,liquidity,fee
1700000100,1,-99,99,10,0.01
1700000160,-1,102,103,10,0.01
1700000220,1,-98,98,10,0.01
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "book.toml").write_text(THREE_POOLS, encoding="utf-8")
    write_quotes(tmp_path / "quotes.csv")
    return tmp_path


def write_prices(folder: Path) -> None:
    random = np.random.default_rng(5)
    market = np.exp(np.cumsum(random.normal(0.0, 0.02, ROWS)))
    for asset, spot in (("ETH", 2_000.0), ("BTC", 40_000.0)):
        own = np.exp(np.cumsum(random.normal(0.0, 0.01, ROWS)))
        write(folder, f"price_{asset}", known_at=DAYS, close=spot * market * own)


def test_exposure__three_pools_without_histories__bets_from_the_market_and_it_says_so(run: Run, folder: Path) -> None:
    told = run(*STATED, "--json").json()
    bets = told["diversification"]
    assert "drawn from the market's volatilities and correlations" in bets["source"]
    assert 1.0 < bets["held"]["effective"] < 3.0
    assert bets["held"]["tail_kept_if_independent"] < bets["held"]["tail_kept"] < 1.0
    shown = run(*STATED).out
    assert "Diversified, or praying? 3 pools" in shown
    assert f"{bets['held']['tail_kept']:.1%}" in shown
    assert "no daily prices are known: drawn from" in shown


def test_exposure__histories__bets_from_them(run: Run, folder: Path) -> None:
    write_prices(folder / "histories")
    bets = run(*STATED, "--signals", "histories", "--json").json()["diversification"]
    assert bets["days"] == ROWS - 1
    assert bets["source"] == f"{ROWS - 1} days of prices (unstated: files of histories)"
    (folder / "alvh.toml").write_text('[signals]\nfolder = "histories"\n', encoding="utf-8")
    assert run(*STATED, "--json").json()["diversification"] == bets


def test_exposure__cash_flow__years_of_fees_beside_their_bounds_and_a_dash_where_unknown(
    run: Run, folder: Path
) -> None:
    rows = {row["pool"]: row for row in run(*STATED, "--json").json()["price_to_cash_flow"]}
    assert rows["ETH/USD"]["years"] == pytest.approx(2.5)
    assert rows["BTC/ETH"]["years"] is None
    shown = run(*STATED).out
    assert "Price over cash flow" in shown
    (unknown,) = (line for line in shown.splitlines() if "fees unknown" in line)
    assert unknown.split()[:4] == ["BTC/ETH", "300,000", "-", "-"]


def test_exposure__one_pool__nothing_to_diversify(run: Run, folder: Path) -> None:
    (folder / "book.toml").write_text(BOOK, encoding="utf-8")
    assert "One pool: there is nothing to diversify." in run(*STATED).out
    assert run(*STATED, "--json").json()["diversification"]["held"] is None


def test_exposure__swaps__markouts_and_lvr(run: Run, folder: Path) -> None:
    (folder / "swaps.csv").write_text(SWAPS, encoding="utf-8")
    told = run(*STATED, "--swaps", "swaps.csv", "--json").json()["swaps"]
    assert told["swaps"] == 3
    assert told["horizons"][0] == pytest.approx(
        {"seconds": 60.0, "markout": 8.0, "before_fees": 5.99, "known": 2 / 3, "covered": 1.0,
         "lvr": told["horizons"][0]["lvr"]}
    )  # fmt: skip
    assert told["horizons"][1]["markout"] is None
    assert "Markouts of 3 swaps" in run(*STATED, "--swaps", "swaps.csv").out
    (folder / "swaps.csv").write_text(SWAPS.replace("103", "x"), encoding="utf-8")
    assert_one_line_error(run(*STATED, "--swaps", "swaps.csv"), 2, "swaps.csv", "row 2, column price")


def test_exposure__flags_that_do_not_go_together__refused(run: Run, folder: Path) -> None:
    assert_one_line_error(run(*STATED, "--owner", "0x12"), 2, "leave --owner, --block and --rpc out")
    assert_one_line_error(run("exposure", "--chain", "quotes.csv"), 2, "go with --book")
    assert_one_line_error(run("exposure", "--book", "book.toml"), 2, "give --chain")
    rows = run(*STATED, "--csv").out.splitlines()
    assert len(rows) == 4
