"""What is on the chain before a deployment: who acts for the DAO, and whether what the settings name is there.

    settings -> code at every address -> token and its clock, governor and timelock, or Safe -> `Ground`, and remarks

A remark is what a person should know of and decide about; what cannot work is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.deploy.bravo import BRAVO, COMPOUND_TIMELOCK, TOKENS
from bridge.deploy.layout import Ground, safe_address
from bridge.deploy.seats import role
from bridge.deploy.settings import DeploySettings
from bridge.deployment import Deployment
from bridge.errors import ChainError, ContractReverted, NodeUnreachable, RefusedAction, UnknownAddress
from bridge.governance.inspection import RESERVED, SAFE, inspect_address
from bridge.governance.safe_builds import HANDLERS, SINGLETONS
from bridge.safe.multisig import ZERO
from bridge.snapshot import Snapshot
from bridge.units import utc

SECONDS, BLOCKS = "mode=timestamp", "mode=blocknumber"
WAITS = ("votingDelay", "votingPeriod")
ROLLUPS: Final = {10: "Optimism", 8453: "Base", 42161: "Arbitrum One"}
"""Chains by id whose one sequencer can be down, and for which Chainlink lists an uptime feed."""


def read_ground(chain: Chain, settings: DeploySettings, block: BlockRef) -> tuple[Ground, list[str]]:
    """Read what a deployment stands on.

    Raises
    ------
    UnknownAddress
        There is nothing at an address of the settings, or something else.
    RefusedAction
        What is there cannot serve as it is: the reason, and what to do.
    """
    for words, address in _named(settings):
        if not chain.has_code(address, block):
            raise UnknownAddress(address, f"a contract ({words})")
    acts, parts, remarks = _dao(chain, settings, block)
    remarks += _sequencer(chain, settings, block)
    _require_apart(settings, acts)
    snapshot = _bare(chain, block)
    proxy_code, standing = b"", set()
    for name in ("guardian", "steward"):
        wanted = getattr(settings, name)
        if wanted.address:
            seen = inspect_address(snapshot, wanted.address)
            remarks += [f"{name} {wanted.address}: {words}" for words in (seen.words, *seen.warnings)]
            continue
        remarks += [words for words in _unknown_builds(chain, settings, block) if words not in remarks]
        factory = settings.safe_contracts.factory
        proxy_code = bytes(chain.read("SafeProxyFactory", factory, "proxyCreationCode", block=block))
        made = safe_address(settings.safe_contracts, wanted, proxy_code)
        if chain.has_code(made, block):
            standing.add(name)
            remarks.append(f"the {name}'s Safe is there already, at {made}")
    return Ground(acts, parts, proxy_code, frozenset(standing)), remarks


def _unknown_builds(chain: Chain, settings: DeploySettings, block: BlockRef) -> list[str]:
    """Say which of Safe's contracts have code that is no build of theirs: a Safe is what its singleton is."""
    places, found = settings.safe_contracts, []
    for name, builds in (("singleton", SINGLETONS), ("handler", HANDLERS)):
        at = getattr(places, name)
        if chain.code_hash(at, block).hex() not in builds:
            found.append(f"safe_contracts.{name} {at} is no known build of Safe's: its author may own the Safes")
    return found


def _bare(chain: Chain, block: BlockRef) -> Snapshot:
    """Return a snapshot of the chain without a deployment."""
    nothing = Deployment(chain_id=chain.chain_id, contracts={}, feeds={}, assets={}, price_pools={})
    return Snapshot(chain, nothing, block)


