"""From a snapshot to a plan: gather the inputs, decide (pure), name the plan by its inputs' hash.

    snapshot -> observe -> option chains -> the plan on record -> signals -> plan -> record
    stated book and chain file -------------------------------^

`alvh plan`, the demo and the tests make every plan here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from bridge.chain.blocks import BlockRef
from bridge.config import Config, SignalsConfig
from bridge.errors import UsageError
from bridge.plans.gate import require_numbers
from bridge.plans.holdings import read_holdings
from bridge.plans.ledger_book import LedgerBook, read_ledger
from bridge.plans.network_book import ChainSeen, place_lines
from bridge.plans.observe import Observation, observe
from bridge.plans.observed import observe_network
from bridge.plans.records import NO_CHAIN, PlanRecord, inputs_hash
from bridge.plans.signals import SignalReadings, read_signals
from bridge.plans.stated_book import observe_stated
from bridge.snapshot import Snapshot
from bridge.sources.option_chains import check_age, read_option_chains
from bridge.sources.quotes.files import read_chain_file
from hedge.decision.rebalance import ExposureRecord
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import KEY_IDS, KEYS, Parameters, broken_rules


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from, and its record.

    Parameters
    ----------
    ledger
        The book of the ledger that says what is held; None where a file says it, or nothing does.
    observed
        Where a book that is only observed was read, in lines: network, or each chain with its block, or why not.
    """

    observation: Observation
    option_chains: dict[str, OptionChain]
    plan: Plan
    record: PlanRecord
    readings: SignalReadings
    ledger: LedgerBook | None = None
    observed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a command line asks for beside the settings.

    Parameters
    ----------
    holdings
        CSV file of what is held, in place of the ledger.
    use_ledger
        Whether the ledger says what is held where there is no such file.
    parameters
        Values by name of a governed key that stand in place of those in force: a plan of "what if".
    """

    holdings: Path | None = None
    use_ledger: bool = True
    parameters: Mapping[str, int] = field(default_factory=dict)

    def ledger(self, config: Config, at: int) -> LedgerBook | None:
        """Return the book of the ledger that says what is held at a time, where it is to say it."""
        return read_ledger(config, at) if self.use_ledger and self.holdings is None else None


AS_GOVERNED: Final = Asked()


def make_plan_at(snapshot: Snapshot, config: Config, *, owner: str, asked: Asked = AS_GOVERNED) -> Planned:
    """Make the plan of an owner's book at a snapshot's block; nothing is written.

    Raises
    ------
    UntrustedNumber, UnknownAddress, Reorganised
        As `bridge.plans.observe.observe` raises them.
    BadConfig, BadFile
        Histories, option chains or the plan on record cannot be used.
    """
    chains = tuple[ChainSeen, ...]()
    if snapshot.network:
        observation, option_chains, chains = observe_network(snapshot, config, owner)
    else:
        observation = observe(snapshot, owner, config.book)
        option_chains = read_option_chains(config.options, dict(observation.market.spots), snapshot.block.timestamp)
    ledger = asked.ledger(config, snapshot.block.timestamp)
    made = make_plan(observation, option_chains, config.signals, snapshot, asked, ledger)
    return _placed(made, snapshot, chains) if snapshot.network else made


def _placed(made: Planned, snapshot: Snapshot, chains: Sequence[ChainSeen]) -> Planned:
    """Return a plan that says where its book was read, beside its inputs: their hash is of what the plan rests on."""
    lines = place_lines(snapshot.network, chains, made.observation.block.timestamp)
    said = {"observed": lines, "chains": [chain.to_dict() for chain in chains]}
    return replace(made, observed=tuple(lines), record=replace(made.record, plan=made.record.plan | said))


def make_stated_plan(book: Path, config: Config, at: int | None = None, asked: Asked = AS_GOVERNED) -> Planned:
    """Make the plan of a stated book at the quotes of `config.options.file`, under the first values of the parameters.

    Parameters
    ----------
    book
        The file that states the book.
    at
        Unix seconds: the newest quotes not later than this, and not older than `options.max_age_seconds` by then; the
        newest of all where it is None, which must be as near to each other.

    Raises
    ------
    UsageError, BadFile, UntrustedNumber
        As `observe_quoted` raises them.
    """
    found = observe_quoted(book, config, at)
    ledger = asked.ledger(config, found.time)
    return make_plan(found.observation, found.option_chains, config.signals, None, asked, ledger)


class Quoted(NamedTuple):
    """A stated book as seen at quotes, the option chains of its assets, and the time that was asked for."""

    observation: Observation
    option_chains: dict[str, OptionChain]
    time: int


def observe_quoted(book: Path, config: Config, at: int | None = None) -> Quoted:
    """Return a stated book as seen at the quotes of `config.options.file`.

    Parameters
    ----------
    book, at
        As in `make_stated_plan`.

    Raises
    ------
    UsageError
        There is no chain file to take prices from.
    BadFile, UntrustedNumber
        As `bridge.plans.stated_book.observe_stated` raises them, and for quotes that are too old.
    """
    if config.options.file is None:
        raise UsageError("a stated book takes its prices from quotes: give --chain, or set options.file")
    option_chains = read_chain_file(config.options.file, at)
    observation = observe_stated(book, option_chains, config.book)
    held = {asset: option_chains[asset] for asset in observation.book.assets}
    newest = max(chain.observed_at for chain in held.values())
    time, whose = (newest, "the newest ones") if at is None else (at, "the time that was asked for")
    check_age(held, time, config.options.max_age_seconds, whose)
    return Quoted(observation, {asset: chain.alive(time) for asset, chain in held.items()}, time)


def make_plan(
    observation: Observation,
    option_chains: dict[str, OptionChain],
    terms: SignalsConfig,
    snapshot: Snapshot | None = None,
    asked: Asked = AS_GOVERNED,
    ledger: LedgerBook | None = None,
) -> Planned:
    """Read the signals, build the plan of an observation, and its record.

    Parameters
    ----------
    observation
        Book, market and parameters at one block.
    option_chains
        Option chains by asset.
    terms
        Which signals are asked for, and the folder of their histories.
    snapshot
        Where the book's pools are; without one the book is of no chain and its quick ratio is unknown.
    asked
        What is held, and values in place of the governed ones.
    ledger
        The book that says what is held where no file does.

    Raises
    ------
    UsageError
        A value that is asked for names no key, is out of its bounds, or breaks a rule across keys.
    BadFile
        What is held cannot be read.
    UntrustedNumber
        A number that the plan rests on is none.
    """
    governed = observation.governed
    held = ledger.holdings(observation.market.spots, option_chains) if ledger else Holdings()
    held = read_holdings(asked.holdings, option_chains) if asked.holdings else held
    chain_id = snapshot.chain.chain_id if snapshot else NO_CHAIN
    readings = read_signals(terms, observation, option_chains, snapshot)
    plan = build_plan(
        observation.book,
        observation.market,
        option_chains,
        asked_parameters(governed.parameters, asked.parameters),
        governed.limits,
        governed.last_changes,
        holdings=held,
        past=readings.past,
        signals=readings.signals,
        expected=[signal.name for signal in readings.signals],
        exposure=observation.exposure,
        own=governed.own_terms(),
    )
    record = record_of(plan, observation.owner, chain_id, observation.block, readings.source())
    return Planned(observation, option_chains, plan, record, readings, ledger)


def asked_parameters(governed: Parameters, values: Mapping[str, int]) -> Parameters:
    """Return the governed values with some replaced by name.

    Raises
    ------
    UsageError
        A name is no key's, a value is out of its bounds, or the values break a rule across keys.
    """
    for name, value in values.items():
        if name not in KEY_IDS:
            near = get_close_matches(name, KEY_IDS, 1)
            meant = f"did you mean {near[0]}?" if near else f"one of {', '.join(KEY_IDS)}"
            raise UsageError(f"--set {name}: no governed key; {meant}")
        key = KEYS[KEY_IDS[name]]
        if not key.least <= value <= key.most:
            raise UsageError(f"--set {name}={value}: must be {key.least} to {key.most} ({key.unit})")
    asked = governed.replaced({KEY_IDS[name]: value for name, value in values.items()})
    broken = broken_rules(asked)
    if broken:
        raise UsageError(f"--set: {'; '.join(map(str, broken))}")
    return asked


def record_of(
    plan: Plan, owner: str, chain_id: int, block: BlockRef, histories: Mapping[str, str] | None
) -> PlanRecord:
    """Return the record of a plan, through JSON once: it and its hash hold exactly what a reader of the file sees.

    Parameters
    ----------
    histories
        Where the histories are from and what kind of source that is; None where there are none.

    Raises
    ------
    UntrustedNumber
        A number that the plan rests on is none.
    """
    plain = plan.to_dict()
    require_numbers(plain)
    content = json.loads(json.dumps(plain, allow_nan=False))
    content["inputs"] |= {
        "owner": owner,
        "chain_id": chain_id,
        "block_number": block.number,
        "block_hash": block.hash,
        "histories": histories,
    }
    return PlanRecord(
        inputs_hash=inputs_hash(content["inputs"]),
        chain_id=chain_id,
        block_number=block.number,
        block_hash=block.hash,
        observed_at=block.timestamp,
        owner=owner,
        plan=content,
    )


def recorded_exposure(record: PlanRecord) -> ExposureRecord:
    """Return the exposure that a recorded plan was made for."""
    exposure = record.plan["exposure"]
    deltas, gammas = (
        {asset: float(greeks[name]) for asset, greeks in exposure["assets"].items()} for name in ("delta", "gamma")
    )
    return ExposureRecord(float(exposure["value_usd"]), deltas, gammas)
