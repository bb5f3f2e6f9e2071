"""What the monitor saw at one block: everything that alert rules may ask for, immutable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from bridge.adapters.pool_position import Unread
from bridge.chain.blocks import BlockRef
from bridge.config import Config
from bridge.foreign import TEXT, foreign
from bridge.governance.governor import OPEN_STATES, Proposal, nearness
from bridge.governance.inspection import Inspected
from bridge.governance.journal import JournalEntry
from bridge.governance.safeguards import AutomationStatus, BreakerStatus
from bridge.governance.steward import PendingUpdate
from bridge.networks import Network
from bridge.plans.ledger_book import Held
from bridge.plans.network_book import ChainSeen
from bridge.plans.observe import Dust, Governed
from bridge.plans.orders_done import OrderDone
from bridge.plans.records import PlanRecord
from bridge.sources.oracle import FeedStatus
from bridge.units import YEAR_SECONDS
from hedge.book.exposure import BookExposure
from hedge.book.positions import Position
from hedge.decision.explained import Explained
from hedge.instruments.index_listing import read_leg
from hedge.instruments.leg import Leg
from hedge.instruments.perpetual import PerpetualLeg
from hedge.market import Market

MOST_SIZE: Final = 1e6
"""Of an alert: what is worse is as bad."""


class Severity(StrEnum):
    """How soon somebody should act: when convenient, today, now."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Alert:
    """Something that a person should look at.

    Parameters
    ----------
    kind
        What sort of thing it is; people are told by kind.
    text
        What it says, in one line.
    about
        What of its rule it is about, the same from look to look: an asset, an instrument, the whole id of a proposal.
    size
        How bad it is, where that has degrees: 1 is where it begins. It is finite: what has no bound is very bad.
    severity, rule
        Those of its rule, where it says none of its own.
    """

    kind: str
    text: str
    about: str = ""
    size: float = 1.0
    severity: Severity | None = None
    rule: str = ""

    def __post_init__(self) -> None:
        """Take the words as they may be shown."""
        object.__setattr__(self, "kind", foreign(self.kind))
        object.__setattr__(self, "text", foreign(self.text, TEXT))
        object.__setattr__(self, "about", foreign(self.about))
        object.__setattr__(self, "size", 1.0 if math.isnan(self.size) else min(self.size, MOST_SIZE))

    @property
    def key(self) -> str:
        """Return what it is from look to look."""
        return f"{self.rule}:{self.about}"


@dataclass(frozen=True)
class LayerState:
    """The state of a layer of the plan on record: USD paid and worth (mid), delta in USD, days to first expiry, gamma.

    Days are infinite for a perpetual; gamma is USD of delta per move of 1 %.
    """

    asset: str
    name: str
    legs: int
    paid_usd: float
    value_usd: float
    delta_usd: float
    days_left: float
    gamma_usd: float = 0.0


@dataclass(frozen=True)
class FailedLook:
    """There was no look: why, for how many seconds there has been none, and for how many that may be."""

    trouble: str
    seconds: float
    most_seconds: float


@dataclass(frozen=True)
class SafeWaiting:
    """A transaction that waits for owners of a Safe: which role the Safe has, its safeTxHash and nonce, how many owners
    have signed it and how many must, and what it does, from its bytes."""

    role: str
    hash: str
    nonce: int
    signed: int
    threshold: int
    words: str


@dataclass(frozen=True)
class OracleSnapshot:
    """Feeds, breakers and the automation at one block; `alvh oracle status` sees no more than these."""

    block: BlockRef
    feeds: tuple[FeedStatus, ...]
    breakers: tuple[BreakerStatus, ...]
    automation: AutomationStatus | None
    own_automations: Mapping[str, AutomationStatus] = field(default_factory=dict, kw_only=True)

    @property
    def automations(self) -> dict[str, AutomationStatus]:
        """Return every automation by the asset whose own ledger it sets; under an empty name the main one."""
        return ({"": self.automation} if self.automation else {}) | dict(self.own_automations)


