"""The pages name only modules, and things in them, that exist."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
NAME = re.compile(r"`((?:bridge|hedge|scripts)(?:\.\w+)+)")


def test_pages__there__name_modules() -> None:
    assert sum(len(NAME.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page__modules_it_names__exist(page: Path) -> None:
    missing = [name for name in sorted(set(NAME.findall(page.read_text(encoding="utf-8")))) if not exists(name)]
    assert missing == []


def exists(name: str) -> bool:
    """Tell whether a dotted name is a module or something in one."""
    import_module(name.partition(".")[0])
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
