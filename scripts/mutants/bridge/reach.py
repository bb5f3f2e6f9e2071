"""Which tests run which statements, and how long each takes: one run of noting code, kept for the next campaign."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from rich.progress import Progress

from ..compiler import ROOT
from ..trial import Trial
from .stage import Play, Stage
from .swap import noting

KEPT = ROOT / "build" / "mutants-reach"
PATIENCE = 2400
"""Seconds of the slowest file of tests, whatever else the machine does."""
Notes = dict[str, tuple[float, list[str], str]]
"""By test: its seconds, the places that it runs, and how it failed."""


@dataclass(frozen=True)
class Reached:
    """A test that passes on the unchanged code: its seconds, and the places of the statements that it runs."""

    seconds: float
    places: frozenset[str]


def reached(stage: Stage, sources: list[str], jobs: int, progress: Progress) -> dict[str, Reached]:
    """Return what each collected test reaches; a test that fails without any mutant is left out and named.

    What is on file of a test file is taken from there while it and the sources that it reaches are as they were, and
    all of it passed.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    states = {source: _state(ROOT / source) for source in sources}
    files: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in stage.items.values():
        files[item.path].append(item)
    kept = {file: _kept(file, [item.nodeid for item in items], states) for file, items in files.items()}
    missing = [file for file, notes in kept.items() if not notes]
    plays = (Play(file, partial(_noted, stage, sources, files[file]), PATIENCE) for file in missing)
    bar = progress.add_task("the tests without any mutant", total=len(missing))
    for file, notes in stage.forked(plays, jobs):
        if notes is None:
            raise RuntimeError(f"{file} takes more than {PATIENCE} s")
        _keep(file, notes, states)
        kept[file] = notes
        progress.update(bar, advance=1)
    every = {test: note for notes in kept.values() for test, note in notes.items()}
    for test, (_, _, why) in every.items():
        if why:
            stage.console.print(f"left out, fails without any mutant: {test}: {why}", markup=False, soft_wrap=True)
    return {test: Reached(seconds, frozenset(places)) for test, (seconds, places, why) in every.items() if not why}


def _state(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _place(file: Path) -> Path:
    return KEPT / f"{file.stem}-{_state(file)}.json"


def _kept(file: Path, tests: Sequence[str], states: Mapping[str, str]) -> Notes:
    """Return what is on file of a file of tests as it is now; nothing where a source that it reaches has changed."""
    if not (place := _place(file)).exists():
        return {}
    said = json.loads(place.read_text(encoding="utf-8"))
    fits = said["sources"].items() <= states.items() and said["notes"].keys() == {*tests}
    return dict(said["notes"]) if fits else {}


def _keep(file: Path, notes: Notes, states: Mapping[str, str]) -> None:
    if any(why for _, _, why in notes.values()):
        return
    sources = {place.rpartition(":")[0] for _, places, _ in notes.values() for place in places}
    said = {"sources": {source: states[source] for source in sorted(sources)}, "notes": notes}
    _place(file).write_text(json.dumps(said), encoding="utf-8")


def _noted(stage: Stage, sources: list[str], items: list[pytest.Item]) -> Notes:
    for source in sources:
        code = noting(source, (ROOT / source).read_bytes())
        stage.loaded.change(source, code)
        (stage.folder / source.replace("/", "+")).write_bytes(code)
    notes: Notes = {}
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
    return notes
