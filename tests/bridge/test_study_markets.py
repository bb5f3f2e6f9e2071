"""Markets of a study and their settings: what is wrong in files is named or counted, what is not read is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from bridge.errors import BadConfig, BadFile
from bridge.study.chain_files import read_chains
from bridge.study.markets import listed
from bridge.study.markets.spec import MARKETS
from bridge.study.play import check_window, load_market
from bridge.study.price_files import read_closes
from bridge.study.problems import Problems
from bridge.study.settings import StudySettings
from bridge.study.simulation import SimulationSettings
from hedge.backtest.history import Series

pytestmark = pytest.mark.unit
DAYS = pd.date_range("2026-01-01 04:00", periods=3, freq="D", tz="UTC")


def chain_rows(**changed: Any) -> pd.DataFrame:
    """Return two days and a third of four options on ETH, as Deribit's daily files have them."""
    rows = [
        {
            "timestamp": at,
            "instrument_name": f"ETH-27FEB26-{strike}-{kind}",
            "bid_price": 0.02,
            "ask_price": 0.03,
            "mark_price": 0.025,
            "implied_volatility": 0.6,
            "index_price": 3_000.0,
            "underlying": 3_010.0,
        }
        for at in DAYS
        for strike in (2_800, 3_200)
        for kind in "CP"
    ]
    return pd.DataFrame(rows).assign(**changed)


def read(tmp_path: Path, rows: pd.DataFrame) -> tuple[Any, Problems]:
    path, problems = tmp_path / "chain.parquet", Problems()
    rows.to_parquet(path)
    return read_chains(path, ("ETH",), problems), problems


def test_chains__sound_rows__are_quotes_at_the_index(tmp_path: Path) -> None:
    found, problems = read(tmp_path, chain_rows())
    assert problems.counts() == {}
    assert [shot.observed_at for shot in found["ETH"]] == [int(at.timestamp()) for at in DAYS]
    assert found["ETH"][0].ask.tolist() == pytest.approx([90.0] * 4)
    assert not found["ETH"][0].ask.flags.writeable


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("bid_price", -0.01, "impossible quotes"),
        ("ask_price", np.inf, "impossible quotes"),
        ("mark_price", -1.0, "impossible quotes"),
        ("index_price", np.nan, "impossible rows"),
        ("underlying", 301_000.0, "index and forward that contradict each other"),
        ("bid_price", 0.5, "crossed quotes"),
        ("bid_price", 0.0, "options without a bid"),
        ("ask_price", np.nan, "options without an ask"),
    ],
)
def test_chains__one_wrong_number__is_counted_and_the_rest_stays(
    tmp_path: Path, column: str, value: float, kind: str
) -> None:
    rows = chain_rows()
    rows.loc[0, column] = value
    found, problems = read(tmp_path, rows)
    assert problems.counts()[kind] == 1
    assert len(found["ETH"]) == 3


def test_chains__letters_twice_the_same_row_and_a_gap__are_counted(tmp_path: Path) -> None:
    rows = chain_rows(implied_volatility=["0.6"] * 11 + ["?"])
    late = rows.iloc[-4:].assign(timestamp=DAYS[-1] + pd.Timedelta(days=30))
    found, problems = read(tmp_path, pd.concat([rows, rows.iloc[:1], late]))
    assert problems.counts()["duplicate quotes"] == 1
    assert problems.counts()["gaps between snapshots"] == 29
    assert np.isnan(found["ETH"][2].vol).sum() == 1


