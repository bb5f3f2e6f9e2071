"""The event loop: from step to step, what happened since, then what the strategy decides.

At every step, in this order: options that expired settle; prices, fees and marks move; perpetuals settle gain and
funding; pools are re-centred; the strategy decides on a history that is cut at the step and trades at its quotes;
margin is looked at; the account is held to its entries. Steps are the times of the option quotes of the book's assets,
or of their prices where there are no quotes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from hedge.backtest.account import Account, EntryKind, Legs, Venue, net_of
from hedge.backtest.execution import Board
from hedge.backtest.history import SAME_TIME, MarketHistory
from hedge.backtest.quotes import Quotes
from hedge.backtest.results import KINDS, BacktestRun, Calibration
from hedge.backtest.schedule import Schedule
from hedge.backtest.strategy import StrategySpec, Targets, View
from hedge.backtest.wealth import PoolPlan, Wealth
from hedge.errors import BadInput, HedgeError, NotKnown, Untied
from hedge.instruments.contract import Contract
from hedge.instruments.leg import ROUNDING, lots_down
from hedge.instruments.margin import margin
from hedge.market import USD
from hedge.units import DAY, YEAR_SECONDS

TIE: Final = 1e-9
"""Share of the capital by which entries and equity may differ: the rounding of some thousand additions."""
NO_DECISION: Final = "no decision: "
REFUSED: Final = "orders refused for want of margin"
ROUNDED: Final = "orders rounded to whole lots"
MOST_NOTIONAL: Final = 100.0
"""Times the capital that one target may be worth: beyond it a strategy has lost its mind, not made a bet."""
MOST_LETTERS: Final = 80
LATE_INDEX: Final = 3600
"""Seconds from an expiry to the index that it is settled by, from which on the settlement is counted as approximate."""


@dataclass(frozen=True)
class BacktestTerms:
    """State what is played.

    Parameters
    ----------
    start, end : unix seconds; steps within, both included. pools : that the capital may be in.
    capital_usd : at the start. venue : where the hedge is traded.
    indices : other assets of the history that options are quoted on, such as a volatility index, in points.
    decide_days : between decisions where the strategy leaves it to the study; None takes the strategy's own.
    gap_days : between two steps, beyond which they are counted as a gap: 2 where steps are daily.
    reset_days : what is held outside pools goes back to its share of the first capital so often; None lets it run.
    """

    start: int
    end: int
    pools: tuple[PoolPlan, ...]
    capital_usd: float = 1e6
    venue: Venue = field(default_factory=Venue)
    indices: tuple[str, ...] = ()
    decide_days: float | None = None
    reset_days: float | None = None
    gap_days: float = 2.0

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise BadInput("end", self.end, f"must be after the start, {self.start}")
        if not 0.0 < self.capital_usd < math.inf:
            raise BadInput("capital_usd", self.capital_usd, "must be finite and > 0")
        names = [pool.name for pool in self.pools]
        if not names or len(set(names)) < len(names):
            raise BadInput("pools", names, "must be one or more, each with a name of its own")

    @property
    def assets(self) -> tuple[str, ...]:
        """Return the assets whose price moves the pools, sorted."""
        return tuple(sorted({asset for pool in self.pools for asset in (pool.base, pool.quote)} - {USD}))


def backtest(history: MarketHistory, spec: StrategySpec, terms: BacktestTerms) -> BacktestRun:
    """Play one strategy through a history.

    Raises
    ------
    BadInput : the history has fewer than two steps in the terms' window.
    NotKnown : a price is missing at the start.
    Untied : entries and equity do not add up.
    """
    steps = step_times(history, terms.assets, terms.start, terms.end)
    if len(steps) < 2:
        raise BadInput(
            "start, end", (terms.start, terms.end), f"must hold two steps of the history or more, has {len(steps)}"
        )
    play = _Play(history, spec, terms, steps)
    for number in range(len(steps)):
        play.step(number)
    return play.run()


def step_times(history: MarketHistory, assets: tuple[str, ...], start: int, end: int) -> list[int]:
    """Return the times of the steps, ascending: of the assets' quotes, snapshots within a quarter of an hour as one."""
    quoted = {shot.observed_at for asset in assets for shot in history.quotes.get(asset, ())}
    times = quoted or {int(at) for asset in assets if asset in history.prices for at in history.prices[asset].times}
    steps: list[int] = []
    first = start  # of the snapshots that are one step: they do not go on for ever where one follows on another
    for at in sorted(at for at in times if start <= at <= end):
        if quoted and steps and at - first <= SAME_TIME:
            steps[-1] = at
        else:
            steps.append(at)
            first = at
    return steps


def _why(refused: HedgeError) -> str:
    """Return why a strategy did not decide, the same words for the same reason at any time."""
    if isinstance(refused, NotKnown):
        return f"nothing is known of {refused.what}"
    words = str(refused)
    return words if len(words) <= MOST_LETTERS else f"{type(refused).__name__}"


