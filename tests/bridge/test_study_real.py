"""Markets of recorded history, a few weeks of each: what they play, and what it is worth. Skips where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.study.settings import StudySettings
from bridge.study.study import run_study
from scripts.forecast_table import forecast_checks

pytestmark = pytest.mark.unit


def played(tmp_path: Path, recorded: Path, **settings: Any) -> dict[str, dict[str, Any]]:
    """Play a study and return the figures of each strategy."""
    done = run_study(StudySettings(data=recorded, **settings), tmp_path / "out")
    assert not done.summary["failed"]
    return {one["strategy"]: one for one in done.summary["strategies"]}


def earned(figures: dict[str, Any], kind: str) -> float:
    return sum(row["usd"] for row in figures["attribution"] if row["kind"] == kind)


def test_recorded__pool_of_two_volatile_tokens__earns_its_own_growth_of_fees(tmp_path: Path, recorded: Path) -> None:
    found = played(tmp_path, recorded, market="recorded", start="2022-03-01", end="2022-05-01",
                   strategies=("daily_delta",))  # fmt: skip
    alone = found["unhedged"]
    # A range of a quarter around the price earned 5 to 50 % of its capital a year in fees, never nothing.
    assert 0.05 < 52.0 * earned(alone, "pool fees") / 1e6 < 0.5
    assert set(alone["alpha"]["beta"]) == {"BTC", "ETH"}
    assert found["daily_delta"]["cvar95"] < 0.2 * alone["cvar95"]


def test_pools__eight_of_them__have_few_independent_bets_and_earn_what_they_earned(
    tmp_path: Path, recorded: Path
) -> None:
    settings = StudySettings(
        data=recorded, market="pools", start="2022-01-01", end="2023-01-01", strategies=("diversify",),
        pool={"fees": "earned"},
    )  # fmt: skip
    summary = run_study(settings, tmp_path / "out").summary
    assert 1.0 <= summary["pools"]["bets"] < 4.0
    assert earned(summary["strategies"][0], "pool fees") > 0.0
    assert any("whole capital of each pool" in line for line in summary["assumptions"])


def test_modelled__plan_and_deltas__are_played_at_a_surface_that_says_what_it_was_fitted_on(
    tmp_path: Path, recorded: Path
) -> None:
    found = played(tmp_path, recorded, market="modelled", start="2024-07-15", end="2024-09-01",
                   strategies=("plan", "daily_delta"))  # fmt: skip
    assert found["plan"]["cost_a_week"] > 0.0
    assert found["daily_delta"]["cvar95"] < found["unhedged"]["cvar95"]
    assert [row["name"] for row in found["plan"]["captures"] if row["capture"] is not None] == ["August 2024"]


def test_deribit__rules_delta_and_plan__cut_the_tail_in_the_order_of_the_table(tmp_path: Path, recorded: Path) -> None:
    found = played(tmp_path, recorded, market="deribit", start="2026-01-12", end="2026-02-20",
                   strategies=("rules", "daily_delta", "plan"))  # fmt: skip
    tails = {name: one["cvar95"] for name, one in found.items()}
    assert tails["daily_delta"] < 0.3 * tails["unhedged"]
    assert tails["plan"] < 0.6 * tails["rules"] < 0.6 * tails["unhedged"]
    checks = found["plan"]["calibration"]
    assert checks["legs"]["count"] > 0


def test_forecast__weeks_of_2021_to_2026__shortfall_is_within_a_tenth_of_what_was_said(recorded: Path) -> None:
    for check in forecast_checks(recorded, every=3):
        assert check.days > 500
        assert 0.03 < check.beyond < 0.06
        assert 0.9 < check.shortfall < 1.1
        assert 0.85 < check.worst < 1.1
