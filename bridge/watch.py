"""One look of the monitor: exposure against the plan on record, the feeds, the parameters, the open proposals, and
warnings.

It reads and compares; it never signs. A source that fails becomes a warning of its own, the rest is still shown.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from bridge.chain import BlockRef, Chain
from bridge.config import Config
from bridge.deployment import Deployment
from bridge.errors import UntrustedNumber
from bridge.governance import OPEN_STATES, Proposal, list_proposals
from bridge.observe import Governed, read_governed, read_market, read_positions
from bridge.oracle import FeedStatus, read_status
from bridge.planning import recorded_exposure
from bridge.records import PlanRecord, find_record
from bridge.units import YEAR_SECONDS
from hedge.book import Book, BookExposure, book_exposure
from hedge.hold import drift
from hedge.index_market import read_leg
from hedge.market import Market
from hedge.parameters import KEYS

EXPIRY_WARNING_DAYS = 3.0


@dataclass(frozen=True)
class Warning_:
    """Something that a person should look at: its kind and what it says."""

    kind: str
    text: str


@dataclass(frozen=True)
class LayerState:
    """A layer of the plan on record as it stands now: USD paid and worth (mid), delta in USD, days to first expiry."""

    asset: str
    name: str
    legs: int
    paid_usd: float
    value_usd: float
    delta_usd: float
    days_left: float


@dataclass(frozen=True)
class Look:
    """What the monitor saw at one block. `exposure` and `drift` are None where they could not be trusted."""

    block: BlockRef
    exposure: BookExposure | None
    on_record: PlanRecord | None
    drift: float | None
    layers: tuple[LayerState, ...]
    feeds: tuple[FeedStatus, ...]
    governed: Governed
    proposals: tuple[Proposal, ...]
    warnings: tuple[Warning_, ...]


def look(chain: Chain, deployment: Deployment, config: Config, owner: str) -> Look:
    """Read and compare everything once, at the newest block.

    Raises
    ------
    NodeUnreachable, Reorganised, UnknownAddress
        There is nothing to look at; the loop says so and tries again.
    """
    block = chain.head()
    feeds = tuple(read_status(chain, deployment, block))
    governed = read_governed(chain, deployment, block)
    proposals = tuple(p for p in list_proposals(chain, deployment, block) if p.state in OPEN_STATES)
    warnings = [*_feed_warnings(feeds), *_governance_warnings(governed, proposals)]
    exposure, market = None, None
    try:
        market = _market(chain, deployment, config, feeds, block)
        _, positions = read_positions(chain, deployment, owner, dict(market.spots), config.book, block)
        exposure = book_exposure(Book(positions), market)
    except UntrustedNumber as error:
        warnings.append(Warning_("exposure", str(error)))
    chain.confirm(block)
    on_record = find_record(config.state, governed.inputs_hash)
    moved = drift(exposure, recorded_exposure(on_record)) if exposure and on_record else None
    layers = layer_states(on_record, market) if on_record and market else ()
    warnings += _plan_warnings(governed, on_record, moved, layers)
    return Look(block, exposure, on_record, moved, layers, feeds, governed, proposals, tuple(warnings))


def _market(
    chain: Chain, deployment: Deployment, config: Config, feeds: tuple[FeedStatus, ...], block: BlockRef
) -> Market:
    """Read the market; with a stale volatility there is none."""
    stale = [feed.asset for feed in feeds if feed.stale]
    if stale:
        raise UntrustedNumber(f"exposure not valued: no fresh volatility for {', '.join(stale)}")
    return read_market(chain, deployment, config.book, block)


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
        deltas = [
            replace(leg, expiry=leg.expiry - elapsed, vol=max(leg.vol + moved, 0.05)).greeks(spot).delta
            for leg in alive
        ]
        states.append(
            LayerState(
                asset,
                str(layer["name"]),
                len(legs),
                float(layer["cost_usd"]),
                math.fsum(float(leg.value(spot, elapsed, moved)) for leg in legs),
                math.fsum(deltas) * spot,
                (min(leg.expiry_at for leg in legs) - market.observed_at) / 86_400,
            )
        )
    return tuple(states)


def _feed_warnings(feeds: tuple[FeedStatus, ...]) -> list[Warning_]:
    found = []
    for feed in feeds:
        if feed.round == 0:
            found.append(Warning_("oracle", f"the {feed.asset} feed has no answer yet"))
        elif feed.stale:
            found.append(
                Warning_(
                    "oracle", f"the {feed.asset} feed is stale: {feed.age_seconds} s, at most {feed.max_age_seconds} s"
                )
            )
        elif feed.age_seconds > feed.max_age_seconds * 3 // 4:
            found.append(
                Warning_("oracle", f"the {feed.asset} feed is stale in {feed.max_age_seconds - feed.age_seconds} s")
            )
    return found


def _governance_warnings(governed: Governed, proposals: tuple[Proposal, ...]) -> list[Warning_]:
    found = [Warning_("parameters", "the guardian has paused the hedge parameters")] if governed.paused else []
    for proposal in proposals:
        if proposal.state == "active" and proposal.votes_for < proposal.quorum:
            missing = (proposal.quorum - proposal.votes_for) / 1e18
            found.append(Warning_("proposal", f"{str(proposal.id)[:10]} misses {missing:,.0f} votes for its quorum"))
        elif proposal.state == "succeeded":
            found.append(Warning_("proposal", f"{str(proposal.id)[:10]} has passed and waits to be queued"))
    return found


def _plan_warnings(
    governed: Governed, on_record: PlanRecord | None, moved: float | None, layers: tuple[LayerState, ...]
) -> list[Warning_]:
    if on_record is None:
        return [
            Warning_(
                "plan", f"no plan on record here for the parameters in force (inputs {governed.inputs_hash[:10]}..)"
            )
        ]
    found = []
    band = governed.parameters.drift_band_bps / 10_000
    if moved is not None and moved > band:
        found.append(
            Warning_("drift", f"exposure has drifted {moved:.1%} from the plan on record, the band is {band:.1%}")
        )
    for layer in layers:
        if layer.days_left < EXPIRY_WARNING_DAYS:
            when = f"expires in {layer.days_left:.1f} days" if layer.days_left > 0 else "has expired"
            found.append(Warning_("roll", f"{layer.asset} {layer.name}: a leg {when}"))
    return found


def look_json(seen: Look) -> dict[str, Any]:
    """Return a look as plain JSON, one line of `alvh watch --json`."""
    return {
        "block": asdict(seen.block),
        "value_usd": seen.exposure.value_usd if seen.exposure else None,
        "exposure": {
            asset: {"delta": one.delta, "delta_usd": one.delta_usd, "gamma_usd": one.gamma_usd}
            for asset, one in sorted(seen.exposure.assets.items())
        }
        if seen.exposure
        else None,
        "plan": seen.on_record.inputs_hash if seen.on_record else None,
        # An asset that is new or gone has no finite drift; JSON has no infinity.
        "drift": seen.drift if seen.drift is not None and math.isfinite(seen.drift) else None,
        "layers": [asdict(layer) for layer in seen.layers],
        "feeds": [asdict(feed) for feed in seen.feeds],
        "parameters": dict(zip((key.name for key in KEYS), seen.governed.parameters.to_values(), strict=True)),
        "version": seen.governed.version,
        "paused": seen.governed.paused,
        "proposals": [
            {"id": str(p.id), "state": p.state, "deadline": p.deadline, "eta": p.eta} for p in seen.proposals
        ],
        "warnings": [{"kind": warning.kind, "text": warning.text} for warning in seen.warnings],
    }
