"""What a DAO that was there before is asked: to accept what was deployed for it, and to give the roles that it has.

    the calls     AUTOMATION_ROLE to the automation, which is stopped until a table is voted; then the guard, which
                  holds the code of every contract and every role to what was proven
    a governor    one proposal, as a file, sent where the signer can propose
    a Safe        a transaction for each call, at nonces that follow each other, as files that its owners sign

A proposal is its content: it is looked for before it is sent, so that it is there once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.chain.signers import Signer
from bridge.deploy.bravo import BRAVO
from bridge.deploy.code import deployed_places
from bridge.deploy.seats import ADMIN, role
from bridge.errors import ContractReverted, RefusedAction
from bridge.files import write_whole
from bridge.governance.brought import Action, proposal_id
from bridge.governance.governor import STATES
from bridge.governance.postconditions import Answer, Postcondition, guard_call, postcondition_lines
from bridge.governance.proposal_text import close_description
from bridge.safe.multisig import build_safe_transaction, read_safe
from bridge.safe.records import SafeRecord, load_safe_record
from bridge.snapshot import Call, Snapshot

FILE: Final = "proposal.json"
OPEN_IN_BRAVO: Final = 2
"""States of a Bravo proposal below it, pending and active, let its proposer bring no other."""


@dataclass(frozen=True)
class Consent:
    """The calls that a DAO is asked for, what they promise, in words, and where the files are."""

    calls: tuple[Call, ...]
    promises: tuple[str, ...]
    files: tuple[Path, ...]
    action: Action | None = None


def ask_consent(snapshot: Snapshot, kind: str, proposer: str, folder: Path) -> Consent:
    """Write what the DAO is asked, after rehearsing each call as who acts for it.

    Parameters
    ----------
    kind
        Of the DAO: "governor", "bravo" or "safe".
    proposer
        Who brings it to a governor: nobody else can, where the governor knows that rule.

    Raises
    ------
    ContractReverted
        The DAO's call would be refused.
    """
    grants = _grants(snapshot)
    promised = _promised(snapshot, granted=kind != "safe")
    dao, block = snapshot.deployment.address("dao"), snapshot.block
    for to, granting in grants:
        snapshot.chain.simulate(dao, to, granting, block.timestamp + 1, block, "the DAO's grant of a role")
    promises = tuple(postcondition_lines(promised))
    guard = guard_call(snapshot, promised)
    if kind == "safe":  # its guard comes first: where that fails, the next nonce waits
        calls = (guard, *grants)
        return Consent(calls, promises, _safe_files(snapshot, calls, folder))
    calls = (*grants, guard)
    targets, data = zip(*calls, strict=True)
    calldatas = tuple(bytes.fromhex(each[2:]) for each in data)
    text = close_description(_description(snapshot, promises), proposer, 1)
    action = Action(tuple(targets), (0,) * len(targets), calldatas, text)
    path = folder / FILE
    write_whole(path, json.dumps(_content(snapshot, action, kind), indent=1) + "\n")
    return Consent(calls, promises, (path,), action)


def _grants(snapshot: Snapshot) -> tuple[Call, ...]:
    automation = snapshot.deployment.contracts.get("RegimeAutomation")
    if automation is None:
        return ()
    return (snapshot.call("HedgeParameters", "grantRole", role("AUTOMATION_ROLE"), automation),)


def _promised(snapshot: Snapshot, granted: bool) -> list[Postcondition]:
    """Promise the code of every contract, and who holds the roles of the parameters."""
    book = snapshot.deployment
    held = {"guardian": (role("GUARDIAN_ROLE"), book.accounts["guardian"])}
    held |= {"steward": (role("STEWARD_ROLE"), book.accounts["steward"]), "admin": (ADMIN, book.accounts["dao"])}
    if granted and "RegimeAutomation" in book.contracts:
        held["automation"] = (role("AUTOMATION_ROLE"), book.contracts["RegimeAutomation"])
    answers = {
        "HedgeParameters": tuple(Answer("hasRole", each, True, f"{each[1]} is {name}") for name, each in held.items())
    }
    places = [(contract, at) for _, contract, at in deployed_places(book) if contract != "ProposalGuard"]
    return [Postcondition(contract, at, answers.get(contract, ())) for contract, at in places]


def _description(snapshot: Snapshot, promises: tuple[str, ...]) -> str:
    book = snapshot.deployment
    lines = [
        "# Accept the ALVH contracts that were deployed for this DAO",
        "",
        f"HedgeParameters {book.address('HedgeParameters')}; guardian {book.address('guardian')}, steward "
        f"{book.address('steward')}. The automation gets its role, and does nothing until a table is voted.",
        "Check it with `alvh deploy verify` and the published deployment.json. The execution reverts unless:",
        "",
        *(f"- {promise}" for promise in promises),
    ]
    return "\n".join(lines)


def _content(snapshot: Snapshot, action: Action, kind: str) -> dict[str, Any]:
    return {
        "chain_id": snapshot.chain.chain_id,
        "governor": snapshot.deployment.address("governor"),
        "id": str(proposal_id(*action.hashed())) if kind == "governor" else None,
        "targets": action.targets,
        "values": action.values,
        "signatures": [""] * len(action.targets),
        "calldatas": ["0x" + data.hex() for data in action.calldatas],
        "description": action.description,
    }


def _safe_files(snapshot: Snapshot, calls: tuple[Call, ...], folder: Path) -> tuple[Path, ...]:
    """Write a Safe transaction for each call; one that is there keeps the signatures that it gathered."""
    safe = snapshot.deployment.address("dao")
    first, files = read_safe(snapshot, safe).nonce, list[Path]()
    for at, call in enumerate(calls):
        made = build_safe_transaction(snapshot, safe, call, first + at)
        name = "accept" if at == 0 else "grant-automation"
        path = folder / f"safe-{made.nonce}-{name}.json"
        if not path.exists() or load_safe_record(path).transaction != made:
            SafeRecord(name, made, {}).save(path)
        files.append(path)
    return tuple(files)


def send_consent(snapshot: Snapshot, signer: Signer, kind: str, action: Action) -> str:
    """Bring the proposal unless it is there; returns its id or number, with what came of it.

    Raises
    ------
    RefusedAction
        The proposer has another proposal open, where a governor allows one alone.
    ContractReverted
        The governor refuses it: as where the proposer has too few votes.
    """
    governor = snapshot.deployment.address("governor")
    if kind != "governor":
        return _send_bravo(snapshot, signer, governor, action)
    number = proposal_id(*action.hashed())
    state = _state(snapshot, governor, number)
    if state is not None:
        return f"proposal {number} is there already: {state}"
    arguments = (action.targets, action.values, action.calldatas, action.description)
    snapshot.chain.send(signer, "HedgeGovernor", governor, "propose", *arguments)
    return f"proposal {number} was brought to {governor}"


def _state(snapshot: Snapshot, governor: str, number: int) -> str | None:
    """Return the state of a proposal, None where the governor knows none: versions refuse in different words."""
    try:
        return STATES[snapshot.read("HedgeGovernor", "state", number, at=governor)]
    except ContractReverted:
        return None


def _send_bravo(snapshot: Snapshot, signer: Signer, governor: str, action: Action) -> str:
    latest = int(snapshot.read(BRAVO, "latestProposalIds", signer.address, at=governor))
    signatures = [""] * len(action.targets)
    wanted = [list(action.targets), list(action.values), signatures, list(action.calldatas)]
    if latest:
        if list(snapshot.read(BRAVO, "getActions", latest, at=governor)) == wanted:
            return f"proposal {latest} is there already"
        if int(snapshot.read(BRAVO, "state", latest, at=governor)) < OPEN_IN_BRAVO:
            raise RefusedAction(f"proposal {latest} of {signer.address} is open, and a proposer has one at a time")
    snapshot.chain.send(signer, BRAVO, governor, "propose", *wanted, action.description)
    number = int(snapshot.head().read(BRAVO, "latestProposalIds", signer.address, at=governor))
    return f"proposal {number} was brought to {governor}"
