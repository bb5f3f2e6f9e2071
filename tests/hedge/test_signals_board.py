"""The board: every signal of a book from its histories, each named, none of them ahead of its time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import signals_board as example
from examples.signals_path import MarketPath, end_of_day, simulated
from hedge.errors import BadInput
from hedge.signals import combine
from hedge.signals.board import read_board
from hedge.signals.histories import Histories
from hedge.signals.signal import NEVER, Signal, State
from hedge.signals.spec import signal_names, signal_specs
from hedge.signals.specs.quick_ratio import quick_ratio_signal
from hedge.units import DAY

pytestmark = pytest.mark.unit

PATH = simulated()
DAYS = (600, 690, 705, 716, 760)


def table(**columns: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(columns)


def figures() -> pd.DataFrame:
    """Return five years of four monthly figures, the last at day 990."""
    times = end_of_day(0) + np.arange(-900, 991, 30) * DAY
    rng = np.random.default_rng(3)
    each = [pd.DataFrame({"event": event, "actual": rng.normal(0.3, 0.1, times.size)}, times + hour)
            for hour, event in enumerate(("CPI", "FOMC", "PPI", "output"))]  # fmt: skip
    return pd.concat(each).sort_index()


def tables(path: MarketPath) -> dict[str, pd.DataFrame]:
    """Return the simulated market of docs/signals.md as histories of a book in one asset."""
    dates = example.calendar().releases
    schedule = {"event": [release.event for release in dates], "release_at": [release.release_at for release in dates]}
    return {
        "price_ETH": table(close=path.close),
        "index_ETH": table(high=1.02 * path.near, low=0.98 * path.near, close=path.near),
        "term_ETH": table(near=path.near, far=path.far),
        "funding_ETH": table(rate=path.funding),
        "releases": figures(),
        "calendar": pd.DataFrame(schedule, index=[release.announced_at for release in dates]),
        "dollar": table(close=path.dollar),
        "members": path.members,
        "market": table(close=path.market, vol=0.85 * path.near),
    }


HISTORIES = Histories(tables(PATH), "simulated")


def board(at: int, histories: Histories = HISTORIES, **changes: Any) -> dict[str, Signal]:
    return {signal.name: signal for signal in read_board(histories, {"ETH": 1.0}, at, **changes)}


def same(first: Signal, second: Signal) -> bool:
    """Tell whether two signals are equal bit for bit, NaN included."""
    return repr(first) == repr(second)


@pytest.mark.parametrize("day", DAYS)
def test_board__simulated_market__says_what_the_functions_of_the_page_say(day: int) -> None:
    found = board(end_of_day(day))
    assert list(found) == [spec.name for spec in signal_specs() if spec.standard]
    for gauge in example.gauges(PATH):
        if gauge.name in ("CPI", "quick ratio"):  # of other windows, and of a pool
            continue
        wanted = gauge.at(end_of_day(day))
        ours = found[gauge.name]
        assert (ours.value, ours.score, ours.known_at) == (wanted.value, wanted.score, wanted.known_at), gauge.name


def test_board__nothing_known__every_signal_is_missing_and_says_what_it_lacks() -> None:
    found = board(end_of_day(600), Histories({}), use=signal_names())
    assert all(signal.missing for signal in found.values())
    assert {name: signal.source for name, signal in found.items() if signal.known_at == NEVER} == {
        "volatility": "no index_ETH",
        "term slope": "no term_ETH",
        "index RSI": "no index_ETH",
        "MACD turn": "no index_ETH",
        "divergence": "no members, no market",
        "CPI": "no releases",
        "PPI": "no releases",
        "FOMC": "no releases",
        "output": "no releases",
        "funding": "no funding_ETH",
        "rate differential": "no rates",
        "dollar": "no dollar",
        "quick ratio": "no pools to measure",
        "CAPM volatility": "no price_ETH, no market",
    }
    regime = combine(list(found.values()), end_of_day(600))
    assert regime.name is State.STRESSED
    assert set(regime.missing) == set(signal_names())


@pytest.mark.parametrize("name", sorted(HISTORIES.tables))
def test_board__one_history_absent__is_never_calmer_and_is_named(name: str) -> None:
    at = end_of_day(600)
    less = Histories({key: rows for key, rows in HISTORIES.tables.items() if key != name})
    full, without = (list(board(at, histories).values()) for histories in (HISTORIES, less))
    silent = {signal.name for signal in without if signal.missing} - {signal.name for signal in full if signal.missing}
    before, after = combine(full, at), combine(without, at)
    assert after.name.rank >= before.name.rank
    assert after.score >= before.score
    assert silent <= set(after.missing)
    assert silent or name == "calendar"


@settings(max_examples=12)
@given(st.integers(420, 998), st.floats(0.2, 5.0), st.integers(1, 5))
def test_board__future_of_every_history_changed__says_the_same(day: int, factor: float, keep: int) -> None:
    at = end_of_day(day)
    changed = {}
    for name, rows in HISTORIES.tables.items():
        later = (rows.index > at) & (np.arange(len(rows)) % keep == 0)
        numbers = [column for column in rows if column not in ("event", "release_at")]
        bent = rows.copy()
        bent.loc[later, numbers] = bent.loc[later, numbers] * factor
        changed[name] = bent.drop(index=rows.index[(rows.index > at) & ~later])
    assert len(changed["index_ETH"]) <= len(HISTORIES.tables["index_ETH"])
    ours, theirs = board(at), board(at, Histories(changed, "simulated"))
    assert all(same(ours[name], theirs[name]) for name in ours)


def test_board__history_that_ended__goes_stale_by_name() -> None:
    at = end_of_day(600)
    late = combine(list(board(at + 4 * DAY, HISTORIES.known(at)).values()), at + 4 * DAY)
    assert {"volatility", "term slope", "index RSI", "MACD turn", "funding"} <= set(late.missing)
    assert "dollar" not in late.missing


def test_board__unknown_name__is_refused() -> None:
    with pytest.raises(BadInput, match="must be one of volatility"):
        board(0, use=["volatilty"])


def test_board__given_signal__stands_in_for_its_name() -> None:
    thin = quick_ratio_signal(1.25, end_of_day(600), "pool")
    assert (thin.score, thin.missing) == (0.75, False)
    assert board(end_of_day(600), given=[thin])["quick ratio"] is thin
    assert quick_ratio_signal(math.inf, 0, "nothing is due").value == 1000.0


def test_board__two_assets__are_read_as_one_weighted_by_value() -> None:
    other = {name.replace("ETH", "BTC"): rows for name, rows in tables(simulated(seed=5)).items() if "ETH" in name}
    both = Histories({**HISTORIES.tables, **other})
    index = both.of_book("index", "close", {"BTC": 0.25, "ETH": 0.75})
    wanted = 0.25 * other["index_BTC"]["close"] + 0.75 * HISTORIES.tables["index_ETH"]["close"]
    np.testing.assert_allclose(index, wanted)
    price = both.of_book("price", "close", {"BTC": 0.25, "ETH": 0.75}, logs=True)
    np.testing.assert_allclose(price, other["price_BTC"]["close"] ** 0.25 * PATH.close**0.75)
    half = read_board(HISTORIES, {"BTC": 0.25, "ETH": 0.75}, end_of_day(600), use=["volatility"])
    assert half[0].missing
    assert half[0].source == "no index_BTC"


def test_board__empty_book__has_no_index_of_its_own() -> None:
    found = {signal.name: signal for signal in read_board(HISTORIES, {}, end_of_day(600))}
    assert found["volatility"].missing
    assert not found["dollar"].missing


def test_turn__five_bars__then_forgotten() -> None:
    values = [board(end_of_day(day))["MACD turn"].value for day in range(400, 700)]
    runs = "".join("v0^"[int(value) + 1] for value in values)
    assert set(runs) == {"v", "0", "^"}
    assert all(len(run) <= 5 for run in runs.replace("^", " ").replace("0", " ").split())


def test_surprise__consensus_in_the_history__is_preferred_and_named() -> None:
    noise = np.random.default_rng(4).normal(0.0, 0.1, len(figures()))
    told = figures().assign(expected=lambda rows: rows["actual"] - noise)
    cpi = board(end_of_day(705), replace(HISTORIES, tables={**HISTORIES.tables, "releases": told}))["CPI"]
    assert cpi.source == "releases, simulated, against the consensus"
    naive = board(end_of_day(705))["CPI"]
    assert naive.source == "releases, simulated, against the mean of 12 before"
    assert not cpi.missing
    assert not naive.missing
    assert cpi.value != naive.value


def test_dollar__monthly_rows__are_believed_for_a_month_and_a_half() -> None:
    monthly = HISTORIES.tables["dollar"].iloc[::30]
    dollar = board(end_of_day(990), Histories({"dollar": monthly}))["dollar"]
    assert (dollar.missing, dollar.max_age_seconds) == (False, 50 * DAY)
