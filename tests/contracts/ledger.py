"""A plain model of the three tuples of HedgeParameters: in force, voted, voted before."""

from __future__ import annotations

from dataclasses import dataclass, field

from governed import VALUES, changed


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

    def behind(self) -> list[int]:
        """Return where a rollback goes: the voted tuple if a steward moved on, else the one voted before."""
        return self.voted if self.current != self.voted else self.last_good

    def apply(self, action: str, changes: dict[int, int]) -> None:
        """Do what the contract should."""
        if action == "rollback":
            self.current = self.voted = self.behind()
            return
        self.current = changed(changes, self.current)
        if action == "vote" and self.current != self.voted:
            self.last_good, self.voted = self.voted, self.current
