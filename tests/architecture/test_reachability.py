"""What `hedge` offers meets the user: commands reach each public name, or docs/known-limits.md says why none does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.reach import read_code, unreached, used_by

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "known-limits.md"


def listed() -> list[str]:
    """Return the names of the section, each of which stands for all that is below it."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Library only\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert all(len(row.strip("|").split(" | ")) == 2 for row in rows), "a row is a name and a reason"
    return [name for row in rows for name in re.findall(r"`(hedge[\w.]+)`", row.split(" | ")[0])]


def covers(name: str, dotted: str) -> bool:
    return dotted == name or dotted.startswith(f"{name}.")


def hidden() -> frozenset[str]:
    return unreached(read_code(ROOT, "hedge"), used_by(sorted((ROOT / "bridge").rglob("*.py"))))


def test_public_names__no_command_reaches_them__have_their_line_in_known_limits() -> None:
    names = listed()
    assert [dotted for dotted in sorted(hidden()) if not any(covers(name, dotted) for name in names)] == []


def test_known_limits__every_line_of_library_only__still_stands_for_something() -> None:
    found = hidden()
    assert [name for name in listed() if not any(covers(name, dotted) for dotted in found)] == []


def test_known_limits__library_only__names_nothing_twice() -> None:
    names = listed()
    assert sorted(set(names)) == sorted(names)


MODULES = {
    "core/tools.py": """
def used(): return _inner()
def _inner(): return deep()
def lonely(): return 1
""",
    "core/deep.py": """
TABLE = [made_at_load]
def deep(): return 2
def made_at_load(): return 3
""",
    "core/plug.py": """
from core.alias import x as y
register_thing(Plug)
class Plug:
    def go(self): return y()
""",
    "core/alias.py": """
def x(): return 4
class Alone: pass
""",
    "outside/command.py": """
def run():
    from core.tools import used
    return used()
""",
}


def test_unreached__small_package__finds_what_nobody_calls(tmp_path: Path) -> None:
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    code = read_code(tmp_path, "core")
    found = unreached(code, used_by([tmp_path / "outside" / "command.py"]))
    assert found == {"core.tools.lonely", "core.alias.Alone"}
