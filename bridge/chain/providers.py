"""Several nodes of one chain as one: the first that is fit answers, a second confirms, and any may die.

    heads of all -> dead ones aside, and late ones whose newest block the newest node has too -> lowest head of the
    others, with the same hash and time on all -> pinned block
    read at it -> first answers -> second says the same? -> answer | no -> `NodesDisagree`
                  dead -> the next one that has the pinned block with the same hash

Nobody's number is used where two differ: neither of them can be known to be right. A transaction goes to every node,
and its receipt counts once two of them have the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from time import monotonic, sleep, time
from typing import Any, Final, TypeVar

from bridge.chain.blocks import BlockRef
from bridge.chain.compared import RECEIPT, SEND, STATES, alike, content, entries, is_pinned, may_move, mined
from bridge.chain.rpc import Rpc, as_number
from bridge.errors import ChainError, NodesDisagree, NodeUnreachable
from bridge.foreign import url_place

T = TypeVar("T")
PAUSES: Final = (0.5, 2.0)
"""Seconds until nodes that have different blocks at a height are asked again: the newest block may just be replaced."""
DEAD_SECONDS: Final = 60.0
"""In which a node that died is not asked for its newest block: one that hangs takes half a minute each time."""
MOST_AHEAD_SECONDS: Final = 15
"""By which a newest block may be ahead of this machine's clock before it makes no other node late."""


