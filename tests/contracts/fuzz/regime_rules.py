"""Parameters, feed, pool, breaker and automation in one world, in which everybody calls everything."""

from __future__ import annotations

from typing import Any, ClassVar

from governed import COUNT, TIMELOCK
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from onchain import DAY, HOUR, Refusal
from oracle_rules import LEVEL, OracleRules
from parameters_model import ADMIN, BY_AUTOMATION, GUARDIANS
from parameters_rules import ParametersRules
from play import ACTORS, DEPLOYER, by, mostly
from pools import FEE, FOREVER, MOST_IN
from regime_model import NO_RUN, BreakerModel, RegimeModel
from regimes import FLOORS, HYSTERESIS, KEYS, TABLE, TERMS
from reporters import PERCENT
from stage import Target

from hedge.amm.ticks import sqrt_price_at_tick

SOON = st.sampled_from([1, 1, 12, HOUR])
FLAWS = mostly(
    "none", "one row", "crowd", "no such row", "fast up", "fast down", "down before up", "slow", "floor", "too close",
    "short row", "no keys", "unknown key", "unsorted", "tight", "no hysteresis",
)  # fmt: skip
FLOOR_EDGES = [
    level + step for level in FLOORS[1:] for step in (-HYSTERESIS - 1, -HYSTERESIS, 0, HYSTERESIS - 1, HYSTERESIS)
]
LEVELS = st.one_of(st.sampled_from(FLOOR_EDGES), st.sampled_from(FLOOR_EDGES), LEVEL)


def table(flaw: str) -> tuple[list[int], list[tuple[int, list[int]]], tuple[int, int, int]]:
    """Write a table, with a flaw or with other terms."""
    keys, terms = KEYS, TERMS
    rows = {
        "one row": TABLE[:1], "crowd": [(200 * PERCENT * row, [1, 1, 1]) for row in range(17)],
        "floor": [(1, TABLE[0][1]), *TABLE[1:]], "too close": [*TABLE[:2], (FLOORS[1] + 2 * HYSTERESIS, TABLE[2][1])],
        "short row": [*TABLE[:2], (FLOORS[2], [1, 1])], "no keys": [(floor, []) for floor in FLOORS],
    }.get(flaw, TABLE)  # fmt: skip
    keys = {"no keys": [], "unknown key": [*KEYS[:2], COUNT], "unsorted": KEYS[::-1]}.get(flaw, keys)
    terms = {
        "fast up": (HYSTERESIS, HOUR - 1, DAY), "fast down": (HYSTERESIS, HOUR, DAY - 1),
        "down before up": (HYSTERESIS, 2 * DAY, DAY), "slow": (HYSTERESIS, HOUR, 5 * DAY + 1),
        "tight": (HYSTERESIS, HOUR, DAY), "no hysteresis": (0, HOUR, DAY),
    }.get(flaw, terms)  # fmt: skip
    return keys, rows, terms


