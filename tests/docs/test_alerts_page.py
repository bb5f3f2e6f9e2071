"""docs/alerts.md lists every alert rule as it is, and says of standing alerts what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.alerts.rules import ALERT_RULES
from bridge.monitor.standing import FLAP_SECONDS, Change
from tests.docs.alert_table import table

pytestmark = pytest.mark.unit
PAGE = Path(__file__).resolve().parents[2] / "docs" / "alerts.md"


def test_table__of_the_page__is_what_the_registry_has() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert rows[: len(ALERT_RULES) + 2] == table(), "python -m tests.docs.alert_table prints what belongs there"


def test_page__what_is_told_of_an_alert__has_each_change_and_its_number() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for change in Change:
        assert f"**{change}**" in text
    assert f"{FLAP_SECONDS} seconds" in text
