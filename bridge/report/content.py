"""What a report is made from: the plan, where it was read, and what became of it on chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.plans.ideas import PlanIdeas
from bridge.plans.ledger_book import Held
from bridge.plans.make import Planned
from bridge.plans.records import NO_CHAIN
from hedge.book.positions import Book
from hedge.market import Market, Provenance
from hedge.plan.build import Plan
from hedge.signals.known import FloatSeries
from hedge.valuation.hedge_return import HedgeReturn

Series = Sequence[float] | npt.NDArray[np.float64] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """One governance or oracle step on the chain's own time line.

    Parameters
    ----------
    name, detail : what happened, in words. timestamp : unix seconds of its block. transaction : 0x hash.
    gas : units used. None where unknown.
    """

    name: str
    detail: str
    timestamp: int | None
    transaction: str | None
    gas: int | None


@dataclass(frozen=True, eq=False)
class PricePathView:
    """The prices that led here.

    Parameters
    ----------
    seconds : after the start, ascending, shape (n,). prices : USD per asset, shape (n,) each.
    source : where they come from. provenance : what kind of source that is; simulated prices are marked as such.
    """

    seconds: Series
    prices: dict[str, Series]
    source: str
    provenance: Provenance

    @property
    def simulated(self) -> bool:
        """Return whether the prices were made up."""
        return self.provenance is Provenance.SIMULATED


@dataclass(frozen=True, eq=False)
class ReportContent:
    """Everything that a report shows.

    Parameters
    ----------
    plan : made from `book` and `market`. chain_sources : where each asset's option chain comes from.
    chain_id, block_number, block_hash : where the numbers were read. owner : of the positions.
    inputs_hash : keccak-256 of the plan's inputs, 0x hex.
    parameters_before : governed values that the plan was made with, in key order.
    parameters_after : values in force after execution; None where nothing was executed.
    proposal_id : of the governor; None where nothing was proposed.
    steps : in the order they happened. price_path : None where it is not known.
    ideas : what the plan says beside its trades; None where it was not worked out.
    held : what the ledger says was bought, marked; None without one. returns : of it; None where nothing was ever done.
    index : the book's volatility index (decimals) by unix second over the year before; None where it is not known.
    histories : where the histories of the signals come from, in words; empty where there are none.
    observed : where a book that is only observed was read, in lines; of several chains each with its block.
    shown : for which orders the venue shows less than they take, in lines.
    """

    title: str
    plan: Plan
    book: Book
    market: Market
    chain_sources: dict[str, str]
    chain_id: int
    block_number: int
    block_hash: str
    owner: str
    inputs_hash: str
    parameters_before: tuple[int, ...]
    parameters_after: tuple[int, ...] | None
    proposal_id: int | None
    steps: tuple[Step, ...]
    price_path: PricePathView | None
    index: FloatSeries | None = None
    ideas: PlanIdeas | None = None
    held: Held | None = None
    returns: HedgeReturn | None = None
    histories: str = ""
    observed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """Return whether the book was stated in a file, not read from a chain."""
        return self.chain_id == NO_CHAIN


def report_content(
    planned: Planned,
    title: str,
    *,
    proposal_id: int | None = None,
    after: tuple[int, ...] | None = None,
    steps: tuple[Step, ...] = (),
    price_path: PricePathView | None = None,
    ideas: PlanIdeas | None = None,
    hedge: tuple[Held, HedgeReturn] | None = None,
    shown: tuple[str, ...] = (),
) -> ReportContent:
    """Gather what the HTML report shows of a plan and, where it was carried through, of its vote."""
    observation, record = planned.observation, planned.record
    return ReportContent(
        title=title,
        plan=planned.plan,
        book=observation.book,
        market=observation.market,
        chain_sources={asset: f"{chain.source} ({chain.provenance})" for asset, chain in planned.option_chains.items()},
        chain_id=record.chain_id,
        block_number=record.block_number,
        block_hash=record.block_hash,
        owner=record.owner,
        inputs_hash=record.inputs_hash,
        parameters_before=tuple(observation.governed.parameters.to_values()),
        parameters_after=after,
        proposal_id=proposal_id,
        steps=steps,
        price_path=price_path,
        index=planned.readings.index,
        histories=planned.readings.source_words(),
        observed=planned.observed,
        shown=shown,
        ideas=ideas,
        held=hedge[0] if hedge else None,
        returns=hedge[1] if hedge else None,
    )
