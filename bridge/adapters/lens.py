"""ExposureLens: thousands of positions in one `eth_call` each thousand, at one block, without anything deployed.

    ids, block -> question -> eth_call -> words -> Answer

The code of the lens is at its own address for the length of the call (state override). A node that knows no
state override gets a call without a target that deploys the lens, asks it and reverts with the answer. Only the
standard library is needed, so that a script which reads positions once starts at once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

from bridge.artifacts import artifact
from bridge.chain.answers import message_of, node_refused, reason_in
from bridge.chain.blocks import BlockRef
from bridge.errors import ChainError, MissingBlock

ADDRESS = "0x" + "1e45" * 10
CHUNK = 1_000  # beyond, memory costs gas that grows with the square
MOST_POSITIONS = 100_000
"""Of one owner that are read: beyond, what a node says would fill the memory."""
GAS = 500_000_000  # 1,000 positions take 20 to 45 million; a node caps it, and the lens stops before its end
SELECTORS = {"sharesV2": "39163df4", "positionsV3": "8d8021d4", "positionsOfV3": "1d1bbe55", "positionsV4": "425b9a45"}
ARB_SYS = "0x0000000000000000000000000000000000000064"
"""Of the chains of Arbitrum's kind, where the opcode NUMBER gives Ethereum's block."""
ARB_BLOCK_NUMBER = "0xa3b1b31d"
ANSWER, REFUSAL = bytes.fromhex("80d18d5f"), bytes.fromhex("79f09c3e")  # LensCall's two errors
POOL_WORDS, SHARE_WORDS = 11, 10
_ROW = struct.Struct(">32sQQ16s16s16s")
_WORD = 64  # hexadecimal digits
_WORDED = re.compile("0x[0-9a-fA-F]{64}")


class Status(IntEnum):
    """Whether the numbers of a position are valid, as the contract says."""

    READ = 0
    NO_POSITION = 1
    NO_POOL = 2
    LOCKED = 3

    @property
    def reason(self) -> str:
        """Say why there are no numbers."""
        return (
            "read",
            "no such position (burnt, or of another manager)",
            "its pool does not exist",
            "its pool is in the middle of a change",
        )[self]


class Node(Protocol):
    """Whatever sends a JSON-RPC request: `bridge.chain.node.Chain` or `bridge.chain.rpc.Rpc`."""

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Return the node's answer, an error of its own included."""


class PoolSeen(NamedTuple):
    """A v3 or v4 pool, as IExposureLens describes it; addresses in lower case."""

    id: int
    token0: str
    token1: str
    fee: int
    spacing: int
    hooks: str
    sqrt_price_x96: int
    tick: int
    growth0: int
    growth1: int
    status: Status


class LensPosition(NamedTuple):
    """A position; every number but `token_id` is 0 unless `status` is READ, and `pool` None without a position."""

    token_id: int
    status: Status
    pool: PoolSeen | None
    tick_lower: int
    tick_upper: int
    liquidity: int
    owed0: int
    owed1: int


class Share(NamedTuple):
    """An owner's share of a v2 pair, as IExposureLens describes it."""

    pair: str
    token0: str
    token1: str
    reserve0: int
    reserve1: int
    total_supply: int
    balance: int
    amount0: int
    amount1: int
    status: Status


