"""Whom a change of an alert is told, and how it reads. Pure.

    transitions of a look -> the first route that fits -> a notice for each target -> the outbox

What strangers wrote of an alert is shown without what disguises it, calls a whole channel, or can be clicked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bridge.foreign import foreign
from bridge.monitor.standing import Change, Standing, Transition
from bridge.monitor_settings import NotifyConfig
from bridge.units import utc

MOST_LETTERS: Final = 1_500
"""Letters of a message: Discord takes 2,000, Telegram 4,096."""
TITLE_LETTERS: Final = 120
TEXT_LETTERS: Final = 600
"""Letters that an alert's own words may take."""
MOST_OF_RULE: Final = 10
"""Changes of one look and rule that are told one by one, the worst first; others by a message that counts them."""
DIGEST_ALERTS: Final = 12
"""Alerts that a daily summary names one by one."""
UNDELIVERED: Final = "messages_wait"
DAY: Final = 86_400
RANKS: Final = {"critical": 0, "warning": 1, "information": 2}
SAYS: Final = {Change.OPENED: "", Change.WORSE: "worse: ", Change.ESCALATED: "nobody acts: ", Change.CLEARED: "over: "}
_CALLS: Final = str.maketrans({"<": "‹", ">": "›"})  # <!channel> and <@U123> of Slack
_LINK: Final = re.compile(r"(?<=\w)://|(?<=\bwww)\.|(?<=\bmailto):", re.IGNORECASE)
_EVERYONE: Final = re.compile(r"@(?=[\w&!])")


@dataclass(frozen=True)
class Notice:
    """One message to one target: `id` is the same however often it is tried, so that who gets it twice can tell.

    Parameters
    ----------
    id
        A hash of the book, what is told, its time, and the target.
    target
        A name of the settings, never a URL.
    title, body
        Plain text, without what could disguise it.
    severity
        Of the alert: information, warning or critical.
    """

    id: str
    target: str
    title: str
    body: str
    severity: str


@dataclass(frozen=True)
class Due:
    """A notice that waits in the outbox: of which book, when it was written (unix seconds), how often it was tried."""

    notice: Notice
    book: str
    made_at: int
    attempts: int


@dataclass(frozen=True)
class Guidance:
    """What a rule says to whom it alarms: who can act, what to do first, and where the runbook says more."""

    who: str
    step: str
    runbook: str


@dataclass(frozen=True)
class Seen:
    """Where a change was seen: the book's name, the block and its time in unix seconds."""

    book: str
    block: int
    block_time: int


def targets_of(settings: NotifyConfig, kind: str, severity: str) -> tuple[str, ...]:
    """Return whom the first route that fits names, else the default; none where there is no default."""
    for route in settings.routes:
        if kind in (route.kinds or (kind,)) and severity in (route.severities or (severity,)):
            return tuple(dict.fromkeys(route.targets))
    return (settings.default,) if settings.default else ()


def told_of(settings: NotifyConfig, change: Transition, earlier: Iterable[Transition] = ()) -> tuple[str, ...]:
    """Return whom a change is told: an end of an alert everybody who was told of it, see `notices_for`."""
    of = change.standing
    route = targets_of(settings, of.kind, of.severity)
    if change.change is Change.ESCALATED:
        return tuple(dict.fromkeys(settings.escalate)) or ((settings.default,) if settings.default else ())
    if of.rule == UNDELIVERED:  # the target of its route may be the one that takes nothing
        route = tuple(dict.fromkeys((*route, *settings.escalate)))
    if change.change is not Change.CLEARED:
        return route
    before = [
        each
        for each in earlier
        if each.standing.key == of.key and each.at >= of.opened_at and each.change is not Change.CLEARED
    ]
    told = [name for each in before for name in told_of(settings, each)]
    if of.escalated_at is not None:
        told += settings.escalate
    return tuple(dict.fromkeys(told or route))


def notices_for(
    seen: Seen,
    transitions: Sequence[Transition],
    settings: NotifyConfig,
    guidance: Mapping[str, Guidance] | None = None,
    earlier: Sequence[Transition] = (),
) -> tuple[Notice, ...]:
    """Return the messages that changes are told by: one for each change and target.

    Parameters
    ----------
    guidance
        By the rule's name.
    earlier
        Changes of earlier looks, at least since the opening of what is now over: who was told of an alert is told of
        its end, whatever its severity is by then. Others are of no use.
    """
    found = []
    for change in transitions:
        body = _body(seen, change, settings, (guidance or {}).get(change.standing.rule))
        for target in told_of(settings, change, (*earlier, *transitions)):
            told = (seen.book, change.change.value, change.standing.key, str(change.at))
            found.append(notice(target, _title(seen.book, change), body, change.standing.severity, told))
    return tuple(found)


def first_of_each(transitions: Sequence[Transition]) -> tuple[list[Transition], list[Transition]]:
    """Return the changes that are told one by one, the first few of each rule, and the rest.

    Strangers choose how many proposals there are: those of one rule keep no message of another back.
    """
    told, left, seen = list[Transition](), list[Transition](), Counter[str]()
    for each in transitions:
        seen[each.standing.rule] += 1
        (told if seen[each.standing.rule] <= MOST_OF_RULE else left).append(each)
    return told, left


def rest_of(
    seen: Seen, transitions: Sequence[Transition], settings: NotifyConfig, earlier: Sequence[Transition] = ()
) -> tuple[Notice, ...]:
    """Return one message that counts changes for each target that they are for; see `notices_for`."""
    of_target = defaultdict[str, list[Transition]](list)
    for change in transitions:
        for target in told_of(settings, change, (*earlier, *transitions)):
            of_target[target].append(change)
    return tuple(_counted(seen, target, changes) for target, changes in of_target.items())