def _named(settings: DeploySettings) -> Iterator[tuple[str, str]]:
    """Yield every contract of the settings with what it is there."""
    dao, safes = settings.dao, settings.safe_contracts
    yield from ((f"dao.{name}", at) for name in ("token", "governor", "safe") if (at := getattr(dao, name)))
    if settings.guardian.owners or settings.steward.owners:
        yield from ((f"safe_contracts.{name}", at) for name, at in safes)
    for asset, each in settings.assets.items():
        yield from ((f"assets.{asset}.tokens", at) for at in each.tokens if at != ZERO)
        yield from [(f"assets.{asset}.price_pool", each.price_pool)] if each.price_pool else []
    yield from (("usd_tokens", at) for at in settings.usd_tokens)
    yield from [("sequencer_feed", settings.sequencer_feed)] if settings.sequencer_feed else []
    yield from ((f"contracts.{name}", at) for name, at in settings.contracts.items())


def _require_apart(settings: DeploySettings, acts: str | None) -> None:
    """Check that DAO, guardian and steward are three, as `HedgeParameters` asks, and that none is nobody."""
    given = [("guardian", settings.guardian.address), ("steward", settings.steward.address), ("dao", acts)]
    held = [(name, at) for name, at in given if at]
    for at, (name, address) in enumerate(held):
        if int(address, 16) < RESERVED:
            raise UnknownAddress(address, f"anybody's ({name}): a role needs several people")
        other = next((before for before, same in held[:at] if same == address), None)
        if other:
            raise RefusedAction(f"{address} is {other} and {name}: no account may hold two roles, name another")


def _sequencer(chain: Chain, settings: DeploySettings, block: BlockRef) -> list[str]:
    """Check the uptime feed of a rollup's sequencer, which feeds of volatility read before each answer."""
    feed = settings.sequencer_feed
    if feed is None:
        rollup = ROLLUPS.get(settings.chain.id)
        words = f"{rollup} is a rollup and no sequencer_feed is named: feeds answer during and right after an outage"
        return [words] if rollup else []
    try:
        _, answer, since, *_ = chain.read("AggregatorV3Interface", feed, "latestRoundData", block=block)
    except (ContractReverted, UnknownAddress) as error:
        raise UnknownAddress(feed, "an uptime feed of a sequencer (sequencer_feed)") from error
    if answer not in (0, 1) or not 0 < since <= block.timestamp:
        raise UnknownAddress(
            feed, f"an uptime feed of a sequencer (sequencer_feed): it says {answer}, since {utc(since)}"
        )
    return [f"sequencer {'down' if answer else 'up'} since {utc(since)}, as {feed} says"]


def _dao(chain: Chain, settings: DeploySettings, block: BlockRef) -> tuple[str | None, dict[str, str], list[str]]:
    """Return who acts for the DAO (None: a new one), its parts by name, and remarks."""
    dao = settings.dao
    if dao.kind == "new":
        return _new(chain, dao.token, block) if dao.token else (None, {}, [])
    if dao.kind == "safe" and dao.safe:
        seen = inspect_address(_bare(chain, block), dao.safe)
        if seen.kind != SAFE:
            raise UnknownAddress(dao.safe, f"a Safe ({seen.words})")
        return dao.safe, {"dao": dao.safe}, [f"DAO {dao.safe}: {words}" for words in (seen.words, *seen.warnings)]
    assert dao.governor
    read = _bravo if dao.kind == "bravo" else _governor
    return read(chain, dao.governor, block)


def _new(chain: Chain, token: str, block: BlockRef) -> tuple[None, dict[str, str], list[str]]:
    """Check an existing token: our governor's delays are seconds, so its clock must be."""
    mode = _mode(chain, token, block)
    if mode != SECONDS:
        raise RefusedAction(
            f"the token {token} counts votes by {mode or 'no clock that it names'}, and HedgeGovernor's delays are "
            "seconds: name the Governor that this token has (kind = 'governor'), or a token that counts seconds"
        )
    supply = int(chain.read("HedgeVotes", token, "totalSupply", block=block))
    return None, {"HedgeVotes": token}, [f"token {token} counts seconds, supply {supply / 1e18:,.6g}"]