@dataclass(frozen=True)
class _Answer:
    """An answer's words after those that name its block."""

    raw: bytes
    number: int
    timestamp: int

    @classmethod
    def of(cls, raw: bytes) -> _Answer:
        """Read which block an answer says that it is of."""
        return cls(raw, int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"))

    def word(self, index: int) -> int:
        return int.from_bytes(self.raw[32 * index : 32 * index + 32], "big")

    def array(self, index: int, width: int, most: int) -> list[tuple[int, ...]]:
        """Return the elements, `width` words each and at most so many, of the array to which a word points."""
        start, length = self._place(index, width, most)
        return [tuple(self.word(start + width * row + i) for i in range(width)) for row in range(length)]

    def rows(self, index: int, most: int) -> Iterator[tuple[Any, ...]]:
        """Return the rows of positions, at most so many, to which a word points."""
        start, length = self._place(index, 1, most * _ROW.size // 32)
        return _ROW.iter_unpack(memoryview(self.raw)[32 * start : 32 * (start + length)])

    def _place(self, index: int, width: int, most: int) -> tuple[int, int]:
        """Return where an array's elements begin and how many there are, all of them in the answer."""
        start = self.word(index) // 32
        length = self.word(start)
        if 32 * (start + 1 + width * length) > len(self.raw):
            raise ValueError(f"an array of {length} elements in {len(self.raw)} bytes")
        if length > most:
            raise ValueError(f"{length:,} elements where at most {most:,} were asked for")
        return start + 1, length


class Lens:
    """Reads positions through a node.

    Parameters
    ----------
    node
        Where to ask.
    overrides
        False to use the deployless call from the start; otherwise it is used once the node refuses a state override.
    """

    def __init__(self, node: Node, overrides: bool = True) -> None:
        self.node, self.overrides = node, overrides
        self._by_hash = False  # NUMBER is that of another chain's block

    def shares_v2(self, owner: str, pairs: Sequence[str], block: BlockRef) -> list[Share]:
        """Read an owner's shares of v2 pairs, in the order of the pairs."""
        answer = self._ask("sharesV2", _word(owner) + _word(64) + _array(pairs), block)
        with _decoding():
            found = [_share(words) for words in answer.array(2, SHARE_WORDS, len(pairs))]
            if [share.pair for share in found] != [pair.lower() for pair in pairs]:
                raise ValueError("shares of other pairs than were asked for")
            return found

    def positions_v3(self, manager: str, token_ids: Sequence[int], block: BlockRef) -> list[LensPosition]:
        """Read v3 positions by id, in the order of the ids."""
        return self._by_ids("positionsV3", manager, token_ids, block)

    def positions_v4(self, manager: str, token_ids: Sequence[int], block: BlockRef) -> list[LensPosition]:
        """Read v4 positions by id, in the order of the ids."""
        return self._by_ids("positionsV4", manager, token_ids, block)

    def positions_of_v3(self, manager: str, owner: str, block: BlockRef) -> list[LensPosition]:
        """Read all v3 positions of an owner, in the manager's order."""
        found: dict[int, LensPosition] = {}
        total: int | None = None
        while total is None or len(found) < total:
            asked = _word(manager) + _word(owner) + _word(len(found)) + _word(CHUNK)
            answer = self._ask("positionsOfV3", asked, block)
            if answer.word(4) > MOST_POSITIONS:
                raise ChainError(
                    f"the node says that {owner} has {answer.word(4):,} v3 positions, and {MOST_POSITIONS:,} are read: "
                    "ask another node"
                )
            before, total = total, answer.word(4)
            more = _progress(_exposures(answer, min(CHUNK, total - len(found))), total - len(found))
            begun = len(found) + len(more)
            found |= {position.token_id: position for position in more}
            if before not in (None, total) or len(found) != begun:
                raise ChainError("the node gave a position twice, or another number of them: ask another node")
        return [*found.values()]

    def _by_ids(self, function: str, manager: str, token_ids: Sequence[int], block: BlockRef) -> list[LensPosition]:
        found: list[LensPosition] = []
        while len(found) < len(token_ids):
            part = token_ids[len(found) : len(found) + CHUNK]
            answer = self._ask(function, _word(manager) + _word(64) + _array(part), block)
            more = _progress(_exposures(answer, len(part)), len(part))
            if [position.token_id for position in more] != list(part[: len(more)]):
                raise ChainError("the node answered for other positions than it was asked for: ask another node")
            found += more
        return found

    def _ask(self, function: str, arguments: str, block: BlockRef) -> _Answer:
        """Ask, and check that the answer is of the block.

        Where NUMBER is another chain's, as on Arbitrum, it is asked for by its hash, must have its time, and the
        chain's own contract must say its number.
        """
        question = SELECTORS[function] + arguments
        if not self._by_hash:
            answer = _Answer.of(self._call(question, hex(block.number)))
            if (answer.number, answer.timestamp) == (block.number, block.timestamp):
                return answer
            if answer.timestamp != block.timestamp or self._own_number(block) != block.number:
                raise _of_another(block, answer.number, answer.timestamp)
            self._by_hash = True
        answer = _Answer.of(self._call(question, {"blockHash": block.hash}))
        number = self._own_number(block)
        if (number, answer.timestamp) != (block.number, block.timestamp):
            raise _of_another(block, number, answer.timestamp)
        return answer

    def _own_number(self, block: BlockRef) -> int:
        """Ask the chain's own contract for the number of the block with a hash; 0 where there is no such contract."""
        asked = {"to": ARB_SYS, "data": ARB_BLOCK_NUMBER}
        result = self.node.ask("eth_call", asked, {"blockHash": block.hash}).get("result")
        return int(result, 16) if isinstance(result, str) and _WORDED.fullmatch(result) else 0

    def _call(self, question: str, where: str | dict[str, str]) -> bytes:
        """Ask by state override, else by deployless call, and return the lens's answer."""
        if self.overrides:
            code = {ADDRESS: {"code": artifact("ExposureLens").runtime}}
            answer = self.node.ask("eth_call", _transaction("0x" + question) | {"to": ADDRESS}, where, code)
            if answer.get("result") not in (None, "0x"):
                return _from_hex(answer["result"])
            reason = _revert_data(answer)
            if reason:
                raise _refusal(reason)
        code_and_question = _bytes_pair(artifact("ExposureLens").bytecode[2:], question)
        data = artifact("LensCall").bytecode + code_and_question
        answer = self.node.ask("eth_call", _transaction(data), where)
        reason = _revert_data(answer)
        if reason.startswith(REFUSAL) and _unwrapped(reason):
            raise _refusal(_unwrapped(reason))
        if not reason.startswith(ANSWER):
            raise node_refused(answer.get("error", "no lens answered"), "reading positions")
        self.overrides = False
        return _unwrapped(reason)


def _of_another(block: BlockRef, number: int, timestamp: int) -> MissingBlock:
    return MissingBlock(
        f"asked for block {block.number} of time {block.timestamp}, the node answered for block {number} of time "
        f"{timestamp}: it lags, or serves another chain"
    )


def _transaction(data: str) -> dict[str, str]:
    return {"data": data, "gas": hex(GAS)}


def _revert_data(answer: dict[str, Any]) -> bytes:
    """Return the data that a call reverted with, none if it did not."""
    error = answer.get("error")
    return reason_in(error.get("data"), message_of(error)) if isinstance(error, dict) else b""


def _refusal(reason: bytes) -> Exception:
    from bridge.chain.reverts import decode_reason  # loads eth_abi

    return decode_reason(reason, "reading positions")


@contextmanager
def _decoding() -> Iterator[None]:
    """Raise a `ChainError` where the decoder fails on an answer that no lens gives."""
    try:
        yield
    except (ValueError, TypeError, IndexError, struct.error) as error:
        raise ChainError(f"the node's answer is not that of a lens ({error}): ask another node") from error


def _from_hex(digits: str) -> bytes:
    with _decoding():
        return bytes.fromhex(digits[2:])


def _word(value: int | str) -> str:
    return f"{int(value, 16) if isinstance(value, str) else value:064x}"


def _array(values: Sequence[int | str]) -> str:
    return _word(len(values)) + "".join(map(_word, values))


def _bytes_pair(first: str, second: str) -> str:
    """Encode two arguments of type bytes, given as hexadecimal digits."""
    tails = [
        _word(len(digits) // 2) + digits.ljust(-(-len(digits) // _WORD) * _WORD, "0") for digits in (first, second)
    ]
    return _word(64) + _word(64 + len(tails[0]) // 2) + "".join(tails)


def _unwrapped(error: bytes) -> bytes:
    """Return the content of the one argument, of type bytes, of an error."""
    length = int.from_bytes(error[36:68], "big")
    return error[68 : 68 + length]


def _progress(found: list[LensPosition], asked: int) -> list[LensPosition]:
    if asked and not found:
        raise ChainError("the node allows too little gas to read a single position: raise its cap for eth_call")
    return found


def _exposures(answer: _Answer, most: int) -> list[LensPosition]:
    with _decoding():
        return list(_rows(answer, most))


def _rows(answer: _Answer, most: int) -> Iterator[LensPosition]:
    pools = [_pool(words) for words in answer.array(2, POOL_WORDS, most)]
    for token, head, tail, liquidity, owed1, owed0 in answer.rows(3, most):
        status = _STATUS[head >> 56]
        yield LensPosition(
            _integer(token),
            status,
            None if status is Status.NO_POSITION else pools[(head & 0xFF) << 16 | tail >> 48],
            _signed(tail >> 24 & 0xFFFFFF),
            _signed(tail & 0xFFFFFF),
            _integer(liquidity),
            _integer(owed0),
            _integer(owed1),
        )


def _pool(words: tuple[int, ...]) -> PoolSeen:
    id_, token0, token1, fee, spacing, hooks, price, tick, growth0, growth1, status = words
    return PoolSeen(
        id_,
        _address(token0),
        _address(token1),
        fee,
        _signed(spacing & 0xFFFFFF),
        _address(hooks),
        price,
        _signed(tick & 0xFFFFFF),
        growth0,
        growth1,
        Status(status),
    )


def _share(words: tuple[int, ...]) -> Share:
    pair, token0, token1, *numbers, status = words
    reserve0, reserve1, supply, balance, amount0, amount1 = numbers
    named = _address(pair), _address(token0), _address(token1)
    return Share(*named, reserve0, reserve1, supply, balance, amount0, amount1, Status(status))


def _integer(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _signed(tick: int) -> int:
    """Read 24 bits in two's complement."""
    return (tick ^ 0x800000) - 0x800000


def _address(word: int) -> str:
    if word >> 160:
        raise ValueError("an address of more than 160 bits")
    return f"0x{word:040x}"


_STATUS = tuple(Status)
