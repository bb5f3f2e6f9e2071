"""The table of a study as Markdown, for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bridge.formats import number, plain
from bridge.units import utc

HEAD: Final = (
    "strategy", "mean", "std", "worst", "CVaR95 [90 %]", "less the rules' [90 %]", "CVaR95 against holding",
    "cost a week",
)  # fmt: skip


def markdown_table(summary: Mapping[str, Any]) -> str:
    """Return the strategies of a study, USD a week, and under them what was played."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for one in summary["strategies"]:
        cells = (
            one["title"],
            _usd(one["mean"]),
            _usd(one["std"]),
            _usd(one["worst"]),
            _usd(one["cvar95"]) + _between(one["intervals"]["cvar95"]),
            _with_interval(one["cvar95_less_rules"]),
            _usd(one["cvar95_against_holding"]) if one["cvar95_against_holding"] is not None else "",
            _usd(one["cost_a_week"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    first = summary["strategies"][0]
    span = f"{utc(summary['start'])} to {utc(summary['end'])}"
    windows = f"{first['windows']} windows in {first['weeks']} calendar weeks"
    lines += ["", f"{span}: {windows}; inputs {summary['inputs_sha256'][:16]}."]
    return "\n".join(lines)


def _with_interval(found: Mapping[str, Any] | None) -> str:
    return "" if found is None else _usd(found["estimate"]) + _between(found)


def _between(found: Mapping[str, Any]) -> str:
    return f" [{_usd(found['low'])}, {_usd(found['high'])}]" if found["low"] is not None else ""


def _usd(value: float | None) -> str:
    return plain(number(value))
