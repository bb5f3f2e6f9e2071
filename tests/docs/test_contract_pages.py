"""What the pages about the contracts name is there: every test, every attack of the design, the picture."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# 27 is the bridge's: tests/bridge/test_attacks_bridge.py plays it with real processes.
ATTACKS = range(1, 29)


def known_tests() -> set[str]:
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M))
    return found


def test_invariants_page__every_test_it_names__exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")))
    assert len(named) > 30
    assert named <= known_tests(), named - known_tests()


def test_attacks__of_the_design__have_a_test_each() -> None:
    covered = {int(match.group(1)) for name in known_tests() if (match := re.match(r"test_attack_(\d\d)__", name))}
    assert covered >= set(ATTACKS), set(ATTACKS) - covered


def test_contract_pages__links__lead_somewhere() -> None:
    for page in ("governance", "known-risks", "invariants"):
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert (ROOT / "docs" / target).is_file(), f"{page}.md: {target}"
