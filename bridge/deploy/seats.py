"""Who holds what in a deployment: roles, owners, reporters, and which contract each part reads. All from the chain.

A seat is one of these with who holds it and who should. `role_findings` and `watcher_findings` are the seats that are
held by others. Roles are those that events tell of: that no other is held follows where the deployer is trusted, or his
creation transactions were read, as creation code may store a role without an event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_utils import keccak, to_checksum_address

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import BadFile
from bridge.safe.multisig import ZERO
from bridge.snapshot import Snapshot

ADMIN: Final = bytes(32)
DUTIES: Final = ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")
NOBODY: Final = frozenset[str]()


@dataclass(frozen=True)
class Seat:
    """A role, an owner or a link: who holds it, and who should; `wanted` is None where the deployment does not say."""

    what: str
    verb: str
    held: frozenset[str]
    wanted: frozenset[str] | None

    @property
    def right(self) -> bool:
        """Tell whether nobody else holds it, as far as the deployment says."""
        return self.wanted is None or self.held == self.wanted

    def finding(self) -> str:
        """Say who holds it and who should."""
        held, wanted = (", ".join(sorted(each or NOBODY)) or "nobody" for each in (self.held, self.wanted))
        return f"{self.what} {self.verb} {held}, should be {wanted}"


@dataclass(frozen=True)
class Assigned:
    """Who should hold what: the two Safes, and the reporters where the deployment's file or its maker says them.

    `dao` acts for a DAO that was there before (None: the timelock of this deployment), `token` is what its new governor
    counts where that was there before.
    """

    guardian: str
    steward: str
    reporters: Sequence[str] | None
    dao: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Watched:
    """What watches and follows volatility, and what it should read: addresses, by asset where there is one for each."""

    parameters: str
    feeds: Mapping[str, str]
    pools: Mapping[str, str]
    realized: Mapping[str, str]
    breakers: Mapping[str, str]
    automation: str | None


def role(name: str) -> bytes:
    """Return an access-control role id by its name."""
    return ADMIN if name == "DEFAULT_ADMIN_ROLE" else keccak(text=name)


def deployment_seats(snapshot: Snapshot) -> list[Seat]:
    """Read every seat of a deployment; the Safes are those that its file names, the reporters whoever the DAO chose.

    Raises
    ------
    BadFile
        The file names no guardian or no steward.
    """
    book, chain, block = snapshot.deployment, snapshot.chain, snapshot.block
    before = (book.accounts.get("dao"), book.accounts.get("HedgeVotes"))
    assigned = Assigned(book.address("guardian"), book.address("steward"), None, *before)
    seats = governance_seats(chain, book.contracts, book.feeds, assigned, book.deployed_at, block)
    for asset in sorted(book.own):
        seats += _own_seats(snapshot.of(asset), asset, assigned)
    watched = Watched(
        book.contracts["HedgeParameters"],
        book.feeds,
        book.price_pools,
        book.realized,
        book.breakers,
        book.contracts.get("RegimeAutomation"),
    )
    return seats + _before(chain, book.accounts, block) + watcher_seats(chain, watched, None, block)


def _before(chain: Chain, accounts: Mapping[str, str], block: BlockRef) -> list[Seat]:
    """Read whether a governor that was there before still acts through the timelock that the file names."""
    governor, timelock = accounts.get("governor"), accounts.get("timelock")
    if governor is None or timelock is None:
        return []
    held = _named(chain.read("HedgeGovernor", governor, "timelock", block=block))
    return [Seat("timelock of the DAO's governor", "is", held, _named(timelock))]


def _own_seats(snapshot: Snapshot, asset: str, assigned: Assigned) -> list[Seat]:
    """Read who holds the roles of a ledger that an asset has of its own, and what its automation reads."""
    book, chain, block = snapshot.deployment, snapshot.chain, snapshot.block
    wanted = _wanted_roles(book.contracts, assigned)["HedgeParameters"]
    parameters, automation = book.address("HedgeParameters"), book.contracts.get("RegimeAutomation")
    held = role_holders(chain, "HedgeParameters", parameters, book.deployed_at, block)
    if role("AUTOMATION_ROLE") not in held:
        wanted = wanted | {"AUTOMATION_ROLE": NOBODY}
    places = Watched(parameters, book.feeds, {}, {}, book.breakers, automation)
    found = _role_seats("HedgeParameters", held, wanted) + automation_seats(chain, places, asset, block)
    # Its breaker borrows the roles of the main ledger, which the same DAO, guardian and steward hold.
    return [replace(seat, what=f"{asset} {seat.what}") for seat in found]


def governance_seats(
    chain: Chain,
    contracts: Mapping[str, str],
    feeds: Mapping[str, str],
    assigned: Assigned,
    since: int,
    block: BlockRef,
) -> list[Seat]:
    """Read who governs: what the contracts name outside their roles, then every role.

    Parameters
    ----------
    since
        The block before the first deployment, `Deployment.deployed_at`: no role event is older.
    """
    seats = _owners(chain, contracts, feeds, assigned, block)
    for name, wanted in _wanted_roles(contracts, assigned).items():
        held = role_holders(chain, name, contracts[name], since, block)
        if role("AUTOMATION_ROLE") not in held:  # nobody automates until a vote names the automation
            wanted = wanted | {"AUTOMATION_ROLE": NOBODY}
        seats += _role_seats(name, held, wanted)
    return seats


def _owners(
    chain: Chain, contracts: Mapping[str, str], feeds: Mapping[str, str], assigned: Assigned, block: BlockRef
) -> list[Seat]:
    """Read everything that the contracts name outside their roles."""

    def seat(what: str, name: str, address: str, function: str, wanted: str) -> Seat:
        return Seat(what, "is", _named(chain.read(name, address, function, block=block)), frozenset({wanted}))

    dao, found = _acts(contracts, assigned), list[Seat]()
    if "HedgeGovernor" in contracts:
        governor, votes = contracts["HedgeGovernor"], contracts.get("HedgeVotes") or assigned.token or ZERO
        found += [
            seat("governor's timelock", "HedgeGovernor", governor, "timelock", contracts["HedgeTimelock"]),
            seat("governor's token", "HedgeGovernor", governor, "token", votes),
            seat("proposal guardian", "HedgeGovernor", governor, "proposalGuardian", assigned.guardian),
        ]
    for asset, feed in feeds.items():
        found.append(seat(f"owner of the {asset} feed", "VolatilityOracle", feed, "owner", dao))
        reporters = frozenset(chain.read("VolatilityOracle", feed, "signers", block=block))
        wanted = None if assigned.reporters is None else frozenset(assigned.reporters)
        found.append(Seat(f"reporters of the {asset} feed", "are", reporters, wanted))
    return found


def _named(held: Any) -> frozenset[str]:
    """Return one address as a set."""
    return frozenset({str(held)})


def _wanted_roles(contracts: Mapping[str, str], assigned: Assigned) -> dict[str, dict[str, frozenset[str]]]:
    """Return who should hold each role of each contract that has roles."""
    automation = frozenset({contracts["RegimeAutomation"]}) if "RegimeAutomation" in contracts else NOBODY
    wanted = {
        "HedgeParameters": {
            "DEFAULT_ADMIN_ROLE": frozenset({_acts(contracts, assigned)}),
            "STEWARD_ROLE": frozenset({assigned.steward}),
            "GUARDIAN_ROLE": frozenset({assigned.guardian}),
            "AUTOMATION_ROLE": automation,
        }
    }
    if "HedgeTimelock" in contracts:
        timelock, governor = frozenset({contracts["HedgeTimelock"]}), frozenset({contracts["HedgeGovernor"]})
        wanted = {"HedgeTimelock": {"DEFAULT_ADMIN_ROLE": timelock} | dict.fromkeys(DUTIES, governor)} | wanted
    return wanted


def _acts(contracts: Mapping[str, str], assigned: Assigned) -> str:
    """Return who acts for the DAO: its own timelock, or who did before this deployment.

    Raises
    ------
    BadFile
        The deployment names neither.
    """
    found = contracts.get("HedgeTimelock") or assigned.dao
    if found is None:
        raise BadFile(
            "deployment", "has neither a HedgeTimelock nor an account `dao`: who acts for the DAO is not known"
        )
    return found


def _role_seats(
    contract: str, holders: Mapping[bytes, frozenset[str]], wanted: Mapping[str, frozenset[str]]
) -> list[Seat]:
    """Return every role of a contract, those that we know first, those without a name of ours after them."""
    known = {role(name): name for name in wanted}
    unknown = {duty: "0x" + duty.hex() for duty in sorted(holders.keys() - known.keys())}
    return [
        Seat(f"{contract} {name}", "is held by", holders.get(duty, NOBODY), wanted.get(name, NOBODY))
        for duty, name in (known | unknown).items()
    ]


def role_holders(chain: Chain, name: str, address: str, since: int, block: BlockRef) -> dict[bytes, frozenset[str]]:
    """Replay a contract's role events from before its deployment: who holds which role now."""
    holders: dict[bytes, set[str]] = {}
    granted = chain.logs(name, address, "RoleGranted", since, block)
    revoked = chain.logs(name, address, "RoleRevoked", since, block)
    for entry in sorted([*granted, *revoked], key=lambda entry: (entry["blockNumber"], entry["logIndex"])):
        members = holders.setdefault(bytes(entry["args"]["role"]), set())
        change = members.add if entry["event"] == "RoleGranted" else members.discard
        change(to_checksum_address(entry["args"]["account"]))
    return {duty: frozenset(members) for duty, members in holders.items() if members}


