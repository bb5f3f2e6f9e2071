"""Bets of a stated book on histories: days in common, gaps, too few of them, and none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.plans.pool_bets import bets_of, daily_ratios
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Provenance
from hedge.signals.histories import Histories
from hedge.units import DAY
from hedge.valuation.pool_bets import PoolBets
from tests.bridge.market_files import AT, THREE_POOLS, stated

pytestmark = pytest.mark.unit

CHAINS = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6), "BTC": synthetic_chain("BTC", 40_000.0, AT, 0.5, lot=0.1)}


def closes(days: list[int], hour: int = 0) -> pd.DataFrame:
    """Return a table whose close of each day is 100 plus the day's number."""
    index = pd.Index([day * DAY + hour * 3_600 for day in days], name="known_at")
    return pd.DataFrame({"close": [100.0 + day for day in days]}, index=index)


def counted(folder: Path, days: int) -> PoolBets:
    draws = np.exp(np.cumsum(np.random.default_rng(3).normal(0.0, 0.03, (days, 2)), axis=0))
    index = pd.Index(np.arange(days) * DAY, name="known_at")
    tables = {f"price_{name}": pd.DataFrame({"close": draws[:, i]}, index=index) for i, name in enumerate(CHAINS)}
    seen = stated(folder, CHAINS, THREE_POOLS)
    return bets_of(seen.book, seen.exposure, seen.market, Histories(tables, "made", Provenance.SIMULATED))


def test_daily_ratios__days_in_common__only_those_that_follow_each_other() -> None:
    known = Histories({"price_ETH": closes([0, 1, 2, 4, 5], 3), "price_BTC": closes([1, 2, 3, 4, 5, 6], 20)})
    found = daily_ratios(known, ["BTC", "ETH"])
    assert found["ETH"].tolist() == [102.0 / 101.0, 105.0 / 104.0]
    assert found["BTC"].tolist() == found["ETH"].tolist()


def test_daily_ratios__several_rows_a_day__the_last_is_the_close() -> None:
    table = pd.DataFrame({"close": [1.0, 2.0, 4.0]}, index=pd.Index([0, 100, DAY], name="known_at"))
    assert daily_ratios(Histories({"price_ETH": table}), ["ETH"])["ETH"].tolist() == [2.0]


def test_daily_ratios__no_history_of_one_asset_or_no_asset__nothing() -> None:
    assert daily_ratios(Histories({"price_ETH": closes([0, 1])}), ["BTC", "ETH"]) == {}
    assert daily_ratios(Histories({}), []) == {}


def test_bets_of__histories__says_how_many_days_and_that_they_are_simulated(tmp_path: Path) -> None:
    found = counted(tmp_path, 200)
    assert (found.days, found.source) == (199, "199 days of prices (simulated: made)")
    assert found.held is not None


def test_bets_of__too_few_days__drawn_and_says_why(tmp_path: Path) -> None:
    found = counted(tmp_path, 20)
    assert found.source.startswith("only 19 days of prices are known: drawn from the market's volatilities")
    assert found.held is not None
