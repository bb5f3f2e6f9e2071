"""deploy.toml: what is deployed, for whom and on which chain; validated as a whole before anything is asked of a node.

Numbers that are not in the file are those of `GovernanceTerms`: the file may state any of them, by the same name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from bridge.artifacts import FOLDER
from bridge.chain.fees import DEFAULT_CAPS, FeeCaps
from bridge.deployment import NAME, Address
from bridge.errors import BadFile
from bridge.genesis import GovernanceTerms
from bridge.mistakes import plain_mistake
from bridge.settings import Section
from bridge.toml_files import toml_content
from hedge.policy.parameters import KEY_IDS, Limits

WAD: Final = 10**18
MOST_HOLDERS: Final = 500
"""Of a new token: all are written by one transaction."""
MOST_ASSETS: Final = 16
UINT32: Final = (1 << 32) - 1
MOST_VOTES: Final = 10**12
TERMS: Final = {each.name: each.default for each in fields(GovernanceTerms) if type(each.default) is int}
"""Numbers of the governance that the file may state."""
WHOLE: Final = "proposal_threshold"
"""The one of them that is stated in whole votes."""
OURS: Final = ("HedgeVotes", "HedgeTimelock", "HedgeGovernor", "HedgeParameters", "ProposalGuard", "RegimeAutomation")
_SYMBOL: Final = re.compile("[A-Z][A-Z0-9]{0,11}")
_TITLE: Final = re.compile("[a-z0-9][a-z0-9-]{0,39}")


def _title(text: str) -> str:
    if not _TITLE.fullmatch(text):
        raise ValueError("small letters, digits and dashes, 40 at most")
    return text


def _symbol(text: str) -> str:
    if not _SYMBOL.fullmatch(text):
        raise ValueError("an asset's symbol has capital letters and digits, 12 at most")
    return text


Number = Annotated[int, Field(ge=0, le=UINT32, strict=True)]
Symbol = Annotated[str, AfterValidator(_symbol)]
Votes = Annotated[int, Field(gt=0, le=MOST_VOTES, strict=True)]
"""Whole votes, not units of 1e-18."""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ChainSettings(Section):
    """The chain, its node, what a transaction may cost there, and how deep it must lie before it counts as done."""

    id: Annotated[int, Field(gt=0, lt=1 << 53, strict=True)]
    coin: Symbol = "ETH"
    rpc_url: Annotated[str, Field(min_length=1, max_length=2_000)] = "http://127.0.0.1:8545"
    max_tip_gwei: Positive = DEFAULT_CAPS.max_tip_gwei
    max_fee_gwei: Positive = DEFAULT_CAPS.max_fee_gwei
    max_fee_native: Positive = DEFAULT_CAPS.max_fee_native
    confirmations: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 2

    @property
    def caps(self) -> FeeCaps:
        """Return what a transaction may cost."""
        return FeeCaps(self.max_tip_gwei, self.max_fee_gwei, self.max_fee_native)


class DaoSettings(Section):
    """The DAO: a new one with a new or an existing token, or one that exists already.

    `proposer` brings the proposal by which one that exists accepts the deployment; without it the deployer may.
    """

    kind: Literal["new", "governor", "bravo", "safe"]
    holders: Annotated[dict[Address, Votes], Field(max_length=MOST_HOLDERS)] = Field(default_factory=dict)
    token: Address | None = None
    governor: Address | None = None
    safe: Address | None = None
    proposer: Address | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> DaoSettings:
        needed = {"governor": "governor", "bravo": "governor", "safe": "safe"}.get(self.kind)
        given = [name for name in ("governor", "safe") if getattr(self, name)]
        if needed and given != [needed]:
            raise ValueError(f"a DAO of kind {self.kind!r} is named by `{needed}` alone")
        if not needed and given:
            raise ValueError(f"a new DAO has no `{given[0]}` yet: leave it out, or say another kind")
        if self.kind == "new" and bool(self.holders) == bool(self.token):
            raise ValueError("a new DAO has either `holders` of a new token or the address of an existing `token`")
        if self.kind != "new" and (self.holders or self.token):
            raise ValueError("`holders` and `token` are of a new DAO alone")
        return self


class SafeSettings(Section):
    """A Safe by its address, or by the owners of one that is created."""

    address: Address | None = None
    owners: Annotated[tuple[Address, ...], Field(max_length=50)] = ()
    threshold: Annotated[int, Field(ge=1, le=50, strict=True)] = 2
    salt: Number = 0

    @model_validator(mode="after")
    def _one_or_the_other(self) -> SafeSettings:
        if bool(self.address) == bool(self.owners):
            raise ValueError("either the `address` of a Safe, or the `owners` of a new one")
        if self.owners and (len(set(self.owners)) < len(self.owners) or self.threshold > len(self.owners)):
            raise ValueError("`owners` are named once each, and not fewer than the `threshold`")
        return self


class SafeContracts(Section):
    """Where Safe's own contracts are, to create Safes with: version 1.4.1 lies at these places on most chains."""

    singleton: Address = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
    factory: Address = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
    handler: Address = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"


