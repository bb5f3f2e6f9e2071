"""One impossible quote in a sound chain: named by its row, whatever it contradicts; real chains hold none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sources.quote_bounds import wrong_quotes
from tests.bridge.test_quote_units import deribit, in_usd, market, read, refused

pytestmark = pytest.mark.unit


def changed(row: int, frame: pd.DataFrame | None = None, **cells: Any) -> pd.DataFrame:
    found = market() if frame is None else frame.copy()
    for name, value in cells.items():
        found.loc[row - 1, name] = value
    return found


def place(kind: str, moneyness: float, days: int = 25) -> int:
    """Return the row, from 1, of an option."""
    rows = market()
    near = np.isclose(rows["strike"], 3000.0 * moneyness) & (rows["type"] == kind)
    return int(rows.index[near & (rows["expiry_at"] == rows["observed_at"] + days * 86_400)][0]) + 1


@pytest.mark.parametrize(("kind", "moneyness"), [("P", 1.0), ("P", 0.9), ("C", 1.0), ("C", 1.1), ("P", 1.1)])
@pytest.mark.parametrize("stated", [True, False])
def test_chain_file__one_ask_far_too_low__is_named_by_its_row(
    tmp_path: Path, kind: str, moneyness: float, stated: bool
) -> None:
    row = place(kind, moneyness)
    frame = changed(row, bid=1.0, ask=2.0)
    message = refused(tmp_path, frame if stated else frame.drop(columns="vol"))
    assert f"row {row}" in message
    assert "Correct what is wrong, or take it out" in message


@pytest.mark.parametrize("kind", ["P", "C"])
def test_chain_file__one_ask_far_too_low_in_an_exchanges_rows__is_no_quote_and_named(tmp_path: Path, kind: str) -> None:
    row = place(kind, 1.0)
    chain = read(tmp_path, deribit(changed(row, bid=1.0, ask=2.0)))
    rows = chain.quotes[(chain.quotes["strike"] == 3000.0) & (chain.quotes["is_call"] == (kind == "C"))]
    assert rows["ask"].isna().tolist() == [False, True, False]
    assert f"1 impossible quotes read as no quote: row {row}" in chain.source


@pytest.mark.parametrize(("kind", "moneyness"), [("P", 0.9), ("C", 1.1), ("C", 1.0)])
def test_chain_file__one_bid_far_too_high__is_named_by_its_row(tmp_path: Path, kind: str, moneyness: float) -> None:
    row = place(kind, moneyness)
    assert f"row {row}" in refused(tmp_path, changed(row, bid=900.0, ask=910.0).drop(columns="vol"))


@pytest.mark.parametrize("times", [0.25, 0.8, 1.2, 4.0])
def test_wrong_quotes__mark_of_a_whole_expiry_is_wrong__says_nothing_of_its_quotes(times: float) -> None:
    quotes = in_usd(market())
    one = quotes["expiry_at"] == quotes["expiry_at"].max()
    assert wrong_quotes(3000.0, quotes.assign(vol=quotes["vol"].where(~one, times * quotes["vol"]))) == []


@given(
    spot=st.sampled_from([0.02, 3.0, 3000.0, 90_000.0]),
    vol=st.floats(0.1, 2.5),
    skew=st.floats(-0.3, 0.1),
    seed=st.integers(0, 2**31),
    times=st.floats(0.75, 1.3),
)
@pytest.mark.prop
def test_check_quote_rows__any_sound_market_with_poor_quotes__is_accepted(
    spot: float, vol: float, skew: float, seed: int, times: float
) -> None:
    quotes = in_usd(market(spot, vol, skew * vol))
    draw = np.random.default_rng(seed)
    lone = draw.random((2, len(quotes))) < 0.3
    wide = quotes.assign(bid=quotes["bid"].mask(lone[0]), ask=quotes["ask"].mask(lone[1]))
    assert wrong_quotes(spot, wide.assign(vol=quotes["vol"] * times)) == []


def test_wrong_quotes__strikes_that_contradict_each_other__are_named_without_any_volatility() -> None:
    quotes = in_usd(market()).assign(vol=np.nan, bid=np.nan)
    puts = quotes.index[(quotes["type"] == "P") & (quotes["expiry_at"] == quotes["expiry_at"].min())]
    quotes.loc[puts[2], ["bid", "ask"]] = 400.0, 900.0
    (found, *_) = wrong_quotes(3000.0, quotes)
    assert found.rows == (puts[3], puts[2])
    assert "which never pays more, is bid at 400" in found.why


def test_wrong_quotes__middle_dearer_than_its_neighbours__is_named() -> None:
    quotes = in_usd(market()).assign(vol=np.nan)
    calls = quotes.index[(quotes["type"] == "C") & (quotes["expiry_at"] == quotes["expiry_at"].max())]
    three = quotes.loc[calls[2:5]].assign(bid=[np.nan, 330.0, np.nan], ask=[400.0, 350.0, 100.0])
    (found,) = [wrong for wrong in wrong_quotes(3000.0, three) if len(wrong.rows) == 3]
    assert found.rows == tuple(calls[2:5])
    assert f"rows {calls[2] + 1} and {calls[4] + 1}" in found.why
