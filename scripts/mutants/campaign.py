"""Judge a mutant: compile it, put its bytecode in place of the packaged one, and run the tests that must notice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

from .compiler import FULL, QUICK, ROOT, Bytecodes, bytecodes
from .operators import Mutant
from .targets import Target
from .trial import NO_END, PATIENCE, tried

KILLED, SURVIVED, EQUIVALENT, INVALID = "killed", "survived", "same bytecode", "does not compile"
_KILLERS: dict[str, dict[str, None]] = {}


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant, the test that killed it and how that test failed, and the seconds it took."""

    outcome: str
    test: str = ""
    why: str = ""
    seconds: float = 0.0


def in_order(target: Target) -> list[str]:
    """Return the tests of a target, the fastest first, after all of them passed on the unchanged contracts.

    Raises
    ------
    RuntimeError
        One of them fails without any mutant.
    """
    trial = tried({}, target.files(), 4 * PATIENCE)  # all of them, whatever else the machine does
    if trial.test:
        raise RuntimeError(f"{trial.test} fails without any mutant: mend it first ({trial.why})")
    return sorted(trial.durations, key=lambda test: trial.durations[test])


def judge(mutant: Mutant, target: Target, tests: list[str]) -> Verdict:
    """Compile a mutant, and run tests on it until one fails; compare the optimised bytecode of a survivor.

    The tests that killed a mutant of the same function or source before go first, the newest of them in front.
    """
    began = time.monotonic()
    made = _difference(mutant, target.contracts, quick=True)
    if made is None:
        return Verdict(INVALID)
    if not made:
        return Verdict(EQUIVALENT)
    first = [*reversed(_KILLERS.get(mutant.place, {})), *reversed(_KILLERS.get(mutant.source, {}))]
    trial = tried(made, list(dict.fromkeys(first + tests)))
    if trial.test == NO_END:  # it may hang, or the machine was busy with other things
        trial = tried(made, list(dict.fromkeys(first + tests)), 4 * PATIENCE)
    seconds = round(time.monotonic() - began, 1)
    if not trial.test:
        same = not _difference(mutant, target.contracts, quick=False)
        return Verdict(EQUIVALENT if same else SURVIVED, seconds=seconds)
    for area in (mutant.place, mutant.source):
        killers = _KILLERS.setdefault(area, {})
        killers.pop(trial.test, None)
        killers[trial.test] = None
    return Verdict(KILLED, trial.test, trial.why, seconds)


def _difference(mutant: Mutant, contracts: tuple[str, ...], quick: bool) -> Bytecodes | None:
    """Return the bytecode of the contracts that an edit changes; None if it does not compile."""
    code = mutant.applied((ROOT / mutant.source).read_bytes()).decode()
    made = bytecodes(contracts, {mutant.source: code}, QUICK if quick else FULL)
    originals = _originals(contracts, quick)
    return None if made is None else {name: code for name, code in made.items() if code != originals[name]}


@cache
def _originals(contracts: tuple[str, ...], quick: bool) -> Bytecodes:
    made = bytecodes(contracts, {}, QUICK if quick else FULL)
    assert made is not None, f"{contracts} do not compile unchanged"
    return made
