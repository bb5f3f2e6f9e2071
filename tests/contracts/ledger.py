"""A plain model of the three tuples of HedgeParameters: in force, voted, voted before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from governed import COUNT, VALUES, changed

from hedge.policy.parameters import KEYS


def derisks(key: int, old: int, new: int) -> bool:
    """Return whether a change takes risk away, by the direction that hedge gives the key."""
    return {"up": new > old, "down": new < old, "none": False}[KEYS[key].derisk]


@dataclass
class Ledger:
    """Three whole tuples, copied about."""

    current: list[int] = field(default_factory=lambda: list(VALUES))
    voted: list[int] = field(default_factory=lambda: list(VALUES))
    last_good: list[int] = field(default_factory=lambda: list(VALUES))

    def legal(self, action: str, changes: dict[int, int]) -> dict[int, int]:
        """Leave out what would be refused as no change; a vote may confirm what a steward set."""
        tuples = (self.current, self.voted) if action == "vote" else (self.current,)
        kept = {key: value for key, value in changes.items() if any(value != known[key] for known in tuples)}
        return dict(sorted(kept.items()))

    def behind(self, keys: Iterable[int] = range(COUNT), derisked: bool = True) -> tuple[list[int], bool]:
        """Return where a rollback of keys goes, the voted tuple or the one before, and whether it undoes a steward.

        A key that was de-risked since stays, unless it is asked for.
        """
        for earlier in (self.voted, self.last_good):
            back = {key: earlier[key] for key in keys if derisked or not derisks(key, earlier[key], self.current[key])}
            if (goal := changed(back, self.current)) != self.current:
                return goal, earlier is self.voted
        return self.current, False

    def roll_back(self, goal: list[int], of_steward: bool) -> None:
        """Put keys back; of a vote also in what counts as voted."""
        if not of_steward:
            back = {key: new for key, (new, old) in enumerate(zip(goal, self.current, strict=True)) if new != old}
            self.voted = changed(back, self.voted)
        self.current = goal

    def apply(self, action: str, changes: dict[int, int]) -> None:
        """Do what the contract should."""
        self.current = changed(changes, self.current)
        if action == "vote" and self.current != self.voted:
            self.last_good, self.voted = self.voted, self.current
