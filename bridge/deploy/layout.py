"""What a deployment would create, in which order and where: every address follows from who creates it and his nonce.

    settings, who acts for the DAO, deployer, nonces -> the functions that create (`contracts`, `watchers`), recorded
        -> a step for each transaction: its bytes, its nonce, the address of what it makes

Nothing is asked of a node: what had to be read is in `Ground`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address

from bridge.adapters.tokens import NATIVE
from bridge.artifacts import artifact
from bridge.chain.codec import encode_call
from bridge.chain.signers import Sender
from bridge.chain.values import Misfit, encode_values
from bridge.deploy.contracts import Members, create_dao, create_hedging, create_own
from bridge.deploy.settings import WAD, DeploySettings, SafeContracts, SafeSettings
from bridge.deploy.watchers import create_watchers
from bridge.deployment import Deployment
from bridge.errors import UsageError
from bridge.safe.multisig import created_at, safe_setup

TIMELOCK, GOVERNOR = "HedgeTimelock", "HedgeGovernor"
"""A timelock names the governor that the next transaction creates: one without the other is of no use."""


@dataclass(frozen=True)
class Ground:
    """What is there before: who acts for the DAO (None: a new one), its parts, and what Safes are created from.

    `standing` are new Safes of the settings that somebody created already, by role.
    """

    dao: str | None
    parts: dict[str, str]
    proxy_code: bytes = b""
    standing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One transaction: what it makes, the call or the creation code, from which nonce, and where it will be.

    `inputs` are the arguments as the ABI names them, `constructor` their encoding where it is a creation.
    """

    name: str
    contract: str
    function: str
    inputs: dict[str, Any]
    to: str | None
    data: HexStr
    nonce: int
    address: str
    constructor: str = ""

    @property
    def content(self) -> str:
        """Return the hash of what it sends: equal content from one nonce is one deployment."""
        return "0x" + keccak(text=f"{self.to}:{self.data}").hex()


@dataclass(frozen=True)
class Layout:
    """The steps in their order, and the address book that they lead to."""

    deployer: str
    steps: tuple[Step, ...]
    deployment: Deployment


class Recording:
    """Creates nothing, and remembers what it was asked to create: takes the place of a chain (`contracts.Creates`)."""

    def __init__(self, deployer: str, nonces: Sequence[int]) -> None:
        self.deployer, self.steps = deployer, list[Step]()
        self._given = nonces

    def _nonce(self) -> int:
        at = len(self.steps)
        last = self._given[-1] - len(self._given) + 1  # where the list ends, nonces go on one by one
        return self._given[at] if at < len(self._given) else last + at

    def nonces(self, signer: Any) -> tuple[int, int]:
        """Return the nonce of the next transaction."""
        return self._nonce(), self._nonce()

    def deploy(self, signer: Any, name: str, *arguments: Any) -> str:
        """Record the creation of one of our contracts."""
        from web3.types import Nonce
        from web3.utils.address import get_create_address

        built, nonce = artifact(name), self._nonce()
        kinds: list[Any] = next((each["inputs"] for each in built.abi if each["type"] == "constructor"), [])
        try:
            encoded = encode_values(kinds, arguments).hex()
        except Misfit as error:
            raise UsageError(f"{name} takes other arguments than these settings give it: {error}") from error
        made = str(get_create_address(to_checksum_address(self.deployer), Nonce(nonce)))
        inputs = {each["name"]: value for each, value in zip(kinds, arguments, strict=True)}
        data = HexStr(built.bytecode + encoded)
        self.steps.append(Step(name, name, "constructor", inputs, None, data, nonce, made, "0x" + encoded))
        return made

    def create_safe(self, role: str, wanted: SafeSettings, contracts: SafeContracts, proxy_code: bytes) -> str:
        """Record the creation of a Safe by Safe's own factory; anyone who creates the same one creates it there."""
        made, setup, salt = safe_address(contracts, wanted, proxy_code), setup_of(contracts, wanted), wanted.salt
        data = encode_call("SafeProxyFactory", "createProxyWithNonce", contracts.singleton, setup, salt).hex
        inputs = {"owners": wanted.owners, "threshold": wanted.threshold, "saltNonce": salt}
        step = Step(
            f"{role} Safe", "Safe", "createProxyWithNonce", inputs, contracts.factory, data, self._nonce(), made
        )
        self.steps.append(step)
        return made