def _counted(seen: Seen, target: str, changes: Sequence[Transition]) -> Notice:
    counts = Counter(each.standing.kind for each in changes)
    kinds = ", ".join(f"{count} of {foreign(kind, 40)}" for kind, count in counts.most_common(10))
    title = f"{len(changes)} more changes of alerts of {foreign(seen.book, 40)}"
    body = f"{kinds}. They are not told one by one: the page and `alvh watch --once` have them.\nBlock {seen.block}."
    first = changes[0]
    told = (seen.book, "rest", first.standing.key, str(first.at))
    return notice(target, title, body, first.standing.severity, told)


def notice(target: str, title: str, body: str, severity: str, told: Sequence[str]) -> Notice:
    """Return a message whose id is a hash of what is told and the target; its first letters stand at the end.

    Parameters
    ----------
    told
        What it is of: the same words make the same id.
    """
    id_ = sha256("\0".join((*told, target)).encode(errors="surrogatepass")).hexdigest()[:32]
    title, ending = safe(title, TITLE_LETTERS), f"\nMessage {id_[:8]}: the same number twice is the same message."
    words = safe(body, MOST_LETTERS - len(title) - len(ending) - 2, lines=True)
    return Notice(id_, target, title, words + ending, severity)


def safe(text: str, most: int, lines: bool = False) -> str:
    """Return a text as a chat may show it: cut, nothing hidden in it, nothing to click, and nobody is called.

    >>> safe("@everyone <!channel> sign at https://evil.example", 60)
    '(at)everyone ‹!channel› sign at https[:]//evil.example'
    """
    words = foreign(text, most, lines=lines).translate(_CALLS)
    words = _LINK.sub(lambda found: f"[{found[0][0]}]{found[0][1:]}", _EVERYONE.sub("(at)", words))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _title(book: str, change: Transition) -> str:
    of = change.standing
    about = f" {foreign(of.about, 40)}" if of.about else ""
    return f"{of.severity.upper()} {SAYS[change.change]}{foreign(of.kind, 40)}{about} ({foreign(book, 40)})"


def _body(seen: Seen, change: Transition, settings: NotifyConfig, rule: Guidance | None) -> str:
    of, over = change.standing, change.change is Change.CLEARED
    since = f"Since {utc(of.opened_at)}"
    if over:
        since = f"{since}, over at {utc(of.cleared_at or change.at)}"
    elif change.change is not Change.OPENED:
        since = f"{since}, now {utc(change.at)}"
    lines = [foreign(of.text, TEXT_LETTERS), f"{since}. Block {seen.block}, {utc(seen.block_time)}."]
    if rule is not None and not over:
        lines += [f"Who can act: {rule.who}. First: {rule.step}", f"More: docs/runbook.md#{rule.runbook}"]
    if not over:
        lines.append(_acknowledge(change, settings))
    return "\n".join(lines)


def _acknowledge(change: Transition, settings: NotifyConfig) -> str:
    of, how = change.standing, "Acknowledge it on the monitor's page (`alvh watch --serve`)"
    if change.change is Change.ESCALATED:
        return f"{how}. Nobody did in {settings.escalate_seconds // 60} minutes."
    if of.severity == "information" or of.acknowledged_at is not None or of.escalated_at is not None:
        return f"{how}."
    return f"{how}, or others are told at {utc(change.at + settings.escalate_seconds)}."


def digest_due(settings: NotifyConfig, last: int | None, at: int) -> int | None:
    """Return the day, as days since 1970, whose summary is due; None where it was told or its hour is to come.

    Parameters
    ----------
    last
        The day that was told last, as the store keeps it.
    """
    if settings.digest_hour is None:
        return None
    day = (at - settings.digest_hour * 3600) // DAY
    ahead = last is not None and last > day + 1  # the clock was ahead when it was told
    return day if last is None or day > last or ahead else None


def digest(
    book: str,
    settings: NotifyConfig,
    standings: Iterable[Standing],
    transitions: Iterable[Transition],
    totals: Mapping[str, str],
    at: int,
) -> tuple[Notice, ...]:
    """Return the daily summary to the default target: what stands, what changed in the day before, and totals.

    Its id holds the day (see `digest_due`), so however often it is made, it is kept once.

    Parameters
    ----------
    totals
        Lines of the book by their names, as people read them.
    """
    if settings.default is None or settings.digest_hour is None:
        return ()
    day = (at - settings.digest_hour * 3600) // DAY
    open_ = sorted(
        (each for each in standings if each.cleared_at is None),
        key=lambda each: (RANKS.get(each.severity, 9), each.opened_at, each.key),
    )
    changed = Counter(each.change.value for each in transitions if at - DAY < each.at <= at)
    lines = [f"{foreign(name, 60)}: {foreign(words, 80)}" for name, words in totals.items()]
    counts = ", ".join(f"{changed[change]} {change}" for change in Change if changed[change])
    lines += [f"Changes in the last day: {counts or 'none'}.", f"Alerts that stand: {len(open_) or 'none'}."]
    lines += [_line(each) for each in open_[:DIGEST_ALERTS]]
    if len(open_) > DIGEST_ALERTS:
        lines.append(f"and {len(open_) - DIGEST_ALERTS} more: see the monitor's page")
    title = f"Daily summary of {foreign(book, 40)}, {utc(day * DAY)[:10]}"
    return (notice(settings.default, title, "\n".join(lines), "information", (book, "digest", str(day))),)


def _line(of: Standing) -> str:
    by = f", acknowledged by {foreign(of.acknowledged_by, 20)}" if of.acknowledged_at is not None else ""
    return f"- {of.severity} {foreign(of.kind, 20)}: {foreign(of.text, 60)} (since {utc(of.opened_at)[:16]}{by})"
