"""Expiries that contradict each other, the spot or the volatility that is stated; every recorded chain is accepted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.sources.quote_expiries import check_expiries, most_basis
from hedge import options
from tests.bridge.test_quote_units import SEEN, YEAR, chains, deribit, market, read, refused, scaled

pytestmark = pytest.mark.unit
FILE = Path("chain.csv")
DAY = 86_400
Rows = pd.DataFrame
Change = Callable[[Rows], Rows]


def dense(
    days: tuple[int, ...] = (5, 11, 18, 25, 60, 120), vol: float = 0.6, carry: float = 0.03, spot: float = 3000.0
) -> Rows:
    """Return a file of USD quotes with forwards, on many strikes."""
    rows = []
    for each in days:
        years = each / 365
        for moneyness in np.arange(0.7, 1.41, 0.05):
            for kind in "CP":
                strike, forward = round(spot * moneyness, 6), spot * np.exp(carry * years)
                own = vol + 0.3 * np.log(moneyness) ** 2
                price = float(options.price(forward, strike, years, own, 0.0, 0.0, kind == "C"))
                quotes = (max(0.97 * price, price - 6.0), min(1.03 * price, price + 6.0))
                rows.append(("ETH", SEEN, spot, SEEN + each * DAY, strike, kind, *quotes, own, forward))
    names = ["underlying", "observed_at", "spot", "expiry_at", "strike", "type", "bid", "ask", "vol", "forward"]
    return pd.DataFrame(rows, columns=names)


def moved(frame: Rows, days: int, to: int) -> Rows:
    """Return the same with the expiry in so many days under another date."""
    at = frame["expiry_at"].where(frame["expiry_at"] != SEEN + days * DAY, SEEN + to * DAY)
    return frame.assign(expiry_at=at)


@pytest.mark.parametrize("change", [lambda rows: rows, lambda rows: rows.drop(columns="forward")])
@pytest.mark.parametrize("coin", [False, True])
@pytest.mark.parametrize("carry", [-0.02, 0.0, 0.04])
def test_chain_file__sound_expiries__are_read(tmp_path: Path, change: Change, coin: bool, carry: float) -> None:
    frame = dense(carry=carry)
    if coin:  # worth coin x forward at the expiry, discounted at the carry
        part = 1.0 / frame["forward"]
        frame = frame.assign(bid=frame["bid"] * part, ask=frame["ask"] * part, currency="coin")
    assert len(read(tmp_path, change(frame)).rows) == len(frame)


@pytest.mark.parametrize(("days", "to"), [(11, 42), (18, 48), (25, 90), (60, 20), (120, 30)])
@pytest.mark.parametrize("stated", [True, False])
def test_chain_file__expiry_of_another_month__is_refused_with_both_expiries(
    tmp_path: Path, days: int, to: int, stated: bool
) -> None:
    frame = moved(dense(carry=0.0), days, to)
    message = refused(tmp_path, frame if stated else frame.drop(columns=["vol", "forward"]))
    assert "the variance up to" in message
    assert "is the expiry of one of them wrong?" in message
    assert "(row " in message


def test_chain_file__every_expiry_a_year_late__is_refused(tmp_path: Path) -> None:
    frame = dense(carry=0.0).drop(columns=["vol", "forward"])
    assert "the variance up to" in refused(tmp_path, frame.assign(expiry_at=frame["expiry_at"] + YEAR))


@pytest.mark.parametrize("factor", [0.55, 0.83, 0.9, 1.1, 1.2, 1.45])
@pytest.mark.parametrize(
    "part",
    ["type == 'P'", "type == 'C'", "index >= 0", f"expiry_at == {SEEN + 25 * DAY}", f"expiry_at < {SEEN + 20 * DAY}"],
)
def test_chain_file__volatility_off_the_quotes__is_refused_for_the_part_that_is(
    tmp_path: Path, factor: float, part: str
) -> None:
    frame = dense()
    rows = frame.query(part).index
    frame.loc[rows, "vol"] *= factor
    if "expiry" in part and 0.87 <= factor <= 1.15:
        return  # of few expiries it is within what is recorded
    message = refused(tmp_path, frame)
    assert "is stated in the middle and the quotes imply" in message or "looks like another unit or measure" in message
    books = deribit(frame.assign(underlying="ETH")).assign(underlying_price=frame["forward"])
    assert "mark_iv" in refused(tmp_path, books)


@pytest.mark.parametrize("factor", [0.92, 0.95, 1.05, 1.08])
@pytest.mark.parametrize("forwards", [True, False])
@pytest.mark.parametrize("usd", [True, False])
def test_chain_file__spot_that_contradicts_its_forwards_or_quotes__is_refused(
    tmp_path: Path, factor: float, forwards: bool, usd: bool
) -> None:
    frame = scaled(dense(), factor, "spot")
    if not usd:
        frame = scaled(frame, 1 / 3000.0, "bid", "ask").assign(currency="coin")
    message = refused(tmp_path, frame if forwards else frame.drop(columns=["forward", "vol"]))
    assert "from the spot" in message or "is a price, strike, forward or spot in another" in message.lower()


@pytest.mark.parametrize("days", [11, 25, 120])
@pytest.mark.parametrize("factor", [0.96, 1.04])
def test_chain_file__forward_of_another_expiry_or_time__is_refused(tmp_path: Path, days: int, factor: float) -> None:
    frame = dense()
    own = frame["expiry_at"] == SEEN + days * DAY
    message = refused(tmp_path, frame.assign(forward=frame["forward"].where(~own, frame["forward"] * factor)))
    assert "from the forward" in message or "from the spot" in message


def test_most_basis__any_time__grows_with_it_and_is_wide_in_the_last_days() -> None:
    assert most_basis(1.0 / 365) == 0.1
    assert most_basis(11.0 / 365) == pytest.approx(0.0426, abs=1e-4)
    assert most_basis(1.0) == pytest.approx(0.77)


@given(vol=st.floats(0.1, 2.0), carry=st.floats(-0.1, 0.3), seed=st.integers(0, 2**31), wide=st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
@pytest.mark.prop
def test_check_expiries__any_sound_market_with_wide_quotes__is_accepted(
    vol: float, carry: float, seed: int, wide: float
) -> None:
    frame = dense(vol=vol, carry=carry)
    draw = np.random.default_rng(seed)
    years = (frame["expiry_at"] - frame["observed_at"]) / YEAR
    middle = (frame["bid"] + frame["ask"]) / 2
    half = middle * wide * draw.random(len(frame)) / 2
    sides: dict[str, Any] = {"bid": middle - half, "ask": middle + half}
    quotes = frame.assign(expiry=years, is_call=frame["type"] == "C", rate=0.0, in_coin=False, **sides)
    check_expiries(FILE, "ETH", 3000.0, quotes[draw.random(len(frame)) < 0.8], "vol", forwards=True)
    check_expiries(FILE, "ETH", 3000.0, quotes.assign(forward=3000.0), "vol", forwards=False)


@pytest.mark.parametrize("part", ["type == 'P'", "index % 3 == 0", f"expiry_at == {SEEN + 25 * DAY}"])
def test_chain_file__some_cells_of_volatility_empty__are_that_of_the_middle_and_counted(
    tmp_path: Path, part: str
) -> None:
    frame = market()
    rows = frame.query(part).index
    frame.loc[rows, "vol"] = np.nan
    chain, whole = read(tmp_path, frame), read(tmp_path, market())
    np.testing.assert_allclose(chain.quotes["vol"], whole.quotes["vol"], rtol=1e-3)
    words = f"{len(rows)} volatilities that it does not state from the middle of bid and ask"
    assert chain.source == f"file chain.csv, {words}"


def test_chain_file__empty_volatility_of_a_quote_with_one_side__stays_unknown(tmp_path: Path) -> None:
    frame = market()
    frame.loc[4, ["bid", "vol"]] = np.nan
    assert int(read(tmp_path, frame).quotes["vol"].isna().sum()) == 1


def test_real_chains__spoiled_ones__are_refused_and_without_their_forwards_accepted(recorded: Path) -> None:
    for chain in islice(chains(recorded), 0, 40, 5):  # all of them as they are: in the tests of units
        quotes, spot, name = chain.quotes.assign(in_coin=True), chain.spot, chain.underlying
        check_expiries(FILE, name, spot, quotes.assign(forward=spot, rate=0.0), "vol", forwards=False)
        for wrong in (
            scaled(quotes, 0.83, "vol"),
            quotes.assign(vol=quotes["vol"].where(quotes["is_call"], 0.9 * quotes["vol"])),
            scaled(quotes, 1.05, "forward"),
            scaled(quotes, 0.95, "forward"),
        ):
            with pytest.raises(BadFile):
                check_expiries(FILE, name, spot, wrong, "vol", forwards=True)
