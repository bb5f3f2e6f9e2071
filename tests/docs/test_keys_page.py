"""The table of governed keys on the page of governance is that of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedge.policy.parameters import KEYS

pytestmark = pytest.mark.unit
PAGE = Path(__file__).resolve().parents[2] / "docs" / "governance.md"


def test_keys_page__every_key__has_its_row() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for key in KEYS:
        bounds = f"{key.least} to {key.most}"
        assert f"| `{key.name}` | {key.unit} | {key.initial} | {bounds} | {key.description} |" in page
