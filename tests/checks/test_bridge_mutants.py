"""The mutants of a small Python source: which edits are made, how they are chosen, put into a process and judged."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from scripts.mutants import page
from scripts.mutants.bridge import campaign, chosen, stage, swap
from scripts.mutants.bridge.edits import Change, changes
from scripts.mutants.compiler import ROOT

SOURCE = "bridge/till.py"
CODE = b'''"""A till."""

from contextlib import suppress

MOST = 10


class Till:
    """Holds sums."""

    def __init__(self, held: int = 0) -> None:
        """Begin."""
        self.held = held
        self.puts = []

    def put(self, total: int, *, quiet: bool = False) -> None:
        """Put a sum in."""
        if total <= 0 or total > MOST:
            raise ValueError(f"{total + 1} is too much")
        self.puts.append(total)
        self.held += total
        if not quiet:
            print("put", total, sep="")

    def lines(self, first: list[str]) -> list[str]:
        return first + [str(put) for put in self.puts if put is not None]

    def after(self, total: int) -> int:
        return max(self.held - total, 0)


def read(text: str) -> int:
    try:
        return int(text, base=10)
    except ValueError:
        return 0


def all_read(texts: list[str]) -> dict[str, int]:
    found = {}
    with suppress(KeyError):
        for text in texts:
            found[text] = read(text)
    return {"all": 1} | found


def said(lines: list[str]) -> list[str]:
    return ["said:", *lines]
'''


@pytest.fixture(scope="module")
def made() -> list[Change]:
    return changes(SOURCE, CODE)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("statement", "till.Till.put: self.puts.append(total) -> pass"),
        ("raise", 'till.Till.put: raise ValueError(f"{total + 1} is too much") -> pass'),
        ("raise", "till.read: at once -> raise"),
        ("raise", "till.all_read: suppress(KeyError) -> suppress()"),
        ("part", "till.Till.put: self.held += total -> pass"),
        ("part", "till.all_read: found[text] = read(text) -> pass"),
        ("part", 'till.all_read: {"all": 1} | found -> found'),
        ("part", "till.said: , *lines -> dropped"),
        ("part", "till.Till.lines: first + [str(put) for put in self.puts if put is not None] -> first"),
        ("condition", "till.Till.put: total <= 0 or total > MOST -> False"),
        ("condition", "till.Till.put: not quiet -> True"),
        ("condition", "till.Till.lines: put is not None -> True"),
        ("comparison", "till.Till.put: total <= 0 -> total < 0"),
        ("comparison", "till.Till.put: total > MOST -> total >= MOST"),
        ("comparison", "till.Till.lines: put is not None -> put is None"),
        ("condition", "till.Till.put: total <= 0 or total > MOST -> (total > MOST)"),
        ("condition", "till.Till.put: not quiet -> quiet"),
        ("constant", "till.Till.put: 0 -> (0 + 1)"),
        ("arithmetic", "till.Till.put: self.held += total -> self.held -= total"),
        ("arithmetic", "till.Till.after: self.held - total -> self.held + total"),
        ("arithmetic", "till.Till.after: max -> min"),
        ("argument", "till.read: , base=10 -> dropped"),
        ("statement", "till.Till.put: at once -> return"),
        ("statement", "till.Till.after: return max(self.held - total, 0) -> return None"),
        ("statement", "till.all_read: texts -> ()"),
    ],
)
def test_changes__of_the_till__hold_every_kind_of_edit(made: list[Change], kind: str, name: str) -> None:
    assert name in {change.name for change in made if change.kind == kind}


def test_changes__defaults_of_functions_imports_texts_and_looks__are_left_alone(made: list[Change]) -> None:
    assert {change.name for change in made if change.kind in ("constant", "argument")} == {
        "till.Till.put: 0 -> (0 + 1)", "till.Till.after: 0 -> (0 + 1)", "till.read: 0 -> (0 + 1)",
        "till.read: 10 -> (10 + 1)", "till.read: , base=10 -> dropped", "till.all_read: 1 -> (1 + 1)",
    }  # fmt: skip


def test_changes__guard_of_a_raise__is_never_taken_and_not_always(made: list[Change]) -> None:
    assert not {change.name for change in made if change.name.endswith("MOST -> True")}


def test_changes__applied__are_other_code_that_python_reads(made: list[Change]) -> None:
    unchanged = ast.dump(ast.parse(CODE))
    for change in made:
        assert ast.dump(ast.parse(change.applied(CODE))) != unchanged, change.name


def test_changes__names__are_each_one_line_and_different(made: list[Change]) -> None:
    names = [change.name for change in made]
    assert len(set(names)) == len(names)
    assert all(name.isprintable() for name in names)


def test_chosen__each_source_and_kind__gives_its_first_ones_by_digest() -> None:
    one, two = chosen.chosen(1), chosen.chosen(2)
    counted = Counter((change.source, change.kind) for change in one)
    assert set(counted.values()) == {1}
    assert max(Counter(source for source, _ in counted).values()) == chosen.KINDS
    assert set(one) < set(two)
    assert {change.source.split("/")[1] for change in one} == set(chosen.PACKAGES)
    assert len(one) >= 300


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the till as a module, from a root of its own."""
    (tmp_path / "bridge").mkdir()
    (tmp_path / SOURCE).write_bytes(CODE)
    monkeypatch.setattr(swap, "ROOT", tmp_path)
    spec = importlib.util.spec_from_file_location("bridge_till_of_a_test", tmp_path / SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def named(made: list[Change], name: str) -> Change:
    (found,) = (change for change in made if change.name == name)
    return found


def test_change__one_function__is_another_for_who_holds_it_already(till: ModuleType, made: list[Change]) -> None:
    held, other = till.Till(5), till.read
    change = named(made, "till.Till.after: self.held - total -> self.held + total")
    bound = held.after
    assert swap.Loaded([SOURCE]).change(SOURCE, change.applied(CODE), change.function)
    assert (bound(2), held.after(2), other("7")) == (7, 7, 7)


def test_change__every_mutant_of_the_till__fits_the_loaded_functions(till: ModuleType, made: list[Change]) -> None:
    loaded = swap.Loaded([SOURCE])
    for change in made:
        assert loaded.change(SOURCE, change.applied(CODE), change.function)
        assert loaded.change(SOURCE, CODE, change.function)
    assert till.Till(5).after(2) == 3


def test_noting__of_a_call__names_the_statements_that_ran(till: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(builtins, swap.NOTE, seen.add, raising=False)
    assert swap.Loaded([SOURCE]).change(SOURCE, swap.noting(SOURCE, CODE))
    held = till.Till()
    seen.clear()
    held.put(3, quiet=True)
    lines = {CODE.decode().splitlines()[int(place.rpartition(":")[2]) - 1].strip() for place in seen}
    assert lines == {
        "if total <= 0 or total > MOST:", "self.puts.append(total)", "self.held += total", "if not quiet:",
    }  # fmt: skip


def test_python_of_a_test__source_is_changed__reads_the_change_and_notes_what_ran(tmp_path: Path) -> None:
    source = "bridge/units.py"
    code = (ROOT / source).read_bytes()
    (tmp_path / "bridge+units.py").write_bytes(swap.noting(source, code))
    asks = "import bridge.units; print(bridge.units.__file__); bridge.units.utc(0)"
    environment = {"PYTHONPATH": str(stage.START), "ALVH_CHANGED": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "bridge+units.py")
    (notes,) = tmp_path.glob("seen-*")
    assert notes.read_text().startswith(f"{source}:")


TESTS = """
from bridge.governance.journal import JournalEntry, forget_journal, read_journal
from tests.e2e.command import forked

def test_forgotten(tmp_path):
    JournalEntry("8", 5, "one change", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", 7).save(tmp_path)
    forget_journal(tmp_path, 5)
    assert read_journal(tmp_path, 5) == []

def test_vote_for_nothing(tmp_path):
    done = forked(tmp_path, ["gov", "vote", "1", "perhaps"], {})
    assert (done.code, done.out) == (2, "")
    assert "not 'perhaps'" in done.err

def test_that_fails(tmp_path):
    assert read_journal(tmp_path, 5) == [1]
"""
CAMPAIGN = """
import sys
from pathlib import Path
from scripts.mutants.__main__ import COLUMNS
from scripts.mutants.bridge import campaign, chosen, reach
from scripts.mutants.ledger import Ledger
folder, *names = sys.argv[1:]
reach.KEPT = Path(folder) / "reach"
campaign.test_files = lambda: [f"{folder}/test_two.py"]
changes = [change for change in chosen.possible() if change.name in names]
ledger = Ledger(Path(folder) / "verdicts.jsonl")
campaign.run(changes, ledger, set(), 2, COLUMNS)
for name in names:
    (verdict,) = (ledger.verdict(change) for change in changes if change.name == name)
    print(verdict.outcome, verdict.test.rpartition("::")[2])
"""
JUDGED = {
    "governance.journal.forget_journal: path.unlink(missing_ok=True) -> pass": "killed test_forgotten",
    "governance.journal.forget_journal: missing_ok=True -> dropped": "survived ",
    "cli.gov.vote: support not in SUPPORT -> support in SUPPORT": "killed test_vote_for_nothing",
    "governance.governor.named_proposal: require_digits(wanted) -> pass": "survived ",
    "safe.multisig.safe_setup: not 0 < threshold <= len(owners) -> (0 < threshold <= len(owners))": "survived ",
}


def test_campaign__mutants_of_a_function_and_of_a_command__are_judged_by_the_tests_that_run_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_two.py").write_text(TESTS)
    command = [sys.executable, "-c", CAMPAIGN, str(tmp_path), *JUDGED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [verdict for _, verdict in JUDGED.items()]
    assert re.search("left out, .*test_that_fails", done.stderr)


def test_bridge_page__every_answer__names_a_mutant_of_today() -> None:
    today = {change.name for change in chosen.possible()}
    assert page.answers(page.PAGE.read_text(encoding="utf-8"), page.BRIDGE) <= today


def test_test_files__left_out__are_files_of_today() -> None:
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(campaign.ELSEWHERE) <= files