class _Play:
    """One run in progress."""

    def __init__(self, history: MarketHistory, spec: StrategySpec, terms: BacktestTerms, steps: list[int]) -> None:
        self.history, self.spec, self.terms, self.steps = history, spec, terms, steps
        self.account = Account(terms.venue)
        self.wealth = Wealth({pool.name: pool for pool in terms.pools}, terms.capital_usd)
        self.strategy = spec.make()
        self.decisions = Schedule.starting(steps[0], terms.decide_days or spec.every_days, at_once=True)
        self.resets = Schedule.starting(steps[0], terms.reset_days) if terms.reset_days else None
        self.vols: dict[Contract, float] = {}
        self.calibration: list[Calibration] = []
        self.rows = np.zeros((6, len(steps)))
        self.noted = self.flows = 0.0
        self.waits = False
        self.seen: tuple[int, ...] = (0, 0)

    def step(self, number: int) -> None:
        at = self.steps[number]
        board = self._board(at)
        if number == 0:
            pools = self.terms.pools
            weights = self.spec.weights(pools) if self.spec.weights else {pool.name: 1.0 / len(pools) for pool in pools}
            self.wealth.enter(weights, board.spots, at)
            self.account.priced = dict(board.spots)
        else:
            self._pass(board, self.steps[number - 1])
        self._decide(board)
        needed = self._margin(board)
        self._record(number, board, needed)

    def _board(self, at: int) -> Board:
        spots = {asset: self.history.price(asset, at) for asset in (*self.terms.assets, *self.terms.indices)}
        quotes: dict[str, Quotes | None] = {asset: self.history.newest_quotes(asset, at) for asset in spots}
        return Board(at, spots, quotes, self.vols, self.account.counts)

    def _pass(self, board: Board, since: int) -> None:
        """Let the time since the last step happen."""
        account, at = self.account, board.at
        if at - since > self.terms.gap_days * DAY:
            account.counts["gaps between steps"] += 1
        for contract in sorted(contract for contract in account.marks if contract.expiry_at <= at):
            index = self.history.settles_at(contract.asset, contract.expiry_at, at)
            if abs(index.at - contract.expiry_at) > LATE_INDEX:
                account.counts["settlements by an index more than an hour away"] += 1
            account.settle(at, contract, index.value)
        years = (at - since) / YEAR_SECONDS
        account.revalue(board, {asset: self._funding(asset, at) for asset in board.spots}, years)
        self.wealth.step(self.history, board.spots, since, at)
        if self.resets and self.resets.due(at):
            self.wealth.reset(board.spots, at)

    def _funding(self, asset: str, at: int) -> float:
        try:
            return self.history.funding[asset].last(at).value
        except (KeyError, NotKnown):
            return self.terms.venue.funding

    def _decide(self, board: Board) -> None:
        """Ask the strategy where it is due, and trade what it answers; a decision waits for quotes that it needs."""
        self.waits = self.decisions.due(board.at) or self.waits
        if not self.waits:
            return
        if self.spec.needs_quotes and any(quotes is None for quotes in board.quotes.values()):
            self.account.counts["decisions that waited for quotes"] += 1
            return
        self.waits = False
        try:
            targets = self.strategy.decide(self._view(board))
        except HedgeError as refused:
            self.account.counts[f"{NO_DECISION}{_why(refused)}"] += 1
            return
        self._trade(board, targets)

    def _view(self, board: Board) -> View:
        account = self.account
        terms, own = self.terms, {asset: board.spots[asset] for asset in self.terms.assets}
        return View(
            at=board.at,
            history=self.history.cut(board.at),
            book=self.wealth.book(),
            spots=own,
            indices=terms.indices,
            options={label: dict(legs) for label, legs in account.options.items()},
            perpetuals={label: dict(held) for label, held in account.perpetuals.items()},
            marks=dict(account.marks),
            hedge_usd=account.value(),
            lp_usd=(lp := self.wealth.value(board.spots)),
            profit_usd=lp + account.value() - terms.capital_usd - self.flows - self.wealth.flow,
            capital_usd=terms.capital_usd,
            venue=account.venue,
        )

    def _checked(self, board: Board, targets: Targets) -> Targets:
        """Return what a strategy wants in whole lots; nonsense ends its run. Raises `BadInput`."""
        spots, largest = board.spots, MOST_NOTIONAL * self.terms.capital_usd
        wanted = [(label, c.asset, q) for label, legs in (targets.options or {}).items() for c, q in legs.items()]
        wanted += [(label, a, q) for label, held in (targets.perpetuals or {}).items() for a, q in held.items()]
        for label, asset, quantity in wanted:
            if asset not in spots:
                raise BadInput(f"target {label}", asset, f"must be of {', '.join(spots)}")
            if not math.isfinite(quantity) or abs(quantity) * spots[asset] > largest:
                raise BadInput(f"target {label} of {asset}", quantity, f"must be worth at most {largest:,.0f} USD")
        for forecast in targets.calibration:
            if forecast.kind not in KINDS or not (
                math.isfinite(forecast.predicted) and math.isfinite(forecast.realised)
            ):
                raise BadInput("calibration", forecast, f"must be of {', '.join(KINDS)} with finite numbers")
        if targets.options is None:
            return targets
        return replace(targets, options={k: self._in_lots(board, legs) for k, legs in targets.options.items()})

    def _in_lots(self, board: Board, legs: Legs) -> dict[Contract, float]:
        """Return legs rounded towards nothing to whole lots of what is quoted now; what is lost is counted."""
        found = {}
        for contract, quantity in legs.items():
            quotes = board.quotes.get(contract.asset)
            whole = math.copysign(lots_down(abs(quantity), quotes.lot), quantity) if quotes else quantity
            self.account.counts[ROUNDED] += abs(whole - quantity) > ROUNDING
            found[contract] = whole if abs(whole - quantity) > ROUNDING else quantity
        return found

    def _margin_for(self, board: Board, targets: Targets) -> bool:
        """Tell whether the account has the initial margin of what is wanted, or wants no more than it needs now."""
        account, collateral = self.account, self.terms.venue.collateral_usd
        if math.isinf(collateral):
            return True
        options = net_of(account.options if targets.options is None else targets.options)
        perpetuals = net_of(account.perpetuals if targets.perpetuals is None else targets.perpetuals)
        sold = {contract: quantity for contract, quantity in options.items() if quantity < 0.0}
        marks = {c: account.marks[c] if c in account.marks else board.worth(c) for c in sold}
        wanted = margin(sold, marks, perpetuals, board.spots).initial
        now = margin(account.net(), account.marks, account.net_perpetuals(), board.spots).initial
        return wanted <= max(collateral + account.value(), now)

    def _trade(self, board: Board, targets: Targets) -> None:
        targets = self._checked(board, targets)
        self.calibration += targets.calibration
        if targets.weights is not None:
            self.wealth.rebalance(targets.weights, board.spots, board.at)
        if not self._margin_for(board, targets):
            self.account.counts[REFUSED] += 1
            return
        if targets.options is not None:
            self.account.trade(board, targets.options)
        if targets.perpetuals is not None:
            self.account.trade_perpetuals(board, targets.perpetuals)

    def _margin(self, board: Board) -> float:
        """Return the initial margin; where the account cannot keep the maintenance, close what needs it by force."""
        account = self.account
        needs = margin(account.net(), account.marks, account.net_perpetuals(), board.spots)
        # An account that has lost everything, and holds nothing that needs margin, has nothing to be closed.
        if not needs.maintenance or self.terms.venue.collateral_usd + account.value() >= needs.maintenance:
            return needs.initial
        account.counts["forced closes"] += 1
        before, perpetuals = account.net(), account.net_perpetuals()
        sold = {contract for contract, quantity in before.items() if quantity < 0.0}
        keep = {label: {c: q for c, q in legs.items() if c not in sold} for label, legs in account.options.items()}
        account.trade(board, keep)
        account.trade_perpetuals(board, {})
        left = account.net()
        closed = [abs(before[c]) * board.spots[c.asset] for c in sold if c not in left]
        closed += [abs(units) * board.spots[asset] for asset, units in perpetuals.items()]
        account.earn(board.at, EntryKind.LIQUIDATION, "margin", -self.terms.venue.liquidation_cost * math.fsum(closed))
        return margin(account.net(), account.marks, {}, board.spots).initial

    def _record(self, number: int, board: Board, needed: float) -> None:
        """Keep the step, and hold equity to its entries."""
        lp, hedge = self.wealth.value(board.spots), self.account.value()
        flow, turnover = self.wealth.flow, self.account.turnover
        self.wealth.flow = self.account.turnover = 0.0
        self.rows[:, number] = (lp + hedge, flow, lp, needed, turnover, self.account.cash)
        self.flows += flow
        self.noted = math.fsum([self.noted, *self._new_entries()])
        gap = lp + hedge - (self.terms.capital_usd + self.flows + self.noted)
        if not abs(gap) <= TIE * self.terms.capital_usd:
            raise Untied(board.at, gap, TIE * self.terms.capital_usd)

    def _new_entries(self) -> list[float]:
        """Return what was noted since the last step, and remember that it was seen."""
        seen, lists = self.seen, (self.wealth.entries, self.account.entries)
        self.seen = tuple(map(len, lists))
        return [entry.usd for start, entries in zip(seen, lists, strict=True) for entry in entries[start:]]

    def run(self) -> BacktestRun:
        entries = sorted((*self.wealth.entries, *self.account.entries), key=lambda entry: entry.at)
        frame = pd.DataFrame(entries, columns=["at", "kind", "label", "usd"])
        frame = frame.astype(
            {"at": np.int64, "kind": str, "label": str, "usd": np.float64}
        )  # types of an empty one too
        counts = {kind: count for kind, count in sorted(self.account.counts.items()) if count}
        if self.wealth.fees_unknown:
            counts["steps with unknown pool fees"] = self.wealth.fees_unknown
        equity, flows, lp, needed, turnover, cash = self.rows
        times = np.array(self.steps, dtype=np.int64)
        return BacktestRun(
            self.spec.name, times, equity, flows, lp, needed, turnover, cash, frame, counts, tuple(self.calibration)
        )
