"""eth_getLogs in as many pages as the node wants: all at once, then what its refusal suggests, else half.

    whole range -> refused -> suggested range, or half -> ... -> ten good pages -> half as much again -> ...

There is no table of providers: their limits and wordings change. A range of one block that is refused is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any, Final

from bridge.chain.answers import node_refused, words_of
from bridge.errors import ChainError, MissingBlock, NodeUnreachable, TooManyEvents

GOOD_PAGES: Final = 10
SILENT_SECONDS: Final = 2.0
"""That a reading takes before anyone is told how far it is."""
MOST_BLOCKS: Final = 1 << 62
MOST_SIZE: Final = 1 << 28
"""Letters of all entries of one reading, about: what no memory should hold of a node's word."""
ENTRY_SIZE: Final = 800
"""What an entry takes beside its topics and data."""
MOST_EVENTS: Final = MOST_SIZE // ENTRY_SIZE
"""Of one reading, however little is kept of each."""
MOST_DIGITS: Final = 20
"""Letters of a block's number in a refusal."""
AFTER_SILENCE: Final = 2_000
"""Blocks to ask for where the node answered a larger range with too much, or with nothing in time."""
_PAIR = re.compile(r"0x([0-9a-fA-F]{1,16})\s{0,4}(?:,|-|to|\.\.)\s{0,4}0x([0-9a-fA-F]{1,16})")
_NUMBER = r"(?<!\d)(\d[\d,_]{0,24})\s{0,4}([kK]\b)?"
_BLOCKS = (
    re.compile(rf"{_NUMBER}[\s-]{{0,4}}(?:blocks?\b|block range|range)", re.IGNORECASE),
    re.compile(
        rf"(?:range|blocks?|limit(?:ed)?|maximum|max|up to|at most|exceeds?)\D{{0,24}}?{_NUMBER}", re.IGNORECASE
    ),
)
Told = Callable[[str, float], None]
"""Hears what is read and which share of it is done, where that takes long; 1 at the end, however it ends."""


