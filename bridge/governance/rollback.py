"""What a rollback of the guardian would put back: the contract's rule in Python, for who signs with open eyes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import RefusedAction, UsageError
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEY_IDS, KEYS

EVERY_KEY = tuple(range(len(KEYS)))


@dataclass(frozen=True)
class Rollback:
    """The tuple in force, the one after, whether it undoes a steward, and the keys that stay as they were de-risked."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    of_steward: bool
    kept: tuple[int, ...]


def is_derisked(key: int, old: int, new: int) -> bool:
    """Tell whether a change of a key takes risk away.

    Examples
    --------
    >>> is_derisked(KEY_IDS["cashBudgetBps"], 250, 300), is_derisked(KEY_IDS["gammaCapBps"], 9000, 10_000)
    (True, False)
    """
    return {"up": new > old, "down": new < old, "none": False}[KEYS[key].derisk]


def rolled_back(
    in_force: Sequence[int],
    voted: Sequence[int],
    last_good: Sequence[int],
    keys: Iterable[int] = EVERY_KEY,
    derisked: bool = False,
) -> Rollback:
    """Follow `HedgeParameters.rollback`: to the voted values where a steward moved a key, else to those voted before.

    Nothing moves where `after` is `before`.
    """
    before, asked = tuple(in_force), [*keys]
    for earlier in (voted, last_good):
        moved = [key for key in asked if earlier[key] != before[key]]
        safer = [key for key in moved if is_derisked(key, earlier[key], before[key])]
        kept = () if derisked else tuple(sorted({*safer}))
        back = {key: earlier[key] for key in moved if key not in kept}
        if back or earlier is last_good:
            return Rollback(before, tuple(back.get(key, old) for key, old in enumerate(before)), earlier is voted, kept)
    raise AssertionError("the last tuple ends the loop")


def read_rollback(snapshot: Snapshot, keys: Iterable[int], derisked: bool) -> Rollback:
    """Say what a rollback would do at a block."""
    in_force, voted, last_good = (snapshot.read("HedgeParameters", name) for name in ("values", "voted", "lastGood"))
    return rolled_back(in_force, voted, last_good, keys, derisked)


def rollback_lines(found: Rollback) -> list[str]:
    """Say it a key a line: before and after, and what stays."""
    pairs = enumerate(zip(found.before, found.after, strict=True))
    moved = [f"{KEYS[key].name}: {old} -> {new}" for key, (old, new) in pairs if old != new]
    undone = "what the steward or the automation changed" if found.of_steward else "the last vote"
    stays = [f"{KEYS[key].name} stays {found.before[key]}, it was de-risked since" for key in found.kept]
    return [f"undoes {undone}:", *moved, *stays] if moved else ["nothing to roll back", *stays]


def require_moving(found: Rollback) -> None:
    """Check that a rollback is not of de-risked keys alone.

    Raises
    ------
    RefusedAction
        It is: the contract would say no more than that there is nothing.
    """
    if found.kept and found.before == found.after:
        names = ", ".join(KEYS[key].name for key in found.kept)
        raise RefusedAction(f"only {names} changed, and that took risk away: --derisked puts it back")


def key_ids(names: str) -> tuple[int, ...]:
    """Read names of keys, parted by commas, into ascending ids.

    Raises
    ------
    UsageError
        There is no such key.

    Examples
    --------
    >>> key_ids("gammaCapBps, targetCvarBps")
    (2, 7)
    """
    given = [name.strip() for name in names.split(",")]
    if unknown := [name for name in given if name not in KEY_IDS]:
        raise UsageError(f"no key {unknown[0]!r}: names parted by commas, of {', '.join(KEY_IDS)}")
    return tuple(sorted({KEY_IDS[name] for name in given}))


def told_rollback(snapshot: Snapshot, arguments: dict[str, Any]) -> list[str]:
    """Tell the call of a rollback from its arguments: which keys are asked for, and what would change now."""
    keys, derisked = arguments.values()
    if any(key >= len(KEYS) for key in keys):
        raise ValueError("a key that does not exist")
    names = "every key" if {*keys} == {*EVERY_KEY} else ", ".join(KEYS[key].name for key in sorted({*keys}))
    how = "de-risked ones too" if derisked else "but those that were de-risked since"
    return [f"{names or 'no key'}, {how}", *rollback_lines(read_rollback(snapshot, keys, derisked))]
