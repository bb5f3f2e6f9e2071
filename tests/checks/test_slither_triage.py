"""Slither's triage: findings by detector and place, answered by a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.slither.findings import answers, findings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.unit

CONTRACT = {"type": "contract", "name": "Vault"}
FUNCTION = {"type": "function", "name": "draw", "type_specific_fields": {"parent": CONTRACT}}
LOCAL = {"type": "variable", "name": "draft", "type_specific_fields": {"parent": FUNCTION}}


def report(*found: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Write a report as Slither does."""
    rows = [{"check": check, "elements": [element], "description": f"{check}\nmore"} for check, element in found]
    return {"success": True, "error": None, "results": {"detectors": rows}}


def test_findings__in_contract_function_and_local__named_without_lines() -> None:
    found = findings(report(("a", CONTRACT), ("b", FUNCTION), ("c", LOCAL), ("b", FUNCTION)))
    assert found == {("a", "Vault"): "a", ("b", "Vault.draw"): "b", ("c", "Vault.draw.draft"): "c"}


def test_findings__slither_failed__raises_its_reason() -> None:
    with pytest.raises(ValueError, match="slither failed: no compiler"):
        findings({"success": False, "error": "no compiler", "results": {}})


def test_answers__rows_of_several_places__one_each_and_none_without_an_answer() -> None:
    page = "| `timestamp` | `A.x`, `B.y` | Hours. |\n| `assembly` | `C.z` |  |\n"
    assert answers(page) == {("timestamp", "A.x"), ("timestamp", "B.y")}


def test_static_analysis_page__every_place_it_answers__is_in_a_contract() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "contracts").rglob("*.sol"))
    answered = answers((ROOT / "docs" / "static-analysis.md").read_text(encoding="utf-8"))
    assert answered
    for _, place in answered:
        assert all(part in text for part in place.split(".")), place
