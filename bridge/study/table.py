"""The table of a study as Markdown, for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bridge.formats import number, plain
from bridge.units import utc

HEAD: Final = ("strategy", "mean", "std", "worst", "CVaR95 [90 %]", "cost a week", "trading cost per CVaR95 removed")


def markdown_table(summary: Mapping[str, Any]) -> str:
    """Return the strategies of a study, USD a week, and under them what was played."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for one in summary["strategies"]:
        tail = one["intervals"]["cvar95"]
        between = f" [{_usd(tail['low'])}, {_usd(tail['high'])}]" if tail["low"] is not None else ""
        price = one["cost_per_risk"]
        cells = (
            one["title"],
            _usd(one["mean"]),
            _usd(one["std"]),
            _usd(one["worst"]),
            _usd(one["cvar95"]) + between,
            _usd(one["cost_a_week"]),
            f"{price:.3f}" if price else "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    first = summary["strategies"][0]
    span = f"{utc(summary['start'])} to {utc(summary['end'])}"
    windows = f"{first['windows']} windows in {first['weeks']} calendar weeks"
    lines += ["", f"{span}: {windows}; inputs {summary['inputs_sha256'][:16]}."]
    return "\n".join(lines)


def _usd(value: float | None) -> str:
    return plain(number(value))
