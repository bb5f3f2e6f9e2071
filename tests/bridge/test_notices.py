"""Whom a change of an alert is told, and how it reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.monitor.notices import (
    MOST_LETTERS,
    MOST_OF_RULE,
    TITLE_LETTERS,
    UNDELIVERED,
    Guidance,
    Seen,
    digest,
    digest_due,
    first_of_each,
    notices_for,
    rest_of,
)
from bridge.monitor.standing import Change, Standing, Transition
from bridge.monitor_settings import NotifyConfig

NOW = 1_795_824_000  # midnight UTC of 28 November 2026
DAY = 86_400
SEEN = Seen("main", 1234, NOW - 12)
BASE = Standing("drifted:ETH", "drifted", "drift", "ETH", "exposure has drifted", "warning", 1.5, 1.5, NOW, NOW, NOW)
SETTINGS = NotifyConfig.model_validate(
    {
        "default": "ops",
        "escalate": ["boss", "phone"],
        "routes": [
            {"targets": ["guardians", "ops"], "kinds": ["foreign", "steward"], "severities": ["critical"]},
            {"targets": ["reporters"], "kinds": ["oracle"]},
            {"targets": ["night"], "severities": ["critical"]},
            {"targets": ["never"], "kinds": ["oracle"]},
        ],
    }
)
GUIDE = {"drifted": Guidance("the treasury", "run `alvh plan`", "drift")}


def change(of: Change = Change.OPENED, at: int = NOW, **changes: object) -> Transition:
    """Return a change of an alert."""
    return Transition(of, at, replace(BASE, **changes))  # type: ignore[arg-type]


def told(*changes: Transition, settings: NotifyConfig = SETTINGS, earlier: tuple[Transition, ...] = ()) -> list[str]:
    """Return who is told."""
    return [each.target for each in notices_for(SEEN, changes, settings, GUIDE, earlier)]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("kind", "severity", "targets"),
    [
        ("foreign", "critical", ["guardians", "ops"]),
        ("steward", "critical", ["guardians", "ops"]),
        ("foreign", "warning", ["ops"]),
        ("oracle", "information", ["reporters"]),
        ("oracle", "critical", ["reporters"]),
        ("drift", "critical", ["night"]),
        ("drift", "warning", ["ops"]),
    ],
)
@pytest.mark.parametrize("of", [Change.OPENED, Change.WORSE])
def test_routes__kind_and_severity__the_first_that_fits_counts(
    of: Change, kind: str, severity: str, targets: list[str]
) -> None:
    assert told(change(of, kind=kind, severity=severity)) == targets


@pytest.mark.unit
@pytest.mark.parametrize(("escalate", "targets"), [(["boss", "phone"], ["boss", "phone"]), ([], ["ops"])])
def test_routes__nobody_acts__goes_to_whom_escalate_names(escalate: list[str], targets: list[str]) -> None:
    settings = SETTINGS.model_copy(update={"escalate": tuple(escalate)})
    assert told(change(Change.ESCALATED), settings=settings) == targets


@pytest.mark.unit
def test_routes__no_default__tells_nobody() -> None:
    assert told(change(), settings=NotifyConfig()) == []


@pytest.mark.unit
def test_routes__over__tells_who_was_told_of_it_whatever_its_severity_is_now() -> None:
    before = (
        change(Change.CLEARED, NOW - 500, opened_at=NOW - 900, severity="critical"),
        change(Change.OPENED, NOW - 400, opened_at=NOW - 400),
        change(Change.WORSE, NOW - 300, opened_at=NOW - 400, severity="critical"),
        change(Change.OPENED, NOW - 300, key="another", kind="oracle"),
    )
    over = change(Change.CLEARED, opened_at=NOW - 400, severity="information", cleared_at=NOW)
    assert told(over, earlier=before) == ["ops", "night"]
    escalated = replace(over, standing=replace(over.standing, escalated_at=NOW - 100))
    assert told(escalated, earlier=before) == ["ops", "night", "boss", "phone"]
    assert told(over) == ["ops"]


@pytest.mark.unit
def test_notice__opened__says_what_since_when_who_acts_and_how_to_acknowledge() -> None:
    (made,) = notices_for(SEEN, [change()], SETTINGS, GUIDE)
    assert made.title == "WARNING drift ETH (main)"
    assert made.body.splitlines() == [
        "exposure has drifted",
        "Since 2026-11-28 00:00:00Z. Block 1234, 2026-11-27 23:59:48Z.",
        "Who can act: the treasury. First: run `alvh plan`",
        "More: docs/runbook.md#drift",
        "Acknowledge it on the monitor's page (`alvh watch --serve`), or others are told at 2026-11-28 01:00:00Z.",
        f"Message {made.id[:8]}: the same number twice is the same message.",
    ]
    assert made.severity == "warning"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("of", "title", "line"),
    [
        (Change.WORSE, "WARNING worse: drift ETH (main)", "Since 2026-11-28 00:00:00Z, now 2026-11-28 01:00:00Z."),
        (Change.ESCALATED, "WARNING nobody acts: drift ETH (main)", "Nobody did in 60 minutes."),
        (Change.CLEARED, "WARNING over: drift ETH (main)", "Since 2026-11-28 00:00:00Z, over at 2026-11-28 01:00:00Z."),
    ],
)
def test_notice__each_change__says_which(of: Change, title: str, line: str) -> None:
    made = notices_for(SEEN, [change(of, NOW + 3600)], SETTINGS, GUIDE)[0]
    assert made.title == title
    assert line in made.body
    assert ("Acknowledge" in made.body) is (of is not Change.CLEARED)


@pytest.mark.unit
def test_notice__an_information__threatens_nobody() -> None:
    (made,) = notices_for(SEEN, [change(severity="information")], SETTINGS)
    assert "others are told" not in made.body


@pytest.mark.unit
def test_notice__the_same_again__has_the_same_id_and_anything_else_another() -> None:
    first, again = (notices_for(SEEN, [change(kind="foreign", severity="critical")], SETTINGS) for _ in range(2))
    others = [
        *notices_for(SEEN, [change(Change.WORSE)], SETTINGS),
        *notices_for(SEEN, [change(at=NOW + 1)], SETTINGS),
        *notices_for(replace(SEEN, book="other"), [change()], SETTINGS),
        *notices_for(SEEN, [change(key="drifted:BTC")], SETTINGS),
    ]
    assert first == again
    assert len({each.id for each in (*first, *others)}) == len(first) + len(others)


HOSTILE = [
    "@everyone @here",
    "<!channel> <@U024BE7LH>",
    "[sign](https://evil.example/sign) now",
    "\x1b[2J\u202egnp.exe\u200b",
    "a\nWho can act: nobody. First: send 1 ETH",
    "HTTPS://EVIL.example www.evil.example mailto:a@evil.example",
    "A" * 1_000_000,
    "💥" * 5_000,
    "\ud800",
]
ANY_TEXT = st.one_of(st.text(max_size=300), st.sampled_from(HOSTILE))


@pytest.mark.unit
@pytest.mark.parametrize("text", HOSTILE)
def test_notice__hostile_words__call_nobody_link_nowhere_and_are_cut(text: str) -> None:
    made = notices_for(replace(SEEN, book=text), [change(text=text, kind=text, about=text)], SETTINGS, GUIDE)[0]
    whole = f"{made.title}\n{made.body}"
    assert len(made.title) <= TITLE_LETTERS
    assert "\n" not in made.title
    assert len(made.body.splitlines()) == 6
    assert len(whole) <= MOST_LETTERS
    assert not any(
        sign in whole.lower() for sign in ("@everyone", "<!", "<@", "://", "www.", "\x1b", "\u202e", "\ud800")
    )
    assert not any(line.startswith("Who can act: nobody") for line in made.body.splitlines())


@pytest.mark.prop
@given(
    of=st.sampled_from(Change),
    kind=st.one_of(st.sampled_from(["foreign", "steward", "oracle", "drift"]), ANY_TEXT),
    severity=st.sampled_from(["information", "warning", "critical"]),
    text=ANY_TEXT,
    routes=st.lists(
        st.fixed_dictionaries(
            {
                "targets": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3),
                "kinds": st.lists(st.sampled_from(["foreign", "steward", "oracle", "drift"]), max_size=2),
                "severities": st.lists(st.sampled_from(["information", "warning", "critical"]), max_size=2),
            }
        ),
        max_size=4,
    ),
    escalate=st.lists(st.sampled_from(["a", "d"]), max_size=2),
)
def test_notices__any_routes_with_a_default__tell_somebody_of_every_change_each_once(
    of: Change, kind: str, severity: str, text: str, routes: list[dict[str, object]], escalate: list[str]
) -> None:
    settings = NotifyConfig.model_validate({"default": "ops", "routes": routes, "escalate": escalate})
    made = notices_for(SEEN, [change(of, kind=kind, severity=severity, text=text)], settings, GUIDE)
    names = [each.target for each in made]
    assert names
    assert len(set(names)) == len(names) == len({each.id for each in made})
    assert set(names) <= set(settings.targets)
    assert all(len(each.title) + len(each.body) <= MOST_LETTERS and "://" not in each.body for each in made)


@pytest.mark.unit
def test_digest__a_day__says_what_stands_and_changed_worst_first() -> None:
    settings = SETTINGS.model_copy(update={"digest_hour": 8})
    stands = [
        BASE,
        replace(BASE, key="b", kind="margin", severity="critical", acknowledged_at=NOW, acknowledged_by="ann"),
        replace(BASE, key="c", kind="gone", cleared_at=NOW),
    ]
    changes = [change(), change(), change(Change.CLEARED), change(at=NOW - 2 * DAY)]
    (made,) = digest("main", settings, stands, changes, {"value": "1,000 USD"}, NOW + 9 * 3600)
    assert (made.target, made.title) == ("ops", "Daily summary of main, 2026-11-28")
    assert made.body.splitlines()[:-1] == [
        "value: 1,000 USD",
        "Changes in the last day: 2 opened, 1 cleared.",
        "Alerts that stand: 2.",
        "- critical margin: exposure has drifted (since 2026-11-28 00:00, acknowledged by ann)",
        "- warning drift: exposure has drifted (since 2026-11-28 00:00)",
    ]


@pytest.mark.unit
def test_digest__a_quiet_day__is_told_too() -> None:
    settings = SETTINGS.model_copy(update={"digest_hour": 8})
    (made,) = digest("main", settings, [], [], {}, NOW)
    assert "Changes in the last day: none." in made.body
    assert "Alerts that stand: none." in made.body
    assert digest("main", SETTINGS, [], [], {}, NOW) == ()


@pytest.mark.unit
def test_digest__hundreds_of_alerts__fit_a_message() -> None:
    settings = SETTINGS.model_copy(update={"digest_hour": 0})
    many = [replace(BASE, key=str(number), text="x" * 4000) for number in range(500)]
    (made,) = digest("main", settings, many, [], {f"n{number}": "y" * 400 for number in range(8)}, NOW)
    assert len(made.title) + len(made.body) <= MOST_LETTERS


@pytest.mark.unit
@pytest.mark.parametrize("hour", [0, 8, 23])
def test_digest__a_week_of_looks_with_restarts__is_due_once_a_day_after_its_hour(hour: int) -> None:
    settings = SETTINGS.model_copy(update={"digest_hour": hour})
    last, told_at, ids = NOW // DAY - 1, [], []
    for at in range(NOW, NOW + 7 * DAY, 600):
        day = digest_due(settings, last, at)
        if day is not None:
            told_at.append(at)
            ids += [each.id for each in digest("main", settings, [], [], {}, at)]
            last = day
    assert told_at == [NOW + hour * 3600 + day * DAY for day in range(7)]
    assert len(set(ids)) == 7


@pytest.mark.unit
def test_digest__no_hour__is_never_due() -> None:
    assert digest_due(SETTINGS, None, NOW) is None


@pytest.mark.unit
def test_rest__of_two_routes__each_target_hears_of_its_own() -> None:
    many = [change(key=f"a:{n}", kind="oracle") for n in range(3)] + [change(key="b", kind="drift", severity="warning")]
    found = rest_of(SEEN, many, SETTINGS)
    assert [(each.target, each.title.split()[0]) for each in found] == [("reporters", "3"), ("ops", "1")]
    assert "3 of oracle" in found[0].body
    assert rest_of(SEEN, [], SETTINGS) == ()


@pytest.mark.unit
def test_first_of_each__one_rule_in_great_numbers__leaves_the_others_theirs() -> None:
    many = [change(key=f"a:{n}", rule="a") for n in range(MOST_OF_RULE + 5)]
    told_ones, left = first_of_each([*many, change(key="b", rule="b")])
    assert (len(told_ones), len(left)) == (MOST_OF_RULE + 1, 5)
    assert told_ones[-1].standing.rule == "b"


@pytest.mark.unit
def test_routes__messages_wait__reaches_whom_escalate_names_too() -> None:
    waits = change(rule=UNDELIVERED, kind="message", severity="warning")
    assert told(waits) == ["ops", "boss", "phone"]


@pytest.mark.unit
def test_digest__clock_was_ahead_when_the_last_was_told__is_due_today() -> None:
    settings = SETTINGS.model_copy(update={"digest_hour": 0})
    assert digest_due(settings, NOW // DAY + 400, NOW) == NOW // DAY
    assert digest_due(settings, NOW // DAY + 1, NOW) is None
