"""One snapshot of a file of quotes: late rows, slow collectors, files cut short, and underlyings under two names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.sources.quotes.files import read_chain_file, read_snapshots
from tests.bridge.test_quote_units import SEEN, deribit, market, read, refused

pytestmark = pytest.mark.unit
DAY = 86_400
Rows = pd.DataFrame
Shape = Callable[[Rows], Rows]


def late(frame: Rows, row: int, seconds: int) -> Rows:
    """Return the same with one row, from 1, stamped later (or earlier)."""
    name = "timestamp" if "timestamp" in frame else "observed_at"
    found = frame.copy()
    found.loc[row - 1, name] += seconds
    return found


def daily(frame: Rows) -> Rows:
    names = {"best_bid_price": "bid_price", "best_ask_price": "ask_price", "underlying_price": "underlying"}
    return deribit(frame).rename(columns=names).assign(implied_volatility=frame["vol"]).drop(columns="mark_iv")


@pytest.mark.parametrize("shape", [lambda frame: frame, daily])
@pytest.mark.parametrize("seconds", [60, 64, 300, 899])
def test_chain_file__one_row_minutes_late__is_of_the_same_collection(
    tmp_path: Path, shape: Shape, seconds: int
) -> None:
    chain = read(tmp_path, late(shape(market()), 20, seconds))
    assert (len(chain.rows), chain.observed_at, chain.source) == (42, SEEN + seconds, "file chain.csv")


@pytest.mark.parametrize("shape", [lambda frame: frame, daily, deribit])
@pytest.mark.parametrize("seconds", [901, 57_600])
def test_chain_file__one_row_hours_late__is_refused_with_its_row_and_time(
    tmp_path: Path, shape: Shape, seconds: int
) -> None:
    message = refused(tmp_path, late(shape(market()), 20, seconds))
    assert "(row 20), are of 1 option, and 41 others are quoted at 2026-03-02 12:00:00Z" in message
    assert "a row of another time, or a file cut short?" in message


@pytest.mark.parametrize("shape", [lambda frame: frame, daily])
def test_chain_file__one_row_early__is_left_out_and_named(tmp_path: Path, shape: Shape) -> None:
    chain = read(tmp_path, late(shape(market()), 20, -7200))
    assert (len(chain.rows), chain.source) == (41, "file chain.csv, 1 option of an earlier time left out")


@pytest.mark.parametrize("minutes", [1, 3, 14])
def test_chain_file__rows_stamped_over_minutes__are_one_snapshot(tmp_path: Path, minutes: int) -> None:
    spread = np.linspace(0, 60 * minutes, 42).astype(int)
    frame = market().assign(observed_at=SEEN + spread)
    day = market().assign(observed_at=SEEN + spread - DAY)
    assert len(read(tmp_path, frame).rows) == 42
    both = pd.concat([day, frame], ignore_index=True)
    chain = read(tmp_path, both)
    assert (len(chain.rows), chain.observed_at) == (42, SEEN + 60 * minutes)
    both.to_csv(tmp_path / "chain.csv", index=False)
    assert [len(one.rows) for one in read_snapshots(tmp_path / "chain.csv", "ETH")] == [42, 42]
    (first,) = read_chain_file(tmp_path / "chain.csv", SEEN - DAY + 60 * minutes).values()
    assert (len(first.rows), first.observed_at) == (42, SEEN - DAY + 60 * minutes)


def test_chain_file__snapshots_of_every_minute__are_not_mixed(tmp_path: Path) -> None:
    shots = [market(spot).assign(observed_at=SEEN + 60 * place) for place, spot in enumerate((2990.0, 2995.0, 3000.0))]
    frame = pd.concat(shots, ignore_index=True).assign(strike=np.tile(market()["strike"], 3))
    frame.to_csv(tmp_path / "chain.csv", index=False)
    found = list(read_snapshots(tmp_path / "chain.csv", "ETH"))
    assert [(one.spot, len(one.rows)) for one in found] == [(2990.0, 42), (2995.0, 42), (3000.0, 42)]
    assert [one.spot for one in read_snapshots(tmp_path / "chain.csv", "ETH", apart=61)] == [2990.0, 3000.0]


@pytest.mark.parametrize("kept", [1, 10, 30])
@pytest.mark.parametrize("days", [1, 4])
def test_chain_file__last_snapshot_cut_short__is_refused(tmp_path: Path, kept: int, days: int) -> None:
    before = market().assign(observed_at=SEEN - days * DAY)
    cut = pd.concat([before, market().iloc[:kept]], ignore_index=True)
    message = refused(tmp_path, cut)
    assert f"(row 43), are of {kept} option" in message
    assert f"and {42 - kept} others are quoted" in message
    cut.to_csv(tmp_path / "chain.csv", index=False)
    (chain,) = read_chain_file(tmp_path / "chain.csv", SEEN - 1).values()
    assert len(chain.rows) == 42


def test_chain_file__options_that_expired_since__are_not_missed(tmp_path: Path) -> None:
    before = market().assign(observed_at=SEEN - 12 * DAY, expiry_at=market()["expiry_at"] - 12 * DAY)
    old = before[before["expiry_at"] <= SEEN]
    assert len(old) == 14
    assert len(read(tmp_path, pd.concat([old, market()], ignore_index=True)).rows) == 42


@pytest.mark.parametrize(
    "other", ["eth", "Eth", "\u0415TH", "ET\u041d", "\u0395TH", "ETH\u200b", "\uff25\uff34\uff28", "E TH"]
)
@pytest.mark.parametrize("part", ["type == 'P'", "index == 7"])
def test_chain_file__part_of_an_asset_under_a_name_that_looks_like_it__is_refused(
    tmp_path: Path, other: str, part: str
) -> None:
    frame = market()
    rows = frame.query(part).index
    frame.loc[rows, "underlying"] = other
    message = refused(tmp_path, frame)
    odd, row = (other, rows[0] + 1) if len(rows) < 21 else (other, 2)
    assert f"underlying {odd!a} in row {row} looks like 'ETH'" in message or "underlying 'ETH' in row 1" in message
    assert message.isascii()


@pytest.mark.parametrize("name", ["ETH ", " ETH", "\tETH", "ETH\u00a0"])
def test_chain_file__spaces_around_an_underlying__are_none_of_its_name(tmp_path: Path, name: str) -> None:
    frame = market()
    frame.loc[frame["type"] == "P", "underlying"] = name
    chain = read(tmp_path, frame)
    assert (chain.underlying, len(chain.rows)) == ("ETH", 42)


@pytest.mark.parametrize(
    "name", ["Lot", " lot", "LOT ", "l\u043et", "Forward", "FORWARD", "Vol", "Currency", "lot\u200b"]
)
def test_chain_file__optional_column_in_another_spelling__is_refused_with_the_right_one(
    tmp_path: Path, name: str
) -> None:
    right = next(each for each in ("lot", "forward", "vol", "currency") if each in name.lower() or "\u043e" in name)
    frame = market().drop(columns=[right], errors="ignore").assign(**{name: "USD" if right == "currency" else 1.0})
    assert f"looks like {right} and is not it: write {right}" in refused(tmp_path, frame)
    both = market().assign(lot=1.0, forward=3000.0, currency="USD", **{name: 1.0})
    message = refused(tmp_path, both)
    assert f"looks like {right} and is not it" in message or f"the column {right} is there twice" in message


@pytest.mark.parametrize("name", ["Mark_Price", "MARK_IV", "Best_bid_price"])
def test_chain_file__deribits_column_in_another_spelling__is_refused(tmp_path: Path, name: str) -> None:
    frame = deribit(market()).rename(columns={name.lower(): name})
    if name.lower() not in deribit(market()):
        frame = frame.assign(**{name: 0.1})
    assert f"looks like {name.lower()} and is not it" in refused(tmp_path, frame)


def test_chain_file__columns_of_its_own__are_left_aside(tmp_path: Path) -> None:
    assert len(read(tmp_path, market().assign(delta=0.5, Theta=1.0, comment="x")).rows) == 42
    assert "the columns 'Theta' and 'theta' look the same" in refused(tmp_path, market().assign(Theta=1.0, theta=1.0))