class Providers:
    """Several nodes of a chain, in the order in which they are to be asked.

    Parameters
    ----------
    nodes
        Two or more; the first is the main one.
    max_lag
        Seconds by which a head may be older than the newest.
    warned
        Hears which node is left aside and why, once each.
    """

    def __init__(self, nodes: Sequence[Rpc], max_lag: int, warned: Callable[[str], None]) -> None:
        self._all, self._fit, self._late = tuple(nodes), list(nodes), list[Rpc]()
        self._max_lag, self._warned, self._said = max_lag, warned, set[str]()
        self._pinned: BlockRef | None = None
        self._least = 0  # block of the newest receipt: what is read afterwards is not from before it
        self._heard, self._died = 2, dict[Rpc, float]()
        self.lone = ""  # place of the node that alone has the receipt that was looked for last
        self.url, self.logs = nodes[0].url, self

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the URLs that their answers may quote."""
        return tuple(node.url for node in self._all)

    @property
    def voices(self) -> int:
        """Return how many nodes agree on what is read, the last events included: 2 while a second one confirms it."""
        return min(len(self._fit), self._heard)

    def begin(self) -> None:
        """Start the clock of each anew."""
        for node in self._all:
            node.begin()

    def head(self) -> BlockRef:
        """Pin the newest block that all fit nodes have, with the same hash and time.

        Raises
        ------
        NodesDisagree
            They have different blocks at one height, and still after a while.
        ChainError
            None of them answers.
        """
        for pause in PAUSES:
            try:
                return self._agreed()
            except NodesDisagree:
                sleep(pause)
        return self._agreed()

    def _agreed(self) -> BlockRef:
        heads, self._pinned, self._heard = self._heads(), None, 2
        newest = self._newest(heads)
        late = {
            node: head
            for node, head in heads.items()
            if newest - head.timestamp > self._max_lag or head.number < self._least
        }
        late = late if len(late) < len(heads) else {}
        fit = [node for node in heads if node not in late]
        leader = max(fit, key=lambda node: (heads[node].timestamp, heads[node].number))
        for node, head in late.items():
            self._require_late(node, head, leader, heads[leader])
            behind = f"{newest - head.timestamp:,} s older than the newest"
            self._say(f"the node at {url_place(node.url)} is left aside: its newest block {head.number} is {behind}")
        pinned = min((heads[node] for node in fit), key=lambda head: head.number)
        first, *others = sorted(fit, key=lambda node: heads[node] != pinned)  # who pinned it is asked for nothing
        agreed = [first, *(node for node in others if self._same(pinned, first, node, heads[node]))]
        self._fit, self._late, self._pinned = [node for node in fit if node in agreed], list(late), pinned
        self._say_if_alone()
        return pinned

    def _newest(self, heads: dict[Rpc, BlockRef]) -> int:
        """Return the time of the newest block; of one that is ahead of the clock only where all of them are."""
        most = time() + MOST_AHEAD_SECONDS
        ahead = {node: head for node, head in heads.items() if head.timestamp > most}
        if not ahead or len(ahead) == len(heads):  # a chain that is played may be ahead of every clock
            return max(head.timestamp for head in heads.values())
        for node in ahead:
            self._say(
                f"the newest block of the node at {url_place(node.url)} is ahead of this machine's clock, those of "
                "other nodes are not: no node is late by it; set the clock, or take that node out of chain.rpc_urls"
            )
        return max(head.timestamp for node, head in heads.items() if node not in ahead)

    def _require_late(self, node: Rpc, head: BlockRef, leader: Rpc, newest: BlockRef) -> None:
        """Check that a node is late and nothing else: the leading one is further, and has the node's newest block."""
        if head.number >= newest.number or not self._same(head, node, leader, None):
            raise NodesDisagree(f"block {head.number}", [url_place(each.url) for each in (node, leader)])

    def _heads(self) -> dict[Rpc, BlockRef]:
        """Read the newest block of each; of one that died a moment ago only where no other answers."""
        found, failed = dict[Rpc, BlockRef](), list[ChainError]()
        rest = [node for node in self._all if monotonic() - self._died.get(node, -math.inf) < DEAD_SECONDS]
        for node in [each for each in self._all if each not in rest] + rest:
            if node in rest and found:
                break
            try:
                found[node] = node.head()
            except ChainError as error:
                self._died[node] = monotonic()
                self._say(f"a node is left aside: {error}")
                failed.append(error)
        if not found:
            raise failed[0]
        return {node: found[node] for node in self._all if node in found}

    def _same(self, block: BlockRef, of: Rpc, node: Rpc, head: BlockRef | None) -> bool:
        """Tell whether another node has a block; raises `NodesDisagree` where it has another one in its place."""
        try:
            other = head if head and head.number == block.number else node.block(block.number)
        except ChainError as error:
            self._say(f"a node is left aside: {error}")
            return False
        if block != other:
            raise NodesDisagree(f"block {block.number}", [url_place(each.url) for each in (of, node)])
        return True

    def block(self, which: int | str) -> BlockRef:
        """Read a block's reference; by number a second node must have the same."""
        node, found = self._first(lambda node: node.block(which))
        if not isinstance(which, str):
            self._confirm(f"block {which}", node, found, lambda node: node.block(which), lambda one, two: one == two)
        return found

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a request as `Rpc.ask` does: to the first fit node, and what has one answer at a block to a second.

        A transaction goes to every node, and two must have the same receipt of it.
        """
        if method == RECEIPT:
            return dict(self._receipt(lambda node: node.ask(method, *parameters)))
        if method == SEND:
            return self._handed(lambda node: node.ask(method, *parameters))
        if not may_move(method):
            return self._fit[0].ask(method, *parameters)
        node, answer = self._able(lambda node: node.ask(method, *parameters))
        if method == "eth_chainId" or (method in STATES and is_pinned(parameters)):
            heard = self._confirm(method, node, answer, lambda node: node.ask(method, *parameters), alike)
            self._say_unconfirmed(node, heard)
        return answer

    def read(self, wanted: Any, first: int, last: int, action: str) -> list[Any]:
        """Read entries as `LogPages.read` does; a second node must have the same."""

        def pages(node: Rpc) -> list[Any]:
            return node.logs.read(wanted, first, last, action)

        node, found = self._first(pages)
        heard = self._confirm(action, node, found, pages, lambda one, two: entries(one) == entries(two))
        self._heard = 2 if heard else 1
        self._say_unconfirmed(node, heard)
        return found

    def walk(self, wanted: Any, first: int, last: int, action: str) -> Iterator[list[Any]]:
        """Read entries as `LogPages.walk` does; a second node must have the same, which is known at the end."""
        node, digest = self._fit[0], sha256()
        try:
            for page in node.logs.walk(wanted, first, last, action):
                digest.update("".join(entries(page)).encode())
                yield page
        except ChainError as error:
            self._replace(node, error)
            raise

        def again(other: Rpc) -> bytes:
            theirs = sha256()
            for page in other.logs.walk(wanted, first, last, action):
                theirs.update("".join(entries(page)).encode())
            return theirs.digest()

        self._say_unconfirmed(node, self._confirm(action, node, digest.digest(), again, lambda one, two: one == two))

    @contextmanager
    def ahead(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[None]:
        """Ask many questions at once as `Rpc.ahead` does: of the first fit node and of the one that confirms it."""
        with ExitStack() as stack:
            for node in self._fit[:2]:
                stack.enter_context(node.ahead(questions))
            yield

    def post(self, method: str, body: bytes) -> bytes:
        """Send a request of web3.py: a receipt is looked for as `ask` does, the rest is asked of the first."""
        if method == RECEIPT:
            found = self._receipt(lambda node: node.parsed(node.post(method, body)))
            return json.dumps(found).encode()
        if not may_move(method):
            return self._fit[0].post(method, body)
        return self._first(lambda node: node.post(method, body))[1]

    def parsed(self, body: bytes) -> Any:
        """Return the JSON that an answer is."""
        return self._fit[0].parsed(body)

    def _first(self, read: Callable[[Rpc], T]) -> tuple[Rpc, T]:
        """Return the first fit node that can read something, and what it is; a dead one is replaced."""
        failed, tried = list[ChainError](), set[Rpc]()
        while node := next((each for each in self._fit if each not in tried), None):
            tried.add(node)
            try:
                return node, read(node)
            except ChainError as error:
                failed.append(error)
                self._replace(node, error)
        raise failed[0]

    def _able(self, read: Callable[[Rpc], dict[str, Any]]) -> tuple[Rpc, dict[str, Any]]:
        """Return the first answer that says something of the chain, else that of the first node that answers."""
        answers = list[tuple[Rpc, dict[str, Any]]]()

        def told(node: Rpc) -> dict[str, Any]:
            answers.append((node, read(node)))
            if content(answers[-1][1]) is None:
                raise ChainError("it does not know")
            return answers[-1][1]

        try:
            return self._first(told)
        except ChainError:
            if not answers:
                raise
            return answers[0]

    def _confirm(
        self, what: str, node: Rpc, found: T, read: Callable[[Rpc], T], same_as: Callable[[T, T], bool | None]
    ) -> bool:
        """Tell whether another fit node reads the same; raises `NodesDisagree` where it reads something else.

        One that cannot read it says nothing, and the next is asked.
        """
        for other in [each for each in self._fit if each is not node]:
            try:
                same = same_as(found, read(other))
            except ChainError as error:
                self._replace(other, error)
                continue
            if same is False:
                raise NodesDisagree(what, [url_place(each.url) for each in (node, other)])
            if same:
                return True
        return False

    def _replace(self, node: Rpc, error: ChainError) -> None:
        """Leave a dead node aside; in its place come late ones that have the pinned block by now."""
        if not isinstance(error, NodeUnreachable):
            return
        self._say(f"a node is left aside: {error}")
        for late in tuple(self._late):
            with suppress(ChainError):
                if self._pinned is None or late.block(self._pinned.number) == self._pinned:
                    self._late.remove(late)
                    self._fit.append(late)
        self._died[node] = monotonic()
        if len(self._fit) > 1:
            self._fit.remove(node)
            self._say_if_alone()

    def _receipt(self, read: Callable[[Rpc], Any]) -> Any:
        """Return a receipt that two fit nodes have, or the only one that there is; until then an answer without any.

        Raises
        ------
        NodesDisagree
            They have different ones, and still after a while: blocks may just be replaced.
        """
        for pause in PAUSES:
            try:
                return self._same_receipt(read)
            except NodesDisagree:
                sleep(pause)
        return self._same_receipt(read)

    def _same_receipt(self, read: Callable[[Rpc], Any]) -> Any:
        answers, found, failed = list[Any](), dict[Rpc, dict[str, Any]](), list[ChainError]()
        for node in tuple(self._fit):
            try:
                answers.append(read(node))
            except ChainError as error:
                failed.append(error)
                self._replace(node, error)
                continue
            if isinstance(answers[-1], dict) and isinstance(answers[-1].get("result"), dict):
                found[node] = answers[-1]
            if len(found) == 2:
                break
        if not answers:
            raise failed[0]
        if len({mined(each["result"]) for each in found.values()}) > 1:
            raise NodesDisagree("a receipt", [url_place(node.url) for node in found])
        self.lone = ""
        if not found:
            return answers[0]
        node, answer = next(iter(found.items()))
        if len(found) == 1 and len(self._fit) > 1:
            self.lone = url_place(node.url)
            return {**answer, "result": None}
        with suppress(ChainError):
            self._least = max(self._least, as_number(answer["result"].get("blockNumber"), RECEIPT))
        return answer

    def _handed(self, hand: Callable[[Rpc], dict[str, Any]]) -> dict[str, Any]:
        """Hand a transaction to every node, and return the first answer of one that takes it.

        Where none does, one may have taken it and failed: that counts before a refusal.
        """
        taken, refused, failed = list[dict[str, Any]](), list[dict[str, Any]](), list[ChainError]()
        for node in (*self._fit, *self._late):
            try:
                answer = hand(node)
            except ChainError as error:
                failed.append(error)
            else:
                (refused if "error" in answer else taken).append(answer)
        if failed and not taken:
            raise failed[0]
        return (taken or refused)[0]

    def _say_if_alone(self) -> None:
        if len(self._fit) == 1:
            self._say(f"no second node confirms what the one at {url_place(self._fit[0].url)} says")

    def _say_unconfirmed(self, node: Rpc, heard: bool) -> None:
        """Say once that a node is believed alone since no other one can tell."""
        if not heard and len(self._fit) > 1:
            self._say(f"no second node confirms all of what the one at {url_place(node.url)} says: the others refuse")

    def _say(self, words: str) -> None:
        if words not in self._said:
            self._said.add(words)
            self._warned(words)
