"""Cboe's own worked example, to its last published digit, and what the method does with poor chains."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge import options
from hedge.errors import BadInput, NegativeVariance, TooFewExpiries, TooFewQuotes
from hedge.volatility import index as volatility_index

pytestmark = pytest.mark.unit

MINUTES_PER_YEAR = 525_600


def long_form(wide: pd.DataFrame) -> pd.DataFrame:
    """Turn Cboe's table, calls beside puts, into one row per option."""
    calls = pd.DataFrame({"strike": wide["strike"], "is_call": True, "bid": wide["call_bid"], "ask": wide["call_ask"]})
    puts = pd.DataFrame({"strike": wide["strike"], "is_call": False, "bid": wide["put_bid"], "ask": wide["put_ask"]})
    return pd.concat([calls, puts], ignore_index=True)


@pytest.fixture(scope="module")
def example(vectors: Path) -> dict[str, pd.DataFrame]:
    wide = pd.read_csv(vectors / "vix_whitepaper" / "cboe_2026_quotes.csv")
    return {str(term): long_form(rows) for term, rows in wide.groupby("term")}


@pytest.fixture(scope="module")
def expected(vectors: Path) -> dict:
    return json.loads((vectors / "vix_whitepaper" / "cboe_2026_expected.json").read_text())


def flat_chain(vol: float = 0.6, days: tuple[float, ...] = (23.0, 37.0), spread: float = 0.0) -> pd.DataFrame:
    """Return a dense chain priced at one volatility; the strip reaches beyond six standard deviations."""
    strikes = np.linspace(400.0, 10_000.0, 1_921)
    frames = []
    for day in days:
        for is_call in (True, False):
            mid = options.price(2_000.0, strikes, day / 365.0, vol, is_call=is_call)
            frame = {"expiry": day / 365.0, "strike": strikes, "is_call": is_call}
            frames.append(pd.DataFrame(frame | {"bid": mid * (1 - spread), "ask": mid * (1 + spread)}))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("name", ["near", "next"])
def test_term_variance__cboe_example__published_numbers(
    name: str, example: dict[str, pd.DataFrame], expected: dict
) -> None:
    published = expected[name]
    term = volatility_index.term_variance(example[name], published["rate"], published["minutes"] / MINUTES_PER_YEAR)
    assert round(term.forward, 5) == published["forward"]
    assert term.k0 == published["K0"]
    assert abs(term.variance - published["variance"]) <= 5.01e-10
    used = term.contributions
    assert used["strike"].iloc[[0, -1]].tolist() == [published["first_put_strike"], published["last_call_strike"]]
    assert used.loc[used["kind"] == "both", "mid"].item() == pytest.approx(published["K0_mid"], abs=1e-12)


def test_variance_contributions__cboe_example__every_published_strike(
    vectors: Path, example: dict[str, pd.DataFrame], expected: dict
) -> None:
    published = pd.read_csv(vectors / "vix_whitepaper" / "cboe_2026_contributions.csv")
    for name, rows in published.groupby("term"):
        time = expected[name]["minutes"] / MINUTES_PER_YEAR
        found = volatility_index.variance_contributions(example[str(name)], expected[name]["rate"], time)
        assert found["strike"].tolist() == rows["strike"].tolist()
        assert found["width"].tolist() == rows["dk"].tolist()
        # Published to ten decimals.
        assert np.abs(found["contribution"].to_numpy() - rows["published_contribution"].to_numpy()).max() <= 1e-10


def test_vol_index__cboe_example__13_927842(example: dict[str, pd.DataFrame], expected: dict) -> None:
    near, next_ = (
        volatility_index.term_variance(
            example[name], expected[name]["rate"], expected[name]["minutes"] / MINUTES_PER_YEAR
        )
        for name in ("near", "next")
    )
    index = volatility_index.vol_index(near, next_)
    assert round(index.points, 6) == 13.927842
    assert index.vol == pytest.approx(expected["vix_decimal"], abs=5e-9)


def test_vol_index__older_white_paper__13_68582(example: dict[str, pd.DataFrame], expected: dict) -> None:
    older = expected["older_white_paper_variant"]
    terms = []
    for name in ("near", "next"):
        published = older[name]
        time = round(published["T"] * MINUTES_PER_YEAR) / MINUTES_PER_YEAR  # whole minutes, published to seven decimals
        term = volatility_index.term_variance(example[name], published["R"], time)
        assert round(term.variance, 8) == published["variance"]
        assert round((term.forward / term.k0 - 1.0) ** 2 / time, 8) == published["forward_term"]
        terms.append(term)
    assert round(volatility_index.vol_index(*terms).points, 6) == older["vix"]


