"""The address book of one deployment: what is where, on which chain, and which token means which asset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from eth_utils import is_checksum_address, is_hex_address, to_checksum_address
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import BadFile
from bridge.files import write_whole
from bridge.foreign import is_hex
from bridge.json_files import read_json, reading
from bridge.mistakes import plain_mistake

NAME: Final = re.compile("[A-Za-z][A-Za-z0-9_-]{0,39}|[0-9]{1,4}|0x[0-9a-fA-F]{40}")


def mistyped(address: str) -> bool:
    """Tell whether the letters of an address are of both cases and not those of its checksum: a slip of the hand."""
    digits = address.removeprefix("0x")
    return digits not in (digits.lower(), digits.upper()) and not is_checksum_address(address)


def _address(text: str) -> str:
    """Return an address with its checksum; a wrong one is a slip of who wrote the file."""
    if not is_hex_address(text) or mistyped(text):
        # What stands there is not repeated: it may be a key, or a URL that holds one.
        raise ValueError("is no address, or its checksum is wrong: copy it again, or all in lower case")
    return str(to_checksum_address(text))


def _bytes(text: str) -> str:
    """Return bytes in 0x hex."""
    if not is_hex(text):
        raise ValueError("is no bytes in hex, 0x and two digits each")
    return text


Address = Annotated[str, AfterValidator(_address)]
Hash = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
Bytes = Annotated[str, Field(max_length=200_000), AfterValidator(_bytes)]


class OwnParameters(BaseModel):
    """The ledger of parameters that one asset has of its own, and the automation that follows its feed, if any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: Address
    automation: Address | None = None


class Deployment(BaseModel):
    """Addresses by role; written by a deployment, read by every command.

    `start_block` is a block before the first event of any position, `deployed_at` one before the first of our own
    contracts: events are read from there on, from the chain's beginning where it is not known.
    `contracts` holds ours and other people's by artifact name, `feeds` a volatility oracle per asset, `assets` the
    asset symbol of each token (USD for the numeraire), `price_pools` the Uniswap v3 pool that prices an asset in USD,
    `realized` and `breakers` the measurement of realised volatility and the breaker of an asset, `accounts` named
    addresses, `own` the ledger of parameters of an asset that has one beside the main one. `created` has the
    ABI-encoded constructor arguments of our contracts, by address, from which code is recomputed, and `transactions`
    the hash of the transaction that created each. `rpc_url`, `seen_block` and
    `seen_hash` say for which node a local chain's file was written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chain_id: int
    start_block: int = Field(default=0, ge=0)
    deployed_at: int = Field(default=0, ge=0)
    contracts: dict[str, Address]
    feeds: dict[str, Address]
    assets: dict[Address, str]
    price_pools: dict[str, Address]
    realized: dict[str, Address] = Field(default_factory=dict)
    breakers: dict[str, Address] = Field(default_factory=dict)
    accounts: dict[str, Address] = Field(default_factory=dict)
    own: dict[str, OwnParameters] = Field(default_factory=dict)
    created: dict[Address, Bytes] = Field(default_factory=dict)
    transactions: dict[Address, Hash] = Field(default_factory=dict)
    rpc_url: str | None = None
    seen_block: int | None = Field(default=None, ge=0)
    seen_hash: str | None = None

    def address(self, name: str) -> str:
        """Return the address of a contract or account by name.

        Raises
        ------
        BadFile
            The deployment does not have it.
        """
        found = self.contracts.get(name) or self.accounts.get(name)
        if found is None:
            raise BadFile("deployment", f"has no address for {name}: add it to the file, or write the file anew")
        return found

    def of(self, asset: str) -> Deployment:
        """Return the same deployment with an asset's own ledger of parameters in the place of the main one.

        Raises
        ------
        BadFile
            The asset has none.
        """
        found = self.own.get(asset)
        if found is None:
            having = f"{', '.join(sorted(self.own))} has" if self.own else "none has"
            raise BadFile("deployment", f"{asset} has no parameters of its own ({having}): see docs/governance.md")
        contracts = {name: at for name, at in self.contracts.items() if name != "RegimeAutomation"}
        contracts["HedgeParameters"] = found.parameters
        if found.automation:
            contracts["RegimeAutomation"] = found.automation
        return self.model_copy(update={"contracts": contracts, "own": {}})

    def ledger(self, asset: str) -> str:
        """Return where the parameters are that an asset has of its own; the main ones for an empty name.

        Raises
        ------
        BadFile
            The asset has none.
        """
        return (self.of(asset) if asset else self).address("HedgeParameters")

    def ledger_at(self, address: str) -> str | None:
        """Return whose ledger of parameters is at an address: an asset's, empty for the main one, None for neither."""
        if address.lower() == self.address("HedgeParameters").lower():
            return ""
        return next((asset for asset, own in self.own.items() if own.parameters.lower() == address.lower()), None)

    def whose(self, address: str) -> str:
        """Return the asset whose own ledger or automation is at an address; nothing for any other contract."""
        own = ((asset, (each.parameters, each.automation or "")) for asset, each in self.own.items())
        return next((asset for asset, places in own if address.lower() in (at.lower() for at in places)), "")

    def names(self) -> dict[str, str]:
        """Return what an address is here, by address: a named account's name, else a contract's."""
        kinds = {"feed": self.feeds, "realised volatility": self.realized, "breaker": self.breakers}
        named = {at: f"{asset} {kind}" for kind, places in kinds.items() for asset, at in places.items()}
        named |= {at: f"{asset} price pool" for asset, at in self.price_pools.items()}
        named |= {own.parameters: f"{asset} parameters" for asset, own in self.own.items()}
        named |= {own.automation: f"{asset} automation" for asset, own in self.own.items() if own.automation}
        return named | {at: name for name, at in (*self.contracts.items(), *self.accounts.items())}

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        write_whole(path, self.model_dump_json(indent=2) + "\n")


def load_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises
    ------
    BadFile
        It is absent, or not a deployment.
    """
    absent = "no deployment here: `alvh init` is for a public network, `alvh up` a local chain; or set chain.deployment"
    with reading(path, absent=absent, otherwise="not a deployment"):
        try:
            return Deployment.model_validate(read_json(path))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            place = ".".join(_named(part) for part in first["loc"] if part != "[key]") or "file"
            raise BadFile(path, f"{place}: {plain_mistake(first)}") from None


def _named(part: int | str) -> str:
    """Return a part of a place in the file; what is no name or address may be a secret that stands in its place."""
    return str(part) if NAME.fullmatch(str(part)) else "(no name)"
