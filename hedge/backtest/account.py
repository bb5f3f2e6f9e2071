"""The account of a hedge: what is held, what each trade and settlement moved, and that all of it adds up.

Every change of equity is an `Entry` with its kind and the label that caused it (a layer, a hedge, the pool). Cash moves
when something is traded or settles, marks move in between, and

    equity now = first equity + deposits + the sum of all entries

holds at every step within `TIE` of the capital; a run in which it does not raises `Untied`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from hedge.backtest.execution import NO_QUOTE, ROUNDING, Board
from hedge.instruments.contract import Contract
from hedge.instruments.fees import DERIBIT, Fees

Legs = Mapping[Contract, float]
Thing = TypeVar("Thing")


class EntryKind(StrEnum):
    """What moved the equity: of pools and holdings first, then of the hedge."""

    PRICE = "price"
    POOL_FEES = "pool fees"
    GAS = "gas"
    SWAP = "swap"
    MARK = "mark"
    SLIPPAGE = "slippage"
    FEE = "fee"
    SETTLEMENT = "settlement"
    DELIVERY_FEE = "delivery fee"
    PERPETUAL = "perpetual"
    PERPETUAL_COST = "perpetual cost"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"


TRADING_COSTS: Final = (EntryKind.SLIPPAGE, EntryKind.FEE, EntryKind.DELIVERY_FEE, EntryKind.PERPETUAL_COST,
                        EntryKind.LIQUIDATION)  # fmt: skip
"""Kinds that the hedge pays to others for its trades."""
POOL_COSTS: Final = (EntryKind.GAS, EntryKind.SWAP)


class Entry(NamedTuple):
    """One change of equity: unix seconds, kind, label of what caused it, USD (positive: earned)."""

    at: int
    kind: EntryKind
    label: str
    usd: float


DELIVERY: Final = Fees(0.00015, 0.125)
"""Deribit's fee for an option that settles with value, 2026: 0.015 % of the index, at most 12.5 % of the pay-off."""


@dataclass(frozen=True)
class Venue:
    """State what trading and settling cost, and what stands behind sold legs and perpetuals.

    Parameters
    ----------
    fees : of option trades. delivery : of options that settle with value.
    perpetual_cost : share of the notional lost at each trade of a perpetual: half the spread and the fee.
    funding : what longs pay shorts a year where the history has no rate, a share.
    collateral_usd : what the hedge's account holds beside its trades; infinite where margin is left out.
    liquidation_cost : share of the notional that is lost beside the spread where positions are closed by force.

    Source: Deribit's pages on fees and liquidation, 2026.
    """

    fees: Fees = DERIBIT
    delivery: Fees = DELIVERY
    perpetual_cost: float = 0.0005
    funding: float = 0.0
    collateral_usd: float = math.inf
    liquidation_cost: float = 0.0075


