"""docs/mutation.md: the table of numbers that a campaign writes, and the survivors that people answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .campaign import EQUIVALENT, INVALID, KILLED, SURVIVED
from .compiler import ROOT
from .ledger import Ledger
from .operators import Mutant

PAGE = ROOT / "docs" / "mutation.md"
CONTRACTS, BRIDGE = "numbers", "numbers of the bridge"
"""The marks of each campaign: its numbers stand between them, its answers behind them."""
HEAD = "| source | made | killed | equivalent | answered | survived | untried |\n|---|---|---|---|---|---|---|"


def start(campaign: str) -> str:
    """Return the mark before the numbers of a campaign."""
    return f"<!-- {campaign} -->"


def end(campaign: str) -> str:
    """Return the mark behind the numbers of a campaign."""
    return f"<!-- /{campaign} -->"


def answers(page: str, campaign: str = CONTRACTS) -> set[str]:
    """Return the names of the mutants that the page answers: first cells between backquotes, up to the next marks."""
    rows = re.findall(r"^\| `(.+?)` \| \S", page.split(end(campaign))[1].split("<!-- ")[0], re.M)
    return {name.replace("\\|", "|") for name in rows}


def unanswered(made: Sequence[Mutant], ledger: Ledger, answered: set[str]) -> list[str]:
    """Return the names of survivors, and of mutants not tried yet, that the page does not answer."""
    tried = {mutant.name: ledger.verdict(mutant) for mutant in made}
    alive = {name for name, verdict in tried.items() if verdict is None or verdict.outcome == SURVIVED}
    return [name for name in tried if name in alive - answered]


def written(page: str, made: Sequence[Mutant], ledger: Ledger, campaign: str = CONTRACTS) -> str:
    """Return the page with the table of numbers of a campaign."""
    answered = answers(page, campaign)
    rows = [(source.removeprefix("contracts/"), _row(source, made, ledger, answered)) for source in _sources(made)]
    total = sum((row for _, row in rows), Counter())
    lines = [_line(f"`{name}`", row) for name, row in rows] + [_line("all", total)]
    before, rest = page.split(start(campaign))
    table = "\n".join((start(campaign), HEAD, *lines, end(campaign)))
    return before + table + rest.split(end(campaign))[1]


def _sources(made: Sequence[Mutant]) -> list[str]:
    return list(dict.fromkeys(mutant.source for mutant in made))


def _row(source: str, made: Sequence[Mutant], ledger: Ledger, answered: set[str]) -> Counter[str]:
    row: Counter[str] = Counter()
    for mutant in filter(lambda mutant: mutant.source == source, made):
        verdict = ledger.verdict(mutant)
        outcome = "untried" if verdict is None else verdict.outcome
        if outcome != INVALID:
            row["made"] += 1
            row["answered" if outcome == SURVIVED and mutant.name in answered else outcome] += 1
    return row


def _line(name: str, row: Counter[str]) -> str:
    cells = (row["made"], row[KILLED], row[EQUIVALENT], row["answered"], row[SURVIVED], row["untried"])
    return f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |"
