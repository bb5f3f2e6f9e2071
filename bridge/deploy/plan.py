"""The plan of a deployment: begun anew, or gone on with from its journal.

no journal    ground, layout from the account's next nonce
a journal     the same settings, chain and deployer -> the layout that it has, or a new one from where a nonce was
              taken (renumbered)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.signers import Sender
from bridge.deploy.ground import read_ground
from bridge.deploy.journal import FILE, Journal, entries_of, load_journal
from bridge.deploy.layout import GOVERNOR, TIMELOCK, Ground, Layout, Step, lay_out
from bridge.deploy.sending import NonceTaken, look
from bridge.deploy.settings import DeploySettings
from bridge.errors import MissingBlock, PendingTransactions, RefusedAction

_SAFES: Final = {"guardian Safe": "guardian", "steward Safe": "steward"}


@dataclass(frozen=True)
class Plan:
    """What is sent, what is there before, and how far it is.

    Parameters
    ----------
    block
        Everything was read at it.
    remarks
        What a person should know of what is there.
    unused
        Contracts that an earlier run made and that nothing will use, since a nonce was taken after them.
    """

    settings: DeploySettings
    block: BlockRef
    ground: Ground
    remarks: tuple[str, ...]
    layout: Layout
    journal: Journal
    unused: tuple[Step, ...] = ()

    @property
    def done(self) -> dict[str, int]:
        """Return the block of every step that was seen mined, by its name."""
        return {entry.name: entry.block for entry in self.journal.entries if entry.block is not None}

    @property
    def left(self) -> list[Step]:
        """Return the steps that are not known to be mined."""
        done = self.done
        return [step for step in self.layout.steps if step.name not in done]


def make_plan(chain: Chain, settings: DeploySettings, deployer: str, folder: Path, *, renumber: bool = False) -> Plan:
    """Plan a deployment, or what is left of it; nothing is written or sent.

    Parameters
    ----------
    folder
        Where its journal is, or will be.
    renumber
        Give steps new nonces from the first on whose nonce another transaction took.

    Raises
    ------
    RefusedAction
        It was begun with other settings, by another deployer or another version of this program.
    NonceTaken
        A step cannot be where it was planned, and nobody said that it may be elsewhere.
    PendingTransactions
        The deployer has transactions on the way that are none of this deployment's.
    UnknownAddress, BadFile
        As `read_ground` and `load_journal`.
    """
    block, journal, part = chain.head(), load_journal(folder / FILE), _deployers_part(settings, deployer)
    if journal is None:
        begun = _begun(chain, settings, deployer, folder, block)
        return replace(begun, remarks=(*begun.remarks, *part))
    journal.require_settings(settings.fixed())
    _require_same(chain, journal, deployer, block)
    plan = _gone_on_with(chain, settings, _as_mined(chain, journal), block)
    mined, after = chain.nonces(Sender(deployer))
    entries = range(len(plan.layout.steps))
    lost, why = next(((at, why) for at in entries if (why := _lost_why(chain, plan, at, mined))), (0, ""))
    if not why:
        return plan
    if not renumber:
        raise NonceTaken(plan.layout.steps[lost], why)
    if after > mined:
        raise PendingTransactions(deployer, mined, after - mined)
    return _renumbered(chain, plan, lost, mined)


def _deployers_part(settings: DeploySettings, deployer: str) -> list[str]:
    """Say what the deployer is beside that; he may be a voter or sign with others, and never have a role alone.

    Raises
    ------
    RefusedAction
        The settings give him a role alone.
    """
    for role in ("guardian", "steward"):
        if getattr(settings, role).address == deployer:
            raise RefusedAction(f"{deployer} deploys and would be {role}: the deployer holds no role, name a Safe")
    places = {"a holder of votes": settings.dao.holders, "a reporter": settings.reporters}
    places |= {f"an owner of the {role}'s Safe": getattr(settings, role).owners for role in ("guardian", "steward")}
    return [f"the deployer is {words}, as the settings say" for words, named in places.items() if deployer in named]


def _begun(chain: Chain, settings: DeploySettings, deployer: str, folder: Path, block: BlockRef) -> Plan:
    ground, remarks = read_ground(chain, settings, block)
    mined, after = chain.nonces(Sender(deployer))
    if after > mined:
        raise PendingTransactions(deployer, mined, after - mined)
    layout = lay_out(settings, ground, deployer, [mined], block.number)
    journal = Journal(
        folder / FILE,
        settings.chain.id,
        deployer,
        block.number,
        block.hash,
        tuple(sorted(ground.standing)),
        settings.fixed(),
        entries_of(layout),
    )
    return Plan(settings, block, ground, tuple(remarks), layout, journal)


def _require_same(chain: Chain, journal: Journal, deployer: str, block: BlockRef) -> None:
    """Check that a journal is of this deployer, and of the chain that the node has."""
    if journal.deployer != deployer:
        raise RefusedAction(
            f"{journal.deployer} began this deployment ({journal.path}), and {deployer} would go on: sign with its key"
        )
    try:
        found = chain.at(journal.since).hash if journal.since <= block.number else "gone"
    except MissingBlock:
        found = "gone"
    if found != journal.since_hash:
        raise RefusedAction(
            f"block {journal.since}, from which this deployment began, is another one now ({journal.path}): the node "
            "is of another chain, or began anew; give the settings another name to begin another deployment"
        )


def _as_mined(chain: Chain, journal: Journal) -> Journal:
    """Return the journal with the blocks that the chain has now: a run may have ended before it noted one."""
    found = [look(chain, entry) for entry in journal.entries]
    blocks = [each.block if each and each.worked else None for each in found]
    entries = tuple(replace(entry, block=block) for entry, block in zip(journal.entries, blocks, strict=True))
    return replace(journal, entries=entries)


def _gone_on_with(chain: Chain, settings: DeploySettings, journal: Journal, block: BlockRef) -> Plan:
    ground, remarks = read_ground(chain, settings, block)
    ground = replace(ground, standing=frozenset(journal.standing))
    layout = lay_out(settings, ground, journal.deployer, journal.nonces, journal.since)
    journal.require_layout(layout)
    return Plan(settings, block, ground, tuple(remarks), layout, journal)


def _renumbered(chain: Chain, plan: Plan, lost: int, mined: int) -> Plan:
    """Give nonces from the next one on to the first step that is lost, and to all after it."""
    journal = plan.journal
    steps = plan.layout.steps
    first = lost - 1 if steps[lost].name == GOVERNOR and steps[lost - 1].name == TIMELOCK else lost
    standing = {*journal.standing, *_standing(chain, steps[first:], plan.block)}
    ground = replace(plan.ground, standing=frozenset(standing))
    layout = lay_out(plan.settings, ground, journal.deployer, [*journal.nonces[:first], mined], journal.since)
    entries = (*journal.entries[:first], *entries_of(layout)[first:])
    anew = replace(journal, standing=tuple(sorted(standing)), entries=entries)
    return replace(plan, ground=ground, layout=layout, journal=anew, unused=tuple(steps[first:lost]))


def _lost_why(chain: Chain, plan: Plan, at: int, mined: int) -> str:
    """Say why a step cannot be where it was planned any more; nothing where it can, or is there."""
    entry = plan.journal.entries[at]
    if entry.nonce >= mined:
        made = bool(_standing(chain, plan.layout.steps[at : at + 1], plan.block))
        return "somebody else created this Safe" if made else ""
    found = look(chain, entry)
    if found is None:
        return f"nonce {entry.nonce} of {plan.journal.deployer} was used by another transaction"
    return "" if found.worked else f"its transaction {found.transaction} was mined and reverted"


def _standing(chain: Chain, steps: Iterable[Step], block: BlockRef) -> list[str]:
    """Return the roles whose Safe somebody else created meanwhile."""
    return [_SAFES[step.name] for step in steps if step.name in _SAFES and chain.has_code(step.address, block)]
