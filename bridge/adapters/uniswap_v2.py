"""Uniswap v2: an owner's shares of pairs, in the pair's own integer arithmetic.

Amounts are the owner's part of the pair's reserves, less what the protocol takes of it: what `burn` of the whole
balance would pay, to the last unit, where the pair holds its reserves and no more. A surplus over them goes to whoever
calls `skim` first: it is no owner's, and is told apart. Fees stay in the pair, so that none are owed: they show as
growth of the liquidity since it was deposited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import isqrt
from typing import Any

from bridge.adapters.lens import Lens, Share, Status
from bridge.adapters.past import EVERY, Blocks, Wanted, flooded, in_order
from bridge.adapters.pool_position import Pair, PoolPosition, Positions, Unread
from bridge.adapters.spec import Adapter, register_adapter
from bridge.adapters.tokens import NATIVE, Decimals
from bridge.adapters.v2_pairs import other_pairs
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.rpc import checksummed
from bridge.errors import ChainError, MissingBlock, NodeUnreachable, TooManyEvents, UntrustedNumber
from bridge.snapshot import Snapshot
from hedge.amm.ticks import MAX_TICK, MIN_TICK

PROTOCOL = "uniswap-v2"
MOST_GIVEN = 10_000  # one part in so many of a balance may have come from elsewhere
FEE = 3_000  # hundredths of a basis point, the same for every pair


@dataclass(frozen=True)
class Deposit:
    """What an owner put into a pair and did not take out, and since when."""

    amounts: Pair
    since: int


class UniswapV2Reader:
    """Reads an owner's shares of one factory's pairs.

    Parameters
    ----------
    chain, factory
        The node and the factory's address.
    tokens
        Every pair of two of them is looked at: a factory keeps no list by owner.
    start_block
        Where the search for deposits begins.
    """

    def __init__(self, chain: Chain, factory: str, tokens: list[str], start_block: int) -> None:
        self.chain, self.factory, self.start_block = chain, factory, start_block
        self.tokens = sorted(token for token in tokens if token != NATIVE)
        self.lens, self.decimals, self.blocks = Lens(chain), Decimals(chain), Blocks(chain)

    def read_positions(self, owner: str, block: BlockRef, wanted: Wanted = EVERY) -> Positions:
        """Read every share of an owner."""
        every = list(combinations(self.tokens, 2))
        with self.chain.reading([("UniswapV2Factory", self.factory, "getPair", tokens) for tokens in every], block):
            pairs = [self._pair(*tokens, block) for tokens in every]
        found, unread = self._shares(owner, [pair for pair in pairs if pair != NATIVE], block)
        unread += [Unread(f"{PROTOCOL}:{share.pair}", share.status.reason) for share in found if share.status]
        unread += other_pairs(self.chain, self.factory, owner, self.tokens, pairs, self.start_block, block)
        read = []
        for share in (share for share in found if share.status is Status.READ and share.balance):
            try:
                read.append(self._position(share, block))
            except UntrustedNumber as error:
                unread.append(Unread(f"{PROTOCOL}:{share.pair}", str(error)))
        chosen, others = wanted.of(read)
        balances = {str(checksummed(share.pair)): share.balance for share in found}
        for each in chosen:
            try:
                others.append(self._with_past(owner, each, balances[each.pool], block))
            except TooManyEvents as error:
                others.append(flooded(each, error))
        return Positions(in_order(others, read), unread)

    def _shares(self, owner: str, pairs: list[str], block: BlockRef) -> tuple[list[Share], list[Unread]]:
        """Read the shares of all pairs at once; where one of them cannot be read, each by itself."""
        try:
            return self.lens.shares_v2(owner, pairs, block), []
        except (NodeUnreachable, MissingBlock):
            raise
        except ChainError as error:
            if not pairs:
                raise
            if len(pairs) == 1:
                return [], [Unread(f"{PROTOCOL}:{pair}", f"its pair cannot be read: {error}") for pair in pairs]
        parts = [self._shares(owner, part, block) for part in (pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :])]
        return [share for found, _ in parts for share in found], [left for _, lost in parts for left in lost]

    def _pair(self, token0: str, token1: str, block: BlockRef) -> str:
        return str(self.chain.read("UniswapV2Factory", self.factory, "getPair", token0, token1, block=block))

    def _position(self, share: Share, block: BlockRef) -> PoolPosition:
        if not (share.reserve0 and share.reserve1):
            raise UntrustedNumber("its pair holds nothing of one token, so it has no price")
        pair, amounts = checksummed(share.pair), _own(share)
        liquidity = isqrt(amounts[0] * amounts[1])
        tokens = (checksummed(share.token0), checksummed(share.token1))
        return PoolPosition(
            protocol=PROTOCOL,
            token_id=None,
            pool=pair,
            tokens=tokens,
            decimals=self.decimals.of(tokens, block),
            fee=FEE,
            tick_lower=MIN_TICK,
            tick_upper=MAX_TICK,
            tick=0,
            liquidity=liquidity,
            sqrt_price_x96=isqrt((share.reserve1 << 192) // share.reserve0),
            amounts_units=amounts,
            fees_units=(0, 0),
            held_units=None,
            earned_units=None,
            earning_since=block.timestamp,
            doubt=_doubt(share),
            surplus_units=(share.amount0 - amounts[0], share.amount1 - amounts[1]),
        )

    def _with_past(self, owner: str, position: PoolPosition, balance: int, block: BlockRef) -> PoolPosition:
        """Add what was deposited, and what it has earned since."""
        deposit = self._deposit(owner, position.pool, balance, block)
        return replace(
            position,
            held_units=_grown(deposit, position.liquidity),
            earned_units=_earned(deposit, position.amounts_units, position.liquidity),
            earning_since=deposit.since if deposit else block.timestamp,
            seconds_in_range=block.timestamp - deposit.since if deposit else None,
            seconds_held=block.timestamp - deposit.since if deposit else None,
        )

    def _deposit(self, owner: str, pair: str, wanted: int, block: BlockRef) -> Deposit | None:
        """Replay an owner's liquidity tokens up to those that it has; None if some came from elsewhere than a deposit,
        were not announced, or but dust is left.

        Anyone may send a few: up to one part in `MOST_GIVEN` counts as deposited with the rest.
        """
        mints = {_place(entry): entry["args"] for entry in self._logs(pair, "Mint", block)}
        named = self._logs(pair, "Transfer", block, to=owner) + self._logs(pair, "Transfer", block, **{"from": owner})
        # Anyone may announce a transfer of nothing from anyone.
        moves = [
            transfer
            for transfer in named
            if transfer["args"]["value"] and transfer["args"]["from"] != transfer["args"]["to"]
        ]
        moves.sort(key=lambda entry: (entry["blockNumber"], entry["logIndex"]))
        held, balance, since, given = [0, 0], 0, 0, 0
        for entry in moves:
            values = entry["args"]
            if values["from"] == owner:
                left = balance - values["value"]
                if left < 0:
                    return None  # some came before the search began
                held, balance = [amount * left // balance for amount in held], left
                continue
            # A pair mints, updates its reserves and announces the deposit: three entries in a row.
            mint = mints.get((entry["transactionHash"], entry["logIndex"] + 2))
            if values["from"] != NATIVE or mint is None:
                given, balance = given + values["value"], balance + values["value"]
                continue
            since = since if any(held) else self.blocks.at(entry["blockNumber"]).timestamp
            held, balance = [held[0] + mint["amount0"], held[1] + mint["amount1"]], balance + values["value"]
        own = given * MOST_GIVEN <= balance == wanted
        return Deposit((held[0], held[1]), since) if own and all(held) else None  # of dust, nothing whole is left

    def _logs(self, pair: str, event: str, block: BlockRef, **topics: str) -> list[Any]:
        return list(self.chain.logs("UniswapV2Pair", pair, event, self.start_block, block, **topics))


def _own(share: Share) -> Pair:
    """Return an owner's part of the reserves, of what a burn would pay.

    Nobody owns the surplus of a pair over its reserves, and anyone can put it there. A burn pays both tokens at one
    rate, which the protocol's part lowers: the token without a surplus tells it.
    """
    if not share.total_supply:
        return share.amount0, share.amount1
    sides = ((share.amount0, share.reserve0), (share.amount1, share.reserve1))
    first, second = (
        # the part of the reserve, and no more of it than the other amount, rounded down as it is, can be of its own
        min(amount, share.balance * reserve // share.total_supply, ((paid + 1) * reserve - 1) // against)
        for (amount, reserve), (paid, against) in (sides, sides[::-1])
    )
    return first, second


def _doubt(share: Share) -> str:
    """Say that a share's numbers contradict each other; nothing where they do not.

    The protocol may take a sixth of what was earned: less is paid of no reserve. More may be, as anyone can send tokens
    to a pair; but where much more is of both, the reserves may have been made small, or the supply large. No pair has
    given out more shares than the root of its reserves' product.
    """
    much = []
    for amount, reserve in ((share.amount0, share.reserve0), (share.amount1, share.reserve1)):
        part = share.balance * reserve
        if not 5 * part <= 6 * (amount + 1) * share.total_supply:
            right = part // share.total_supply if share.total_supply else 0
            return f"the node says that its amount is {amount:,}, and its part of the reserves is {right:,}: " + (
                "ask another node, or let anyone call `sync` of the pair"
            )
        much.append(100 * amount * share.total_supply > 101 * part)
    if all(much) and share.total_supply > isqrt(share.reserve0 * share.reserve1):
        return "the node says that its pair has given out more shares than its reserves make: ask another node"
    return "the node says that more of it is held than there is" if share.balance > share.total_supply else ""


def _place(entry: Any) -> tuple[Any, int]:
    return entry["transactionHash"], int(entry["logIndex"])


def _grown(deposit: Deposit | None, liquidity: int) -> Pair | None:
    """Return the deposit with the fees that the pair added to its liquidity, so that IL is the price's alone."""
    if deposit is None:
        return None
    root = isqrt(deposit.amounts[0] * deposit.amounts[1])
    return deposit.amounts[0] * liquidity // root, deposit.amounts[1] * liquidity // root


def _earned(deposit: Deposit | None, amounts: Pair, liquidity: int) -> Pair | None:
    """Return the part of the amounts that is fees: what the liquidity has grown by."""
    if deposit is None or not liquidity:
        return None
    grown = max(liquidity - isqrt(deposit.amounts[0] * deposit.amounts[1]), 0)
    return amounts[0] * grown // liquidity, amounts[1] * grown // liquidity


def _open(snapshot: Snapshot) -> UniswapV2Reader:
    at = snapshot.deployment
    return UniswapV2Reader(snapshot.chain, at.contracts["UniswapV2Factory"], list(at.assets), at.start_block)


register_adapter(Adapter(PROTOCOL, ("UniswapV2Factory",), _open))
