"""Plans on real Deribit quotes with signals of the same days: computed regimes, no look-ahead, the same every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bridge.config import SignalsConfig
from bridge.plans.make import Planned, make_plan
from bridge.plans.stated_book import read_time
from bridge.sources.histories.files import SOURCE_FILE
from bridge.sources.quotes.files import read_chain_file
from examples.market_histories import write_market_histories
from hedge.market import Provenance
from hedge.signals.signal import Signal, State
from tests.bridge.market_files import BOOK, stated

pytestmark = [pytest.mark.unit, pytest.mark.xdist_group("histories")]

ABSENT = ("rate differential", "divergence", "funding", "quick ratio", "CAPM volatility")
"""What the recorded data of 2026 holds no history of."""
DATES = {
    "2026-01-10": (State.NORMAL, 0.0, 0.05),  # lowest index of its year; but no CPI for November: not compressed
    "2026-02-06T12:00": (State.CRISIS, 0.99, 1.0),  # highest index of its year
    "2026-03-02T12:00": (State.CRISIS, 0.7, 0.8),
    "2026-04-01": (State.STRESSED, 0.8, 0.85),
}
"""Regime, and the least and greatest percentile of the index."""


@pytest.fixture(scope="module")
def histories(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market_histories(recorded, tmp_path_factory.mktemp("histories"))


def plan_at(
    recorded: Path, folder: Path, book: Path, at: str, leave_out: tuple[str, ...] = ABSENT, file: str = ""
) -> Planned:
    quotes = recorded / "iv" / (file or "deribit_chains_daily_2026h1.parquet")
    chains = {"ETH": read_chain_file(quotes, read_time(at))["ETH"]}
    seen = stated(book, chains, BOOK)
    return make_plan(seen, chains, SignalsConfig(folder=folder, leave_out=leave_out))


def readings(made: Planned) -> dict[str, Signal]:
    return {signal.name: signal for signal in made.readings.signals}


@pytest.mark.parametrize("at", DATES)
def test_plan__snapshot_of_2026_with_its_signals__has_the_regime_of_that_day(
    recorded: Path, histories: Path, tmp_path: Path, at: str
) -> None:
    made = plan_at(recorded, histories, tmp_path, at)
    state, least, most = DATES[at]
    assert made.plan.regime_policy.regime.name is state
    assert least < made.plan.regime_policy.index_percentile <= most
    assert all(signal.known_at <= made.record.observed_at <= read_time(at) for signal in made.readings.signals)
    assert set(made.plan.regime_policy.regime.missing) <= {"CPI"}
    quotes = {(row.expiry_at, row.strike, row.is_call): row for row in made.option_chains["ETH"].rows}
    for leg in (leg for layer in made.plan.layers for leg in layer.legs if leg.strike > 0.0):
        row = quotes[leg.expiry_at, leg.strike, leg.is_call]
        assert leg.price == (row.ask if leg.quantity > 0.0 else row.bid)


def test_plan__same_snapshot_twice__is_the_same_plan(recorded: Path, histories: Path, tmp_path: Path) -> None:
    first, second = (plan_at(recorded, histories, tmp_path, "2026-03-02T12:00").record for _ in range(2))
    assert first == second


def test_plan__histories_cut_at_the_snapshot__is_the_same_plan(recorded: Path, histories: Path, tmp_path: Path) -> None:
    whole = plan_at(recorded, histories, tmp_path, "2026-03-02T12:00")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / SOURCE_FILE).write_bytes((histories / SOURCE_FILE).read_bytes())
    for file in sorted(histories.glob("*.csv")):
        table = pd.read_csv(file)
        table[table.iloc[:, 0] <= whole.record.observed_at].to_csv(cut / file.name, index=False)
    assert plan_at(recorded, cut, tmp_path, "2026-03-02T12:00").record == whole.record


def test_plan__everything_asked_for__names_what_the_data_lacks(recorded: Path, histories: Path, tmp_path: Path) -> None:
    made = plan_at(recorded, histories, tmp_path, "2026-04-01", leave_out=())
    assert set(made.plan.regime_policy.regime.missing) == set(ABSENT)
    assert made.plan.regime_policy.regime.name is State.STRESSED
    assert readings(made)["funding"].source == "no funding_ETH"


def test_plan__books_of_february_2021__names_the_index_that_did_not_exist(
    recorded: Path, histories: Path, tmp_path: Path
) -> None:
    made = plan_at(
        recorded, histories, tmp_path, "2021-02-12", file="deribit_chain_eth_202102.csv.gz", leave_out=ABSENT[:1]
    )
    missing = {"volatility", "term slope", "index RSI", "MACD turn", "funding", "quick ratio"}
    assert set(made.plan.regime_policy.regime.missing) == missing
    assert made.plan.regime_policy.regime.name is State.STRESSED
    signals = readings(made)
    # Stocks, their index and VIX, ETH, prices and output of that winter were known.
    assert all(not signals[name].missing for name in ("divergence", "CAPM volatility", "CPI", "PPI", "output"))
    assert all(signal.known_at <= 1_613_069_170 for signal in signals.values())
    # Of that winter's volatility arbitrageurs take more than 40 % of fees a year pays for.
    assert made.plan.decision.headline == "leave the pool; leave stated:1"


def test_term_structure__chain_of_today__extends_the_history_by_one_row(
    recorded: Path, histories: Path, tmp_path: Path
) -> None:
    whole = readings(plan_at(recorded, histories, tmp_path, "2026-03-02T12:00"))["term slope"]
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "index_ETH.csv").write_bytes((histories / "index_ETH.csv").read_bytes())
    row = readings(plan_at(recorded, alone, tmp_path, "2026-03-02T12:00"))["term slope"]
    assert row.value == pytest.approx(whole.value, rel=1e-9)
    assert row.provenance is Provenance.UNSTATED  # this folder says no source
    (alone / SOURCE_FILE).write_bytes((histories / SOURCE_FILE).read_bytes())
    row = readings(plan_at(recorded, alone, tmp_path, "2026-03-02T12:00"))["term slope"]
    assert replace(row, source="", value=0.0, score=0.0) == replace(whole, source="", value=0.0, score=0.0)
    term = pd.read_csv(histories / "term_ETH.csv")
    term[term["known_at"] > row.known_at].to_csv(alone / "term_ETH.csv", index=False)  # only rows of the future
    assert readings(plan_at(recorded, alone, tmp_path, "2026-03-02T12:00"))["term slope"] == row
