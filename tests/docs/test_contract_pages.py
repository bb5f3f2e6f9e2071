"""What the pages about the contracts name is there: every test, every attack of the design, the picture."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# 27 is the bridge's: tests/bridge/test_attacks_bridge.py plays it with real processes.
ATTACKS = range(1, 29)


PAGES = ("governance", "known-risks", "invariants")
LINKED_TEST = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")
FIELDS = ("Threat", "Impact", "Mitigation", "Test")


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def defined_in(path: Path) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M))


def known_tests() -> set[str]:
    return {name for path in (ROOT / "tests").rglob("test_*.py") for name in defined_in(path)}


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.M)
    }


def test_invariants_page__every_test_it_names__exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", page("invariants")))
    assert len(named) > 70
    assert named <= known_tests(), named - known_tests()


def test_invariants_page__summary__counts_the_rows_of_each_section() -> None:
    text = page("invariants")
    said = {title: int(count) for title, count in re.findall(r"^\| \[([^]]+)\]\([^)]+\) \| (\d+) \|", text, re.M)}
    counted = {}
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        rows = [line for line in body.splitlines() if line.startswith("| ") and "`test_" in line]
        if "| always | test |" in body:
            assert all(LINKED_TEST.search(row) for row in rows), title
            counted[title] = len(rows)
    assert said == counted
    assert sum(counted.values()) > 50


def test_known_risks_page__every_risk__has_its_four_fields_and_a_test_or_says_why_none() -> None:
    risks = re.split(r"\n### ", page("known-risks"))[1:]
    assert len(risks) >= 27
    for risk in risks:
        title, _, body = risk.partition("\n")
        fields = re.findall(r"^- \*\*(\w+)\.\*\* *(.*(?:\n  .*)*)", body.split("\n## ")[0], re.M)
        assert tuple(name for name, _ in fields) == FIELDS, title
        assert all(text.strip() for _, text in fields), title
        proof = fields[-1][1]
        assert LINKED_TEST.search(proof) or re.match(r"None: .+\[`\w+\.sol`\]\(", proof), title


def test_contract_pages__tests_they_link__are_defined_in_the_linked_file() -> None:
    for name in ("known-risks", "invariants"):
        for test, target in LINKED_TEST.findall(page(name)):
            assert test in defined_in((ROOT / "docs" / target).resolve()), f"{name}.md: {test} in {target}"


def test_attacks__of_the_design__have_a_test_each() -> None:
    covered = {int(match.group(1)) for name in known_tests() if (match := re.match(r"test_attack_(\d\d)__", name))}
    assert covered >= set(ATTACKS), set(ATTACKS) - covered


def test_contract_pages__links__lead_to_files_and_headings() -> None:
    for name in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", page(name)):
            file, _, anchor = target.partition("#")
            path = (ROOT / "docs" / file).resolve() if file else ROOT / "docs" / f"{name}.md"
            assert path.is_file(), f"{name}.md: {target}"
            assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), f"{name}.md: {target}"