@dataclass(frozen=True)
class MonitorSnapshot(OracleSnapshot):
    """Everything that one look of `alvh watch` found.

    Parameters
    ----------
    now
        Unix seconds of this machine's clock; None on a local chain, whose time is moved by hand.
    config
        The settings, with the limits of the watch.
    governed
        The hedge parameters in force.
    proposals
        Every proposal since the deployment, whatever its state.
    journal
        The proposals that this machine brought.
    steward_updates
        Updates that the steward announced and that wait.
    market, exposure
        None where they cannot be trusted; `untrusted` then says why.
    unread
        Positions that are not in the book.
    on_record
        The plan that the hedge follows: the newest that the ledger's entries name, or the one that the parameters in
        force were voted by, whichever is newer; None where none is known here.
    drift
        Of the exposure from that plan; None where one of the two is missing.
    layers
        Of that plan, at the market now: what was intended.
    held
        What the ledger says was really bought, marked; None where there is no ledger or nothing in it.
    orders
        Of that plan, with what the ledger says was done of each.
    explained
        Why pools and hedge changed since that plan; None where one of the two times cannot be valued.
    ledger_trouble
        Why the ledger could not be read or marked; empty where it could.
    dust
        Positions that are worth too little to be in the book.
    positions
        Those that are in it, in the order of `exposure.positions`.
    journal_trouble
        Why it is not known which proposals are ours; empty where it is.
    proposals_trouble
        Why it is not known what was proposed; empty where it is.
    holders
        Who is at the addresses that the deployment names guardian and steward, by role.
    network
        The public network that the book is only observed on: there are no feeds, votes or roles then, the parameters
        are stated, and the plan on record is the newest that was made here. None where there is a deployment of ours.
    networks
        Each chain of such a book, where it is on several.
    quoted_spots
        USD by asset as the quotes of options say it, where they were read.
    unplanned
        Assets whose own parameters are of no plan on record here; an empty name for the main ones.
    update_ends
        By the whole id of an open proposal of ours: when an update in it is too old to be executed, unix seconds.
    safe_queue, safe_troubles
        Transactions that wait for owners of our Safes, and what of those could not be read.
    known_versions
        Versions of parameters that were there at the first look, or have had a plan since; by asset as `unplanned`.
        Empty where looks are not remembered. `bridge.alerts.rules.governance.accepted_versions` gives those after it.
    lately_open
        Whole ids of proposals that earlier looks saw open, but for those whose end was first seen more than a day ago;
        empty where looks are not remembered.
    undelivered_seconds
        For how long the oldest message has waited that was tried in vain; 0 where there is none.
    late_seconds, interval_seconds
        How much later than it should this look came, and the seconds between two looks; 0 where nobody counts.
    """

    now: int | None
    config: Config
    governed: Governed
    proposals: tuple[Proposal, ...]
    journal: tuple[JournalEntry, ...]
    steward_updates: tuple[PendingUpdate, ...]
    market: Market | None
    exposure: BookExposure | None
    untrusted: str | None
    unread: tuple[Unread, ...]
    on_record: PlanRecord | None
    drift: float | None
    layers: tuple[LayerState, ...]
    held: Held | None = None
    orders: tuple[OrderDone, ...] = ()
    explained: Explained | None = None
    ledger_trouble: str = ""
    holders: Mapping[str, Inspected] = field(default_factory=dict)
    network: Network | None = None
    networks: tuple[ChainSeen, ...] = ()
    dust: tuple[Dust, ...] = ()
    positions: tuple[Position, ...] = ()
    journal_trouble: str = ""
    proposals_trouble: str = ""
    quoted_spots: Mapping[str, float] = field(default_factory=dict)
    unplanned: frozenset[str] = frozenset()
    update_ends: Mapping[str, int] = field(default_factory=dict)
    safe_queue: tuple[SafeWaiting, ...] = ()
    safe_troubles: tuple[str, ...] = ()
    known_versions: Mapping[str, int] = field(default_factory=dict)
    lately_open: frozenset[str] = frozenset()
    undelivered_seconds: float = 0.0
    late_seconds: float = 0.0
    interval_seconds: float = 0.0

    @property
    def every_governed(self) -> dict[str, Governed]:
        """Return the parameters by the asset whose own they are; under an empty name the main ones."""
        return {"": self.governed} | dict(self.governed.own)

    @cached_property
    def our_ids(self) -> frozenset[str]:
        """Return the ids of the proposals that this machine brought."""
        return frozenset(entry.id for entry in self.journal)

    @property
    def open_proposals(self) -> tuple[Proposal, ...]:
        """Return the proposals that can still be executed: ours first, then those that are the nearest to it."""
        open_ = (each for each in self.proposals if each.state in OPEN_STATES)
        return tuple(sorted(open_, key=lambda found: (str(found.id) not in self.our_ids, nearness(found))))

    @property
    def drift_band(self) -> float:
        """Return the drift from which a new plan is due, a share."""
        return self.config.watch.drift_band


def layer_states(record: PlanRecord, market: Market) -> tuple[LayerState, ...]:
    """Value every layer of a recorded plan at the market now, its volatilities moved as the index has moved since."""
    states = []
    for layer in record.plan["layers"]:
        legs = [read_leg(leg) for leg in layer["legs"]]
        if not legs:
            continue
        asset = str(layer["underlying"])
        elapsed = (market.observed_at - record.observed_at) / YEAR_SECONDS
        moved = market.vol(asset) - float(record.plan["inputs"]["market"]["vols"][asset])
        spot = market.spot(asset)
        alive = [leg for leg in legs if leg.expiry > elapsed]
        greeks = [
            replace(leg, expiry=leg.expiry - elapsed, vol=max(leg.vol + moved, 0.05)).greeks(spot) for leg in alive
        ]
        states.append(
            LayerState(
                asset,
                str(layer["name"]),
                len(legs),
                float(layer["cost_usd"]),
                math.fsum(float(leg.value(spot, elapsed, moved)) for leg in legs),
                math.fsum(each.delta for each in greeks) * spot,
                _days_left(legs, market.observed_at),
                math.fsum(each.gamma for each in greeks) * spot**2 / 100.0,
            )
        )
    return tuple(states)


def _days_left(legs: Sequence[Leg], at: int) -> float:
    """Return the days to the first expiry; infinite where no leg has one."""
    dated = (leg.expiry_at for leg in legs if not isinstance(leg, PerpetualLeg))
    return min(((expiry_at - at) / 86_400 for expiry_at in dated), default=math.inf)
