"""Quotes of a stated surface: the fit finds the smile that made a chain, and knows nothing of later snapshots."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
from sample_histories import DAY, START, listed, series

from hedge import options
from hedge.backtest.model_quotes import CRYPTO, SurfaceFit, fit_known, fit_snapshot, modelled_quotes
from hedge.backtest.quotes import ModelQuotes
from hedge.instruments.contract import Contract
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import TICK, Smile
from hedge.volatility.index import index_from_chain

pytestmark = pytest.mark.unit

WEDNESDAY = START + 23 * DAY
"""2026-01-28 08:00 UTC: the last Friday of February, which is listed, is exactly 30 days away."""
FIRST = START + 2 * DAY
MADE = Smile(skew=-0.04, curvature=0.02, term_slope=0.1, half_spread=0.02)


def chain(asset: str, at: int, spot: float, vol: float = 0.6, smile: Smile | None = None) -> OptionChain:
    return listed(asset, at, spot, vol, smile).chain


def test_fit__synthetic_chain__is_the_smile_that_made_it() -> None:
    shot = chain("ETH", WEDNESDAY, 2_000.0, 0.6, MADE)
    assert 30 * DAY in {at - WEDNESDAY for at in shot.expiries()}
    fit = fit_snapshot(shot)
    assert fit is not None
    # Volatilities are exact, and at the money of 30 days so is the level: least squares of some hundred rows remain.
    assert fit.ratio * index_from_chain(shot.quotes).vol == pytest.approx(0.6, rel=1e-12)
    assert astuple(fit.smile)[:3] == pytest.approx(astuple(MADE)[:3], abs=1e-10)


def test_fit__half_spread__is_the_median_of_prices_that_ticks_widen() -> None:
    shot = chain("ETH", WEDNESDAY, 2_000.0, 0.6, MADE)
    fit = fit_snapshot(shot)
    assert fit is not None
    table = shot.quotes
    days = table["expiry"] * 365.0
    out = (table["strike"] > table["forward"]) == table["is_call"]
    use = table[out & (table["bid"] > 0.0) & (days >= 5.0) & (days <= 200.0)]
    strike, expiry, vol, is_call = (use[name].to_numpy() for name in ("strike", "expiry", "vol", "is_call"))
    low, high = (
        options.price(2_000.0, strike, expiry, vol + side * MADE.half_spread, 0.0, 0.0, is_call) for side in (-1, 1)
    )
    vega = options.greeks(2_000.0, strike, expiry, vol, 0.0, 0.0, is_call).vega
    exact = 0.5 * (high - low) / vega
    # Each bid is rounded down and each ask up, by a tick at most.
    assert np.median(exact) <= fit.smile.half_spread <= np.median(exact + TICK * 2_000.0 / vega)


def test_fit__too_few_rows__is_none() -> None:
    shot = listed("ETH", WEDNESDAY, 2_000.0)
    few = slice(0, 30)
    names = ("expiry_at", "strike", "is_call", "bid", "ask", "mark", "vol", "forward")
    assert fit_snapshot(replace(shot, **{name: getattr(shot, name)[few] for name in names}).chain) is None


def test_fit__no_bids__is_none() -> None:
    shot = listed("ETH", WEDNESDAY, 2_000.0)
    assert fit_snapshot(replace(shot, bid=np.full_like(shot.bid, np.nan)).chain) is None


def test_known__several_fits__is_their_mean_and_stated_without_any() -> None:
    fits = [SurfaceFit(0.9, Smile(-0.02, 0.01, 0.0, 0.01), 1), SurfaceFit(1.0, Smile(-0.04, 0.03, 0.2, 0.03), 1)]
    assert fit_known([], CRYPTO) is CRYPTO
    mean = fit_known(fits, CRYPTO)
    assert (mean.ratio, mean.snapshots) == (pytest.approx(0.95), 2)
    assert astuple(mean.smile) == pytest.approx((-0.03, 0.02, 0.1, 0.02))


PRICES = series("ETH", [(START + day * DAY, 2_000.0 + day) for day in range(12)])
INDEX = series("volatility", [(START + day * DAY, 0.5 + 0.01 * day) for day in range(12)])


def test_modelled__snapshots_in_between__each_is_used_from_its_time_on() -> None:
    shots = [chain("ETH", FIRST + 7 * week * DAY, 2_000.0, 0.6, MADE) for week in (0, 1)]
    made = modelled_quotes("ETH", PRICES, INDEX, shots)
    assert [quotes.observed_at for quotes in made] == PRICES.times.tolist()
    used = [quotes.smile for quotes in made]
    fits = [fit for shot in shots if (fit := fit_snapshot(shot))]
    assert used[:2] == [CRYPTO.smile] * 2
    assert used[2:9] == [fits[0].smile] * 7
    assert used[9:] == [fit_known(fits, CRYPTO).smile] * 3
    assert made[2].atm_vol == fits[0].ratio * 0.52


def test_modelled__later_snapshots_prices_and_indices_changed__earlier_quotes_stay() -> None:
    early, late = chain("ETH", FIRST, 2_000.0, 0.6, MADE), chain("ETH", FIRST + 3 * DAY, 2_000.0, 0.6)
    cut = START + 4 * DAY
    whole = modelled_quotes("ETH", PRICES, INDEX, [early, late])
    known = modelled_quotes("ETH", PRICES.cut(cut), INDEX.cut(cut), [early])

    def numbers(quotes: ModelQuotes) -> tuple[object, ...]:
        return quotes.observed_at, quotes.spot, quotes.atm_vol, quotes.smile

    assert [numbers(quotes) for quotes in whole if quotes.observed_at <= cut] == [numbers(quotes) for quotes in known]


def test_modelled__index_absent_or_older_than_four_days__has_no_quotes() -> None:
    index = series("volatility", [(START + DAY, 0.5)])
    found = modelled_quotes("ETH", PRICES, index)
    assert [(quotes.observed_at - START) // DAY for quotes in found] == [1, 2, 3, 4, 5]


def test_price__listed_contract__is_the_chains_own_quote() -> None:
    shot = ModelQuotes("ETH", START, 2_000.0, 0.6, MADE, 1.0)
    rows = shot.chain.quotes.to_dict("records")
    prices = shot.prices([Contract("ETH", row["expiry_at"], row["strike"], row["is_call"]) for row in rows[::7]])
    found = np.array([(price.bid, price.ask, price.vol) for price in prices if price])
    expected = np.array([(row["bid"], row["ask"], row["vol"]) for row in rows[::7]])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_price__not_listed__is_quoted_all_the_same_until_its_expiry() -> None:
    shot = ModelQuotes("ETH", START, 2_000.0, 0.6, MADE, 1.0)
    expired, alive = Contract("ETH", START, 2_001.0, True), Contract("ETH", START + 3 * DAY, 2_001.0, True)
    first, found, last = shot.prices([expired, alive, expired])
    assert found is not None
    assert found.bid < found.mark < found.ask
    assert (first, last, shot.prices([expired])) == (None, None, [None])