def test_vol_index__older_white_paper_with_rounded_times__13_68582(
    example: dict[str, pd.DataFrame], expected: dict
) -> None:
    older = expected["older_white_paper_variant"]
    near, next_ = (
        volatility_index.term_variance(example[name], older[name]["R"], older[name]["T"]) for name in ("near", "next")
    )
    assert round(volatility_index.vol_index(near, next_).points, 5) == 13.68582


def test_index_from_chain__flat_smile__returns_its_volatility() -> None:
    # The strip is a trapezoid of a smooth integrand: at 5 USD strikes on 2,000 its error is far below a basis point.
    index = volatility_index.index_from_chain(flat_chain(vol=0.6))
    assert index.vol == pytest.approx(0.6, abs=1e-4)
    assert (index.near.time * 365, index.next.time * 365) == pytest.approx((23.0, 37.0))


def test_index_from_chain__several_expiries__takes_those_next_to_target() -> None:
    index = volatility_index.index_from_chain(flat_chain(days=(2.0, 9.0, 23.0, 37.0, 90.0)), target_days=20.0)
    assert (index.near.time * 365, index.next.time * 365) == pytest.approx((9.0, 23.0))


def test_index_from_chain__expiry_without_quotes__gives_way_to_next_one_out() -> None:
    chain = flat_chain(days=(9.0, 23.0, 37.0))
    dead = np.isclose(chain["expiry"], 23.0 / 365.0)
    index = volatility_index.index_from_chain(chain.assign(bid=chain["bid"].mask(dead)))
    assert index.near.time * 365 == pytest.approx(9.0)


def test_index_from_chain__rows_shuffled__same_index() -> None:
    chain = flat_chain()
    shuffled = chain.sample(frac=1.0, random_state=1)
    assert volatility_index.index_from_chain(shuffled).vol == volatility_index.index_from_chain(chain).vol


@pytest.mark.parametrize(("days", "usable"), [((23.0,), 1), ((37.0, 60.0), 1), ((-3.0,), 0)])
def test_index_from_chain__target_not_spanned__too_few_expiries(days: tuple[float, ...], usable: int) -> None:
    chain = flat_chain(days=tuple(abs(day) for day in days))
    chain["expiry"] *= np.sign(days[0])
    with pytest.raises(TooFewExpiries) as caught:
        volatility_index.index_from_chain(chain)
    assert caught.value.usable == usable
    assert caught.value.target_days == 30.0


def test_vol_index__target_outside_terms__refuses_to_extrapolate() -> None:
    chain = flat_chain(days=(31.0, 60.0))
    near, next_ = (
        volatility_index.term_variance(chain[chain["expiry"] == t], 0.0, t) for t in chain["expiry"].unique()
    )
    with pytest.raises(TooFewExpiries):
        volatility_index.vol_index(near, next_)


