"""Files in wrong units and shapes through the command: read right, or one line, and never a plan from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.bridge.test_quote_units import SEEN, deribit, market, scaled
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

BOOK = '[[position]]\nbase = "ETH"\nlower = 2400.0\nupper = 3750.0\nvalue_usd = 1_000_000.0\nfee_apr = 0.25\n'
PLAN = ("plan", "--book", "book.toml", "--chain", "chain.csv", "--no-ledger")
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a book and a sound chain."""
    (tmp_path / "book.toml").write_text(BOOK, encoding="utf-8")
    market().to_csv(tmp_path / "chain.csv", index=False)
    return tmp_path


def days(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, unit="s").dt.strftime("%Y%m%d")


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(observed_at=days(rows["observed_at"]), expiry_at=days(rows["expiry_at"]))


def late_row(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(observed_at=rows["observed_at"].where(rows.index != 19, SEEN + 7200))


def cut_short(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows.assign(observed_at=SEEN - 86_400), rows.iloc[:10]])


def other_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the quotes of 25 days as those of 90."""
    at = rows["expiry_at"]
    return rows.drop(columns="vol").assign(expiry_at=at.where(at != SEEN + 25 * 86_400, SEEN + 90 * 86_400))


def serials(column: pd.Series) -> pd.Series:
    return column // 86_400 + 25_569


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda rows: rows, "2026-03-02 12:00:00Z"),
        (dated, "2026-03-02 00:00:00Z"),
        (lambda rows: scaled(rows, 1000, "observed_at", "expiry_at"), "2026-03-02 12:00:00Z"),
        (deribit, "2026-03-02 12:00:00Z"),
        (lambda rows: scaled(deribit(rows), 1000, "timestamp"), "2026-03-02 12:00:00Z"),
        (lambda rows: scaled(deribit(rows), 10**6, "timestamp"), "2026-03-02 12:00:00Z"),
        (lambda rows: scaled(rows, 1 / 3000.0, "bid", "ask").assign(currency="coin"), "2026-03-02 12:00:00Z"),
        (lambda rows: rows.assign(vol=np.nan), "2026-03-02 12:00:00Z"),
        (lambda rows: rows.assign(observed_at=SEEN - np.arange(len(rows)) % 30), "2026-03-02 12:00:00Z"),
        (lambda rows: rows[rows.columns[::-1]].sample(frac=1.0, random_state=1), "2026-03-02 12:00:00Z"),
    ],
)
def test_plan__one_market_in_any_unit_that_can_be_told__is_the_same_plan(
    run: Run, folder: Path, change: Change, seen: str
) -> None:
    change(market()).to_csv(folder / "chain.csv", index=False)
    told = run(*PLAN, "--json").json()["plan"]
    assert told["inputs"]["market"]["vols"]["ETH"] == pytest.approx(0.63, abs=0.005)
    assert told["inputs"]["chains"]["ETH"]["quotes"] == 42
    assert told["decision"]["numbers"]["cvar_unhedged_usd"] == pytest.approx(137_000, rel=0.05)
    assert f"quotes of {seen}" in run(*PLAN).out.splitlines()[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda rows: rows.assign(observed_at=serials(rows["observed_at"])),
            "looks like an Excel serial of 2026-03-02",
        ),
        (lambda rows: rows.assign(expiry_at=serials(rows["expiry_at"])), "looks like an Excel serial of 2026-03-13"),
        (lambda rows: rows.assign(observed_at=2026), "looks like a year alone"),
        (lambda rows: rows.assign(observed_at="02/03/2026"), "observed_at 02/03/2026 in row 1 is no time"),
        (lambda rows: rows.assign(observed_at="1970-08-23"), "before 2009-01-01"),
        (lambda rows: scaled(rows, 100.0, "vol"), "it looks like percent, write 0.6 for 60 %"),
        (lambda rows: scaled(rows, 0.01, "vol"), "looks like a decimal"),
        (lambda rows: rows.assign(vol=0.0), "vol 0 in row 1 is no volatility"),
        (lambda rows: scaled(rows, -1.0, "vol"), "is no volatility"),
        (lambda rows: deribit(rows, 1.0), "mark_iv 0.6003 in the middle looks like a decimal"),
        (lambda rows: scaled(rows, 1 / 3000.0, "bid", "ask"), "ETH: these look like coin prices"),
        (lambda rows: rows.assign(currency="coin"), "ETH: these look like USD prices"),
        (lambda rows: scaled(deribit(rows), 3000.0, "best_bid_price", "best_ask_price"), "these look like USD prices"),
        (late_row, "(row 20), are of 1 option, and 41 others are quoted"),
        (cut_short, "are of 10 options, and 32 others are quoted"),
        (lambda rows: rows.assign(underlying=rows["type"].map({"C": "ETH", "P": "eth"})), "and is another name"),
        (lambda rows: rows.assign(Lot=1.0), "the column 'Lot' looks like lot and is not it: write lot"),
        (lambda rows: scaled(rows, 0.83, "vol"), "is stated in the middle and the quotes imply"),
        (lambda rows: scaled(rows.assign(forward=3000.0), 1.05, "spot"), "of another time or asset?"),
        (other_month, "is the expiry of one of them wrong?"),
        (
            lambda rows: scaled(rows.drop(columns="vol"), 0.001, "spot"),
            "Is a price, strike, forward or spot in another",
        ),
    ],
)
def test_plan__chain_in_another_unit__is_one_line_and_no_plan(
    run: Run, folder: Path, change: Change, words: str
) -> None:
    change(market()).to_csv(folder / "chain.csv", index=False)
    done = run(*PLAN, "--report", "plan.html", "--orders", "orders.csv")
    assert_one_line_error(done, 2, "chain.csv", words)
    assert done.out == ""
    assert not (folder / "plan.html").exists()
    assert not (folder / "orders.csv").exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("members", ",known_at,UNI,AAVE\n1,2026-01-05,6.1,160\n2,2026-01-06,6.2,150\n", "column 1 has no name"),
        ("members", "known_at,UNI,UNI,AAVE\n2026-01-05,6.1,6.1,160\n", "the column UNI is there twice"),
        ("dollar", "known_at,close\n46027,108.1\n46028,108.4\n", "looks like an Excel serial of 2026-01-05"),
        ("index_ETH", "known_at,high,low,close\n20260105,0.7,0.5,0.6\n", "is no volatility in points"),
        ("funding_ETH", "known_at,rate\n20260105,0.01\n20260106,0.02\n", "looks like percent, or a rate a year"),
    ],
)
def test_plan__history_in_another_shape__is_one_line(run: Run, folder: Path, name: str, text: str, words: str) -> None:
    (folder / "signals").mkdir()
    (folder / "signals" / f"{name}.csv").write_text(text, encoding="utf-8")
    assert_one_line_error(run(*PLAN, "--signals", "signals"), 2, f"{name}.csv", words)


def test_plan__history_with_dates_as_numbers__is_known_on_its_days(run: Run, folder: Path) -> None:
    (folder / "signals").mkdir()
    (folder / "signals" / "dollar.csv").write_text("known_at,close\n20260105,108.1\n20260106,108.4\n", encoding="utf-8")
    plain, told = run(*PLAN, "--json"), run(*PLAN, "--json", "--signals", "signals")
    assert (plain.code, told.code) == (0, 0)
    (signal,) = (one for one in told.json()["plan"]["inputs"]["signals"] if one["name"] == "dollar")
    assert signal["known_at"] in (1_767_571_200, 1_767_657_600)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            BOOK.replace('"ETH"', '"USD"').replace("2400.0", "0.999").replace("3750.0", "1.001"),
            "USD and USD are one asset",
        ),
        (BOOK + 'quote = "WETH"\n', "ETH and WETH are one asset"),
        (BOOK.replace('"ETH"', '"SOL"'), "no option chain of SOL"),
        (BOOK.replace("2400.0", "4000.0"), "lower 4000 is not below upper 3750"),
        (BOOK.replace("0.25", "25.0"), "25 is no share of the value a year"),
        (BOOK.replace("1_000_000.0", "nan"), "value_usd"),
        (BOOK.replace("2400.0", "0.0002").replace("3750.0", "0.0005"), "it looks like ETH per USD"),
    ],
)
def test_plan__stated_book_that_is_none__is_one_line(run: Run, folder: Path, text: str, words: str) -> None:
    (folder / "book.toml").write_text(text, encoding="utf-8")
    assert_one_line_error(run(*PLAN), 2, "book.toml", words)


@pytest.mark.parametrize("place", ["taken/report.html", "folder", "/proc/none/report.html", "/dev/null", "x" * 300])
@pytest.mark.parametrize(
    "command",
    [
        (*PLAN, "--report"),
        (*PLAN, "--orders"),
        ("backtest", "--report"),
        ("simulate", "--report"),
        ("demo", "--report"),
    ],
)
def test_commands__place_that_cannot_be_written__is_said_before_the_work(
    run: Run, folder: Path, command: tuple[str, ...], place: str
) -> None:
    (folder / "taken").write_text("", encoding="utf-8")
    (folder / "folder").mkdir()
    before = sorted(os.listdir(folder))
    done = run(*command, place)
    assert done.code == 2, done
    assert done.out == ""
    (line,) = [line for line in done.err.splitlines() if not line.startswith("the first simulation")]
    assert line.startswith(f"error: {place}: ")
    assert "cannot be written" in line or "is a folder or a device" in line
    assert sorted(name for name in os.listdir(folder) if name not in (".out", ".err")) == before


@pytest.mark.parametrize(
    "option", ["--report", "--orders", "--holdings", "--signals", "--screens", "--chain", "--book"]
)
def test_plan__links_in_a_circle__are_one_line(run: Run, folder: Path, option: str) -> None:
    (folder / "loop.csv").symlink_to("loop.csv")
    place = PLAN.index(option) if option in PLAN else len(PLAN)
    chosen = (*PLAN[:place], *PLAN[place + 2 :])
    done = run(*chosen, option, "loop.csv")
    assert_one_line_error(done, 2, "loop.csv: leads nowhere: its links lead in a circle")
