"""What RegimeAutomation and VolatilityBreaker must do: a state that events rebuild, and the rules judged on it."""

from __future__ import annotations

from typing import Any

from eth_abi import encode
from eth_utils import keccak
from governed import COUNT, Update
from onchain import DAY, HOUR
from oracle_model import KEPT, MAX_AGE, OracleModel
from parameters_model import BY_AUTOMATION, ParametersModel
from regimes import GAP, RATIO
from stage import Event

PANIC = "0x4e487b71" + f"{0x32:064x}"
"""An index beyond an array: a key that HedgeParameters does not have."""
Row = tuple[int, tuple[int, ...]]
NO_RUN = (0, 0, 0)


class BreakerModel:
    """The fuse, as its events tell it."""

    def __init__(self) -> None:
        self.tripped_at = 0

    def is_apart(self, implied: int, realized: int) -> bool:
        """Return whether two volatilities are too far apart: by the ratio and by the gap."""
        high, low = max(implied, realized), min(implied, realized)
        return high - low > GAP and high * 10_000 > low * RATIO

    def see(self, event: Event, at: int) -> None:
        """Follow one event."""
        self.tripped_at = at if event[0] == "BreakerTripped" else 0


class RegimeModel:
    """The table and its row, as the events tell them; refusals are sets of which the contract must give one."""

    def __init__(self, feed: OracleModel, parameters: ParametersModel) -> None:
        self.feed, self.parameters = feed, parameters
        self.row, self.is_stopped = 0, True
        self.keys: tuple[int, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.terms = (0, 0, 0)
        self.run = NO_RUN
        self.whole: set[int] = set()

    def see(self, event: Event, at: int) -> None:
        """Follow one event."""
        name, said = event
        if name == "AutomationStopped":
            self.is_stopped = True
            return
        if name == "RowSelectedSince":
            self.run = (said["row"], said["since"], said["round"])
            return
        if name == "WholeRowsSet":
            self.whole = set(said["rows"])
            return
        if name == "TableSet" or said["row"] != self.row:
            self.run = NO_RUN
        self.row = said["row"]
        if name == "TableSet":
            self.keys, self.rows, self.terms = said["tableKeys"], said["rows"], said["terms"]
            self.is_stopped, self.whole = False, set()

    def judge_table(self, keys: Any, rows: Any, terms: tuple[int, int, int], row: int) -> set[str]:
        """Judge a table: its shape, and floors further apart than the hysteresis can confuse."""
        hysteresis, up, down = terms
        rules = [
            (not 2 <= len(rows) <= 16, "BadRowCount"),
            (row >= len(rows), "UnknownRow"),
            (up < HOUR or down < DAY or down < up or down > 5 * DAY, "BadDwell"),
            (bool(rows) and rows[0][0] != 0, "BadFloor"),
            (list(keys) != sorted(set(keys)) or any(key >= COUNT for key in keys), "BadKey"),
        ]
        for place, (floor, values) in enumerate(rows):
            rules.append((len(values) != len(keys) or not keys, "BadRowLength"))
            rules.append((place > 0 and floor <= rows[place - 1][0] + 2 * hysteresis, "BadFloor"))
        return next(({name} for is_broken, name in rules if is_broken), set())

    def selected(self, volatility: int) -> int:
        """Return the row that a volatility selects: the present one, unless it is beyond a floor by more."""
        above = [row for row in range(len(self.rows)) if volatility >= self.rows[row][0] + self.terms[0] or row == 0]
        below = [row for row in range(len(self.rows)) if volatility + self.terms[0] >= self.rows[row][0]]
        return max(above[-1], min(self.row, below[-1]))

    def poked(self) -> tuple[int, int, int]:
        """Return the run of answers up to the newest one: it goes back to where a rule or the feed ends it."""
        newest = number = self.feed.answers.number
        found, is_up = NO_RUN, self.selected(self.feed.rounds[number][2]) > self.row
        nearer = min if is_up else max
        while True:
            _, seen, volatility, came, _, flags = self.feed.rounds[number]
            chosen = self.selected(volatility)
            if chosen == self.row or (chosen > self.row) != is_up or (flags and not is_up):
                return found
            found = (nearer(found[0], chosen) if found[2] else chosen, came, newest)
            row, since, last = self.run
            if last == number and row != self.row and (row > self.row) == is_up:
                return nearer(found[0], row), since, newest
            number -= 1
            if number == 0 or number <= newest - KEPT or seen - self.feed.rounds[number][1] > MAX_AGE:
                return found

    def dwelt(self, at: int) -> int | set[str]:
        """Return the row that every answer over the dwell time allows, or why it is unknown."""
        number = self.feed.answers.number
        chosen = self.selected(self.feed.rounds[number][2])
        if chosen == self.row:
            return chosen
        is_up = chosen > self.row
        began, nearer = at - self.terms[1 if is_up else 2], min if is_up else max
        row, since, last = self.run
        is_proof, is_proven = since <= began and row != self.row and (row > self.row) == is_up, False
        while True:
            _, seen, volatility, came, _, flags = self.feed.rounds[number]
            if flags and not is_up:
                return {"FlaggedRound"}
            chosen = nearer(chosen, self.selected(volatility))
            if chosen == self.row or (chosen < self.row) == is_up:
                return self.row
            if came <= began:
                return chosen
            is_proven = is_proven or (is_proof and last == number)
            if is_proven and number == self.feed.answers.number - KEPT + 1:
                return nearer(chosen, row)
            number -= 1
            if number == 0:
                return {"HistoryTooShort"}
            if number <= self.feed.answers.number - KEPT:
                return {"RoundNotAvailable"}
            if seen - self.feed.rounds[number][1] > MAX_AGE:
                return {"FeedGap"}

    def decide(self, oracle: str, at: int) -> tuple[int, Update] | set[str]:
        """Return the row and the update that applying it would make, or why nothing happens."""
        row = self.dwelt(at)
        if isinstance(row, set):
            return row
        if max(self.keys) >= len(self.parameters.limits):
            return {PANIC}
        moves = {key: self.step(key, wanted, at) for key, wanted in zip(self.keys, self.rows[row][1], strict=True)}
        current = self.parameters.ledger.current
        rested = {key for key in self.keys if at >= self.parameters.ready_at(key, BY_AUTOMATION)}
        reach = {key: moves[key] if key in rested else current[key] for key in self.keys}
        wanted = dict(zip(self.keys, self.rows[row][1], strict=True))
        if row in self.whole and any(reach[key] != wanted[key] for key in self.keys):
            return {"RowNotWhole"}
        kept = [
            key for key in self.keys
            if moves[key] != current[key] and key in rested
        ]  # fmt: skip
        if not kept and row == self.row:
            return {"NothingToApply"}
        number, seen, volatility, *_ = self.feed.rounds[self.feed.answers.number]
        inputs = keccak(encode(["address", "uint64", "uint64", "uint8"], [oracle, number, volatility, row]))
        return row, (kept, [moves[key] for key in kept], seen, at + 1, inputs)

    def step(self, key: int, wanted: int, at: int) -> int:
        """Return where one step of a key towards a value ends: in its bounds and, until it ends, in its window."""
        least, most, up, down, _ = self.parameters.limits[key]
        old = self.parameters.ledger.current[key]
        _, lowest, highest, ends = self.parameters.window(key)
        if at < ends:
            least, most = lowest, highest
        return min(max(wanted, old - down, min(least, old)), old + up, max(most, old))
