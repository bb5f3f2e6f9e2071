"""Which tokens are known, and their decimals from the chain, each asked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.rpc import checksummed
from bridge.errors import ChainError, MissingBlock, NodeUnreachable, UnknownAddress, UntrustedNumber

NATIVE = "0x" + "00" * 20  # the chain's own coin in Uniswap v4
NATIVE_DECIMALS = 18
MOST_DECIMALS = 77  # of more, no amount that a token can count is one whole


def unknown_token(tokens: Iterable[str], assets: Mapping[str, str] | None) -> str:
    """Say which of a pool's tokens the deployment does not know, nothing where it knows them all.

    A token that nobody knows is asked nothing: its contract is a stranger's, and may take what time it likes.

    Parameters
    ----------
    assets
        Asset by token; None to take every token for known.
    """
    if assets is None:
        return ""
    known = {address.lower() for address in assets}
    lost = next((token for token in tokens if token.lower() not in known), None)
    if lost is None:
        return ""
    return f"token {checksummed(lost)} has no asset: add it to `assets` (for example ETH, BTC or USD)"


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
                found = int(self.chain.read("IERC20Metadata", token, "decimals", block=block))
            except (NodeUnreachable, MissingBlock):
                raise
            except (ChainError, UnknownAddress) as error:
                raise UntrustedNumber(f"its token {token} does not say its decimals: {error}") from error
            if found > MOST_DECIMALS:
                raise UntrustedNumber(f"its token {token} says {found} decimals, at most {MOST_DECIMALS} make sense")
            self._known[token] = found
        return self._known[token]
