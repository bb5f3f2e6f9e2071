"""JSON-RPC without web3.py: a request is a POST, and an answer is checked before anyone looks into it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.client import HTTPException
from time import monotonic, sleep
from typing import Any, Final

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from bridge.chain.answers import is_revert, may_pass, node_refused, scrubbed
from bridge.chain.blocks import BlockRef
from bridge.chain.bounds import possible_time
from bridge.chain.connection import TIMEOUT_SECONDS, Answer, Connection, Unusable
from bridge.chain.logs import LogPages, Told
from bridge.errors import ChainError, MissingBlock, NodeTooSlow, NodeUnreachable

READS = frozenset(
    {
        "eth_accounts",
        "eth_call",
        "eth_chainId",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getStorageAt",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_simulateV1",
    }
)
"""What may be asked twice."""
SMALL: Final = frozenset(
    {
        "eth_blockNumber",
        "eth_chainId",
        "eth_estimateGas",
        "eth_getBalance",
        "eth_getStorageAt",
        "eth_getTransactionCount",
        "eth_maxPriorityFeePerGas",
        "eth_sendRawTransaction",
    }
)
"""What is answered with one word, or with an error."""
SMALL_BYTES: Final = 1 << 20
"""Of such an answer: an error may quote a transaction."""
SPARSE: Final = {b",": 24, b"{": 64, b"[": 64}
"""Bytes of an answer for each of these signs in it; logs have 70 and more. Parts of two bytes take a hundred each."""
FREE_SIGNS: Final = 1 << 16
MOST_DIGITS: Final = 2 + 64
"""Of a number of 256 bits in 0x hex; a longer one is none."""
BUSY_STATUS: Final = 429
WAITS: Final = (0.1, 0.3, 0.9)
"""Seconds before a question is asked again where the node is busy, or does not have a block yet."""
MOST_TOGETHER: Final = 100
"""Questions that are sent at once: what most nodes take."""
PATIENCE_SECONDS: Final = 600.0
"""All that the answers of a node may take together, unless the settings say otherwise."""
MOST_WAIT_SECONDS: Final = 10.0
"""All that one request waits for a busy node; one that wants to be left alone for longer is named."""


def share_of(patience: float, nodes: int) -> float:
    """Return the seconds that one request to one of several nodes may take, 0 for as many as a machine takes.

    One that hangs leaves the others their part of what is waited for all.
    """
    share = patience / nodes
    return share if nodes > 1 and share < TIMEOUT_SECONDS else 0.0


class Rpc:
    """A node by its URL; connects with the first request.

    Parameters
    ----------
    patience
        Seconds that its answers, and reading them, may take together, from one `head` to the next.
    told
        Hears how far a long reading of events is.
    one_clock
        Whether `begin` alone ends those seconds, and no `head`.
    seconds
        Of one request, where people answer it; 0 for as many as a machine takes.

    Raises
    ------
    NodeUnreachable
        It is no URL of http or https.
    """

    def __init__(
        self,
        url: str,
        patience: float = PATIENCE_SECONDS,
        told: Told | None = None,
        one_clock: bool = False,
        seconds: float = 0.0,
    ) -> None:
        self.url, self.patience, self._asked, self._one_clock = url, patience, 0, one_clock
        self._known, self._alone = dict[str, dict[str, Any]](), False
        self._most_wait = min(MOST_WAIT_SECONDS, seconds or MOST_WAIT_SECONDS)
        self.lone = ""  # of several nodes, the one that alone has a receipt: none here
        self.begin()
        self.logs = LogPages(self.ask, told)
        try:
            self._connection = Connection(url, seconds=seconds)
        except Unusable as error:
            raise NodeUnreachable(url, str(error)) from None

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the URLs that its answers may quote."""
        return (self.url,)

    @property
    def voices(self) -> int:
        """Return how many nodes agree on what is read: this one."""
        return 1

    def begin(self) -> None:
        """Start the clock anew: of requests, and of the seconds that they take."""
        self._posted, self._waited = 0, 0.0

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a request and return the node's answer: either a `result` or an `error` of its own is in it.

        Raises
        ------
        NodeUnreachable
            Nothing answers at the URL, or not in JSON.
        ChainError
            What answers does not speak JSON-RPC, or answers something else.
        """
        if self._known and (known := self._known.get(_key(method, parameters))):
            return known
        for wait in (*WAITS, None):
            answer = self._asked_once(method, parameters)
            if wait is None or "error" not in answer or is_revert(answer["error"]) or not may_pass(answer["error"]):
                break
            self._waited += wait  # a node that has others wait is as slow as one that thinks
            sleep(wait)
        return answer

    @contextmanager
    def ahead(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[None]:
        """Ask many questions at once; inside of the block `ask` has what was answered, and asks for the rest itself."""
        self._known = self._together(questions)
        try:
            yield
        finally:
            self._known = {}

    def _together(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> dict[str, dict[str, Any]]:
        """Return what a node answers to questions that are sent together, results and reverts only; by question.

        A node that takes one at a time is asked so from then on.
        """
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(questions), MOST_TOGETHER):
            if self._alone:
                break
            part = dict(enumerate(questions[first : first + MOST_TOGETHER], self._asked + 1))
            self._asked += len(part)
            for answer in self._answers(part):
                number = answer.get("id") if isinstance(answer, dict) else None
                if not isinstance(number, int) or number not in part:
                    continue
                with suppress(ChainError):
                    said = self._checked(part[number][0], answer, number)
                    if "error" not in said or is_revert(said["error"]):
                        found[_key(*part[number])] = said
        return found

    def _answers(self, part: Mapping[int, tuple[str, Sequence[Any]]]) -> list[Any]:
        """Send questions together and return the answers, none where the node takes one at a time."""
        bodies = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in part.items()
        ]
        answers: Any = None
        try:
            answers = self.parsed(self.post(next(iter(part.values()))[0], json.dumps(bodies).encode()))
        except NodeTooSlow:
            raise
        except NodeUnreachable:
            pass  # each is asked by itself, and that says why
        self._alone = not isinstance(answers, list)
        return [] if self._alone else answers

    def _asked_once(self, method: str, parameters: tuple[Any, ...]) -> dict[str, Any]:
        self._asked += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}).encode()
        return self._checked(method, self.parsed(self.post(method, body)), self._asked)

    def parsed(self, body: bytes) -> Any:
        """Return the JSON that an answer is; raises `NodeUnreachable` where it is none."""
        began = monotonic()
        if any(body.count(sign) > len(body) // least + FREE_SIGNS for sign, least in SPARSE.items()):
            raise NodeUnreachable(self.url, f"{len(body):,} bytes of more parts than any answer has", too_much=True)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            page = body.lstrip()[:1] == b"<"
            raise NodeUnreachable(self.url, "a web page and no JSON" if page else type(error).__name__) from error
        finally:
            self._waited += monotonic() - began

    def post(self, method: str, body: bytes) -> bytes:
        """Send a request as it is and return the body of the answer; where the node is too busy, wait and ask again.

        Raises
        ------
        NodeUnreachable
            Nothing answers at the URL, it is busy for too long, or answers an error of HTTP without one of JSON-RPC.
        NodeTooSlow
            Its answers took too long together.
        """
        if self._waited > self.patience:
            raise NodeTooSlow(self.url, self._waited, self._posted, self.patience)
        began, self._posted = monotonic(), self._posted + 1
        try:
            answer = self._answered(method, body)
            if method in SMALL and len(answer) > SMALL_BYTES:
                raise NodeUnreachable(self.url, f"{len(answer):,} bytes in answer to {method}")
            return answer
        finally:
            self._waited += monotonic() - began

    def _answered(self, method: str, body: bytes) -> bytes:
        left = self._most_wait
        for wait in (*WAITS, None):
            try:
                answer = self._connection.post(body, again=method in READS)
            except Unusable as error:
                raise NodeUnreachable(self.url, str(error), error.too_much) from None
            except (OSError, HTTPException, ValueError) as error:
                raise NodeUnreachable(self.url, type(error).__name__) from error
            busy = answer.status == BUSY_STATUS or (answer.status == 503 and answer.retry_after is not None)
            if not busy or wait is None:
                break
            asked_for = wait if answer.retry_after is None else answer.retry_after
            if asked_for > left:
                break
            left -= asked_for
            sleep(asked_for)
        return self._usable(answer, busy)

    def _usable(self, answer: Answer, busy: bool) -> bytes:
        """Return the body of an answer; of an error of HTTP only where it is an error of JSON-RPC as well."""
        if answer.status == 200:
            return answer.body
        if busy:
            wants = f", and wants {answer.retry_after:g} s" if answer.retry_after is not None else ""
            raise NodeUnreachable(self.url, f"HTTP {answer.status}: it is too busy{wants}")
        with suppress(ValueError, RecursionError):
            said = json.loads(answer.body) if len(answer.body) <= SMALL_BYTES else None  # an error is no book
            if isinstance(said, dict) and isinstance(said.get("error"), dict) and "id" in said:
                return answer.body
        raise NodeUnreachable(self.url, f"HTTP {answer.status}")

    def block(self, which: int | str) -> BlockRef:
        """Read a block's reference, by number, "latest" or "finalized".

        Raises
        ------
        MissingBlock
            The node does not have it.
        """
        action = f"reading block {which}"
        answer = self.ask("eth_getBlockByNumber", which if isinstance(which, str) else hex(which), False)
        if "error" in answer:
            raise node_refused(answer["error"], action)
        block = answer["result"]
        if block is None:
            raise MissingBlock(f"{action}: the node does not have it")
        if not isinstance(block, dict):
            raise ChainError(f"{action}: the node's answer is no block")
        digest = as_bytes(block.get("hash"), action)
        if len(digest) != 32:
            raise ChainError(f"{action}: the node's answer has no hash")
        number, timestamp = (as_number(block.get(name), action) for name in ("number", "timestamp"))
        if not isinstance(which, str) and number != which:
            raise ChainError(f"{action}: the node answered with block {number}: ask another node")
        if not possible_time(number, timestamp):
            raise ChainError(
                f"{action}: the node says that it is of {timestamp} s, no time of a block: ask another node"
            )
        return BlockRef(number, "0x" + digest.hex(), timestamp)

    def head(self) -> BlockRef:
        """Read the newest block's reference; everything after is read at it."""
        if not self._one_clock:
            self.begin()
        return self.block("latest")

    def _checked(self, method: str, answer: Any, number: int) -> dict[str, Any]:
        """Return the one of result and error that counts: some nodes send both, one of them null."""
        if not isinstance(answer, dict):
            raise ChainError(f"{method}: the node's answer is neither a result nor an error")
        asked, error = answer.get("id"), answer.get("error")
        if str(asked) != str(number) and not (asked is None and error is not None):
            raise ChainError(f"{method}: the node answered another request")
        if error is not None and answer.get("result") is None:
            return {"error": scrubbed(error, self.url)}
        if error is None and "result" in answer:
            return {"result": answer["result"]}
        raise ChainError(f"{method}: the node's answer is neither a result nor an error")


