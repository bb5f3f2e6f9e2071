"""Which tests run which statements, and how long each takes: one run of noting code, kept for the next campaign."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import pytest

from ..compiler import ROOT
from ..trial import Trial
from .stage import Stage
from .swap import noting

KEPT = ROOT / "build" / "mutants-reach"
PATIENCE = 1200
"""Seconds of the slowest file of tests."""


@dataclass(frozen=True)
class Reached:
    """A test that passes on the unchanged code: its seconds, and the places of the statements that it runs."""

    seconds: float
    places: frozenset[str]


def reached(stage: Stage, sources: list[str]) -> dict[str, Reached]:
    """Return what each collected test reaches; a test that fails without any mutant is left out and named.

    What is on file of a test file is taken from there while it and the sources are as they were, and all of it passed.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    state = hashlib.sha256(b"".join((ROOT / source).read_bytes() for source in sources))
    found: dict[str, Reached] = {}
    for file in dict.fromkeys(item.path for item in stage.items.values()):
        whole = state.copy()
        whole.update(file.read_bytes())
        kept = KEPT / f"{file.stem}-{whole.hexdigest()[:16]}.json"
        items = [item for item in stage.items.values() if item.path == file]
        notes = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        if notes.keys() != {item.nodeid for item in items}:
            notes = stage.forked(lambda items=items: _noted(stage, sources, items), PATIENCE)
            if notes is None:
                raise RuntimeError(f"{file} takes more than {PATIENCE} s")
            if not any(why for _, _, why in notes.values()):
                kept.write_text(json.dumps(notes), encoding="utf-8")
        for test, (seconds, places, why) in notes.items():
            if why:
                stage.console.print(f"left out, fails without any mutant: {test}: {why}", markup=False, soft_wrap=True)
            else:
                found[test] = Reached(seconds, frozenset(places))
    return found


def _noted(stage: Stage, sources: list[str], items: list[pytest.Item]) -> dict[str, tuple[float, list[str], str]]:
    for source in sources:
        code = noting(source, (ROOT / source).read_bytes())
        stage.loaded.change(source, code)
        (stage.folder / source.replace("/", "+")).write_bytes(code)
    notes = {}
    for item, following in zip(items, [*items[1:], None], strict=True):
        stage.loaded.forget()
        stage.seen.clear()
        stage.trial = Trial()
        stage.run(item, following)
        places = stage.seen.union(*(stage.lasting.get(name, ()) for name in item.fixturenames))  # type: ignore[attr-defined]
        for file in stage.folder.glob("seen-*"):
            places |= set(file.read_text(encoding="utf-8").split())
            file.unlink()
        seconds = sum(stage.trial.durations.values())
        notes[item.nodeid] = (round(seconds, 3), sorted(places), stage.trial.why if stage.trial.test else "")
    stage.clear()
    return notes