def test_chains__nothing_usable__is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="holds no usable quotes on ETH"):
        read(tmp_path, chain_rows(index_price=np.nan))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"implied_volatility": 60.0},
            "implied_volatility 60 in the middle: it looks like percent, write 0.6 for 60 %",
        ),
        ({"implied_volatility": 0.006}, "implied_volatility 0.006 in the middle looks like a decimal"),
        ({"ask_price": 90.0}, "ETH: the asks look like USD prices, 90 in the middle: Deribit's are in coin"),
    ],
)
def test_chains__another_unit__is_refused(tmp_path: Path, changed: dict[str, float], words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read(tmp_path, chain_rows(**changed))


def test_index__another_unit__is_refused_and_a_single_spike_left_out() -> None:
    times = np.arange(10, dtype=np.int64) * 21_600
    prices = Series("prices", times, np.full(10, 3_000.0))
    with pytest.raises(BadFile, match="another unit"):
        listed.agreeing(Series("index", times, np.full(10, 300_000.0)), prices, Problems())
    spiked, problems = np.full(10, 3_000.0), Problems()
    spiked[4] = 300_000.0
    kept = listed.agreeing(Series("index", times, spiked), prices, problems)
    assert len(kept) == 9
    assert problems.counts() == {"index that contradicts the quotes": 1}


def test_index__empty__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text("timestamp,ETH\n")
    with pytest.raises(BadFile, match="holds no index of ETH"):
        listed.read_index(path, ("ETH",), Problems())


def test_closes__dots_zeros_and_twice_a_day__are_left_out_and_counted(tmp_path: Path) -> None:
    path, problems = tmp_path / "closes.csv", Problems()
    path.write_text("day,close\n2026-01-01,10\n2026-01-02,.\n2026-01-03,0\n2026-01-01,11\n2026-02-01,12\n")
    found = read_closes(path, "day", "close", problems)
    assert found.values.tolist() == [10.0, 12.0]
    assert problems.counts() == {"duplicate rows": 1, "impossible prices": 2, "missing bars": 30}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"market": "shares", "assets": ("DOGE",)}, "no choice of assets"),
        ({"market": "shares", "pool": {"fees": "earned"}}, "no choice of fees"),
        ({"market": "pools", "assets": ("ETH",), "data": "."}, "no choice of assets"),
        ({"market": "deribit", "assets": ("DOGE",), "data": "."}, "DOGE has no option books"),
        ({"market": "nowhere"}, "no market 'nowhere'"),
    ],
)
def test_settings__that_a_market_does_not_read__are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        load_market(StudySettings(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"capital_usd": 0.0},
        {"capital_usd": float("nan")},
        {"phases": 0},
        {"pool": {"lower_ratio": 1.0}},
        {"pool": {"recentre_days": -1.0}},
        {"venue": {"funding": 2.0}},
        {"start": "2026-02-01", "end": "2026-01-01"},
        {"crashes": [{"name": "x", "since": "2026-02-01", "until": "2026-01-01"}]},
        {"unknown": 1},
    ],
)
def test_settings__out_of_range__are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StudySettings(**settings)


def test_settings__full_range_and_names_twice__are_a_document() -> None:
    found = StudySettings(pool={"lower_ratio": 0.0, "upper_ratio": float("inf")}, strategies=("plan", "plan"))
    assert found.strategies == ("plan",)
    assert found.document()["pool"]["upper_ratio"] == "inf"


def test_window__shorter_than_a_week_for_the_last_phase__is_said_before_anything_runs() -> None:
    settings = StudySettings(start="2018-12-12", phases=14)
    market = load_market(settings)
    with pytest.raises(BadConfig, match="a week is the least"):
        check_window(settings, market)


@pytest.mark.parametrize(
    "settings",
    [
        {"vol": 80.0},
        {"model": "filtered", "vol": 0.5},
        {"model": "gbm", "market": "deribit"},
        {"model": "merton", "vol": 0.1},
        {"jump_mean": float("nan")},
        {"paths": 10},
    ],
)
def test_simulation_settings__that_mean_nothing__are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulationSettings(**settings)


def test_markets__each__names_strategies_that_are_registered() -> None:
    from bridge.study.strategies import strategy_specs

    known = {spec.name for spec in strategy_specs()}
    for market in MARKETS.values():
        assert set(market.strategies) <= known