def _key(method: str, parameters: Sequence[Any]) -> str:
    return json.dumps([method, *parameters])


NUMBER: Final = re.compile("0x[0-9a-fA-F]+")
"""Python's own reading would take a sign, spaces and underscores too."""


def as_number(value: Any, action: str) -> int:
    """Return the number that a node's answer writes in 0x hex; anything else is a `ChainError`."""
    if isinstance(value, str) and len(value) <= MOST_DIGITS and NUMBER.fullmatch(value):
        return int(value[2:], 16)
    raise ChainError(f"{action}: the node's answer is no number")


def as_bytes(value: Any, action: str) -> bytes:
    """Return the bytes that a node's answer writes in 0x hex; anything else is a `ChainError`."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainError(f"{action}: the node's answer is not bytes in hex")


def as_address(value: Any, action: str) -> str:
    """Return the address that a node's answer writes in 0x hex, with its checksum; anything else is a `ChainError`."""
    found = as_bytes(value, action)
    if len(found) != 20:
        raise ChainError(f"{action}: the node's answer is no address")
    return checksummed(found)


@lru_cache(maxsize=1 << 14)
def checksummed(address: str | bytes) -> ChecksumAddress:
    """Return an address with its checksum, which is a hash: the same ones are asked for by thousands."""
    return to_checksum_address(address)
