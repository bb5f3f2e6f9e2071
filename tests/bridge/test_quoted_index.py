"""The index that quotes give by either method, which one the feed takes, and what others published of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.config import IndexMethod, OracleConfig, SignalsConfig
from bridge.sources.histories.files import SOURCE_FILE
from bridge.sources.quoted_index import Close, Published, index_source, quoted_index, quoted_volatility, read_published
from bridge.sources.quotes.files import read_chain_file
from examples import index_report
from hedge.errors import TooFewExpiries
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.volatility.dense_index import dense_index_from_chain
from hedge.volatility.index import index_from_chain

AT = 1_767_960_000  # 2026-01-09 12:00 UTC
CHAIN = synthetic_chain("ETH", 2_000.0, AT, 0.6)
POINTS = 100.0


def with_bids(chain: OptionChain, kept: pd.Series) -> OptionChain:
    """Return the chain without the bids of other rows."""
    return replace(chain, quotes=chain.quotes.assign(bid=chain.quotes["bid"].where(kept)))


def written(
    folder: Path, asset: str = "ETH", rows: str = "2026-01-08,61,59,60\n2026-01-09,63,60,62\n"
) -> SignalsConfig:
    (folder / f"index_{asset}.csv").write_text(f"known_at,high,low,close\n{rows}", encoding="utf-8")
    return SignalsConfig(folder=folder)


def test_quoted_index__either_method__is_shown_beside_the_other() -> None:
    cboe, dense = index_from_chain(CHAIN.quotes).vol, dense_index_from_chain(CHAIN.quotes).vol
    assert cboe > dense
    taken: dict[IndexMethod, float] = {"cboe": cboe, "dense": dense}
    for method, volatility in taken.items():
        index = quoted_index(CHAIN, method)
        assert (index.taken, index.volatility, index.by("cboe"), index.by("dense")) == (method, volatility, cboe, dense)
        assert index.lacking == ""
        assert quoted_volatility(CHAIN, method) == volatility
    assert OracleConfig().index == "dense"
    assert index_source(CHAIN, "dense") == f"{CHAIN.source}; dense integral over fitted smiles"
    assert index_source(CHAIN, "cboe") == f"{CHAIN.source}; Cboe's sum over listed strikes"


def test_quoted_index__too_little_for_the_other_method__says_why_and_keeps_the_feeds() -> None:
    quotes = CHAIN.quotes
    outside = quotes["is_call"] == (quotes["strike"] >= quotes["forward"])  # no strike has both a call and a put
    index = quoted_index(with_bids(CHAIN, outside), "dense")
    assert index.volatility == pytest.approx(dense_index_from_chain(quotes).vol, abs=1e-3)
    assert index.by("cboe") is None
    assert index.lacking.startswith("cboe: 0 usable expiries")
    away = (quotes["strike"] - 2_000.0).abs()
    few = away.groupby(quotes["expiry"]).rank(method="dense") <= 2  # the strike at the money and its neighbours
    index = quoted_index(with_bids(CHAIN, few), "cboe")
    assert index.by("dense") is None
    assert index.lacking.startswith("dense: 0 usable expiries")
    with pytest.raises(TooFewExpiries):
        quoted_index(with_bids(CHAIN, few), "dense")


def test_read_published__rows_of_a_file__is_the_last_one_known(tmp_path: Path) -> None:
    terms = written(tmp_path)
    assert read_published(terms, ["BTC", "ETH"], AT) == Published({"ETH": Close(0.62, AT // 86_400 * 86_400)})
    assert read_published(terms, ["ETH"], AT - 86_400).closes["ETH"].volatility == 0.6
    assert read_published(terms, ["ETH"], AT - 10 * 86_400) == Published({})
    assert read_published(SignalsConfig(), ["ETH"], AT) == Published({})


def test_read_published__simulated_or_unusable__is_none_and_the_second_says_why(tmp_path: Path) -> None:
    terms = written(tmp_path)
    (tmp_path / SOURCE_FILE).write_text('source = "made up"\nprovenance = "simulated"\n', encoding="utf-8")
    assert read_published(terms, ["ETH"], AT) == Published({})
    broken = read_published(written(tmp_path, rows="2026-01-08,61,59,x\n"), ["ETH"], AT)
    assert broken.closes == {}
    assert "index_ETH.csv" in broken.lacking


def test_quoted_index__snapshot_of_deribit_as_commands_read_it__is_that_of_the_study(recorded: Path) -> None:
    chain = read_chain_file(recorded / index_report.CHAINS, AT)["BTC"]
    time, quotes = next(
        (time, rows)
        for time, rows in index_report.snapshots(recorded, "BTC")
        if int(time.timestamp()) == chain.observed_at
    )
    index = quoted_index(chain, "dense")
    assert POINTS * index.volatility == pytest.approx(dense_index_from_chain(quotes).points, abs=0.1)
    assert POINTS * (index.by("cboe") or np.nan) == pytest.approx(index_from_chain(quotes).points, abs=0.1)
    dvol = index_report.daily_dvol(recorded, "BTC").loc[time.normalize()]
    assert dvol["low"] < POINTS * index.volatility < dvol["high"] < POINTS * (index.by("cboe") or np.nan)
