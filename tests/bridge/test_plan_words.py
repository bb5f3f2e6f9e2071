"""What `alvh plan` prints of a plan, part by part, against the plan's own numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.cli.plan_checks import check_flags
from bridge.cli.plan_ideas import _print_parity, _print_shifts, _print_worth, _screen_row, print_promoter
from bridge.cli.plan_text import _greek_rows, heading, print_comparison, print_limits
from bridge.errors import UsageError
from bridge.plans.make import Planned
from bridge.plans.screens import ScreenedAsset


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def fake(**parts: Any) -> Any:
    return SimpleNamespace(**parts)


def test_heading__of_a_chain_and_of_a_stated_book__says_where_the_numbers_are_from(planned: Planned) -> None:
    seen, record = planned.observation, planned.record
    first, *rest = heading(planned)
    assert first.startswith(f"Book of {seen.owner}, block {seen.block.number} of chain {record.chain_id}, 2026-")
    assert any("options: " in line for line in rest)
    stated = replace(planned, record=replace(record, chain_id=0))
    assert heading(stated)[0].startswith(f"Book {seen.owner}, quotes of 2026-")


@pytest.mark.parametrize(
    ("hedged", "reached"),
    [(99.0, True), (100.0, True), (100.0 * (1.0 + 1e-6), True), (100.00009, True), (100.0002, False), (101.0, False)],
)
def test_print_limits__tail_at_the_target__says_that_it_is_reached(
    capsys: pytest.CaptureFixture[str], hedged: float, reached: bool
) -> None:
    limit = fake(name="cash", key="tailBudgetBps", most_usd=10.0, used_usd=5.0, price=0.5)
    print_limits(fake(plan=fake(limits=[limit], risk=fake(hedged=hedged, target=100.0))))
    assert ("the target is reached" in shown(capsys)) is reached


def test_print_comparison__reasons_of_the_regime__are_all_there(
    planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = planned.plan.regime_policy
    print_comparison(planned)
    out = shown(capsys)
    assert policy.regime.reasons
    for reason in (*policy.regime.reasons, *policy.reasons[1:]):
        assert " ".join(reason.split()) in out


def test_greek_rows__a_year_and_a_hundred_points__are_shown_by_the_day_and_the_point() -> None:
    net = fake(delta_usd=1_000.0, gamma_usd=2_000.0, vega_usd=300_000.0, theta_usd=-3_650_000.0)
    greeks = {"unhedged": {"ETH": net}, "protected": {"ETH": net}, "hedged": {"ETH": net}}
    rows = _greek_rows(fake(plan=fake(greeks=greeks)))
    assert [row[2:] for row in rows] == [["1,000", "2,000", "3,000", "-10,000"]] * 2


@pytest.mark.parametrize(("direction", "way"), [(1, "out"), (-1, "in")])
def test_print_shifts__either_way__says_which(capsys: pytest.CaptureFixture[str], direction: int, way: str) -> None:
    shift = fake(direction=direction, layer="tail", reason="[b]contango")
    _print_shifts(fake(plan=fake(regime_policy=fake(shifts=[shift]))))
    assert shown(capsys) == f"time shift: the tenor band of the tail layer moves {way}: [b]contango"


def test_print_parity__several_boxes__shows_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    boxes = [fake(edge=edge, expiry_at=0, buy_strike=edge, sell_strike=9.0) for edge in (-2.0, 3.5, 1.0)]
    scans = {"ETH": fake(boxes=boxes, quotes=[1, 2], edges=[1]), "BTC": fake(boxes=[], quotes=[], edges=[])}
    _print_parity(fake(plan=fake(parity=scans)))
    out = shown(capsys)
    assert "ETH 2 1 3.5 1970-01-01, 3.5 and 9" in out
    assert "BTC 0 0 - -" in out


def test_print_worth__ratio__has_three_digits(capsys: pytest.CaptureFixture[str]) -> None:
    leg = fake(leg="P", layer="tail", quantity=1.0, ask=1.23456, expected=1.0, forecast_vol=0.5, ratio=1.23456)
    _print_worth((leg,))
    assert shown(capsys).split()[-1] == "1.23"


@pytest.mark.parametrize(
    ("sector", "yields", "said"),
    [("L1", False, "L1"), ("L1", True, "L1, yield-bearing"), ("", True, ", yield-bearing"), ("", False, "-")],
)
def test_screen_row__sector__is_named_or_a_dash(sector: str, yields: bool, said: str) -> None:
    row: ScreenedAsset = fake(
        symbol="ETH", sector=sector, yield_bearing=yields, wanted=0.5, allowed=0.25, cut_usd=1.0, price=2.0,
        fair_value=3.0, earnings_multiple=4.0, promised=0.05,
    )  # fmt: skip
    assert _screen_row(row)[:4] == ["ETH", said, "50.0%", "25.0%"]


def test_print_promoter__reasons_of_the_policy__are_said_as_they_are(
    planned: Planned, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = ("[b]more yield", "no tail")
    print_promoter(planned, fake(policy=fake(reasons=reasons), changes={"k": (1, 2)}, planned=planned, chased=None))
    out = shown(capsys)
    for reason in reasons:
        assert f"promoter: {reason}" in out
    assert "nothing: no condor within its bands pays a credit" in out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((Path("b"), None, 5, None, False), "leave --owner, --block and --rpc out"),
        ((Path("b"), "0x1", None, None, False), "leave --owner, --block and --rpc out"),
        ((None, None, None, "2026-01-01", False), "--at goes with --book"),
        ((None, None, None, None, True), "--set is a what-if"),
        ((None, "0x1", 5, None, False), ""),
        ((Path("b"), None, None, "2026-01-01", False), ""),
    ],
)
def test_check_flags__that_do_not_go_together__are_refused(flags: Any, said: str) -> None:
    if said:
        with pytest.raises(UsageError, match=said):
            check_flags(*flags)
    else:
        check_flags(*flags)
