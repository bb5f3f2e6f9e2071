"""docs/glossary.md: the field's terms in alphabetical order, one entry each, none longer than three sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
WANTED = """
exposure, position, layer, leg, plan, update, feed, regime, book, bridge, order, governance action, snapshot,
provenance, steward, guardian, timelock, proposal, quorum, round, report, condor, strip, straddle, strangle,
parity, conversion, reversal, roll, tenor, skew, forward, carry, basis, delta, gamma, vega, theta, CVaR95,
LVR, impermanent loss, break-even volatility, fee APR, in range, tick, liquidity, sqrt price, wad, bps, lot,
credit, max loss, ramp, coverage, gate, budget, press, quick ratio, drift band, benchmark, postcondition,
alert, role, regime policy, target, ticket, holdings, shadow price, frontier, programme, perpetual, turnover, band,
expected cost, horizon
"""


def entries() -> list[tuple[str, str]]:
    """Return every term with its text, in the order of the page."""
    return re.findall(r"^- \*\*(.+?)\*\*: (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_glossary__terms__are_alphabetical_and_unique_below_their_letter() -> None:
    terms = [term.lower() for term, _ in entries()]
    assert terms == sorted(set(terms))
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        initials = {term[0].upper() for term in re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)}
        assert initials == {section[0]}


def test_glossary__words_of_the_field__are_all_there() -> None:
    terms = {re.sub(r" \(.*\)", "", term) for term, _ in entries()}
    wanted = {" ".join(term.split()) for term in WANTED.split(",")}
    assert wanted <= terms, wanted - terms


def test_glossary__every_entry__has_one_to_three_sentences() -> None:
    for term, text in entries():
        sentences = re.findall(r"[.](?=\s|$)", text)
        assert text.endswith("."), term
        assert 1 <= len(sentences) <= 3, term


def test_glossary__links__lead_to_pages() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).is_file(), target


def test_glossary__classes_it_names__are_in_the_code() -> None:
    sources = [path for folder in ("hedge", "bridge", "contracts") for path in (PAGE.parents[1] / folder).rglob("*.*")]
    code = "".join(path.read_text(encoding="utf-8") for path in sources if path.suffix in (".py", ".sol"))
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", PAGE.read_text(encoding="utf-8")))
    assert {"RegimePolicy", "PlanMetrics", "BookMetrics", "BenchmarkHedge", "GovernanceAction"} <= named
    missing = {
        name for name in named if not re.search(rf"^(?:abstract )?(?:class|contract) {name}\b", code, re.MULTILINE)
    }
    assert not missing