class RegimeRules(ParametersRules, OracleRules):
    """The rules of the two and of what connects them."""

    pool: ClassVar[Target]
    router: ClassVar[Target]
    tokens: ClassVar[tuple[str, str]]
    breaker: ClassVar[Target]
    automation: ClassVar[Target]
    fuse: BreakerModel
    regimes: RegimeModel

    def trade(self, ticks: int, gap: int) -> None:
        """Move the pool's price; the pool is part of the world, not of what is fuzzed."""
        ((_, tick, *_),) = self.stage.read([(self.pool, "slot0", ())])
        goal = tick - ticks if tick > 0 else tick + ticks
        sold, bought = self.tokens if goal < tick else self.tokens[::-1]
        swap = (sold, bought, FEE, DEPLOYER, FOREVER, MOST_IN, 0, sqrt_price_at_tick(goal))
        outcome = self.stage.call(DEPLOYER, self.router, "exactInputSingle", swap, gap=gap)
        assert outcome.refusal is None, outcome.refusal

    @rule(
        actor=st.sampled_from(ACTORS), level=LEVELS, times=st.integers(3, 8),
        wait=st.sampled_from([HOUR, HOUR, 4 * HOUR]), ticks=mostly(60, 20, 400),
    )  # fmt: skip
    def days_go_by(self, actor: str, level: Any, times: int, wait: int, ticks: int) -> None:
        """Trade and report, again and again; then anyone applies the row."""
        for _ in range(times):
            self.trade(ticks, wait)
            at = self.stage.now + 1
            drawn = isinstance(level, tuple)
            self.carry(
                actor, self.round(self.feed.quorum, 0, level, level, "none", at) if drawn else self.agreed(level), 1
            )
        self.apply_row(actor, 1)

    def agreed(self, level: int) -> Any:
        """Return a submission in which everybody reports one level."""
        number, seen = self.feed.answers.number + 1, self.stage.now + 1
        chosen = self.feed.signers[: self.feed.quorum]
        reports = [self.sign("none", signer, number, seen, level) for signer in chosen]
        return number, seen, [level] * len(chosen), reports

    @rule(ticks=st.sampled_from([0, 60, 499, 501, 2000]), gap=SOON)
    def push(self, ticks: int, gap: int) -> None:
        if ticks:
            self.trade(ticks, gap)

    def measured(self, at: int) -> set[str] | tuple[int, int]:
        """Return why the two volatilities cannot be compared, or both."""
        (found,) = self.stage.read([(self.breaker, "compare", ())], at)
        if isinstance(found, Refusal):
            mine = found.name in ("StaleAnswer", "SequencerDown", "SequencerBack")
            assert not mine or self.feed.fresh(at) == {found.name}
            return {found.name}
        implied, realized, is_apart = found
        assert (implied, is_apart) == (self.feed.answers.answer, self.fuse.is_apart(implied, realized))
        assert not self.feed.fresh(at)
        return implied, realized

    @rule(actor=st.sampled_from(ACTORS), gap=SOON)
    def apply_row(self, actor: str, gap: int) -> None:
        at = self.stage.now + gap
        refusals = {"Stopped"} if self.regimes.is_stopped else set()
        refusals = refusals or ({"Tripped"} if self.fuse.tripped_at else set())
        measured = self.measured(at)
        refusals = refusals or (measured if isinstance(measured, set) else set())
        if not refusals and self.fuse.is_apart(*measured):
            refusals = {"TooFarApart"}
        decided = refusals or self.regimes.decide(self.oracle.address, at)
        if isinstance(decided, set):
            self.act(actor, self.automation, "applyRow", gap=gap, refusals=decided)
            return
        row, update = decided
        number, _, volatility, *_ = self.feed.rounds[self.feed.answers.number]
        keys, values, *_ = update
        said = {
            "row": row,
            "round": number,
            "volatility": volatility,
            "changedKeys": tuple(keys),
            "newValues": tuple(values),
        }
        if keys:
            refusals = self.barred(self.automation.address, "applyAutomated")
            refusals = refusals or self.model.judge(update, BY_AUTOMATION, at, at)
        events = {
            self.automation: [("RowApplied", said)],
            self.parameters: [self.applied(update, BY_AUTOMATION)] if keys else [],
        }
        self.act(actor, self.automation, "applyRow", gap=gap, refusals=refusals, events=events)

    @rule(actor=by(TIMELOCK), rows=st.lists(st.integers(0, 3), max_size=2), gap=SOON)
    def set_whole(self, actor: str, rows: list[int], gap: int) -> None:
        refusals = set() if self.model.may(actor, ADMIN) else {"OnlyDao"}
        if not refusals and any(row >= len(self.regimes.rows) for row in rows):
            refusals = {"UnknownRow"}
        events = {self.automation: [("WholeRowsSet", {"rows": tuple(rows)})]}
        self.act(actor, self.automation, "setWholeRows", rows, gap=gap, refusals=refusals, events=events)

    @rule(actor=st.sampled_from(ACTORS), gap=SOON)
    def poke(self, actor: str, gap: int) -> None:
        refusals = {"Stopped"} if self.regimes.is_stopped else self.feed.fresh(self.stage.now + gap)
        row, since, number = NO_RUN if refusals else self.regimes.poked()
        said = {"row": row, "since": since, "round": number}
        events = {self.automation: [("RowSelectedSince", said)]}
        self.act(actor, self.automation, "poke", gap=gap, refusals=refusals, events=events)

    @rule(actor=by(TIMELOCK), row=mostly(0, 1, 2, 3), flaw=FLAWS, gap=SOON)
    def set_table(self, actor: str, row: int, flaw: str, gap: int) -> None:
        keys, rows, terms = table(flaw)
        row = 200 if flaw == "no such row" else row
        refusals = set() if self.model.may(actor, ADMIN) else {"OnlyDao"}
        refusals = refusals or self.regimes.judge_table(keys, rows, terms, row)
        body = tuple((floor, tuple(values)) for floor, values in rows)
        event = ("TableSet", {"tableKeys": tuple(keys), "rows": body, "terms": terms, "row": row})
        self.act(
            actor, self.automation, "setTable", keys, rows, terms, row, gap=gap, refusals=refusals,
            events={self.automation: [event]},
        )  # fmt: skip

    @rule(actor=st.sampled_from(ACTORS), power=st.sampled_from(["trip"] * 6 + ["reset"] * 4 + ["stop"]), gap=SOON)
    def watch(self, actor: str, power: str, gap: int) -> None:
        getattr(self, power)(actor, gap)

    def stop(self, actor: str, gap: int) -> None:
        """Stop the automation."""
        refusals = set() if self.model.may(actor, GUARDIANS) else {"OnlyGuardian"}
        event = ("AutomationStopped", {"guardian": actor.lower()})
        self.act(actor, self.automation, "stop", gap=gap, refusals=refusals, events={self.automation: [event]})

    def trip(self, actor: str, gap: int) -> None:
        """Trip the breaker."""
        refusals = {"Tripped"} if self.fuse.tripped_at else set()
        measured, events = self.measured(self.stage.now + gap), []
        if isinstance(measured, set):
            refusals = refusals or measured
        else:
            implied, realized = measured
            refusals = refusals or (set() if self.fuse.is_apart(implied, realized) else {"NotApart"})
            events = [("BreakerTripped", {"implied": implied, "realized": realized, "by": actor.lower()})]
        self.act(actor, self.breaker, "trip", gap=gap, refusals=refusals, events={self.breaker: events})

    @precondition(lambda self: self.fuse.tripped_at)
    @rule(actor=by(TIMELOCK), gap=SOON)
    def reset_breaker(self, actor: str, gap: int) -> None:
        self.reset(actor, gap)

    def reset(self, actor: str, gap: int) -> None:
        """Close the breaker again."""
        refusals = set() if self.model.may(actor, ADMIN) else {"OnlyDao"}
        refusals = refusals or (set() if self.fuse.tripped_at else {"NotTripped"})
        events = {self.breaker: [("BreakerReset", {})]}
        self.act(actor, self.breaker, "reset", gap=gap, refusals=refusals, events=events)

    def inspect(self, actor: str, function: str) -> None:
        """Hold row, stop and fuse against the events."""
        views = [(self.automation, name, ()) for name in ("row", "stopped", "checkpoint")]
        found = self.stage.read([*views, (self.breaker, "trippedAt", ())])
        assert found == [self.regimes.row, self.regimes.is_stopped, self.regimes.run, self.fuse.tripped_at]
        super().inspect(actor, function)

    def audit(self) -> None:
        """Read the table."""
        (found,) = self.stage.read([(self.automation, "table", ())])
        assert found == (self.regimes.keys, self.regimes.rows, self.regimes.terms)
        numbers = range(len(self.regimes.rows))
        whole = self.stage.read([(self.automation, "isWhole", (row,)) for row in numbers])
        assert {row for row in numbers if whole[row]} == self.regimes.whole
        super().audit()