def watcher_seats(chain: Chain, places: Watched, followed: str | None, block: BlockRef) -> list[Seat]:
    """Read what measurements, breakers and the automation read, and whose roles they borrow.

    Parameters
    ----------
    followed
        The asset that the automation follows; None: whichever feed it reads, which must be one of these.
    """

    def seat(what: str, name: str, address: str, function: str, wanted: str) -> Seat:
        return Seat(what, "is", _named(chain.read(name, address, function, block=block)), frozenset({wanted}))

    measure, breaks, found = "RealizedVolatility", "VolatilityBreaker", list[Seat]()
    for asset, at in places.realized.items():
        found.append(seat(f"pool of the {asset} measurement", measure, at, "pool", _of(places.pools, asset)))
    for asset, at in places.breakers.items():
        found.append(seat(f"roles of the {asset} breaker", breaks, at, "ROLES", places.parameters))
        found.append(seat(f"feed of the {asset} breaker", breaks, at, "ORACLE", _of(places.feeds, asset)))
        found.append(seat(f"measurement of the {asset} breaker", breaks, at, "REALIZED", _of(places.realized, asset)))
    return found + automation_seats(chain, places, followed, block)


def automation_seats(chain: Chain, places: Watched, followed: str | None, block: BlockRef) -> list[Seat]:
    """Read what the automation reads and sets; see `watcher_seats`."""
    if places.automation is None:
        return []
    if followed is None:
        reads = chain.read("RegimeAutomation", places.automation, "ORACLE", block=block)
        followed = next((asset for asset, feed in places.feeds.items() if feed == reads), "")
    wanted = {
        "ROLES": places.parameters,
        "PARAMETERS": places.parameters,
        "ORACLE": _of(places.feeds, followed),
        "BREAKER": _of(places.breakers, followed),
    }
    held = {name: _named(chain.read("RegimeAutomation", places.automation, name, block=block)) for name in wanted}
    return [Seat(f"{name} of the automation", "is", held[name], frozenset({right})) for name, right in wanted.items()]


def _of(places: Mapping[str, str], asset: str) -> str:
    """Return the address of an asset, or words that no address equals."""
    return places.get(asset, "one of this deployment")