def _mode(chain: Chain, contract: str, block: BlockRef) -> str:
    """Return how a token or a governor counts time, as it says it (ERC-6372); those that do not say count blocks."""
    try:
        said = str(chain.read("HedgeVotes", contract, "CLOCK_MODE", block=block, most_bytes=256))
    except (ContractReverted, UnknownAddress):
        return BLOCKS
    return said.partition("&")[0]


def _governor(chain: Chain, governor: str, block: BlockRef) -> tuple[str, dict[str, str], list[str]]:
    """Read an OpenZeppelin Governor: its timelock acts for the DAO; without one it acts itself."""
    try:
        counting = str(chain.read("HedgeGovernor", governor, "COUNTING_MODE", block=block, most_bytes=256))
        waits = [int(chain.read("HedgeGovernor", governor, name, block=block)) for name in WAITS]
        token = str(chain.read("HedgeGovernor", governor, "token", block=block))
    except (ContractReverted, UnknownAddress) as error:
        raise UnknownAddress(governor, "an OpenZeppelin Governor") from error
    unit = "blocks" if _mode(chain, governor, block) == BLOCKS else "seconds"
    remarks = [f"governor {governor}: {counting}, vote after {waits[0]:,} {unit}, for {waits[1]:,} {unit}"]
    parts = {"governor": governor, "token": token}
    try:
        timelock = str(chain.read("HedgeGovernor", governor, "timelock", block=block))
    except (ContractReverted, UnknownAddress):
        return governor, parts | {"dao": governor}, [*remarks, "it has no timelock: what passed is executed at once"]
    delay = _obeyed(chain, timelock, governor, block)
    remarks.append(f"its timelock {timelock} waits {delay:,} s")
    return timelock, parts | {"dao": timelock, "timelock": timelock}, remarks


def _obeyed(chain: Chain, timelock: str, governor: str, block: BlockRef) -> int:
    """Return a timelock's delay in seconds, after checking that it takes proposals from the governor."""
    try:
        obeys = chain.read("HedgeTimelock", timelock, "hasRole", role("PROPOSER_ROLE"), governor, block=block)
        delay = int(chain.read("HedgeTimelock", timelock, "getMinDelay", block=block))
    except NodeUnreachable:
        raise
    except (ChainError, UnknownAddress):
        try:
            obeys = chain.read(COMPOUND_TIMELOCK, timelock, "admin", block=block) == governor
            delay = int(chain.read(COMPOUND_TIMELOCK, timelock, "delay", block=block))
        except (ContractReverted, UnknownAddress) as error:
            raise UnknownAddress(timelock, "a timelock of OpenZeppelin or Compound") from error
    if not obeys:
        raise RefusedAction(f"the timelock {timelock} does not obey the governor {governor}: this DAO could do nothing")
    return delay


def _bravo(chain: Chain, governor: str, block: BlockRef) -> tuple[str, dict[str, str], list[str]]:
    """Read a governor of Compound's kind: its timelock acts for the DAO; it counts blocks."""
    try:
        waits = [int(chain.read(BRAVO, governor, name, block=block)) for name in WAITS]
        chain.read(BRAVO, governor, "proposalCount", block=block)
        timelock = str(chain.read(BRAVO, governor, "timelock", block=block))
    except (ContractReverted, UnknownAddress) as error:
        raise UnknownAddress(governor, "a governor of Compound's kind") from error
    delay = _obeyed(chain, timelock, governor, block)
    parts = {"governor": governor, "timelock": timelock, "dao": timelock} | _bravo_token(chain, governor, block)
    words = f"governor {governor}: of Compound's kind, vote after {waits[0]:,} blocks, for {waits[1]:,} blocks"
    return timelock, parts, [words, f"its timelock {timelock} waits {delay:,} s"]


def _bravo_token(chain: Chain, governor: str, block: BlockRef) -> dict[str, str]:
    """Return the token of a governor of Compound's kind, nothing where it calls it by another name."""
    for name in TOKENS:
        with suppress(ContractReverted, UnknownAddress):
            return {"token": str(chain.read(BRAVO, governor, name, block=block))}
    return {}