class LogPages:
    """Reads logs from one node, and remembers how many blocks it answers at once.

    Parameters
    ----------
    ask
        Sends a JSON-RPC request and returns the node's answer, an error of its own included.
    told
        Hears how far a long reading is.
    """

    def __init__(self, ask: Callable[..., dict[str, Any]], told: Told | None = None) -> None:
        self._ask, self._told, self.blocks, self._good = ask, told, MOST_BLOCKS, 0

    def read(self, wanted: Mapping[str, Any], first: int, last: int, action: str) -> list[Any]:
        """Read the entries of a filter from the first block to the last, in the order of the chain.

        Raises
        ------
        ChainError
            The node refuses a single block, does not have one, or answers with more than a memory should hold.
        """
        found: list[Any] = []
        size = 0
        for page in self.walk(wanted, first, last, action):
            found += page
            size += sum(map(size_of, page))
            require_room(len(found), size, action)
        return found

    def walk(self, wanted: Mapping[str, Any], first: int, last: int, action: str) -> Iterator[list[Any]]:
        """Read what `read` does page by page: who keeps little of each page needs memory for one."""
        seen: set[tuple[int, int]] = set()  # block and place of every entry of this reading
        blocks, until = max(1, last - first + 1), monotonic() + SILENT_SECONDS
        try:
            for done, page in self._pages(wanted, first, last, action):
                _require_once(page, seen, action)
                if self._told and monotonic() > until:
                    self._told(action, done / blocks)
                yield page
        finally:
            if self._told and monotonic() > until:
                self._told(action, 1.0)

    def _pages(self, wanted: Mapping[str, Any], first: int, last: int, action: str) -> Iterator[tuple[int, list[Any]]]:
        """Read page after page; yields how many blocks are left behind, and the page."""
        begin = first
        while first <= last:
            page = min(self.blocks, last - first + 1)
            answer = self._page(wanted, first, first + page - 1, action)
            if answer is None:
                continue
            first += page
            self._good += 1
            if self._good % GOOD_PAGES == 0 and self.blocks < MOST_BLOCKS:
                self.blocks += self.blocks // 2 or 1
            yield first - begin, answer

    def _page(self, wanted: Mapping[str, Any], first: int, last: int, action: str) -> list[Any] | None:
        """Read one page; None where it is to be asked again in smaller ones."""
        asked = {**wanted, "fromBlock": hex(first), "toBlock": hex(last)}
        blocks, self._good = last - first + 1, self._good if self.blocks < MOST_BLOCKS else 0
        try:
            answer = self._ask("eth_getLogs", asked)
        except NodeUnreachable as error:
            if not error.too_much or blocks == 1:
                raise
            self.blocks = min(AFTER_SILENCE, blocks // 2)
            return None
        if "error" in answer:
            refused, fewer = node_refused(answer["error"], action), suggested(answer["error"], first, blocks)
            if blocks == 1 or (isinstance(refused, MissingBlock) and not fewer):
                raise refused
            self.blocks, self._good = fewer or blocks // 2, 0
            return None
        result = answer["result"]
        if result is not None and not isinstance(result, list):
            raise ChainError(f"{action}: the node's answer is no list")
        kept = [entry for entry in result or [] if not (isinstance(entry, dict) and entry.get("removed") is True)]
        if not all(was_asked_for(entry, asked) for entry in kept):
            raise ChainError(f"{action}: the node answered with events that were not asked for: ask another node")
        return kept


def size_of(entry: Any) -> int:
    """Return about how many letters an entry takes; what is none is told where it is read."""
    try:
        return ENTRY_SIZE + len(entry["data"]) + sum(map(len, entry["topics"]))
    except (KeyError, TypeError):
        return ENTRY_SIZE


def _require_once(entries: list[Any], seen: set[tuple[int, int]], action: str) -> None:
    """Refuse an event that comes twice, and more of them than anyone reads."""
    for entry in entries:
        try:
            place = int(entry["blockNumber"], 16), int(entry["logIndex"], 16)
        except (KeyError, TypeError, ValueError):
            continue  # what is no entry is told where it is read
        if place in seen:
            raise ChainError(f"{action}: the node answered with an event twice: ask another node")
        seen.add(place)
    if len(seen) > MOST_EVENTS:
        raise TooManyEvents(f"{action}: the node answered with more than {MOST_EVENTS:,} events")


def require_room(count: int, size: int, action: str) -> None:
    """Refuse more entries than a memory should hold.

    Raises
    ------
    TooManyEvents
        Their letters are more than `MOST_SIZE`.
    """
    if size > MOST_SIZE:
        raise TooManyEvents(f"{action}: the node answered with {count:,} events of more than {MOST_SIZE >> 20} MiB")


def was_asked_for(entry: Any, asked: Mapping[str, Any]) -> bool:
    """Tell whether an entry is of the contract, if any, the blocks and topics that were asked for.

    What is none is told later.
    """
    try:
        where = asked.get("address", entry["address"]).lower() == entry["address"].lower()
        when = int(asked["fromBlock"], 16) <= int(entry["blockNumber"], 16) <= int(asked["toBlock"], 16)
        wanted, topics = asked.get("topics") or [], [topic.lower() for topic in entry["topics"]]
        return bool(where and when and len(topics) >= len(wanted) and all(map(_fits, topics, wanted)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return True


def _fits(topic: str, wanted: Any) -> bool:
    """Tell whether a topic is one of those that a filter names; None names every one."""
    several = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return wanted is None or any(topic == each.lower() for each in several)


def suggested(error: Any, first: int, blocks: int) -> int:
    """Return how many blocks a refusal says may be asked for from the first one; 0 where it says nothing of use.

    >>> suggested({"message": "this block range should work: [0x10, 0x1f]"}, 0x10, 500)
    16
    >>> suggested({"message": "eth_getLogs is limited to a 1,024 range"}, 0, 5000), suggested("no", 0, 9)
    (1024, 0)
    """
    about = error.get("data") if isinstance(error, dict) else None
    words = words_of(error)
    if isinstance(about, dict):
        words += f" {str(about.get('from'))[:MOST_DIGITS]}-{str(about.get('to'))[:MOST_DIGITS]}"
    for start, end in _PAIR.findall(words):
        size = int(end, 16) - int(start, 16) + 1
        if int(start, 16) <= first and 0 < size < blocks:
            return size
    numbers = [
        int(re.sub("[,_]", "", digits)[:18]) * (1000 if thousands else 1)
        for pattern in _BLOCKS
        for digits, thousands in pattern.findall(words)
    ]
    return max((number for number in numbers if 0 < number < blocks), default=0)
