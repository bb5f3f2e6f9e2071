"""Whether the best of several variants is more than the luckiest, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bridge.formats import UNKNOWN, number, percent, printable, usd
from bridge.study.report.figures import cautions
from bridge.study.report.view import StudyView

DEMAND: Final = 0.95
"""Probability that the literature asks of a deflated Sharpe ratio."""
STATISTICS: Final = {
    "mean": "mean", "std": "standard deviation", "worst": "worst week", "cvar95": "CVaR95", "cvar99": "CVaR99",
}  # fmt: skip


def comparison_words(study: StudyView) -> tuple[str, ...]:
    """Return the deflated Sharpe ratio and the reality check, a paragraph each; none where nothing was compared."""
    found = study.document.get("comparison") or {}
    return tuple(
        words(study, found[key])
        for key, words in (("reality_check", _reality), ("deflated_sharpe", _sharpe))
        if found.get(key)
    )


def _sharpe(study: StudyView, found: Mapping[str, Any]) -> str:
    best = study.name(str(found["best"]))
    if found["probability"] is None:
        return f"Deflated Sharpe ratio: none, for {printable(found['reason'] or 'a reason that is not known')}."
    verdict = "reaches" if found["probability"] >= DEMAND else "is below"
    return (
        f"Deflated Sharpe ratio: {best} has the best ratio of mean to deviation, {number(found['sharpe'], 2)} a week, "
        f"of {number(found['trials'])} variants. The best of as many without any skill would show "
        f"{number(found['expected'], 2)} by luck. That the true ratio of {best} is above that has a probability of "
        f"{share(found['probability'])}, from {number(found['observations'])} weeks: it {verdict} the usual demand of "
        f"{percent(DEMAND, 0)}."
    )


def _reality(study: StudyView, found: Mapping[str, Any]) -> str:
    best = study.name(str(found["best"]))
    what = STATISTICS.get(str(found["statistic"]), printable(found["statistic"]))
    if found["p"] is None:
        return f"Reality check of {what}: none, for {printable(found['reason'] or 'a reason that is not known')}."
    bounds = f"Hansen; from {share(found['p_lower'])} to {share(found['p_upper'])}; White {share(found['p_white'])}"
    least = 1.0 / (found["resamples"] + 1.0)
    floor = f", the least that {number(found['resamples'])} draws can show," if found["p"] < 1.5 * least else ""
    few = (
        " With so few weeks a tail hardly has a standard error." if what.startswith("CVaR") and cautions(study) else ""
    )
    return (
        f"Reality check of {what}: {best} gains most over the pools in standard errors, {usd(found['gain'])} or "
        f"{number(found['score'], 1)} of them. If no variant were better than the pools, resampled weeks would show "
        f"as much in {share(found['p'])}{floor} of cases ({bounds}). That is from {number(found['weeks'])} weeks.{few}"
    )


def share(value: float | None) -> str:
    """Write a probability; one too small for two decimals is below what is shown.

    >>> share(0.0321).replace(chr(0x202F), " "), share(1e-9).replace(chr(0x202F), " ")
    ('3.21 %', 'below 0.01 %')
    """
    if value is None:
        return UNKNOWN
    return f"below {percent(1e-4, 2)}" if 0.0 < value < 1e-4 else percent(value, 2)
