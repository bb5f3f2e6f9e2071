"""Every idea meets the user: each command of docs/ideas.md is run once, and shows the words of its ideas."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from bridge.local.histories import write_histories
from bridge.local.world import World
from bridge.plans.market import read_volatilities
from scripts.ideas_table import IDEAS
from tests.bridge.market_files import BOOK, THREE_POOLS, calm_folder, write_quotes
from tests.bridge.test_signals_plan import turned
from tests.e2e.command import Done, Run, fresh
from tests.e2e.test_exposure_ideas import SWAPS
from tests.e2e.test_plan_ideas import SCREENS

pytestmark = pytest.mark.e2e

LEDGER: Final = "alvh hedge list --returns"
ON_CHAIN: Final = ("alvh plan", "alvh exposure", "alvh safe propose", "alvh oracle status")
"""Commands that are run on the local chain as they are written; the others state a book."""
STATED: Final = ("--book", "book.toml", "--chain", "quotes.csv")
FILES: Final = {
    "--swaps": "swaps.csv", "--screens": "screens.toml", "--signals": "histories", "--report": "page.html",
}  # fmt: skip
SHORT: Final = {
    "backtest": ("--start", "2018-10-01", "--strategy", "unhedged", "--out", "out"),
    "simulate": ("--paths", "1000", "--days", "7", "--out", "out"),
}
LEFT_OUT: Final = '[signals]\nleave_out = ["rate differential", "quick ratio"]\n'
EVERY_STRATEGY: Final = ("rules", "promoter", "diversify", "daily_delta")


def words_of() -> Mapping[str, tuple[str, ...]]:
    """Return what each command has to show, over all ideas."""
    found: dict[str, tuple[str, ...]] = {}
    for idea in IDEAS:
        for shown in idea.shown:
            found[shown.command] = (*found.get(shown.command, ()), *shown.words)
    return found


WORDS: Final = words_of()
STUDIES: Final = tuple(command for command in WORDS if command.split()[1] in SHORT)
OTHERS: Final = tuple(command for command in WORDS if command not in (*ON_CHAIN, *STUDIES, LEDGER))


def seen(done: Done, folder: Path) -> str:
    """Return all that a command left for people: the terminal and its page."""
    assert done.code == 0, done.err
    page = folder / "page.html"
    return done.out + (page.read_text(encoding="utf-8") if page.exists() else "")


def assert_shows(command: str, text: str) -> None:
    plain = " ".join(text.split())
    assert [words for words in WORDS[command] if words not in plain] == []


def test_ideas__every_row__has_a_command_with_words() -> None:
    assert all(idea.shown for idea in IDEAS)
    assert all(WORDS.values())
    assert set(ON_CHAIN) < set(WORDS)


@pytest.mark.parametrize("command", OTHERS)
def test_idea__command_on_a_stated_book__shows_it(command: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(THREE_POOLS if "exposure" in command else BOOK, encoding="utf-8")
    write_quotes(tmp_path / "quotes.csv")
    (tmp_path / "swaps.csv").write_text(SWAPS, encoding="utf-8")
    (tmp_path / "screens.toml").write_text(SCREENS + "earnings = 30.0\n", encoding="utf-8")
    calm_folder(tmp_path / "histories")
    if "regimePolicy" in command:
        turned(tmp_path / "histories", True)
    (tmp_path / "alvh.toml").write_text(
        '[signals]\nleave_out = ["rate differential", "quick ratio"]\n', encoding="utf-8"
    )
    _, verb, *flags = shlex.split(command)
    given = [FILES.get(before, word) for before, word in zip(["", *flags], flags, strict=False)]
    assert_shows(command, seen(run(verb, *given, *STATED), tmp_path))


FILLS: Final = """time,instrument,side,quantity,price,index,fee
2026-01-05 12:00:00,ETH-27MAR26-1800-P,buy,10,0.05,2000,0.003
2026-02-20 12:00:00,ETH-27MAR26-1800-P,sell,10,0.04,1900,0.003
"""
CAPITAL: Final = "[capital]\nown_cost = 0.08\nborrowed_usd = 100.0\nborrowed_cost = 0.08\n"


def test_idea__return_of_the_ledgers_hedge__shows_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fills.csv").write_text(FILLS, encoding="utf-8")
    (tmp_path / "alvh.toml").write_text(CAPITAL, encoding="utf-8")
    assert run("hedge", "import", "fills.csv").code == 0
    assert_shows(LEDGER, seen(run(*shlex.split(LEDGER)[1:]), tmp_path))


@pytest.fixture
def settled(project: World, tmp_path: Path) -> Path:
    """Give the project's folder the simulated past of its chain."""
    snapshot = project.snapshot()
    write_histories(tmp_path / "past", project.path, snapshot.block.timestamp, read_volatilities(snapshot))
    with (tmp_path / "alvh.toml").open("a", encoding="utf-8") as settings:
        settings.write('[signals]\nfolder = "past"\n')
    return tmp_path


@pytest.mark.parametrize("command", ON_CHAIN)
def test_idea__command_on_the_chain__shows_it(command: str, run: Run, settled: Path) -> None:
    more = {"alvh safe propose": ("pause", "--out", "pause.json"), "alvh plan": ("--report", "page.html")}
    done = run(*shlex.split(command)[1:], *more.get(command, ()))
    assert_shows(command, seen(done, settled))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return what a study prints, each played once."""

    @cache
    def play(verb: str) -> str:
        folder = tmp_path_factory.mktemp(verb)
        more = [word for name in EVERY_STRATEGY for word in ("--strategy", name)] if verb == "backtest" else []
        return seen(fresh(folder, [verb, *SHORT[verb], *more], {}), folder)

    return play


@pytest.mark.parametrize("command", STUDIES)
@pytest.mark.xdist_group("study")
def test_idea__study__shows_it(command: str, study: Callable[[str], str]) -> None:
    _, verb, *flags = shlex.split(command)
    assert not flags or (flags[0] == "--strategy" and flags[1] in EVERY_STRATEGY)
    assert_shows(command, study(verb))
