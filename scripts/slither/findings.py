"""What Slither finds, and what docs/static-analysis.md answers: the page is the triage, by detector and place."""

from __future__ import annotations

import re
from typing import Any

Finding = tuple[str, str]
"""A detector, and the function or variable that it is about, without line numbers."""


def findings(report: dict[str, Any]) -> dict[Finding, str]:
    """Return what Slither's JSON report holds, each with its first line.

    Several findings of one detector in one function are one: they share an answer.

    Raises
    ------
    ValueError
        Slither did not get through.
    """
    if not report["success"]:
        raise ValueError(f"slither failed: {report['error']}")
    return {
        (finding["check"], _place(finding["elements"][0])): finding["description"].splitlines()[0]
        for finding in report["results"].get("detectors", [])
    }


def _place(element: dict[str, Any]) -> str:
    parent = element.get("type_specific_fields", {}).get("parent")
    name = str(element["name"])
    return f"{_place(parent)}.{name}" if parent and parent["type"] in ("contract", "function") else name


def answers(page: str) -> set[Finding]:
    """Return what the page answers: `| detector | places | answer |`, names between backquotes."""
    rows = re.findall(r"^\| `([\w-]+)` \| (`[^|]+`) \| \S", page, re.M)
    return {(check, place) for check, places in rows for place in re.findall(r"`([^`]+)`", places)}
