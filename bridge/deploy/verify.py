"""Prove a deployment from its address file and a node alone: code, immutables, roles, wiring, first values.

    code      creation code of this version, run with the arguments in the file -> the very bytes at the address
    creation  the transactions of the file sent that creation code, and no other that leaves the same
    roles     every role by its events, and by asking for every account that the file names
    links     what each part reads, and whose roles it borrows
    numbers   what the constructors set, against the events since

A contract's code is its first proof: once it is ours, its answers are true. Every row says what is right, what is
wrong, or what could not be compared; one that is not right means that nothing is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from eth_utils import to_checksum_address

from bridge.artifacts import artifact
from bridge.chain.rpc import as_address, as_number
from bridge.deploy.code import code_difference, deployed_places, immutables
from bridge.deploy.numbers import number_findings
from bridge.deploy.rehearsal import run_creation
from bridge.deploy.seats import ADMIN, DUTIES, Seat, deployment_seats, role, role_holders
from bridge.errors import ContractReverted
from bridge.safe.multisig import ZERO
from bridge.snapshot import Snapshot

RIGHT, WRONG, UNKNOWN = "right", "WRONG", "NOT COMPARED"
LEDGER: Final = "HedgeParameters"
_ROLES: Final = {
    "HedgeTimelock": ("DEFAULT_ADMIN_ROLE", *DUTIES),
    LEDGER: ("DEFAULT_ADMIN_ROLE", "STEWARD_ROLE", "GUARDIAN_ROLE", "AUTOMATION_ROLE"),
}


class Check(NamedTuple):
    """One thing that was compared, with what came of it."""

    what: str
    outcome: str
    words: str


def verify_deployment(snapshot: Snapshot, told: Callable[[str], None]) -> list[Check]:
    """Compare everything that a deployment's file says with the chain.

    Where code is wrong, nothing is asked of any contract: whatever it answers proves nothing.

    Raises
    ------
    BadFile
        The file names no guardian, no steward or nobody who acts for the DAO.
    """
    told("code")
    checks = list(_code(snapshot))
    if any(check.outcome == WRONG for check in checks):
        return checks
    checks += _creations(snapshot)
    told("roles")
    checks += [_seat(seat) for seat in deployment_seats(snapshot)]
    checks += _asked(snapshot)
    told("numbers")
    return checks + [Check(what, WRONG if wrong else RIGHT, words) for what, wrong, words in number_findings(snapshot)]


def proven(checks: list[Check]) -> bool:
    """Tell whether everything is right."""
    return all(check.outcome == RIGHT for check in checks)


def _code(snapshot: Snapshot) -> Iterator[Check]:
    created, right = snapshot.deployment.created, dict[str, bytes]()  # what constructors ask is asked of right code
    deployer = snapshot.deployment.accounts.get("deployer", ZERO)
    for name, contract, address in deployed_places(snapshot.deployment):
        what, code = f"code of {name}", snapshot.code(address)
        if address not in created:
            difference = code_difference(bytes.fromhex(artifact(contract).runtime[2:]), code)
            words = "the file does not have what it was created with, so its immutables are not known"
            yield Check(what, WRONG, f"{address} {difference}") if difference else Check(what, UNKNOWN, words)
            continue
        creation = artifact(contract).bytecode + created[address][2:]
        try:
            place = (snapshot.chain, deployer, address, creation, snapshot.block)
            right[address] = wanted = run_creation(*place, right, f"creating {name}")
        except ContractReverted as error:
            yield Check(what, WRONG, f"{address}: its constructor refuses what the file says: {error.words}")
            continue
        difference = exact_difference(wanted, code, contract)
        yield Check(what, WRONG, f"{address} {difference}") if difference else Check(what, RIGHT, address)


def _creations(snapshot: Snapshot) -> Iterator[Check]:
    """Compare the transactions that created our contracts with the creation code: other code may leave the same behind.

    Only creation code can write into storage without an event. Where the file names no transaction, nothing is said.
    """
    book = snapshot.deployment
    for name, contract, address in deployed_places(book):
        sent = book.transactions.get(address)
        if sent is None or address not in book.created:
            continue
        what, found = f"creation of {name}", snapshot.chain.request("eth_getTransactionByHash", sent)
        if not isinstance(found, dict):
            yield Check(what, UNKNOWN, f"the node does not have transaction {sent}: ask one that keeps all of them")
        elif found.get("to") is not None or _created_by(found) != address:
            yield Check(what, WRONG, f"transaction {sent} created something else")
        elif found.get("input") != (artifact(contract).bytecode + book.created[address][2:]).lower():
            yield Check(
                what, WRONG, f"transaction {sent} ran other creation code: it may have written what no event tells"
            )
        else:
            yield Check(what, RIGHT, f"transaction {sent}")


def _created_by(transaction: Mapping[str, Any]) -> str:
    """Return where a transaction creates."""
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    action = "reading a creation"
    sender = to_checksum_address(as_address(transaction.get("from"), action))
    return str(get_create_address(sender, Nonce(as_number(transaction.get("nonce"), action))))


def exact_difference(wanted: bytes, code: bytes, contract: str) -> str:
    """Say where code is not what it should be, immutables included; empty where it is."""
    if not code:
        return "has no code"
    if len(code) != len(wanted):
        return f"has {len(code):,} bytes of code, not {len(wanted):,}"
    first = next((at for at in range(len(code)) if code[at] != wanted[at]), None)
    if first is None:
        return ""
    places = immutables(bytes.fromhex(artifact(contract).runtime[2:]))
    start = next((at for at in places if at <= first < at + 32), None)
    if start is None:
        return f"differs at byte {first:,}"
    held, right = (each[start : start + 32].hex().lstrip("0") or "0" for each in (code, wanted))
    return f"has another immutable at byte {start:,}: 0x{held}, should be 0x{right}"


def _seat(seat: Seat) -> Check:
    held = ", ".join(sorted(seat.held)) or "nobody"
    return Check(seat.what, RIGHT, f"{seat.verb} {held}") if seat.right else Check(seat.what, WRONG, seat.finding())


def _asked(snapshot: Snapshot) -> Iterator[Check]:
    """Ask for every role of every account that the file names: a role that no event told of is seen here."""
    book = snapshot.deployment
    own = [at for each in book.own.values() for at in (each.parameters, each.automation) if at]
    everyone = sorted({*book.accounts.values(), *book.contracts.values(), *book.feeds.values(), *own, ZERO})
    places = [(contract, contract, book.contracts[contract]) for contract in _ROLES if contract in book.contracts]
    places += [(f"{asset} {LEDGER}", LEDGER, each.parameters) for asset, each in sorted(book.own.items())]
    for called, contract, at in places:
        names, found = _ROLES[contract], list[str]()
        told = role_holders(snapshot.chain, contract, at, book.deployed_at, snapshot.block)
        for name in names:
            duty = role(name)
            known = told.get(duty, frozenset())
            for account in sorted({*everyone, *known}):
                held = snapshot.read(contract, "hasRole", duty, account, at=at)
                if held != (account in known):
                    found.append(f"{account} {'holds' if held else 'has lost'} {name}, and no event tells of it")
            admin = bytes(snapshot.read(contract, "getRoleAdmin", duty, at=at))
            found += [f"{name} is given by 0x{admin.hex()}, not by DEFAULT_ADMIN_ROLE"] if admin != ADMIN else []
        words = "; ".join(found) or f"{len(names)} roles, {len(everyone)} accounts"
        yield Check(f"roles of {called}, asked one by one", WRONG if found else RIGHT, words)
