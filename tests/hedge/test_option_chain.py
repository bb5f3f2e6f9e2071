"""Chains: what validation refuses, and what a synthetic chain promises."""

import math
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CHAINS, NOW

from hedge import options
from hedge.errors import BadQuote, CrossedQuote, DuplicateQuote, EmptyChain, MissingColumn, NotListed
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, exchange_expiries, exchange_strikes, synthetic_chain
from hedge.market import Provenance

DAY = 86_400


def frame(**changes: Any) -> pd.DataFrame:
    """Return a chain of one 30-day put, with some of its numbers changed."""
    row = {"expiry_at": NOW + 30 * DAY, "expiry": 30 / 365, "strike": 1800.0, "is_call": False}
    row |= {"bid": 40.0, "ask": 44.0, "vol": 0.6, "forward": 2000.0, "lot": 0.1}
    return pd.DataFrame([row | changes])


def build(quotes: pd.DataFrame) -> OptionChain:
    return OptionChain.from_frame("ETH", NOW, 2000.0, quotes, "test")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("strike", math.nan),
        ("strike", 0.0),
        ("expiry", -0.1),
        ("forward", math.nan),
        ("lot", 0.0),
        ("bid", -1.0),
        ("ask", math.inf),
        ("vol", -0.1),
        ("vol", 60.0),
        ("vol", 89.0),
        ("expiry_at", NOW + 60 * DAY),
    ],
)
def test_from_frame__number_out_of_range__names_row_column_and_value(column: str, value: float) -> None:
    with pytest.raises(BadQuote) as refused:
        build(frame(**{column: value}))
    assert (refused.value.row, refused.value.column) == (0, column)


@pytest.mark.unit
def test_from_frame__bid_above_ask__is_crossed() -> None:
    with pytest.raises(CrossedQuote) as refused:
        build(frame(bid=45.0))
    assert (refused.value.bid, refused.value.ask, refused.value.strike) == (45.0, 44.0, 1800.0)


@pytest.mark.unit
def test_from_frame__option_quoted_twice__names_the_second_row() -> None:
    with pytest.raises(DuplicateQuote) as refused:
        build(pd.concat([frame(), frame(bid=39.0)], ignore_index=True))
    assert refused.value.row == 1


@pytest.mark.unit
def test_from_frame__no_rows_or_no_column__is_refused() -> None:
    with pytest.raises(EmptyChain):
        build(frame().iloc[:0])
    with pytest.raises(MissingColumn) as refused:
        build(frame().drop(columns="lot"))
    assert refused.value.column == "lot"


@pytest.mark.unit
def test_from_frame__missing_bid_ask_or_vol__is_kept_but_not_traded() -> None:
    chain = build(frame(bid=math.nan, ask=math.nan, vol=math.nan))
    assert len(chain.quotes) == 1
    assert chain.buyable(NOW + 30 * DAY, is_call=False) == ()


@pytest.mark.unit
def test_to_inputs__one_bit_of_one_quote__changes_the_digest() -> None:
    inputs, changed = build(frame()).to_inputs(), build(frame(ask=math.nextafter(44.0, 45.0))).to_inputs()
    assert inputs["quotes_sha256"] != changed["quotes_sha256"]
    assert inputs == build(frame()).to_inputs()


@pytest.mark.unit
def test_to_inputs__rows_in_another_order__keeps_the_digest() -> None:
    quotes = CHAINS["ETH"].quotes
    shuffled = quotes.sample(frac=1.0, random_state=1)
    again = OptionChain.from_frame("ETH", NOW, 2000.0, shuffled, CHAINS["ETH"].source, provenance=Provenance.SIMULATED)
    assert again.to_inputs() == CHAINS["ETH"].to_inputs()


@pytest.mark.unit
def test_first_expiry__beyond_the_last__says_what_is_nearest() -> None:
    chain = CHAINS["ETH"]
    assert chain.days_to(chain.first_expiry(120)) == pytest.approx(135.4, abs=0.05)
    with pytest.raises(NotListed) as refused:
        chain.first_expiry(1000)
    assert refused.value.nearest == pytest.approx(499.4, abs=0.05)


@pytest.mark.unit
def test_nearest_expiry__outside_the_band__is_not_listed() -> None:
    chain = build(frame())
    assert chain.nearest_expiry(25, 20, 40) == NOW + 30 * DAY
    with pytest.raises(NotListed):
        chain.nearest_expiry(7, 3, 21)


@pytest.mark.unit
def test_exchange_expiries__any_observation__are_later_fridays_at_eight_beyond_400_days() -> None:
    for shift in range(0, 90 * DAY, 31 * 3600):
        expiries = exchange_expiries(NOW + shift)
        moments = [datetime.fromtimestamp(expiry_at, UTC) for expiry_at in expiries]
        assert all((moment.weekday(), moment.hour, moment.minute) == (4, 8, 0) for moment in moments)
        assert expiries[0] > NOW + shift
        assert expiries[-1] > NOW + shift + 400 * DAY


@pytest.mark.unit
def test_exchange_strikes__at_2000__are_multiples_of_25_around_spot() -> None:
    strikes = exchange_strikes(2000.0)
    assert all(strike % 25.0 == 0.0 for strike in strikes)
    near = [strike for strike in strikes if 1600 <= strike <= 2400]
    assert near == [1600 + 25.0 * step for step in range(33)]


@pytest.mark.prop
@settings(max_examples=15)
@given(
    spot=st.floats(0.01, 1e6), vol=st.floats(0.2, 1.5), skew=st.floats(-0.05, 0.05), half_spread=st.floats(0.001, 0.05)
)
def test_synthetic_chain__any_level__has_ask_above_bid_and_mid_inside(
    spot: float, vol: float, skew: float, half_spread: float
) -> None:
    chain = synthetic_chain("X", spot, NOW, vol, Smile(skew=skew, half_spread=half_spread))
    quotes = chain.quotes
    mid = options.price(spot, quotes["strike"], quotes["expiry"], quotes["vol"], 0.0, 0.0, quotes["is_call"])
    noise = 1e-9 * spot
    assert (quotes["ask"] > quotes["bid"].fillna(0.0)).all()
    assert ((quotes["bid"].fillna(0.0) <= mid + noise) & (mid <= quotes["ask"] + noise)).all()


@pytest.mark.unit
def test_synthetic_chain__source__states_every_number_of_the_smile() -> None:
    source = synthetic_chain("X", 100.0, NOW, 0.5, Smile(-0.01, 0.02, 0.03, 0.04)).source
    for number in ("0.5", "-0.01", "0.02", "0.03", "0.04"):
        assert number in source
