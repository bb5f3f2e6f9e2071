"""Shares of v2 pairs that are not read: of tokens that nobody named, or of another factory. Each is named, none asked.

    tokens that were sent to the owner -> those with the code of a pair -> still held -> why they are not read

A stranger's contract is not called: only what has the code of the factory's own first pair is, and that is a pair's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from bridge.adapters.pool_position import Standing, Unread
from bridge.adapters.tokens import unknown_token
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import ChainError, MissingBlock, NodesDisagree, NodeUnreachable, Reorganised

FACTORY: Final = "UniswapV2Factory"
PAIR: Final = "UniswapV2Pair"
MOST_ASKED: Final = 1_000
"""Tokens whose code is read, the newest first: others can send an owner any number of them."""


def other_pairs(
    chain: Chain, factory: str, owner: str, tokens: Sequence[str], found: Collection[str], since: int, block: BlockRef
) -> list[Unread]:
    """Return the pairs that an owner has a share of and that are not among those found.

    Parameters
    ----------
    tokens
        The known ones.
    found
        Addresses of the pairs that are read.
    since
        The block from which on transfers to the owner are searched.
    """
    try:
        sent = chain.emitters(PAIR, "Transfer", since, block, to=owner)
    except (NodeUnreachable, NodesDisagree, MissingBlock, Reorganised):
        raise
    except ChainError as error:
        return [Unread("uniswap-v2: pairs of other tokens", f"were not looked for: {error}")]
    read = {each.lower() for each in (*found, *tokens)}
    others = [each for each in sent if each.lower() not in read]
    if not others or not chain.read(FACTORY, factory, "allPairsLength", block=block):
        return []
    asked, left = others[:MOST_ASKED], others[MOST_ASKED:]
    unread = []
    if left:
        why = f"were sent to the owner: {MOST_ASKED:,} are looked at"
        unread.append(Unread(f"uniswap-v2: {len(left):,} more tokens", why, standing=Standing.GIVEN))
    first = chain.read(FACTORY, factory, "allPairs", 0, block=block)
    with chain.ahead([("eth_getCode", (each, hex(block.number))) for each in asked]):
        code = chain.code(first, block)
        pairs = [each for each in asked if chain.code(each, block) == code]
    return unread + _named(chain, factory, owner, tokens, pairs, block)


def _named(
    chain: Chain, factory: str, owner: str, tokens: Sequence[str], pairs: Sequence[str], block: BlockRef
) -> list[Unread]:
    """Return why pairs are not read, of those that the owner has a share of.

    One that does not answer as a pair does, whatever its code is said to be, is named too and hides no other.
    """
    unread = []
    with chain.reading([(PAIR, pair, *call) for pair in pairs for call in _asked(owner)], block):
        for pair in pairs:
            try:
                why = _why_unread(chain, factory, owner, tokens, pair, block)
            except (NodeUnreachable, NodesDisagree, MissingBlock, Reorganised):
                raise
            except ChainError as error:
                why = f"has a pair's code and does not answer as one: {error}"
            if why:
                unread.append(Unread(f"uniswap-v2:{pair}", why, standing=Standing.GIVEN))
    return unread


def _asked(owner: str) -> list[tuple[str, tuple[str, ...]]]:
    return [("balanceOf", (owner,)), ("factory", ()), ("token0", ()), ("token1", ())]


def _why_unread(chain: Chain, factory: str, owner: str, tokens: Sequence[str], pair: str, block: BlockRef) -> str:
    """Return why a pair is not read; nothing where the owner has no share of it."""
    balance, of, *both = (chain.read(PAIR, pair, name, *given, block=block) for name, given in _asked(owner))
    if not balance:
        return ""
    own = str(of).lower() == factory.lower()
    why = unknown_token(map(str, both), dict.fromkeys(tokens, "")) if own else ""
    return why or f"is a pair of the factory {of}, and not one that {factory} names for its tokens"
