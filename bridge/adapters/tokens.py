"""Decimals of tokens, from the chain, each asked once."""

from __future__ import annotations

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import ChainError, NodeUnreachable, UnknownAddress, UntrustedNumber

NATIVE = "0x" + "00" * 20  # the chain's own coin in Uniswap v4
NATIVE_DECIMALS = 18


class Decimals:
    """Reads decimals of tokens and remembers them."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known = {NATIVE: NATIVE_DECIMALS}

    def of(self, tokens: tuple[str, str], block: BlockRef) -> tuple[int, int]:
        """Return the decimals of a pool's two tokens.

        Raises
        ------
        UntrustedNumber
            One of them does not say: anyone can make a token, and a position in it for anyone.
        """
        return self._one(tokens[0], block), self._one(tokens[1], block)

    def _one(self, token: str, block: BlockRef) -> int:
        if token not in self._known:
            try:
                self._known[token] = int(self.chain.read("IERC20Metadata", token, "decimals", block=block))
            except NodeUnreachable:
                raise
            except (ChainError, UnknownAddress) as error:
                raise UntrustedNumber(f"its token {token} does not say its decimals: {error}") from error
        return self._known[token]