class AssetSettings(Section):
    """An asset that hedges are made for: its tokens, and the Uniswap v3 pool that prices it in USD."""

    tokens: Annotated[tuple[Address, ...], Field(max_length=50)] = ()
    price_pool: Address | None = None
    feed: bool = True


class LimitSettings(Section):
    """Limits of one key, in its unit; what is left out is as at a first deployment."""

    min: Number | None = None
    max: Number | None = None
    step_up: Number | None = None
    step_down: Number | None = None
    cooldown_seconds: Number | None = None


class DeploySettings(Section):
    """All of deploy.toml."""

    name: Annotated[str, AfterValidator(_title)] = "main"
    chain: ChainSettings
    dao: DaoSettings
    guardian: SafeSettings
    steward: SafeSettings
    safe_contracts: SafeContracts = SafeContracts()
    reporters: Annotated[tuple[Address, ...], Field(min_length=1, max_length=31)]
    assets: Annotated[dict[Symbol, AssetSettings], Field(min_length=1, max_length=MOST_ASSETS)]
    usd_tokens: Annotated[tuple[Address, ...], Field(max_length=50)] = ()
    sequencer_feed: Address | None = None
    automation: Symbol | None = None
    own: Annotated[tuple[Symbol, ...], Field(max_length=MOST_ASSETS)] = ()
    terms: dict[str, Annotated[int, Field(ge=0, le=MOST_VOTES, strict=True)]] = Field(default_factory=dict)
    values: dict[str, Number] = Field(default_factory=dict)
    limits: dict[str, LimitSettings] = Field(default_factory=dict)
    contracts: dict[str, Address] = Field(default_factory=dict)
    start_block: Annotated[int, Field(ge=0, strict=True)] | None = None

    @model_validator(mode="after")
    def _names_what_exists(self) -> DeploySettings:
        _require_known("terms", self.terms, TERMS)
        _require_known("values", self.values, KEY_IDS)
        _require_known("limits", self.limits, KEY_IDS)
        for name in self.contracts:
            if name in OURS or not NAME.fullmatch(name) or not (FOLDER / f"{name}.json").is_file():
                raise ValueError(f"contracts: {_shown(name)} is no contract of others that this program knows")
        if "USD" in self.assets:
            raise ValueError("assets: USD is what others are priced in, its tokens are `usd_tokens`")
        followed = self.assets.get(self.automation) if self.automation else None
        if self.automation and not (followed and followed.feed and followed.price_pool):
            raise ValueError("automation: an asset of the file with a feed and a price_pool, which its breaker needs")
        if len(set(self.own)) < len(self.own) or any(not self._is_fed(asset) for asset in self.own):
            raise ValueError("own: assets of the file with a feed, each once")
        if len(set(self.reporters)) < len(self.reporters):
            raise ValueError("reporters: one is named twice")
        tokens = [*self.usd_tokens, *(token for each in self.assets.values() for token in each.tokens)]
        if len(set(tokens)) < len(tokens):
            raise ValueError("assets: a token is named twice")
        return self

    def _is_fed(self, asset: str) -> bool:
        return asset in self.assets and self.assets[asset].feed

    def governance_terms(self) -> GovernanceTerms:
        """Return delays, first values and limits: those of the file, else those of a first deployment."""
        plain = GovernanceTerms()
        given: dict[str, Any] = {name: number * (WAD if name == WHOLE else 1) for name, number in self.terms.items()}
        given |= {"automation_asset": self.automation or "", "own": self.own}
        given |= {"sequencer_feed": self.sequencer_feed or ""}
        values, limits = list(plain.values), list(plain.limits)
        for name, value in self.values.items():
            values[KEY_IDS[name]] = value
        for name, limit in self.limits.items():
            stated = {each: number for each, number in limit if number is not None}
            limits[KEY_IDS[name]] = replace(limits[KEY_IDS[name]], **stated)
        return replace(plain, values=tuple(values), limits=tuple[Limits, ...](limits), **given)

    def fixed(self) -> dict[str, Any]:
        """Return what may not change while it is being deployed: all but the node, fee caps and confirmations."""
        content: dict[str, Any] = json.loads(self.model_dump_json())
        content["chain"] = {"id": self.chain.id}
        return content


def _require_known(section: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise ValueError(f"{section}: no {_shown(unknown)}; there are {', '.join(known)}")


def _shown(part: int | str) -> str:
    """Return a part of a place in the file; what is no name may be a secret that stands in its place."""
    return str(part) if NAME.fullmatch(str(part)) or str(part) in TERMS else "(no name)"


def load_settings(path: Path) -> DeploySettings:
    """Read deploy.toml.

    Raises
    ------
    BadFile
        It is absent, is no TOML, or says what cannot be: the first place that is wrong, and why.
    """
    try:
        content = toml_content(path)
    except FileNotFoundError:
        raise BadFile(path, "no such file: `alvh deploy init` writes an example") from None
    except (OSError, ValueError) as error:
        raise BadFile(path, f"not TOML: {error}") from error
    try:
        return DeploySettings.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(_shown(part) for part in first["loc"] if part != "[key]")
        words = plain_mistake(first)
        raise BadFile(path, f"{place}: {words}" if place else words) from None
