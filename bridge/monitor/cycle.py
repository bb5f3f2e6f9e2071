"""What one cycle of the monitor keeps, all of it in one transaction: after a crash there is all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.monitor.notices import Notice
from bridge.monitor.standing import Standing, Transition


@dataclass(frozen=True)
class ExposureRow:
    """An asset of the book at a look: pools alone (`lp_`), and with the legs of the ledger (`net_`); USD and units."""

    asset: str
    spot: float
    lp_value_usd: float
    lp_delta: float
    lp_delta_usd: float
    lp_gamma_usd: float
    net_delta_usd: float
    net_gamma_usd: float
    net_vega_usd: float
    net_theta_usd: float


@dataclass(frozen=True)
class LegRow:
    """A leg of the ledger at its mark: USD per unit, where it is from, of when (unix seconds), its worth."""

    instrument: str
    asset: str
    layer: str
    quantity: float
    mark_usd: float
    mark_source: str
    marked_at: int
    value_usd: float


@dataclass(frozen=True)
class RoundRow:
    """A round of a feed: the answer as 1e8 = 100 % a year, the reporters' median, and when it was answered."""

    asset: str
    feed: str
    round: int
    at: int
    volatility_e8: int
    reported_e8: int


@dataclass(frozen=True)
class ProposalRow:
    """A state of a proposal, kept when it is first seen in it."""

    id: str
    state: str
    title: str
    votes_for: int
    deadline: int
    eta: int


@dataclass(frozen=True)
class PlanRow:
    """The plan on record, kept when it is first seen."""

    inputs_hash: str
    made_at: int


@dataclass(frozen=True)
class Cycle:
    """One cycle of one book.

    Parameters
    ----------
    book
        Its name in the store.
    at
        Unix seconds of this machine's clock.
    chain_id, block_number, block_hash, block_time
        The block that was looked at.
    view
        What people see of the look, as JSON.
    series
        Numbers of the look by name, for charts: finite ones only.
    standings
        Every alert whose row changes.
    transitions, notices
        What changed, and whom it is told.
    cursors
        How far logs and rounds were read, by name.
    """

    book: str
    at: int
    chain_id: int
    block_number: int
    block_hash: str
    block_time: int
    view: str
    series: Mapping[str, float]
    exposures: tuple[ExposureRow, ...]
    legs: tuple[LegRow, ...]
    rounds: tuple[RoundRow, ...]
    proposals: tuple[ProposalRow, ...]
    plan: PlanRow | None
    standings: tuple[Standing, ...]
    transitions: tuple[Transition, ...]
    notices: tuple[Notice, ...]
    cursors: Mapping[str, int]
