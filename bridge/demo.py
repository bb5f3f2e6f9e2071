"""The whole loop once, on a local chain: positions, prices with a crash, oracle, plan, proposal, vote, execution,
read-back.

It takes the same functions as the commands do, in the same order; only time is moved by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.alerts.watch import Watched, watch
from bridge.chain.node import Chain
from bridge.config import Config
from bridge.errors import NotProposable, RefusedAction
from bridge.genesis import GovernanceTerms
from bridge.governance.governor import find_proposal, send_queue, send_vote
from bridge.governance.proposals import draft_proposal, send_confirmed_execution, send_proposal
from bridge.ledger.place import ledger_address
from bridge.ledger.store import open_store
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.fills import local_fills
from bridge.local.histories import write_histories
from bridge.local.price_path import PricePath
from bridge.local.rounds import submit_rounds
from bridge.local.standing_world import StandingWorld
from bridge.local.world import SETTLE_SECONDS, World, build_world
from bridge.plans.ideas import plan_ideas
from bridge.plans.make import Planned, make_plan_at
from bridge.plans.market import read_volatilities
from bridge.plans.observe import read_governed
from bridge.plans.published import keep_plan
from bridge.report.content import PricePathView, Step, report_content
from bridge.report.html import write_report

if TYPE_CHECKING:
    from web3.types import TxReceipt

Progress = Callable[[str, float], None]
FALL, FALL_SECONDS, NOISE = -0.25, 6 * 3600, 0.01
"""What prices do after the plan is bought, where somebody stays to watch; over how long, and how they swing."""
WORLD_SHARE = 0.8


@dataclass(frozen=True)
class DemoResult:
    """What the demo did; `steps` is the time line of its governance and oracle transactions.

    `proposal_id` and `after`, the values in force afterwards, are None where the plan's answer is not one to vote on.
    """

    world: World
    planned: Planned
    proposal_id: int | None
    after: tuple[int, ...] | None
    steps: tuple[Step, ...]
    watched: Watched
    report: Path

    @property
    def gas(self) -> int:
        """Return the gas of all steps that are transactions, the proposal's included."""
        return sum(step.gas or 0 for step in self.steps)


def run_demo(chain: Chain, path: PricePath, config: Config, report: Path, progress: Progress) -> DemoResult:
    """Run the loop on a fresh local chain and write the report.

    Raises
    ------
    RefusedAction
        The plan on this price path changes no parameter, so there is nothing to vote on.
    """
    terms = GovernanceTerms()
    world = build_world(chain, path, terms, lambda text, share: progress(text, WORLD_SHARE * share))
    steps: list[Step] = []
    progress("oracle reporters sign and submit", WORLD_SHARE)
    steps += _report_volatility(world, config)
    progress("reading exposure and making the plan", 0.84)
    planned = make_plan_at(world.snapshot(), _with_histories(world, config), owner=world.deployment.address("lp"))
    keep_plan(planned, config.state)
    progress("proposing, voting, queueing, executing", 0.9)
    proposal, after = None, None
    try:
        proposal = _carry(world, planned, config, terms, steps)
        after = tuple(read_governed(world.snapshot()).parameters.to_values())
    except NotProposable as refused:
        steps.append(Step("not brought to a vote", refused.reason, chain.head().timestamp, None, None))
    progress("reading back and looking with the monitor", 0.95)
    steps += _report_volatility(world, config)
    watched = watch(world.snapshot(), config, world.deployment.address("lp"))
    view = PricePathView(seconds=path.seconds, prices=dict(path.prices), source=path.source, provenance=path.provenance)
    write_report(
        report,
        report_content(
            planned,
            "The whole loop on a local chain",
            proposal_id=proposal,
            after=after,
            steps=tuple(steps),
            price_path=view,
            ideas=plan_ideas(planned, config.book),
        ),
    )
    progress("done", 1.0)
    return DemoResult(world, planned, proposal, after, tuple(steps), watched, report)


