"""Verdicts on file: one line of JSON each, so that a campaign goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .campaign import SURVIVED, Verdict
from .compiler import ROOT
from .operators import Mutant


class Ledger:
    """The newest verdict on each mutant of the present sources.

    A verdict is void once the mutated source changes; a survivor without an answer is tried again in every campaign,
    for there may be a new test. A kill is kept: after weakening a test, delete the file and start anew. The file is
    under version control, so that a campaign of hours goes on elsewhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        entries = [json.loads(line) for line in lines]
        self.verdicts = {entry.pop("key"): Verdict(**entry) for entry in entries}

    def settled(self, mutant: Mutant, answered: set[str]) -> bool:
        """Tell whether a mutant needs no other trial, given the names of the survivors that are answered."""
        verdict = self.verdict(mutant)
        return verdict is not None and (verdict.outcome != SURVIVED or mutant.name in answered)

    def verdict(self, mutant: Mutant) -> Verdict | None:
        """Return what is on file about a mutant."""
        return self.verdicts.get(key(mutant))

    def forget(self, made: Sequence[Mutant]) -> None:
        """Take what is void off the file: verdicts on other mutants than those, or on other states of their sources."""
        self.verdicts = {key(each): self.verdicts[key(each)] for each in made if key(each) in self.verdicts}
        lines = [json.dumps({"key": name, **asdict(verdict)}) + "\n" for name, verdict in self.verdicts.items()]
        self.path.write_text("".join(lines), encoding="utf-8")

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Put a verdict on file."""
        self.verdicts[key(mutant)] = verdict
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key(mutant), **asdict(verdict)}) + "\n")


def key(mutant: Mutant) -> str:
    """Return a mutant's name and the state of its source."""
    return f"{hashlib.sha256((ROOT / mutant.source).read_bytes()).hexdigest()[:12]} {mutant.name}"