def setup_of(contracts: SafeContracts, wanted: SafeSettings) -> HexStr:
    """Return the call that makes a new proxy the Safe of its owners."""
    return safe_setup({"CompatibilityFallbackHandler": contracts.handler}, wanted.owners, wanted.threshold)


def safe_address(contracts: SafeContracts, wanted: SafeSettings, proxy_code: bytes) -> str:
    """Return where Safe's factory creates a Safe of the settings."""
    setup = setup_of(contracts, wanted)
    return created_at(contracts.factory, contracts.singleton, proxy_code, setup, wanted.salt)


def lay_out(settings: DeploySettings, ground: Ground, deployer: str, nonces: Sequence[int], since: int = 0) -> Layout:
    """Say what a deployment sends and what it leads to.

    Parameters
    ----------
    nonces
        Of the steps in their order; where the list ends, they go on from its last one by one.
    since
        The block before the first transaction.
    """
    record, sender, terms = Recording(deployer, nonces), Sender(deployer), settings.governance_terms()
    safes = {role: _safe(record, settings, ground, role) for role in ("guardian", "steward")}
    holders = [(holder, votes * WAD) for holder, votes in settings.dao.holders.items()]
    members = Members(holders, safes["guardian"], safes["steward"], settings.reporters)
    dao, acts = {}, ground.dao
    if acts is None:
        dao = create_dao(record, sender, settings.dao.token, members, terms, _quiet)
        acts = dao[TIMELOCK]
    fed = sorted(asset for asset, each in settings.assets.items() if each.feed)
    ours, feeds = create_hedging(record, sender, acts, members, terms, fed, _quiet)
    pools = {asset: each.price_pool for asset, each in sorted(settings.assets.items()) if each.price_pool}
    watchers = create_watchers(record, sender, ours["HedgeParameters"], feeds, pools, terms, _quiet)
    automation = {"RegimeAutomation": watchers.automation} if watchers.automation else {}
    own = create_own(record, sender, acts, members, terms, feeds, watchers.breakers)
    named = {
        at: f" {asset}" for places in (feeds, watchers.realized, watchers.breakers) for asset, at in places.items()
    }
    named |= {at: f" {asset}" for asset, each in own.items() for at in (each.parameters, each.automation) if at}
    steps = tuple(replace(step, name=step.name + named.get(step.address, "")) for step in record.steps)
    deployment = Deployment(
        chain_id=settings.chain.id,
        start_block=since if settings.start_block is None else settings.start_block,
        deployed_at=since,
        contracts=settings.contracts | dao | ours | automation,
        feeds=feeds,
        realized=watchers.realized,
        breakers=watchers.breakers,
        assets=_tokens(settings),
        price_pools=pools,
        own=own,
        accounts=safes | ground.parts | {"deployer": deployer},
        created={step.address: step.constructor for step in steps if step.to is None},
    )
    return Layout(deployer, steps, deployment)


def _tokens(settings: DeploySettings) -> dict[str, str]:
    """Return which token means which asset, the chain's own coin among them."""
    own = {NATIVE: settings.chain.coin} if settings.chain.coin in settings.assets else {}
    tokens = {token: asset for asset, each in settings.assets.items() for token in each.tokens}
    return tokens | dict.fromkeys(settings.usd_tokens, "USD") | own


def _safe(record: Recording, settings: DeploySettings, ground: Ground, role: str) -> str:
    wanted: SafeSettings = getattr(settings, role)
    if wanted.address:
        return wanted.address
    if role in ground.standing:
        return safe_address(settings.safe_contracts, wanted, ground.proxy_code)
    return record.create_safe(role, wanted, settings.safe_contracts, ground.proxy_code)


def _quiet(_: str) -> None:
    """Say nothing: a plan has no progress to tell of."""
