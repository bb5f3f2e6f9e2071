"""Every fault on the page of nodes has a test, and the test is where the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit
PAGE = Path(__file__).resolve().parents[2] / "docs" / "nodes.md"
LINK = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")
OUTCOMES = ("right number", "named error", "marked", "asked again", "the contract's own error")
FAULTS = (
    "pruned state", "range limits", "result: null", "429 with Retry-After", "header not found", "97 bytes",
    "baseFeePerGas: null", "Reverted 0x", "no state overrides", "NUMBER is another chain's", "re-organisation",
    "lie about a balance", "lag of 50 blocks", "dead mid-read", "two nodes disagree",
)  # fmt: skip


def rows() -> list[list[str]]:
    table = PAGE.read_text(encoding="utf-8").partition("| fault |")[2].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_nodes_page__every_row__names_an_outcome_and_tests_that_are_there() -> None:
    for fault, outcome, proof in rows():
        assert any(words in outcome for words in OUTCOMES), fault
        assert LINK.findall(proof), fault
        for name, target in LINK.findall(proof):
            text = (PAGE.parent / target).resolve().read_text(encoding="utf-8")
            assert f"def {name}(" in text, f"{fault}: {name} in {target}"


def test_nodes_page__faults_of_real_nodes__have_a_row_each() -> None:
    said = "\n".join(fault for fault, _, _ in rows())
    assert [fault for fault in FAULTS if fault not in said] == []
