"""From an observation to a plan on record: gather the inputs, decide (pure), name the plan by its inputs' hash."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bridge.plans.observe import Observation
from bridge.plans.records import PlanRecord, inputs_hash
from bridge.plans.signals import SignalReadings
from hedge.decision.rebalance import ExposureRecord
from hedge.instruments.option_chain import OptionChain
from hedge.plan.build import Plan, build_plan


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from, and its record."""

    observation: Observation
    option_chains: dict[str, OptionChain]
    plan: Plan
    record: PlanRecord
    readings: SignalReadings


def make_plan(
    observation: Observation,
    option_chains: dict[str, OptionChain],
    chain_id: int,
    on_record: PlanRecord | None,
    readings: SignalReadings | None = None,
) -> Planned:
    """Build the plan of an observation and its record; nothing is written.

    Parameters
    ----------
    observation
        Book, market and parameters at one block.
    chains
        Option chains by asset.
    chain_id
        Of the book's chain.
    on_record
        The plan of the hedge that is on, if there is one: while the exposure stays near it the answer is `hold`.
    heard
        The signals that `bridge.plans.signals.read_signals` reads; without any the regime is stressed.
    """
    governed, block = observation.governed, observation.block
    readings = readings or SignalReadings()
    plan = build_plan(
        observation.book,
        observation.market,
        option_chains,
        governed.parameters,
        governed.limits,
        governed.last_changes,
        record=recorded_exposure(on_record) if on_record else None,
        signals=readings.signals,
        expected=[one.name for one in readings.signals],
    )
    # Through JSON once, so that the record and its hash hold exactly what a reader of the file will see.
    content = json.loads(json.dumps(plan.to_dict(), allow_nan=False))
    content["inputs"] |= {
        "owner": observation.owner,
        "chain_id": chain_id,
        "block_number": block.number,
        "block_hash": block.hash,
    }
    record = PlanRecord(
        inputs_hash=inputs_hash(content["inputs"]),
        chain_id=chain_id,
        block_number=block.number,
        block_hash=block.hash,
        observed_at=block.timestamp,
        owner=observation.owner,
        plan=content,
    )
    return Planned(observation, option_chains, plan, record, readings)


def recorded_exposure(record: PlanRecord) -> ExposureRecord:
    """Return the exposure that a recorded plan was made for."""
    exposure = record.plan["exposure"]
    deltas, gammas = (
        {asset: float(one[name]) for asset, one in exposure["assets"].items()} for name in ("delta", "gamma")
    )
    return ExposureRecord(float(exposure["value_usd"]), deltas, gammas)
