"""Prove a deployment from its address file and a node alone: code, immutables, roles, wiring, first values.

    code      creation code of this version, run with the arguments in the file -> the very bytes at the address
    roles     every role by its events, and by asking for every account that the file names
    links     what each part reads, and whose roles it borrows
    numbers   what the constructors set, against the events since

A contract's code is its first proof: once it is ours, its answers are true. Every row says what is right, what is
wrong, or what could not be compared; one that is not right means that nothing is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from bridge.artifacts import artifact
from bridge.deploy.code import code_difference, deployed_places, immutables
from bridge.deploy.numbers import number_findings
from bridge.deploy.rehearsal import run_creation
from bridge.deploy.seats import ADMIN, DUTIES, Seat, deployment_seats, role, role_holders
from bridge.errors import ContractReverted
from bridge.safe.multisig import ZERO
from bridge.snapshot import Snapshot

RIGHT, WRONG, UNKNOWN = "right", "WRONG", "NOT COMPARED"
_ROLES: Final = {
    "HedgeTimelock": ("DEFAULT_ADMIN_ROLE", *DUTIES),
    "HedgeParameters": ("DEFAULT_ADMIN_ROLE", "STEWARD_ROLE", "GUARDIAN_ROLE", "AUTOMATION_ROLE"),
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
    everyone = sorted({*book.accounts.values(), *book.contracts.values(), *book.feeds.values(), ZERO})
    for contract, names in _ROLES.items():
        if contract not in book.contracts:
            continue
        told = role_holders(snapshot.chain, contract, book.contracts[contract], book.deployed_at, snapshot.block)
        found = []
        for name in names:
            duty = role(name)
            known = told.get(duty, frozenset())
            for account in sorted({*everyone, *known}):
                held = snapshot.read(contract, "hasRole", duty, account)
                if held != (account in known):
                    found.append(f"{account} {'holds' if held else 'has lost'} {name}, and no event tells of it")
            admin = bytes(snapshot.read(contract, "getRoleAdmin", duty))
            found += [f"{name} is given by 0x{admin.hex()}, not by DEFAULT_ADMIN_ROLE"] if admin != ADMIN else []
        words = "; ".join(found) or f"{len(names)} roles, {len(everyone)} accounts"
        yield Check(f"roles of {contract}, asked one by one", WRONG if found else RIGHT, words)
