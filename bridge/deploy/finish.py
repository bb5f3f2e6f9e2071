"""Carry a plan out: rehearsed as a whole, sent, proven, and written down for the other commands.

plan -> every step left rehearsed, the deployer's balance -> journal -> transactions -> proof -> deployment.json
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.deploy.code import deployed_places
from bridge.deploy.consent import Consent, ask_consent, send_consent
from bridge.deploy.journal import Journal
from bridge.deploy.plan import Plan
from bridge.deploy.rehearsal import read_fees, rehearse_steps, require_sendable
from bridge.deploy.sending import Sending, carry_out, look
from bridge.deploy.sources import COMPILER, write_sources
from bridge.deploy.verify import RIGHT, Check, verify_deployment
from bridge.deployment import Deployment
from bridge.errors import DeploymentUnsafe, MissingTool, RefusedAction
from bridge.safe.multisig import read_safe
from bridge.snapshot import Snapshot

FILE: Final = "deployment.json"
SOURCES: Final = "sources"


@dataclass(frozen=True)
class Done:
    """A deployment that is on the chain and proven: its address book, journal, and every row of the proof.

    `sources` says where the files for explorers are, `consent` is what a DAO that was there before is asked, `proposed`
    what came of asking its governor.
    """

    deployment: Deployment
    journal: Journal
    checks: list[Check]
    path: Path
    sources: str
    consent: Consent | None = None
    proposed: str = ""


def carry_out_plan(chain: Chain, how: Sending, plan: Plan, said: Callable[[str], None], propose: bool = False) -> Done:
    """Send what is left of a plan, prove the whole, and write its address book beside its journal.

    Raises
    ------
    DeploymentUnsafe
        Something is not as it should be: do not use what was deployed.
    ContractReverted, FeeTooHigh, ChainError, BadFile
        As `carry_out`, `rehearse_steps` and `require_sendable`.
    """
    signer = how.signer
    if propose:
        _require_proposer(plan, signer)
    if plan.left:
        block = chain.head()
        measured = rehearse_steps(chain, signer.address, plan.left, block, lambda step: said(f"rehearsing {step.name}"))
        require_sendable(chain, signer.address, measured, read_fees(chain), block)
    journal = carry_out(chain, how, plan.layout, plan.journal.save())
    deployment = plan.layout.deployment.model_copy(update={"transactions": _transactions(chain, plan, journal)})
    snapshot = Snapshot(chain, deployment, chain.head())
    checks = verify_deployment(snapshot, lambda words: said(f"proving {words}"))
    snapshot.confirm()
    wrong = [f"{check.what}: {check.words}" for check in checks if check.outcome != RIGHT]
    wrong += _safe_findings(plan, snapshot)
    if wrong:
        raise DeploymentUnsafe(wrong)
    path = journal.path.with_name(FILE)
    deployment.save(path)
    done = Done(deployment, journal, checks, path, _sources(deployment, path.parent))
    return done if plan.settings.dao.kind == "new" else _asked(done, plan, snapshot, signer, propose)


def _transactions(chain: Chain, plan: Plan, journal: Journal) -> dict[str, str]:
    """Return the transaction that created each contract of ours, by its address."""
    pairs = zip(plan.layout.steps, journal.entries, strict=True)
    found = {step.address: look(chain, entry) for step, entry in pairs if step.to is None}
    return {address: each.transaction for address, each in found.items() if each}


def _safe_findings(plan: Plan, snapshot: Snapshot) -> list[str]:
    """Compare new Safes with the settings, those whose owners have not executed anything yet: they may change it."""
    found = []
    for name in ("guardian", "steward"):
        wanted = getattr(plan.settings, name)
        safe = read_safe(snapshot, snapshot.deployment.address(name)) if wanted.owners else None
        if safe and safe.nonce == 0 and (set(safe.owners), safe.threshold) != (set(wanted.owners), wanted.threshold):
            found.append(f"the {name}'s Safe is {safe.threshold} of {', '.join(safe.owners)}")
    return found


def _sources(deployment: Deployment, folder: Path) -> str:
    """Write what explorers need, and say where; an installed package has no sources, which stops nothing."""
    contracts = {contract for _, contract, _ in deployed_places(deployment)}
    try:
        write_sources(contracts, folder / SOURCES)
    except MissingTool as error:
        return f"no files for explorers: {error}"
    return f"written: {folder / SOURCES}, for explorers: compiler {COMPILER}, a standard JSON input for each contract"


def _require_proposer(plan: Plan, signer: Signer) -> None:
    """Check that there is a governor, and that who signs is who proposes, before anything is sent."""
    dao = plan.settings.dao
    if dao.kind not in ("governor", "bravo"):
        why = "is deployed with all its roles" if dao.kind == "new" else "has no proposals, its owners sign"
        raise RefusedAction(f"--propose is for a governor of before, and this DAO {why}: leave it out")
    if dao.proposer not in (None, signer.address):
        raise RefusedAction(
            f"{dao.proposer} proposes by these settings, and {signer.address} signs: leave --propose out"
        )


def _asked(done: Done, plan: Plan, snapshot: Snapshot, signer: Signer, propose: bool) -> Done:
    """Write what the DAO is asked, and bring it to its governor where that is wanted."""
    dao = plan.settings.dao
    consent = ask_consent(snapshot, dao.kind, dao.proposer or signer.address, done.path.parent)
    said = send_consent(snapshot, signer, dao.kind, consent.action) if propose and consent.action else ""
    return replace(done, consent=consent, proposed=said)
