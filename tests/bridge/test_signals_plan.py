"""Signals steer the plan, from files to legs: each rule of the regime policy seen end to end, and no look-ahead."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.errors import BadFile
from bridge.plans.make import Planned
from bridge.plans.past_prices import check_indices
from hedge.instruments.layer import Layer
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Provenance
from hedge.plan.explain import resolve
from hedge.policy.parameters import Parameters
from hedge.policy.regime_policy import PolicyName
from hedge.policy.tenor_shifts import shifted_bands
from hedge.signals.histories import Histories
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


def layer(made: Planned, name: str) -> Layer:
    (found,) = [layer for layer in made.plan.layers if layer.name == name]
    return found


def test_plan__calm_histories__is_compressed_and_may_sell(folder: Path, planned: Callable[..., Planned]) -> None:
    made = planned(folder)
    policy = made.plan.regime_policy
    assert (policy.regime.name, policy.selling, policy.regime.missing) == (State.COMPRESSED, True, ())
    assert (policy.name, policy.scale, policy.shifts) == (PolicyName.STEADY, 1.0, ())
    assert 0.0 < policy.index_percentile < 0.05
    assert len(inputs(made)) == 13
    assert all("made for tests" in str(signal["source"]) for name, signal in inputs(made).items() if name != "events")


def test_plan__no_folder_of_histories__is_stressed_and_names_every_signal(planned: Callable[..., Planned]) -> None:
    made = planned(None)
    assert made.plan.regime_policy.regime.name is State.STRESSED
    assert set(made.plan.regime_policy.regime.missing) == set(inputs(made))
    assert not made.plan.regime_policy.selling
    assert layer(made, "condor").legs == ()
    assert layer(made, "condor").reason == "nothing may be sold now"
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
    old = planned(folder) if name not in ("calendar", "price_ETH", "index_ETH") else None  # these two are refused
    (folder / f"{name}.csv").unlink()
    for made in filter(None, (planned(folder), old)):
        assert silent <= set(made.plan.regime_policy.regime.missing)
        assert made.plan.regime_policy.regime.name.rank > State.COMPRESSED.rank
        sellers = {"events", "funding", "dollar", "rate differential"}
        assert made.plan.regime_policy.selling is not bool(silent & sellers)
        assert all(name in " ".join(made.plan.notes) for name in silent)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (
            "price_ETH",
            lambda rows: rows.assign(close=rows["close"] * 21.0),
            "42,000 USD of 2026-01-09, is more than 2.5 times",
        ),
        ("price_ETH", lambda rows: rows.assign(close=rows["close"] * 100.0), "it looks like cents"),
        ("price_ETH", lambda rows: rows.assign(close=rows["close"] / 2.6), "is it of another asset, or in another"),
        ("price_ETH", lambda rows: rows[rows["known_at"] < AT - 8 * DAY], "2026-01-01, is 8 days before 2026-01-09"),
        ("price_ETH", lambda rows: rows[rows["known_at"] < AT - 365 * DAY], "was the file cut short"),
        ("index_ETH", lambda rows: rows[rows["known_at"] < AT - 365 * DAY], "was the file cut short"),
    ],
)
def test_plan__history_of_another_asset_or_year__is_refused_by_file_and_numbers(
    folder: Path, planned: Callable[..., Planned], name: str, change: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    bend(folder, name, change)
    with pytest.raises(BadFile, match=re.escape(words)) as caught:
        planned(folder)
    assert str(folder / f"{name}.csv") in str(caught.value)
    assert "2,000 USD" in str(caught.value)


@pytest.mark.parametrize(
    ("close", "days", "fits"),
    [
        (0.1, 0, False),
        (0.27, 0, False),
        (1.4, 1, False),
        (0.27, 5, True),
        (1.4, 5, True),
        (1.7, 5, False),
        (0.4, 0, True),
    ],
)
def test_check_indices__last_row_beside_the_quotes_own_index__is_refused_where_it_is_far(
    tmp_path: Path, close: float, days: int, fits: bool
) -> None:
    quoted = dataclasses.replace(synthetic_chain("ETH", 2000.0, AT, 0.6), provenance=Provenance.FILE)
    at = AT - days * DAY
    known = Histories({"index_ETH": pd.DataFrame({"close": [0.6, close]}, index=[at - DAY, at])})
    if fits:
        check_indices(known, {"ETH": quoted}, AT, tmp_path)
        return
    check_indices(known, {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}, AT, tmp_path)
    with pytest.raises(BadFile, match=rf"its last close, {close:.2%} of 2026-01-0\d, is far from the 30-day index of"):
        check_indices(known, {"ETH": quoted}, AT, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.assign(close=rows["close"] * 2.4),
        lambda rows: rows.assign(close=rows["close"] / 2.4),
        lambda rows: rows[rows["known_at"] < AT - 6 * DAY],
    ],
)
def test_plan__history_of_a_wild_week_or_some_days_old__is_read(
    folder: Path, planned: Callable[..., Planned], change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    bend(folder, "price_ETH", change)
    assert planned(folder).plan.decision.answer


@pytest.mark.parametrize(("name", "column"), [("funding_ETH", "rate"), ("dollar", "close")])
def test_selling__shock_in_the_files__ends_at_once(
    folder: Path, planned: Callable[..., Planned], name: str, column: str
) -> None:
    bend(folder, name, lambda table: last(column, 1.05 * float(table[column].abs().max()) + 0.01)(table))
    policy = planned(folder).plan.regime_policy
    assert not policy.selling
    assert policy.reasons[-1].startswith("no condor is sold: shock of")


def test_selling__release_tomorrow_or_within_a_condors_life__is_refused(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    for days, words in ((1.0, "an event window is open"), (5.0, "a release comes first: CPI of 2026-01-14 12:00Z")):
        bend(folder, "calendar", last("release_at", AT + days * DAY))
        policy = planned(folder).plan.regime_policy
        assert not policy.selling
        assert policy.reasons[-1].startswith(f"no condor is sold: {words}")


def test_surprise__last_cpi_far_off__scales_as_under_stress_where_the_policy_scales(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    scale_in = Parameters(regime_policy=1)
    calm = planned(folder, parameters=scale_in)

    def surprised(table: pd.DataFrame) -> pd.DataFrame:
        newest = np.arange(len(table)) >= len(table) - 4
        table.loc[newest, "known_at"] += 19 * DAY
        table.loc[newest & (table["event"] == "CPI"), "actual"] = 2.0
        return table

    bend(folder, "releases", surprised)
    hot, steady = planned(folder, parameters=scale_in), planned(folder)
    assert (calm.plan.regime_policy.scale, hot.plan.regime_policy.scale) == (0.5, 1.5)
    assert hot.plan.regime_policy.protection is State.STRESSED
    assert "surprise of CPI" in " ".join(hot.plan.regime_policy.reasons)
    most = [made.plan.costs["budget_usd"] for made in (calm, steady, hot)]
    assert most == pytest.approx([0.5 * most[1], most[1], 1.5 * most[1]])


def turned(folder: Path, up: bool) -> None:
    """Let the index fall and rise, or rise and fall, in its last days, so that its MACD histogram turns."""
    swing = np.concatenate([-np.linspace(0.0, 8.0, 12), np.linspace(-7.0, 6.0, 4)]) * (1.0 if up else -1.0)

    def change(table: pd.DataFrame) -> pd.DataFrame:
        level = np.full(len(table), 60.0)
        level[-16:] += swing
        return table.assign(high=level + 1.0, low=level - 1.0, close=level)

    bend(folder, "index_ETH", change)


def test_shift__macd_of_the_index_turns__moves_the_bands_where_the_policy_scales(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    scale_in = Parameters(regime_policy=1)
    assert planned(folder, parameters=scale_in).plan.regime_policy.shifts == ()
    for up in (True, False):
        turned(folder, up)
        made = planned(folder, parameters=scale_in)
        assert inputs(made)["MACD turn"]["value"] == (1.0 if up else -1.0)
        assert {shift.direction for shift in made.plan.regime_policy.shifts} == {1 if up else -1}
        moved = shifted_bands(scale_in, made.plan.regime_policy.shifts)
        assert (moved.volatility_most_days > scale_in.volatility_most_days) is up
        assert planned(folder).plan.regime_policy.shifts == ()


def test_shift__few_carry_the_rise__moves_layers_2_and_3_out(folder: Path, planned: Callable[..., Planned]) -> None:
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
    made = planned(folder, parameters=Parameters(regime_policy=1))
    assert {(shift.layer, shift.direction) for shift in made.plan.regime_policy.shifts} == {
        ("volatility", 1),
        ("tail", 1),
    }
    assert "few carry the move" in made.plan.regime_policy.shifts[0].reason


def test_crisis__index_leaps_over_an_inverted_term_structure__each_policy_has_its_scale(
    folder: Path, planned: Callable[..., Planned]
) -> None:
    for column, value in (("high", 131.0), ("low", 129.0), ("close", 130.0)):
        bend(folder, "index_ETH", last(column, value))
    bend(folder, "term_ETH", last("near", 130.0))
    policies = [planned(folder, parameters=Parameters(regime_policy=key)).plan.regime_policy for key in (0, 1, 2)]
    assert {policy.regime.name for policy in policies} == {State.CRISIS}
    assert [policy.scale for policy in policies] == [1.0, 2.0, 0.5]


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
