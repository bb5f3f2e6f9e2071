"""Where calls of ours are written down: a chain, a deployment and the block that they are written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr

from bridge.chain.node import BlockRef, Chain
from bridge.deployment import Deployment

Call = tuple[str, HexStr]


@dataclass(frozen=True)
class Desk:
    """A chain, a deployment and a block."""

    chain: Chain
    deployment: Deployment
    block: BlockRef

    def call(self, contract: str, address: str, function: str, *arguments: Any) -> Call:
        """Return the address and the calldata of a call, by artifact name."""
        target = self.chain.contract(contract, address)
        return target.address, HexStr(target.encode_abi(function, args=list(arguments)))

    def parameters(self, function: str, *arguments: Any) -> Call:
        """Return a call of HedgeParameters."""
        return self.call("HedgeParameters", self.deployment.address("HedgeParameters"), function, *arguments)
