"""Which mutants of the bridge are made: of each source and kind of edit some, by a rule that draws no lots.

The mutants of one source and kind stand in the order of the SHA-256 of their names, and the first EACH of them are
candidates; of the candidates of one source those of the KINDS lowest are made, in the same order. So they are spread
over sources and kinds, an edit elsewhere changes none of them, and the next ones of a longer campaign are known.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict

from ..compiler import ROOT
from .edits import Change, changes

PACKAGES = ("adapters", "alerts", "cli", "governance", "safe")
EACH, KINDS = 1, 4
"""Mutants of one source and kind, and kinds of one source."""


def sources() -> list[str]:
    """Return the paths of what is mutated, from the root."""
    found = (path for package in PACKAGES for path in sorted((ROOT / "bridge" / package).rglob("*.py")))
    return [str(path.relative_to(ROOT)) for path in found]


def possible() -> list[Change]:
    """Return every mutant of every source; a few of them Python cannot read."""
    return [change for source in sources() for change in changes(source, (ROOT / source).read_bytes())]


def chosen(each: int = EACH, kinds: int = KINDS) -> list[Change]:
    """Return the mutants of the campaign, in the order of sources and lines."""
    made = possible()
    groups: dict[str, dict[str, list[Change]]] = defaultdict(dict)
    for change in sorted(made, key=_place):
        of_source = groups[change.source]
        if (change.kind in of_source or len(of_source) < kinds) and _reads(change):
            of_source.setdefault(change.kind, []).append(change)
    picked = {change for of_source in groups.values() for group in of_source.values() for change in group[:each]}
    return [change for change in made if change in picked]


def _place(change: Change) -> str:
    return hashlib.sha256(change.name.encode()).hexdigest()


def _reads(change: Change) -> bool:
    try:
        ast.parse(change.applied((ROOT / change.source).read_bytes()))
    except SyntaxError:
        return False
    return True