@dataclass
class Account:
    """Keep the cash, options and perpetuals of a hedge by label, and every entry.

    `marks` is what each contract was last worth. Perpetuals settle their gain in cash at every step, so that they have
    no value of their own; `priced` is the price that they were last settled at.
    """

    venue: Venue
    cash: float = 0.0
    options: dict[str, dict[Contract, float]] = field(default_factory=dict)
    perpetuals: dict[str, dict[str, float]] = field(default_factory=dict)
    marks: dict[Contract, float] = field(default_factory=dict)
    priced: dict[str, float] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    turnover: float = 0.0

    def value(self) -> float:
        """Return cash and options at their last marks, USD."""
        return self.cash + math.fsum(q * self.marks[contract] for contract, q in self.net().items())

    def net(self) -> dict[Contract, float]:
        """Return the quantity of each contract over all labels; a contract of which nothing is held is left out."""
        return net_of(self.options)

    def net_perpetuals(self) -> dict[str, float]:
        """Return the units of each asset held in perpetuals over all labels."""
        return net_of(self.perpetuals)

    def note(self, at: int, kind: EntryKind, label: str, usd: float) -> None:
        """Note a change of equity that is no cash of the hedge."""
        if usd != 0.0:
            self.entries.append(Entry(at, kind, label, usd))

    def earn(self, at: int, kind: EntryKind, label: str, usd: float) -> None:
        """Note a change of equity that moves the hedge's cash."""
        self.note(at, kind, label, usd)
        self.cash += usd

    def revalue(self, board: Board, rates: Mapping[str, float], years: float) -> None:
        """Move options to their marks of now, and settle the gain and the funding of perpetuals.

        Parameters
        ----------
        rates : what longs pay a year, by asset. years : since the last step.
        """
        board.look_up(self.marks)
        marks = {contract: board.mark(contract) for contract in self.marks}
        for label, legs in self.options.items():
            gain = math.fsum(q * (marks[contract] - self.marks[contract]) for contract, q in legs.items())
            self.note(board.at, EntryKind.MARK, label, gain)
        self.marks = marks
        for label, held in self.perpetuals.items():
            for asset, units in held.items():
                before, now = self.priced[asset], board.spots[asset]
                self.earn(board.at, EntryKind.PERPETUAL, label, units * (now - before))
                self.earn(board.at, EntryKind.FUNDING, label, -units * before * rates[asset] * years)
        self.priced = dict(board.spots)

    def settle(self, at: int, contract: Contract, index: float) -> None:
        """Settle an expired contract at the venue's index: its pay-off, less the delivery fee of what is held net."""
        paid, mark = contract.payoff(index), self.marks.pop(contract)
        settled = {label: legs.pop(contract) for label, legs in self.options.items() if contract in legs}
        fee = abs(_total(settled.values())) * self.venue.delivery.usd(paid, index)
        every = math.fsum(map(abs, settled.values()))
        for label, quantity in settled.items():
            self.cash += quantity * mark
            self.earn(at, EntryKind.SETTLEMENT, label, quantity * (paid - mark))
            self.earn(at, EntryKind.DELIVERY_FEE, label, -fee * abs(quantity) / every)

    def trade(self, board: Board, targets: Mapping[str, Legs]) -> None:
        """Trade options to the targets of each label, netted by contract, at the board's prices.

        An order that nobody deals is not done, and counted: its labels keep what they had. Fees and slippage (cash paid
        beyond the mark) of a netted trade are shared by its labels in proportion to what each changes.
        """
        held = self.net()
        wanted = {label: dict(legs) for label, legs in targets.items()}
        trades = _changes(self.options, wanted)
        board.look_up(trades)
        for contract, changes in trades.items():
            quantity = _total(changes.values())
            fill = board.fill(contract, quantity, held.get(contract, 0.0)) if quantity else 0.0
            if fill is None:
                self.counts[NO_QUOTE] += 1
                for label in changes:
                    wanted.setdefault(label, {})[contract] = self.options.get(label, {}).get(contract, 0.0)
            else:
                self._pay(board, contract, changes, quantity, fill)
        self.options = {label: {c: q for c, q in legs.items() if q} for label, legs in wanted.items()}
        self.marks = {contract: self.marks[contract] for legs in self.options.values() for contract in legs}

    def _pay(
        self, board: Board, contract: Contract, changes: Mapping[str, float], quantity: float, fill: float
    ) -> None:
        if contract not in self.marks:
            self.marks[contract] = board.mark(contract)
        mark = self.marks[contract]
        slippage = quantity * (fill - mark)
        fee = abs(quantity) * self.venue.fees.usd(fill, board.spots[contract.asset])
        moved = math.fsum(map(abs, changes.values()))
        self.cash -= quantity * mark
        for label, change in changes.items():
            share = abs(change) / moved
            self.earn(board.at, EntryKind.SLIPPAGE, label, -slippage * share)
            self.earn(board.at, EntryKind.FEE, label, -fee * share)
        self.turnover += abs(quantity) * fill

    def trade_perpetuals(self, board: Board, targets: Mapping[str, Mapping[str, float]]) -> None:
        """Trade perpetuals to the targets of each label at the price of now, netted by asset, each at its cost."""
        for asset, changes in _changes(self.perpetuals, targets).items():
            traded = abs(math.fsum(changes.values())) * board.spots[asset]
            moved = math.fsum(map(abs, changes.values()))
            for label, change in changes.items():
                cost = self.venue.perpetual_cost * traded * abs(change) / moved
                self.earn(board.at, EntryKind.PERPETUAL_COST, label, -cost)
            self.turnover += traded
        self.perpetuals = {label: {a: q for a, q in held.items() if q} for label, held in targets.items()}
        self.priced = dict(board.spots)


def _total(quantities: Iterable[float]) -> float:
    """Return a sum of quantities, 0 where it is rounding alone.

    Labels that share a contract add up in tenths, which a float does not hold: a remainder of 1e-16 would be an order
    of its own, and a long that is closed would look as if it went short.
    """
    total = math.fsum(quantities)
    return total if abs(total) > ROUNDING else 0.0


def net_of(by_label: Mapping[str, Mapping[Thing, float]]) -> dict[Thing, float]:
    """Return the quantity of each thing over all labels; what adds up to nothing is left out."""
    held: dict[Thing, list[float]] = defaultdict(list)
    for things in by_label.values():
        for thing, quantity in things.items():
            held[thing].append(quantity)
    return {thing: total for thing, parts in held.items() if (total := _total(parts))}


def _changes(
    held: Mapping[str, Mapping[Thing, float]], wanted: Mapping[str, Mapping[Thing, float]]
) -> dict[Thing, dict[str, float]]:
    """Return what each label changes of each thing, things in the order in which they are met."""
    found: dict[Thing, dict[str, float]] = {}
    for label in [*held, *(label for label in wanted if label not in held)]:
        before, after = held.get(label, {}), wanted.get(label, {})
        for thing in [*before, *(thing for thing in after if thing not in before)]:
            change = after.get(thing, 0.0) - before.get(thing, 0.0)
            if change:
                found.setdefault(thing, {})[label] = change
    return found
