"""Every alert rule from before its begin to worse; each says who can act, what first, and where the runbook is."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.alerts.rules import ALERT_RULES, judge
from bridge.alerts.rules.governance import accepted_versions
from bridge.alerts.snapshots import Alert, FailedLook, MonitorSnapshot, Severity
from bridge.config import Config
from tests.bridge.looks import CASES, NOW, Make, book, failed, feed, governed, hedged, look, order, proposed

pytestmark = pytest.mark.unit
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
HOUR = 3600


def raised(make: Make, name: str) -> list[Alert]:
    """Return what one rule raises of a look, those below its begin too."""
    return [alert for alert in judge(make()).alerts if alert.rule == name]


def test_cases__of_the_table__are_all_rules_that_come_with_us() -> None:
    assert set(CASES) == set(ALERT_RULES)


def test_look__that_is_quiet__alerts_of_nothing_and_every_rule_can_tell() -> None:
    found = judge(look())
    assert (found.alerts, found.untold) == ((), frozenset())


@pytest.mark.parametrize("name", CASES)
def test_rule__below_and_at_its_begin__says_nothing_then_one_alert_of_its_own(name: str) -> None:
    below, _, at, _ = CASES[name]
    rule = ALERT_RULES[name]
    assert raised(below, name) == []
    (alert,) = raised(at, name)
    assert alert.size >= 1.0
    assert (alert.kind, alert.rule, alert.key) == (rule.kind, name, f"{name}:{alert.about}")
    assert alert.severity in set(Severity)
    assert alert.text.isprintable()
    assert raised(at, name) == [alert]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[1]])
def test_rule__between_its_end_and_its_begin__is_neither(name: str) -> None:
    _, between, at, _ = CASES[name]
    assert between is not None
    (alert,) = raised(between, name)
    assert ALERT_RULES[name].leave <= alert.size < 1.0
    assert alert.key == raised(at, name)[0].key


@pytest.mark.parametrize("name", CASES)
def test_rule__much_worse__is_told_again_if_it_has_degrees(name: str) -> None:
    rule, (_, between, at, worse) = ALERT_RULES[name], CASES[name]
    assert (worse is None) == (rule.worse_by == math.inf)
    assert (between is None) == (rule.leave == 1.0)
    if worse is not None:
        (first,), (second,) = raised(at, name), raised(worse, name)
        assert second.size >= first.size + rule.worse_by
        assert second.key == first.key


@pytest.mark.parametrize("name", CASES)
def test_rule__of_ours__says_who_can_act_what_first_and_where_the_runbook_is(name: str) -> None:
    rule = ALERT_RULES[name]
    titles = re.findall(r"^## (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert rule.runbook in anchors
    assert rule.who
    assert len(rule.step) > 20
    assert "\n" not in rule.step + rule.words
    assert rule.words.endswith(".")
    assert 0.0 < rule.leave <= 1.0 < 1.0 + rule.worse_by


def test_judge__what_cannot_be_told__leaves_its_rules_untold() -> None:
    blind = look(exposure=None, market=None, positions=(), untrusted="a feed is stale")
    assert judge(blind).untold >= {"range_left", "range_near", "exposure_drifted", "target_exceeded", "sources_apart"}
    unknown = judge(look(proposals_trouble="too many", proposals=()))
    assert unknown.untold == {
        "foreign_proposal", "lost_proposal", "proposal_ended", "proposal_expires", "proposal_ready",
        "proposal_unreadable", "proposal_waits", "vote_ends",
    }  # fmt: skip
    ledger = judge(look(ledger_trouble="locked", held=None)).untold
    assert ledger >= {"margin_short", "sold_without_wing", "leg_expires", "expiry_unsettled", "orders_left"}


def test_judge__failed_look__tells_of_itself_alone() -> None:
    found = judge(failed(seconds=100.0))
    assert [alert.rule for alert in found.alerts] == ["no_look"]
    assert found.untold == set(ALERT_RULES) - {"no_look"}
    assert "no_look" not in judge(look()).untold


def test_alert__size_without_a_bound_or_none__is_finite() -> None:
    assert Alert("a", "b", size=math.inf).size == 1e6
    assert Alert("a", "b", size=math.nan).size == 1.0
    assert judge(look(drift=math.inf)).alerts[0].size == 1e6


def test_feed__from_soon_stale_to_stale__is_a_warning_then_critical() -> None:
    found = [raised(lambda age=age: feed(age), "feed_without_fresh_answer")[0] for age in (800, 1_001)]  # type: ignore[misc]
    assert [alert.severity for alert in found] == [Severity.WARNING, Severity.CRITICAL]
    assert [alert.text for alert in found] == [
        "the ETH feed is stale in 200 s", "the ETH feed is stale: 1001 s, at most 1000 s",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("left", "votes", "ours", "severity"),
    [
        (20, 5, True, Severity.INFORMATION), (20, 0, True, Severity.WARNING), (20, 5, False, Severity.WARNING),
        (2, 5, True, Severity.INFORMATION), (2, 0, True, Severity.CRITICAL), (2, 5, False, Severity.CRITICAL),
    ],
)  # fmt: skip
def test_vote_ends__hours_left__is_as_bad_as_what_is_missing(
    left: int, votes: int, ours: bool, severity: Severity
) -> None:
    journal = look().journal if ours else ()
    seen = proposed(deadline=NOW + left * HOUR, votes_for=votes * 10**18, journal=journal)
    (alert,) = raised(lambda: seen, "vote_ends")
    assert alert.severity is severity
    assert f"ends in {left}.0 hours" in alert.text
    assert ("misses 1 votes" in alert.text) == (votes == 0)


def test_proposal_expires__update_too_old_before_the_timelock_ends__names_the_first_end() -> None:
    seen = proposed(NOW + HOUR, state="queued", eta=NOW - HOUR, expires_at=NOW + 2 * HOUR)
    (alert,) = raised(lambda: seen, "proposal_expires")
    assert "can no longer be executed, as its update is too old in 1.0 hours" in alert.text
    assert alert.severity is Severity.CRITICAL


def test_range__left_after_near__is_left_and_no_longer_near() -> None:
    near, out = look(**book(3_850.0)), look(**book(4_200.0))
    assert [alert.size >= 1.0 for alert in raised(lambda: near, "range_near")] == [True]
    assert raised(lambda: out, "range_near") == []
    assert "is out of its range, 4.8% beyond the upper end 4,000" in raised(lambda: out, "range_left")[0].text


def test_range__of_a_position_of_next_to_nothing__is_counted_not_named() -> None:
    fields = book(4_200.0)
    small = replace(fields["positions"][0], liquidity=1e-3)
    from hedge.book.exposure import book_exposure
    from hedge.book.positions import Book

    positions = (small, fields["positions"][1])
    seen = look(**book(4_200.0, positions=positions, exposure=book_exposure(Book(positions), fields["market"])))
    (alert,) = raised(lambda: seen, "range_left")
    assert (alert.about, alert.severity) == ("small", Severity.INFORMATION)


def test_layer_uncovered__option_counted_to_another_layer__is_not_missing() -> None:
    moved = hedged(cover={"layer": "volatility"})
    assert raised(lambda: moved, "layer_uncovered") == []
    missing = hedged(cover={"layer": "volatility", "gamma_usd": 5.0})
    assert "ETH tail holds nothing of the gamma" in raised(lambda: missing, "layer_uncovered")[0].text


def test_target_exceeded__orders_left__counts_what_was_held_when_it_was_made() -> None:
    seen = order(4.0)
    assert seen.on_record is not None
    large = {"decision": {"numbers": {"cvar_hedged_usd": 1.0, "cvar_held_usd": 1e9}}}
    undone = replace(seen, on_record=replace(seen.on_record, plan=large))
    assert "orders are left" in raised(lambda: undone, "target_exceeded")[0].text
    done = replace(undone, orders=order(10.0).orders)
    assert raised(lambda: done, "target_exceeded") == []


def test_accepted_versions__from_look_to_look__take_what_has_a_plan_and_keep_what_has_none() -> None:
    first = replace(governed(version=3), known_versions={})
    assert accepted_versions(first) == {"": 3}
    changed = replace(governed(version=4), known_versions=accepted_versions(first))
    assert accepted_versions(changed) == {"": 3}
    planned = replace(changed, unplanned=frozenset())
    assert raised(lambda: planned, "parameters_changed") == []
    assert accepted_versions(planned) == {"": 4}


def test_drift__band_of_nothing__is_as_bad_as_can_be() -> None:
    settings = Config.model_validate({"watch": {"drift_band": 0.0}})
    seen: MonitorSnapshot | FailedLook = look(config=settings, drift=0.01)
    assert raised(lambda: seen, "exposure_drifted")[0].size == 1e6