def after_demo(result: DemoResult, config: Config, progress: Progress) -> Config:
    """Enter the plan's orders as bought at their limits, let prices fall by a quarter, and let the reporters answer.

    Returns
    -------
    Config
        The settings of a monitor of this world.
    """
    world = result.world
    progress("buying the plan, made up at its limits", 1.0)
    with open_store(ledger_address(config)) as store:
        store.append(local_fills(result.planned.record, config.ledger.book))
    standing = StandingWorld.of(world.chain, world.deployment)
    now = standing.prices()
    goals = {asset: price * (1.0 + FALL) for asset, price in now.items() if asset != "USD"}
    standing.trade(goals, FALL_SECONDS, NOISE, lambda share: progress("prices fall", share))
    advance_time(world.chain, SETTLE_SECONDS)
    _report_volatility(world, config)
    chain = config.chain.model_copy(update={"rpc_url": world.chain.url})
    return config.model_copy(update={"chain": chain})


def _report_volatility(world: World, config: Config) -> list[Step]:
    return [
        _step(
            world.chain,
            f"{done.asset} volatility reported",
            f"{done.points:.2f} from {done.reporters} reporters, round {done.round}",
            done.receipt,
        )
        for done in submit_rounds(world.snapshot(), config)
    ]


def _with_histories(world: World, config: Config) -> Config:
    """Return the settings with the user's histories, or with simulated ones that lead to this chain's market."""
    if config.signals.folder is not None:
        return config
    snapshot = world.snapshot()
    vols = read_volatilities(snapshot)
    folder = write_histories(config.state / "signals", world.path, snapshot.block.timestamp, vols)
    return config.model_copy(update={"signals": config.signals.model_copy(update={"folder": folder})})


def _carry(world: World, planned: Planned, config: Config, terms: GovernanceTerms, steps: list[Step]) -> int:
    """Propose the plan's update, vote, queue, execute and read back; returns the proposal id."""
    chain, operator = world.chain, account("operator")
    life = config.governance.update_life_seconds
    draft = draft_proposal(world.snapshot(), planned.record, life, operator.address)
    receipt = send_proposal(world.snapshot(), operator, draft)
    again = draft_proposal(world.snapshot(), planned.record, life, operator.address)
    if receipt is None or again.id != draft.id or send_proposal(world.snapshot(), operator, again):
        raise RefusedAction("a second run did not find the proposal that is there")
    proposed = find_proposal(world.snapshot(), draft.id)
    count = len(draft.update.keys)
    steps.append(_step(chain, "update proposed", f"{count} parameters, {proposed.state}", receipt))
    advance_time(chain, terms.voting_delay + 1)
    for name, support in (("voter-1", "for"), ("voter-2", "for"), ("operator", "for")):
        open_ = find_proposal(world.snapshot(), draft.id)
        receipt = send_vote(world.snapshot(), account(name), open_, support)
        steps.append(
            _step(chain, f"{name} votes {support}", "with delegated votes" if name == "operator" else "", receipt)
        )
    advance_time(chain, terms.voting_period + 1)
    passed = find_proposal(world.snapshot(), draft.id)
    steps.append(_step(chain, "queued in the timelock", "", send_queue(world.snapshot(), operator, passed)))
    advance_time(chain, terms.timelock_delay + 1)
    queued = find_proposal(world.snapshot(), draft.id)
    receipt = send_confirmed_execution(world.snapshot(), operator, queued)
    steps.append(_step(chain, "executed and read back", "values equal the vote", receipt))
    return draft.id


def _step(chain: Chain, name: str, detail: str, receipt: TxReceipt) -> Step:
    at = chain.at(int(receipt["blockNumber"])).timestamp
    return Step(name, detail, at, "0x" + bytes(receipt["transactionHash"]).hex(), int(receipt["gasUsed"]))
