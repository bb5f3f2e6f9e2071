"""Alerts from look to look: each change once, whatever comes and goes, whoever answers, wherever the clock jumps."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.alerts.rules import Judged
from bridge.alerts.snapshots import Alert, Severity
from bridge.monitor.standing import FLAP_SECONDS, Advanced, Change, Standing, acknowledge, advance, silence

NOW = 1_790_000_000
ESCALATE = 3_600
WORSE_BY = {"drift": 0.5, "feed": math.inf}
KEY = "drift:"


def alert(size: float = 1.0, severity: Severity = Severity.WARNING, rule: str = "drift", about: str = "") -> Alert:
    return Alert(rule, f"{rule} of {size:g}", about, size, severity, rule)


def judged(*alerts: Alert, untold: tuple[str, ...] = ()) -> Judged:
    return Judged(alerts, frozenset(untold), WORSE_BY)


def step(before: Advanced | None, now: int, *alerts: Alert, untold: tuple[str, ...] = ()) -> Advanced:
    """Advance by one look at a time after the first."""
    known = before.now if before else {}
    return advance(known, judged(*alerts, untold=untold), NOW + now, escalate_seconds=ESCALATE)


def told(found: Advanced) -> list[str]:
    """Return what people are told, as words."""
    return [str(each.change) for each in found.transitions]


def with_standing(found: Advanced, standing: Standing) -> Advanced:
    """Return the same with one alert as a person left it."""
    return replace(found, now=found.now | {standing.key: standing})


@pytest.mark.unit
def test_advance__new_alert__opens_once_and_stands() -> None:
    first = step(None, 0, alert(1.2))
    second = step(first, 15, alert(1.3))
    assert (told(first), told(second)) == (["opened"], [])
    standing = second.now[KEY]
    assert (standing.size, standing.told_size, standing.opened_at, standing.seen_at) == (1.3, 1.2, NOW, NOW + 15)
    assert (standing.text, standing.cleared_at) == ("drift of 1.3", None)
    assert first.transitions[0].standing == first.now[KEY] == first.standings[0]


@pytest.mark.unit
def test_advance__between_its_end_and_its_begin__does_not_open_and_does_not_clear() -> None:
    assert step(None, 0, alert(0.9)) == Advanced((), {}, ())
    opened = step(None, 0, alert(1.0))
    still = step(opened, 15, alert(0.9))
    assert (told(still), still.now[KEY].size) == ([], 0.9)
    over = step(still, 30)
    assert (told(over), over.now[KEY].cleared_at) == (["cleared"], NOW + 30)
    assert over.transitions[0].standing.text == "drift of 0.9"


@pytest.mark.unit
def test_advance__grown_by_what_the_rule_says__is_worse_each_time() -> None:
    found, said = step(None, 0, alert(1.0)), []
    for at, size in enumerate((1.4, 1.5, 1.6, 1.2, 1.5, 2.0, 9.0), start=1):
        found = step(found, at, alert(size))
        said.append(told(found))
    assert said == [[], ["worse"], [], [], [], ["worse"], ["worse"]]


@pytest.mark.unit
def test_advance__higher_severity__is_worse_and_a_lower_one_is_not_told() -> None:
    found, said = step(None, 0, alert(rule="feed")), []
    for at, severity in enumerate((Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL), start=1):
        found = step(found, at, alert(rule="feed", severity=severity))
        said.append(told(found))
    assert said == [["worse"], [], []]
    assert found.now["feed:"].severity == "critical"


@pytest.mark.unit
def test_advance__size_without_bound__is_told_once() -> None:
    found = step(None, 0, alert(math.inf))
    assert told(step(found, 15, alert(math.inf))) == []


@pytest.mark.unit
def test_advance__rule_that_cannot_tell__keeps_its_alerts_as_they_are() -> None:
    opened = step(None, 0, alert())
    blind = step(opened, 15, untold=("drift",))
    assert (told(blind), blind.now, blind.standings) == ([], opened.now, ())
    assert told(step(blind, 30)) == ["cleared"]


@pytest.mark.unit
def test_advance__nobody_acknowledges__is_escalated_once_even_while_its_rule_cannot_tell() -> None:
    opened = step(None, 0, alert())
    before = step(opened, ESCALATE - 1, alert())
    late = step(before, ESCALATE, untold=("drift",))
    assert (told(before), told(late)) == ([], ["escalated"])
    assert told(step(late, 3 * ESCALATE, alert())) == []
    assert told(step(step(None, 0, alert(severity=Severity.INFORMATION)), ESCALATE,
                     alert(severity=Severity.INFORMATION))) == []  # fmt: skip


@pytest.mark.unit
def test_acknowledge__then_worse__is_not_escalated_before_and_is_from_the_time_it_got_worse() -> None:
    opened = step(None, 0, alert())
    taken = with_standing(opened, acknowledge(opened.now[KEY], "Ann\u202e\x1b[2J", NOW + 10))
    assert taken.now[KEY].acknowledged_by == "Ann[2J"
    quiet = step(taken, 2 * ESCALATE, alert())
    assert told(quiet) == []
    worse = step(quiet, 2 * ESCALATE + 5, alert(1.6))
    assert told(worse) == ["worse"]
    assert (worse.now[KEY].acknowledged_at, worse.now[KEY].acknowledged_by) == (None, "")
    assert told(step(worse, 3 * ESCALATE, alert(1.6))) == []
    assert told(step(worse, 3 * ESCALATE + 5, alert(1.6))) == ["escalated"]


@pytest.mark.unit
def test_advance__ever_worse_and_never_acknowledged__is_escalated_all_the_same() -> None:
    found, said = step(None, 0, alert()), []
    for at in range(1, 14):
        found = step(found, 300 * at, alert(1.0 + 0.5 * (at % 12)))
        said += told(found)
    assert said.count("escalated") == 1


@pytest.mark.unit
def test_silence__worse_meanwhile__is_told_when_it_ends() -> None:
    opened = step(None, 0, alert())
    quiet = with_standing(opened, silence(opened.now[KEY], NOW + 7_200, "Ann", NOW + 5))
    worse = step(quiet, 100, alert(2.0, Severity.CRITICAL))
    late = step(worse, 7_199, alert(2.0, Severity.CRITICAL))
    ended = step(late, 7_200, alert(2.0, Severity.CRITICAL))
    assert (told(worse), told(late), told(ended)) == ([], [], ["worse"])
    assert worse.now[KEY].size == 2.0
    assert ended.now[KEY].acknowledged_at is None
    better = step(late, 7_200, alert(1.1))
    assert told(better) == []


@pytest.mark.unit
def test_silence__over_and_back__tells_its_end_and_its_new_begin_when_it_ends() -> None:
    opened = step(None, 0, alert())
    quiet = with_standing(opened, silence(opened.now[KEY], NOW + 7_200, "Ann", NOW + 5))
    over = step(quiet, 100)
    assert told(over) == ["cleared"]
    back = step(over, 1_000, alert(1.1))
    assert (told(back), back.now[KEY].cleared_at, back.now[KEY].told_at) == ([], None, 0)
    assert told(step(back, 7_200, alert(1.2))) == ["opened"]
    gone = step(back, 2_000)
    assert (told(gone), gone.now[KEY].cleared_at) == ([], NOW + 2_000)
    assert gone.standings == (gone.now[KEY],)


@pytest.mark.unit
def test_advance__comes_and_goes_at_each_look__is_told_of_once_a_minute_at_most() -> None:
    found, said = None, []
    for at in range(0, 600, 5):
        found = step(found, at, *([alert()] if at % 10 == 0 else []))
        said += [(at, change) for change in told(found)]
    assert [change for _, change in said] == ["opened", "cleared"] * (len(said) // 2)
    opened = [at for at, change in said if change == "opened"]
    assert min(later - before for before, later in pairwise(opened)) >= FLAP_SECONDS
    assert len(opened) >= 9


@pytest.mark.unit
def test_advance__long_over__is_forgotten_and_opens_at_once() -> None:
    over = step(step(None, 0, alert()), 10)
    assert KEY in over.now
    later = step(over, 10 + FLAP_SECONDS)
    assert later.now == {}
    assert told(step(later, 11 + FLAP_SECONDS, alert())) == ["opened"]


@pytest.mark.unit
def test_advance__clock_jumps_back_an_hour__loses_nothing_and_has_no_age_below_zero() -> None:
    opened = step(None, 0, alert())
    back = step(opened, -3_600, alert(1.1))
    assert (told(back), back.now[KEY].seen_at) == ([], NOW)
    over = step(back, -3_590)
    assert (told(over), over.now[KEY].cleared_at) == (["cleared"], NOW)
    again = step(over, -3_580, alert())
    assert told(again) == ["opened"]
    assert told(step(opened, -3_600 + ESCALATE, alert())) == []
    assert told(step(opened, ESCALATE, alert())) == ["escalated"]


@pytest.mark.unit
def test_advance__opened_while_the_clock_was_a_year_ahead__is_escalated_in_time() -> None:
    opened = step(None, 365 * 86_400, alert())
    back = step(opened, 0, alert())
    assert told(back) == []
    assert told(step(back, ESCALATE, alert())) == ["escalated"]


@pytest.mark.unit
def test_advance__two_alerts_of_one_key__are_one_of_the_worse() -> None:
    found = step(None, 0, alert(1.0), alert(3.0), alert(2.0))
    assert [(each.change, each.standing.size) for each in found.transitions] == [(Change.OPENED, 3.0)]


Look = tuple[int, dict[str, tuple[float, Severity]], set[str], str]
LOOKS = st.lists(
    st.tuples(
        st.integers(-60, 400),
        st.dictionaries(
            st.sampled_from(["drift:ETH", "drift:BTC", "feed:ETH"]),
            st.tuples(st.sampled_from([0.85, 1.0, 1.4, 1.6, 2.4, 9.0]), st.sampled_from(list(Severity))),
        ),
        st.sets(st.sampled_from(["drift", "feed"])),
        st.sampled_from(["", "", "acknowledge", "silence"]),
    ),
    min_size=1,
    max_size=25,
)


def play(looks: list[Look]) -> Iterator[tuple[Advanced, Judged]]:
    """Play looks, with a person who now and then answers everything that stands."""
    known, now = dict[str, Standing](), NOW
    for after, raised, untold, answer in looks:
        now += after
        alerts = [alert(size, severity, *key.split(":")) for key, (size, severity) in raised.items()]
        said = judged(*alerts, untold=tuple(untold))
        found = advance(known, said, now, escalate_seconds=900)
        yield found, said
        known = dict(found.now)
        for key, each in known.items():
            if answer == "acknowledge" and each.cleared_at is None:
                known[key] = acknowledge(each, "ann", now)
            elif answer == "silence":
                known[key] = silence(each, now + 300, "ann", now)
        again = advance(known, said, now, escalate_seconds=10**9)
        assert again.transitions == (), "a look that is repeated changes nothing"


@pytest.mark.prop
@given(LOOKS)
def test_advance__any_looks__opens_and_clears_in_turn_and_tells_one_thing_of_each(looks: list[Look]) -> None:
    standing: dict[str, bool] = defaultdict(bool)
    rows: dict[str, Standing] = {}
    for found, said in play(looks):
        keys = [each.standing.key for each in found.transitions]
        assert len(keys) == len(set(keys))
        for each in found.transitions:
            key, change = each.standing.key, each.change
            assert standing[key] == (change is not Change.OPENED), "no second begin, and nothing of what is over"
            standing[key] = change is not Change.CLEARED
            if change is Change.ESCALATED:
                assert each.standing.severity != Severity.INFORMATION
                assert each.standing.acknowledged_at is None
        rows |= {row.key: row for row in found.standings}
        assert found.now.keys() <= rows.keys()
        for key, row in found.now.items():
            assert row.seen_at >= row.opened_at
            assert row.cleared_at is None or row.cleared_at >= row.opened_at
            if row.cleared_at is None and row.told_at:
                assert standing[key]
        for raised in said.alerts:
            row = found.now.get(raised.key)
            assert raised.size < 1.0 or row is not None, "nothing is lost"
            assert row is None or row.cleared_at is None or found.standings.count(row) == 0


@pytest.mark.prop
@given(LOOKS, st.integers(0, 24))
def test_advance__from_what_a_store_gives_back__tells_the_same_as_without_a_restart(looks: list[Look], at: int) -> None:
    rows, known, now, restarted = dict[str, Standing](), dict[str, Standing](), NOW, None
    for number, (after, raised, untold, _) in enumerate(looks):
        now += abs(after)  # where the clock goes back, what was over and forgotten may be of use again
        alerts = [alert(size, severity, *key.split(":")) for key, (size, severity) in raised.items()]
        said = judged(*alerts, untold=tuple(untold))
        found = advance(known, said, now, escalate_seconds=900)
        if number == at:
            restarted = advance(dict(rows), said, now, escalate_seconds=900)  # every row, the old ones too
            assert restarted.transitions == found.transitions
            assert restarted.now == found.now
        rows |= {row.key: row for row in found.standings}
        known = found.now
    assert restarted is not None or at >= len(looks)
