"""Signals steer the plan, from files to legs: each rule of the regime policy seen end to end, and no look-ahead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.plans.make import Planned
from hedge.plan.explain import resolve
from hedge.policy.parameters import Parameters
from hedge.signals.signal import State
from hedge.signals.spec import signal_names
from tests.bridge.market_files import AT, DAY, LEFT_OUT, bend, calm_folder, last, plan_on

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return calm_folder(tmp_path / "histories")


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., Planned]:
    """Return a function that plans on a folder."""
    return lambda folder, **changes: plan_on(folder, tmp_path, **changes)


def inputs(made: Planned) -> dict[str, dict[str, object]]:
    return {signal["name"]: signal for signal in made.record.plan["inputs"]["signals"]}


def test_plan__calm_histories__is_compressed_and_presses(folder: Path, planned: Callable[..., Planned]) -> None:
    made = planned(folder)
    regime_policy, condor = made.plan.regime_policy, made.plan.layers[2]
    assert (regime_policy.regime.name, regime_policy.condor, regime_policy.regime.missing) == (
        State.COMPRESSED,
        "press",
        (),
    )
    assert condor.cost_usd < 0.0
    assert 0.0 < regime_policy.index_percentile < 0.05
    assert len(inputs(made)) == 13
    assert all("made for tests" in str(signal["source"]) for name, signal in inputs(made).items() if name != "events")


def test_plan__no_folder_of_histories__is_stressed_and_names_every_signal(planned: Callable[..., Planned]) -> None:
    made = planned(None)
    assert made.plan.regime_policy.regime.name is State.STRESSED
    assert set(made.plan.regime_policy.regime.missing) == set(inputs(made))
    assert made.plan.layers[2].legs == ()
    (note,) = [note for note in made.plan.notes if note.startswith("Signals without a fresh value")]
    assert all(name in note for name in inputs(made))


@pytest.mark.parametrize(
    ("name", "silent"),
    [
        ("index_ETH", {"volatility", "index RSI", "MACD turn"}),
        ("term_ETH", {"term slope"}),
        ("funding_ETH", {"funding"}),
        ("dollar", {"dollar"}),
        ("members", {"divergence"}),
        ("price_ETH", {"CAPM volatility"}),
        ("market", {"divergence", "CAPM volatility"}),
        ("releases", {"CPI", "PPI", "FOMC", "output"}),
        ("calendar", {"events"}),
    ],
)
def test_plan__one_history_absent_or_old__is_safer_and_names_the_signals(
    folder: Path, planned: Callable[..., Planned], name: str, silent: set[str]
) -> None:
    bend(folder, name, lambda table: table[pd.to_numeric(table.iloc[:, 0]) < AT - 100 * DAY])
    old = planned(folder) if name != "calendar" else None
    (folder / f"{name}.csv").unlink()
    for made in filter(None, (planned(folder), old)):
        assert silent <= set(made.plan.regime_policy.regime.missing)
        assert made.plan.regime_policy.regime.name.rank > State.COMPRESSED.rank
        assert made.plan.layers[2].legs == () or made.plan.regime_policy.condor == "finance"
        assert all(name in " ".join(made.plan.notes) for name in silent)


@pytest.mark.parametrize(("name", "column"), [("funding_ETH", "rate"), ("dollar", "close")])
def test_press__shock_in_the_files__ends_at_once(
    folder: Path, planned: Callable[..., Planned], name: str, column: str
) -> None:
    bend(folder, name, lambda table: last(column, 1.05 * float(table[column].abs().max()) + 0.01)(table))
    made = planned(folder)
    assert made.plan.regime_policy.condor == "none"
    assert "out of the condor: shock of" in made.plan.layers[2].reason


def test_condor__release_tomorrow_or_within_its_life__is_not_sold(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    for days, words in ((1.0, "inside an event window"), (5.0, "across a release: CPI of 2026-01-14 12:00Z")):
        bend(folder, "calendar", last("release_at", AT + days * DAY))
        assert words in planned(folder).plan.layers[2].reason


def test_surprise__last_cpi_far_off__tightens_layers_2_and_3(folder: Path, planned: Callable[..., Planned]) -> None:
    ramp = Parameters(ramp_start_vol_bps=6500, ramp_full_vol_bps=10_000)  # an index of 60 % alone asks for nothing
    calm = planned(folder, parameters=ramp)

    def surprised(table: pd.DataFrame) -> pd.DataFrame:
        newest = np.arange(len(table)) >= len(table) - 4
        table.loc[newest, "known_at"] += 19 * DAY
        table.loc[newest & (table["event"] == "CPI"), "actual"] = 2.0
        return table

    bend(folder, "releases", surprised)
    hot = planned(folder, parameters=ramp)
    assert hot.plan.regime_policy.protection is State.STRESSED
    assert "surprise of CPI" in " ".join(hot.plan.regime_policy.reasons)
    assert hot.plan.layers[1].units > calm.plan.layers[1].units == 0.0
    coverage = {change.key: change.new for change in hot.plan.update.changes}
    assert coverage[11] == 6000


def turned(folder: Path, up: bool) -> None:
    """Let the index fall and rise, or rise and fall, in its last days, so that its MACD histogram turns."""
    swing = np.concatenate([-np.linspace(0.0, 8.0, 12), np.linspace(-7.0, 6.0, 4)]) * (1.0 if up else -1.0)

    def change(table: pd.DataFrame) -> pd.DataFrame:
        level = np.full(len(table), 60.0)
        level[-16:] += swing
        return table.assign(high=level + 1.0, low=level - 1.0, close=level)

    bend(folder, "index_ETH", change)


def test_roll__macd_of_the_index_turns__moves_the_tenors_and_the_listed_expiries(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    rich = Parameters(volatility_tenor_days=75, tail_tenor_days=150, ramp_start_vol_bps=4000)
    still = planned(folder, parameters=rich)
    assert still.plan.regime_policy.shifts == ()
    expiries = {}
    for up in (True, False):
        turned(folder, up)
        made = planned(folder, parameters=rich)
        assert inputs(made)["MACD turn"]["value"] == (1.0 if up else -1.0)
        assert {shift.direction for shift in made.plan.regime_policy.shifts} == {1 if up else -1}
        expiries[up] = [layer.legs[0].expiry_at for layer in made.plan.layers[:2]]
    tail, volatility = [layer.legs[0].expiry_at for layer in still.plan.layers[:2]]
    assert expiries[True][0] > tail == expiries[False][0]
    assert expiries[False][1] < volatility <= expiries[True][1]


def test_roll__few_carry_the_rise__moves_layers_2_and_3_out(folder: Path, planned: Callable[..., Planned]) -> None:
    climb = np.exp(np.linspace(0.0, 0.5, 70))
    bend(
        folder,
        "market",
        lambda table: table.assign(close=np.r_[table["close"][:-70], table["close"].iloc[-70] * climb]),
    )
    bend(folder, "members", lambda table: table.assign(
        made=np.r_[table["one"][:-70], table["one"].iloc[-70] / climb],
        two=np.r_[table["two"][:-70], table["two"].iloc[-70] / climb],
    ))  # fmt: skip
    made = planned(folder)
    assert {(shift.layer, shift.direction) for shift in made.plan.regime_policy.shifts} == {
        ("volatility", 1),
        ("tail", 1),
    }
    assert "few carry the move" in made.plan.regime_policy.shifts[0].reason


def test_crisis__index_leaps_over_an_inverted_term_structure__buys_the_condor(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    for column, value in (("high", 131.0), ("low", 129.0), ("close", 130.0)):
        bend(folder, "index_ETH", last(column, value))
    bend(folder, "term_ETH", last("near", 130.0))
    made = planned(folder)
    assert made.plan.regime_policy.regime.name is State.CRISIS
    assert made.plan.layers[2].cost_usd > 0.0
    assert made.plan.regime_policy.ramp_floor == 1.0
    assert {change.key: change.new for change in made.plan.update.changes}[11] == 7500


def test_plan__future_of_every_file_changed__is_the_same_plan_and_hash(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    before = planned(folder)
    for file in sorted(folder.glob("*.csv")):

        def later(table: pd.DataFrame) -> pd.DataFrame:
            ahead = table.tail(8).copy()
            time = ahead.columns[0]
            ahead[time] = AT + 1 + DAY * np.arange(len(ahead))
            if "release_at" in ahead:
                ahead["release_at"] = ahead[time] + 100 * DAY
            numbers = [name for name in ahead.columns if name not in (time, "event", "release_at")]
            ahead[numbers] = ahead[numbers] * 1.9
            return pd.concat([table, ahead])

        bend(folder, file.stem, later)
    after = planned(folder)
    assert after.record.inputs_hash == before.record.inputs_hash
    assert json.dumps(after.record.plan, sort_keys=True) == json.dumps(before.record.plan, sort_keys=True)


def test_plan__past_of_one_file_changed__is_another_hash(folder: Path, planned: Callable[..., Planned]) -> None:
    before = planned(folder)
    bend(folder, "dollar", last("close", 111.0))
    assert planned(folder).record.inputs_hash != before.record.inputs_hash


def test_reasons__every_signal__has_value_time_and_source_behind_the_regime(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    content = planned(folder).record.plan
    (regime,) = [node for node in content["reasons"]["from"] if node["what"] == "regime"]
    assert {node["what"] for node in regime["from"]} == set(signal_names()) - set(LEFT_OUT)
    for node in regime["from"]:
        assert node["value"] == resolve(content, node["at"])
        assert "known 20" in node["why"]
        assert "made for tests" in node["why"] or node["what"] == "events"


def test_read_signals__left_out_by_the_settings__is_not_asked_for(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    (folder / "members.csv").unlink()
    made = planned(folder, leave_out=(*LEFT_OUT, "divergence"))
    assert made.plan.regime_policy.regime.name is State.COMPRESSED
    assert "divergence" not in made.record.plan["inputs"]["expected_signals"]
