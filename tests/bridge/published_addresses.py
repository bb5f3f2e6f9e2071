"""What npm packages say is where: Uniswap's contracts, two token lists, Chainlink's feeds as Aave's book has them,
Multicall3, and Uniswap's staker. Networks are held against it."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

from bridge.networks import Network, NetworkToken

MODULES: Final = Path(__file__).resolve().parents[2] / "node_modules"
AAVE: Final = MODULES / "@aave-dao/aave-address-book"
BOOKS: Final = {1: "Ethereum", 10: "Optimism", 56: "BNB", 137: "Polygon", 8453: "Base", 42161: "Arbitrum"}
"""Names of the address book's files by chain id; Unichain has none."""
STAKER_ROWS: Final = {1: "Mainnet", 10: "Optimism", 42161: "Arbitrum One"}
OTHER_NAMES: Final = {(137, "POL/USD"): "MATIC/USD"}
"""Pairs that the book still has under their old name."""
UNISWAP: Final = {
    "v3_factory": "v3CoreFactoryAddress",
    "v3_positions": "nonfungiblePositionManagerAddress",
    "v4_pool_manager": "v4PoolManagerAddress",
    "v4_positions": "v4PositionManagerAddress",
    "v4_state_view": "v4StateView",
}
ASK: Final = """
const core = require('@uniswap/sdk-core'), calls = require('ethers-multicall-provider/lib/constants');
const wrapped = Object.fromEntries(Object.entries(core.WETH9).map(([id, token]) => [id, token.address]));
console.log(JSON.stringify({uniswap: core.CHAIN_TO_ADDRESSES_MAP, factories: core.V2_FACTORY_ADDRESSES, wrapped,
  multicall: calls.multicall3Address, chains: Object.keys(calls.multicall3DeploymentBlockNumbers)}));
"""


@cache
def packages() -> dict[str, Any]:
    """Return what the packages that are code say, asked of node."""
    asked = subprocess.run(["node", "-e", ASK], cwd=MODULES.parent, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


@cache
def tokens() -> frozenset[tuple[int, str, str, int]]:
    """Return chain id, symbol, address and decimals of every listed token."""
    lists = (AAVE / "tokenlist.json", MODULES / "@uniswap/default-token-list/build/uniswap-default.tokenlist.json")
    rows = [row for path in lists for row in json.loads(path.read_text(encoding="utf-8"))["tokens"]]
    return frozenset((row["chainId"], row["symbol"], row["address"].lower(), row["decimals"]) for row in rows)


@cache
def feeds(chain_id: int) -> dict[str, str]:
    """Return the address of each Chainlink feed of a chain, by its name in capitals."""
    if chain_id not in BOOKS:
        return {}
    text = " ".join((AAVE / f"src/Chainlink{BOOKS[chain_id]}.sol").read_text(encoding="utf-8").split())
    return {name.upper(): at.lower() for name, at in re.findall(r"constant (\w+) = (0x[0-9a-fA-F]{40});", text)}


@cache
def stakers(chain_id: int) -> frozenset[str]:
    """Return where the page of Uniswap's staker says that it is."""
    text = (MODULES / "@uniswap/v3-staker/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w ]+?) +\| https://\S+?/address/(0x[0-9a-fA-F]{40})", text, re.MULTILINE)
    return frozenset(at.lower() for name, at in rows if name == STAKER_ROWS.get(chain_id))


def unconfirmed(network: Network) -> set[str]:
    """Return every address of a network that no package has in the same role, chain and, of a token, with the same
    decimals; the role stands before it."""
    wrong = {f"token {token.address}" for token in network.tokens if not _token(network, token)}
    rates = {token.rate.contract: token for token in network.tokens if token.rate is not None}
    wrong |= {f"rate {at}" for at, token in rates.items() if not _rate(network, token)}
    for pair, feed in network.feeds.items():
        name = OTHER_NAMES.get((network.chain_id, pair), pair).upper().replace("/", "__")
        if feeds(network.chain_id).get(name) != feed.address.lower():
            wrong.add(f"feed {feed.address}")
    wrong |= {f"uniswap {at}" for key, at in network.uniswap.model_dump().items() if at and not _uniswap(network, key)}
    wrong |= {f"staker {at}" for at in network.stakers if at.lower() not in stakers(network.chain_id)}
    return wrong | _others(network)


def _token(network: Network, token: NetworkToken) -> bool:
    return (network.chain_id, token.symbol, token.address.lower(), token.decimals) in tokens()


def _rate(network: Network, token: NetworkToken) -> bool:
    """Tell whether a rate is asked of the token itself, or of a feed that the book names after the token."""
    assert token.rate is not None
    if token.rate.contract == token.address:
        return token.rate.function != "latestAnswer"
    named = {at for name, at in feeds(network.chain_id).items() if re.match(rf"{token.symbol.upper()}_", name)}
    return token.rate.function == "latestAnswer" and token.rate.contract.lower() in named


def _uniswap(network: Network, key: str) -> bool:
    said, chain = packages(), str(network.chain_id)
    found = said["factories"].get(chain) if key == "v2_factory" else said["uniswap"][chain].get(UNISWAP[key])
    return bool(found) and found.lower() == getattr(network.uniswap, key).lower()


def _others(network: Network) -> set[str]:
    said, chain = packages(), str(network.chain_id)
    wrong = set()
    if said["wrapped"].get(chain, "").lower() != network.wrapped.lower():
        wrong.add(f"wrapped {network.wrapped}")
    if network.multicall and (said["multicall"] != network.multicall or chain not in said["chains"]):
        wrong.add(f"multicall {network.multicall}")
    uptime = feeds(network.chain_id).get("L2_SEQUENCER_UPTIME_STATUS_FEED")
    if network.sequencer_feed and network.sequencer_feed.lower() != uptime:
        wrong.add(f"sequencer {network.sequencer_feed}")
    return wrong
