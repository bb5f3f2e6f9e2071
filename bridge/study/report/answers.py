"""What a study answers, written from its numbers; where they say little, so does the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bridge.formats import UNKNOWN, number, percent, printable, usd
from bridge.study.report.view import StrategyView, StudyView


class Answer(NamedTuple):
    """Hold a question and what the numbers say to it."""

    question: str
    words: str


def answers(study: StudyView) -> tuple[Answer, ...]:
    """Return the answers of a study, what matters most first."""
    alone = study.alone
    if alone is None:
        return (Answer("What came out?", "Nothing: the pools alone have no result, so that nothing can be compared."),)
    ranked = sorted(
        (one for one in study.hedges if one.figures["cvar_removed_usd"] is not None),
        key=lambda one: one.figures["cvar_removed_usd"],
        reverse=True,
    )
    told = [Answer(f"What can nobody tell from {_count(alone.figures['weeks'], 'week')}?", _untold(study, alone))]
    if not ranked:
        return (Answer("Which strategy cut the tail most?", _nothing(study)), *told)
    best = ranked[0]
    return (
        Answer("Which strategy cut the tail most?", _most(best, alone, len(ranked))),
        Answer("What did that cost?", _cost(best)),
        *told,
    )


def holds_zero(interval: Mapping[str, Any]) -> bool:
    """Tell whether an interval has 0 in it; one that is not known does not."""
    low, high = interval.get("low"), interval.get("high")
    return low is not None and high is not None and low <= 0.0 <= high


def interval_words(interval: Mapping[str, Any], sign: float = 1.0) -> str:
    """Write an interval, for sign -1 of the opposite quantity; empty where there is none."""
    low, high = interval.get("low"), interval.get("high")
    if low is None or high is None:
        return ""
    low, high = sorted((sign * low, sign * high))
    return f"{number(low)} to {number(high)}"


def _nothing(study: StudyView) -> str:
    return (
        "No hedge was played beside the pools."
        if not study.hedges
        else "The tails that were played are not comparable."
    )


def _most(best: StrategyView, alone: StrategyView, count: int) -> str:
    removed, interval = best.figures["cvar_removed_usd"], best.against("cvar95")
    tail = "the mean loss of the worst 5 % of weeks"
    if removed <= 0.0:
        return (
            f"None of {_count(count, 'strategy', 'strategies')}: {best.title} comes nearest, and its CVaR95, {tail}, "
            f"is {usd(-removed)} above that of the pools alone."
        )
    return (
        f"{_named(best)} took CVaR95, {tail}, from {number(alone.figures['cvar95'])} to {usd(best.figures['cvar95'])}: "
        f"{number(removed)} less{_between(interval, -1.0)}."
    )


def _between(interval: Mapping[str, Any], sign: float = 1.0) -> str:
    words = interval_words(interval, sign)
    if not words:
        return f", without an interval ({printable(interval.get('reason') or 'none is known')})"
    held = "; the interval holds 0, so that it may be nothing" if holds_zero(interval) else ""
    return f", {percent(interval['level'], 0)} interval {words}{held}"


def _cost(best: StrategyView) -> str:
    figures, mean = best.figures, best.against("mean")
    paid = f"{_named(best)} paid {usd(figures['cost_a_week'])} a week to trade"
    moved = mean.get("estimate")
    if moved is None:
        return f"{paid}; what it gave up in the mean is not known."
    side = "above" if moved > 0.0 else "below"
    return f"{paid}; its mean week was {usd(abs(moved))} {side} that of the pools alone{_between(mean)}."


def _untold(study: StudyView, alone: StrategyView) -> str:
    figures = alone.figures
    windows, weeks = figures["windows"], figures["weeks"]
    overlap = " overlap and" if windows > weeks else ""
    parts = [
        f"The {_count(windows, 'weekly window')}{overlap} begin in {_count(weeks, 'calendar week')}: at most that many "
        "independent observations."
    ]
    means = [one.against("mean") for one in study.hedges]
    known = [one for one in means if interval_words(one)]
    if known:
        unsure = sum(map(holds_zero, known))
        parts.append(
            "Whether a hedge raises or lowers the mean: for "
            f"{unsure} of {_count(len(known), 'strategy', 'strategies')} the interval of the difference holds 0."
        )
    parts.extend(_reasons(means))
    parts.extend(_cautions([one.figures["intervals"].get("cvar95", {}) for one in study.strategies]))
    return " ".join(parts)


def _reasons(intervals: Sequence[Mapping[str, Any]]) -> list[str]:
    reasons = dict.fromkeys(printable(one["reason"]) for one in intervals if one.get("reason"))
    return [f"There are no intervals: {reason}." for reason in reasons]


def _cautions(intervals: Sequence[Mapping[str, Any]]) -> list[str]:
    cautions = dict.fromkeys(printable(one["caution"]) for one in intervals if one.get("caution"))
    return [f"How bad the tail can get, for {caution}." for caution in cautions]


def _named(one: StrategyView) -> str:
    title = one.title or one.name
    return f"{title[:1].upper()}{title[1:]} ({one.name})"


def _count(count: int | None, noun: str, plural: str = "") -> str:
    shown = UNKNOWN if count is None else number(count)
    return f"{shown} {noun if count == 1 else plural or noun + 's'}"
