"""An AMM: shares of a pair of two equal weights, read with two calls, that become a weighted position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bridge.adapters.past import Wanted
from bridge.adapters.pool_position import Positions, asset_of
from bridge.adapters.spec import Adapter, register_adapter
from bridge.artifacts import register_artifact
from bridge.chain.blocks import BlockRef
from bridge.snapshot import Snapshot
from bridge.units import amount_from_units
from hedge import amm
from hedge.book.weighted import WeightedPosition

CONTRACT = "ExamplePair"
ABI = [
    {"type": "function", "name": name, "stateMutability": "view",
     "inputs": [{"type": kind, "name": ""} for kind in given],
     "outputs": [{"type": kind, "name": ""} for kind in answers]}
    for name, given, answers in (
        ("balanceOf", ["address"], ["uint256"]),
        ("totalSupply", [], ["uint256"]),
        ("token0", [], ["address"]),
        ("token1", [], ["address"]),
        ("getReserves", [], ["uint112", "uint112", "uint32"]),
    )
]  # fmt: skip
WEIGHTS = (0.5, 0.5)


@dataclass(frozen=True)
class PairShare:
    """An owner's share of the pair, in raw token units."""

    pair: str
    tokens: tuple[str, str]
    decimals: tuple[int, int]
    balances_units: tuple[int, int]

    @property
    def id(self) -> str:
        """Return the protocol and the pair."""
        return f"example:{self.pair}"

    def convert(self, assets: dict[str, str], spots: dict[str, float], block: BlockRef) -> WeightedPosition:
        """Return the share in whole tokens; what was deposited and what it earns is not known here."""
        names = (asset_of(self.tokens[0], assets), asset_of(self.tokens[1], assets))
        invariant = float(amm.weighted_invariant(self._balances(), WEIGHTS))
        unknown = (math.nan, math.nan)
        return WeightedPosition(
            self.id, f"{'/'.join(names)} example", names, WEIGHTS, invariant, unknown, (0.0, 0.0), math.nan
        )

    def pair_price(self, assets: dict[str, str]) -> tuple[str, str, float]:
        """Return the price of the pool's balances: it must agree with the USD prices."""
        first, second = (asset_of(token, assets) for token in self.tokens)
        held = self._balances()
        return first, second, held[1] / held[0]

    def least_usd(self, assets: dict[str, str], spots: dict[str, float]) -> float:
        """Return what arbitrage at the USD prices leaves of it: what its invariant is worth there."""
        prices = [spots.get(asset_of(token, assets), 1.0) for token in self.tokens]
        invariant = float(amm.weighted_invariant(self._balances(), WEIGHTS))
        return invariant * math.prod((price / part) ** part for price, part in zip(prices, WEIGHTS, strict=True))

    def exact(self) -> dict[str, Any]:
        """Return the chain's own integers."""
        return {"tokens": list(self.tokens), "amounts_units": [str(amount) for amount in self.balances_units]}

    def _balances(self) -> list[float]:
        return [
            amount_from_units(units, places) for units, places in zip(self.balances_units, self.decimals, strict=True)
        ]


@dataclass(frozen=True)
class PairReader:
    """Reads an owner's share of the one pair that the deployment lists."""

    snapshot: Snapshot

    def read_positions(self, owner: str, block: BlockRef, wanted: Wanted) -> Positions:
        """Read the share; none where the owner has none. Of its past nothing is asked."""
        pair = self.snapshot.deployment.address(CONTRACT)

        def read(function: str, *arguments: Any, artifact: str = CONTRACT, at: str = pair) -> Any:
            return self.snapshot.chain.read(artifact, at, function, *arguments, block=block)

        shares, supply = int(read("balanceOf", owner)), int(read("totalSupply"))
        if shares == 0:
            return Positions([], [])
        tokens = (str(read("token0")), str(read("token1")))
        first, second = (int(read("decimals", artifact="IERC20Metadata", at=token)) for token in tokens)
        balances = tuple(int(reserve) * shares // supply for reserve in read("getReserves")[:2])
        return Positions([PairShare(pair, tokens, (first, second), (balances[0], balances[1]))], [])


register_artifact(CONTRACT, ABI)
register_adapter(Adapter("example", (CONTRACT,), PairReader))