def quotes(*rows: tuple[float, bool, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["strike", "is_call", "bid", "ask"])


TINY = quotes((90, False, 1, 1), (100, False, 4, 4), (100, True, 4, 4), (110, True, 1, 1), (90, True, 12, 12))


def test_term_variance__three_strikes__computed_by_hand() -> None:
    # F = K0 = 100, widths 10: 2 [1/90^2 + 4/100^2 + 1/110^2] * 10 / 0.1.
    term = volatility_index.term_variance(TINY, 0.0, 0.1)
    assert (term.forward, term.k0) == (100.0, 100.0)
    assert term.variance == pytest.approx(200 * (1 / 90**2 + 4 / 100**2 + 1 / 110**2), rel=1e-14)


def test_variance_contributions__two_zero_bids__end_the_strip() -> None:
    far = quotes((80, False, 0, 1), (70, False, 0.5, 1), (60, False, 0, 1), (50, False, 0, 1), (40, False, 0.5, 1))
    found = volatility_index.variance_contributions(pd.concat([TINY, far]), 0.0, 0.1)
    assert found["strike"].tolist() == [70, 90, 100, 110]
    assert found["width"].tolist() == [20, 15, 10, 10]


def test_variance_contributions__nan_bid__counts_as_no_bid() -> None:
    far = quotes((80, False, np.nan, 1), (70, False, 0, 1), (60, False, 1, 2))
    assert volatility_index.variance_contributions(pd.concat([TINY, far]), 0.0, 0.1)["strike"].min() == 90


@pytest.mark.parametrize(
    "frame",
    [
        quotes((100, True, 1, 2)),
        quotes((100, True, 1, 2), (100, False, 1, 2), (110, True, 1, 1)),
        quotes((100, True, 1, 1), (100, False, 9, 9), (90, False, 1, 1)),
    ],
)
def test_term_variance__strip_incomplete__too_few_quotes(frame: pd.DataFrame) -> None:
    with pytest.raises(TooFewQuotes):
        volatility_index.term_variance(frame, 0.0, 0.1)


def test_term_variance__forward_far_above_last_pair__negative_variance() -> None:
    frame = quotes((100, True, 10, 10), (100, False, 0.1, 0.1), (99, False, 0.1, 0.1), (101, True, 0.1, 0.1))
    with pytest.raises(NegativeVariance) as caught:
        volatility_index.term_variance(frame, 0.0, 0.1)
    assert caught.value.variance < 0.0


@pytest.mark.parametrize(
    "bad", [(120, True, 3, 2), (110, True, 1, 1), (-5, True, 1, 2), (np.nan, True, 1, 2), (120, True, -1, 2)]
)
def test_term_variance__impossible_quote__bad_input(bad: tuple[float, bool, float, float]) -> None:
    with pytest.raises(BadInput):
        volatility_index.term_variance(pd.concat([TINY, quotes(bad)]), 0.0, 0.1)


@pytest.mark.parametrize(("rate", "time"), [(0.0, 0.0), (0.0, -1.0), (np.nan, 0.1), (0.0, np.nan), (np.inf, 0.1)])
def test_term_variance__impossible_term__bad_input(rate: float, time: float) -> None:
    with pytest.raises(BadInput):
        volatility_index.term_variance(TINY, rate, time)


def test_term_variance__column_missing__bad_input() -> None:
    with pytest.raises(BadInput, match="ask"):
        volatility_index.term_variance(TINY.drop(columns="ask"), 0.0, 0.1)


@pytest.mark.prop
@settings(max_examples=20)
@given(st.floats(0.2, 1.5), st.floats(0.001, 0.2))
def test_index_from_chain__spread_around_same_mids__index_unmoved(vol: float, spread: float) -> None:
    tight, wide = (
        volatility_index.index_from_chain(flat_chain(vol)),
        volatility_index.index_from_chain(flat_chain(vol, spread=spread)),
    )
    assert wide.vol == pytest.approx(tight.vol, rel=1e-9)


@pytest.mark.prop
@settings(max_examples=20)
@given(st.floats(0.01, 100.0))
def test_single_term_variance__prices_in_another_unit__unchanged(unit: float) -> None:
    scaled = TINY.assign(strike=TINY["strike"] * unit, bid=TINY["bid"] * unit, ask=TINY["ask"] * unit)
    base = volatility_index.single_term_variance(TINY, 0.0, 0.1)
    assert volatility_index.single_term_variance(scaled, 0.0, 0.1) == pytest.approx(base, rel=1e-9)


def test_index_from_chain__deribit_days__an_index_every_day_that_moves_with_dvol(recorded: Path) -> None:
    data = recorded / "iv"
    chains = pd.read_parquet(data / "deribit_chains_daily_2026h1.parquet")
    for currency, rows in chains.groupby("currency"):
        dvol = pd.read_csv(data / f"dvol_{str(currency).lower()}_daily.csv", index_col="date")["open"]
        index = {
            str(day): volatility_index.index_from_chain(usd_quotes(snapshot)).points
            for day, snapshot in rows.groupby(rows["timestamp"].dt.date)
        }
        assert len(index) == 153
        both = pd.concat([pd.Series(index), dvol], axis=1, join="inner")
        # Measured 0.967 (BTC) and 0.979 (ETH) against the day's open; DVOL smooths, these are snapshots at other hours.
        assert both.corr().iloc[0, 1] > 0.95


def usd_quotes(snapshot: pd.DataFrame) -> pd.DataFrame:
    """Turn Deribit's coin prices into USD by the forward of each expiry."""
    return pd.DataFrame(
        {
            "expiry": snapshot["time_to_maturity"],
            "strike": snapshot["strike"],
            "is_call": snapshot["option_type"] == "call",
            "bid": snapshot["bid_price"] * snapshot["underlying"],
            "ask": snapshot["ask_price"] * snapshot["underlying"],
        }
    )
