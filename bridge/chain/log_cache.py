"""Events of finalised blocks, kept in the state folder: who reads a year of them again reads the new ones alone.

    FOLDER/<chain id>/<key of nodes, address, if any, and topics>/<first block>-<last block>.parquet

    parts of the filter -> last block's hash as the chain has it? -> their entries -> the rest from the node
                                      | no                                               |
                                thrown away                             finalised part of it is written whole

A part is used only where the chain still has the block that it ends with: so it is of this chain, and no block of it
was replaced since. It is the word of the nodes that are asked now, and of no other: who asks another node to compare
is answered by that one. Nothing beyond the finalised block is kept. What cannot be written or read costs the cache
alone; without the extra `parquet` there is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from bridge.chain.blocks import BlockRef
from bridge.chain.log_parts import MOST_FILE, MOST_ROWS, Part, packed, unpacked
from bridge.chain.logs import require_room, size_of
from bridge.errors import BadFile, ChainError, MissingBlock, NodeUnreachable
from bridge.extras import is_installed
from bridge.files import read_bytes, require_own, write_durably

LEAST_BLOCKS: Final = 1_000
"""Of a range that is looked for in the cache, and of one that is written into it: most nodes answer so many at once."""
ASSUMED_FINAL: Final = 256
"""Blocks behind the newest one that count as final where a node knows no "finalized"; the hash is checked anyway."""
MERGED_ROWS: Final = MOST_ROWS // 8
"""A part of fewer entries is written anew with those that follow it."""
MOST_PARTS: Final = 1_000
MOST_FOLDER: Final = 1 << 30
"""Bytes of all parts; those that were not used for the longest time make room."""
_NAME: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})\.parquet")


class Node(Protocol):
    """Where blocks and entries are read that are not in the cache."""

    @property
    def voices(self) -> int:
        """Return how many nodes agree on what is read: 2 where a second one confirms it."""

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the URLs of all that may answer."""

    @property
    def logs(self) -> Any:
        """Return the pager of eth_getLogs."""

    def block(self, which: int | str) -> BlockRef:
        """Read a block's reference."""


class LogCache:
    """Reads entries of one chain, from the disk as far as it can.

    Parameters
    ----------
    folder
        Of all chains; it need not be there.
    warned
        Hears what is wrong with a file, once.
    """

    def __init__(self, folder: Path, chain_id: int, warned: Callable[[str], None]) -> None:
        self._folder, self._chain_id, self._warned = folder, chain_id, warned
        self._pinned, self._hashes, self._final = -1, dict[int, str](), -1
        self._writes = True
        self._used: set[Path] = set()

    def forget(self) -> bool:
        """Remove the parts that were used so far; False where there were none: what they say is contradicted."""
        used, self._used = self._used, set()
        for path in used:
            with suppress(OSError):
                path.unlink()
        return bool(used)

    def read(self, node: Node, wanted: Mapping[str, Any], first: int, last: int, action: str) -> list[Any]:
        """Read the entries of a filter as `LogPages.read` does; raises what it raises."""
        if last - first + 1 < LEAST_BLOCKS or not is_installed("pyarrow"):
            return list(node.logs.read(wanted, first, last, action))
        if self._pinned != last:
            self._pinned, self._hashes, self._final = last, {}, -1
        wanted = _in_one_order(wanted)
        place, found, cursor = self._folder / str(self._chain_id) / _key(node, wanted), [], first
        before: Part | None = None
        size = 0
        for part in self._parts(node, place, wanted, last):
            if part.last < cursor or part.first > last:
                continue
            if part.first > cursor:
                found += self._fetched(node, wanted, cursor, part.first - 1, action, place, before)
                cursor = part.first
            found += [entry for entry in part.entries if cursor <= int(entry["blockNumber"], 16) <= last]
            size += sum(map(size_of, part.entries))
            require_room(len(found), size, action)
            before, cursor = part, min(part.last, last) + 1
        return found + self._fetched(node, wanted, cursor, last, action, place, before)

    def _parts(self, node: Node, place: Path, wanted: Mapping[str, Any], last: int) -> Iterator[Part]:
        """Yield the parts that may be used, in order; of those that overlap the longest."""
        until = -1
        for path, start, end in _files(place):
            if end <= until or start > last:
                continue
            try:
                require_own(path)
                part = unpacked(read_bytes(path, MOST_FILE), self._chain_id, wanted, start, end)
            except FileNotFoundError:
                continue  # another command has written it anew under another name
            except (OSError, ValueError, BadFile) as error:
                self._refused(path, f"cannot be used ({error})")
                continue
            if part.nodes < node.voices:
                continue  # it was the word of one node
            now = self._hash(node, end)
            if now == part.last_hash:
                with suppress(OSError):
                    os.utime(path)
                until = end
                self._used.add(path)
                yield part
            elif now:
                self._refused(path, "is of another chain than the node has now")

    def _hash(self, node: Node, number: int) -> str:
        """Return a block's hash; nothing where the node does not have it."""
        if number not in self._hashes:
            try:
                self._hashes[number] = node.block(number).hash
            except MissingBlock:
                self._hashes[number] = ""
        return self._hashes[number]

    def _refused(self, path: Path, reason: str) -> None:
        self._warned(f"events kept in {path} are read again: the file {reason}")
        with suppress(OSError):
            path.unlink()

    def _fetched(
        self,
        node: Node,
        wanted: Mapping[str, Any],
        first: int,
        last: int,
        action: str,
        place: Path,
        before: Part | None,
    ) -> list[Any]:
        """Read entries from the node, and keep those of final blocks; `before` is the part in front of them."""
        if first > last:
            return []
        end = min(self._final_block(node), last)
        keeps = self._writes and end - first + 1 >= LEAST_BLOCKS
        digest = self._hash(node, end) if keeps else ""
        found = list(node.logs.read(wanted, first, last, action))
        if digest and node.block(end).hash == digest:  # before and after: entries and hash are of one chain
            final = [entry for entry in found if _number(entry) <= end]
            self._keep(place, wanted, Part(first, end, digest, node.voices, final), before)
        return found

    def _final_block(self, node: Node) -> int:
        """Return the last block that is final, as the node says, and never one beyond the pinned block."""
        if self._final < 0:
            try:
                said = node.block("finalized").number
            except NodeUnreachable:
                raise
            except ChainError:
                said = self._pinned - ASSUMED_FINAL
            self._final = max(min(said, self._pinned), 0)
        return self._final

    def _keep(self, place: Path, wanted: Mapping[str, Any], part: Part, before: Part | None) -> None:
        """Write a part, together with a short one in front of it that ends where it begins."""
        merged = before and before.last + 1 == part.first and len(before.entries) + len(part.entries) <= MERGED_ROWS
        if before and merged:
            voices, entries = min(before.nodes, part.nodes), [*before.entries, *part.entries]
            part = Part(before.first, part.last, part.last_hash, voices, entries)
        if len(part.entries) > MOST_ROWS:
            return
        try:
            content = packed(part, self._chain_id, wanted)
            if len(content) > MOST_FILE:
                return
            write_durably(place / part.name, content)
            if before and merged:
                (place / before.name).unlink(missing_ok=True)
            _make_room(self._folder)
        except (OSError, BadFile) as error:
            self._writes = False
            self._warned(f"events are not kept, and read again next time: {self._folder} cannot be written ({error})")
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return  # what is no entry is told where it is decoded


def _in_one_order(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter as any other that asks for the same is written."""
    topics = [
        sorted(each.lower() for each in topic) if isinstance(topic, (list, tuple)) else topic and topic.lower()
        for topic in wanted.get("topics") or []
    ]
    return {**wanted, "topics": topics}


def _key(node: Node, wanted: Mapping[str, Any]) -> str:
    text = json.dumps([sorted(node.urls), str(wanted.get("address")).lower(), wanted["topics"]])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _number(entry: Any) -> int:
    """Return an entry's block; of one that has none -1, so that it is among what is kept, and nothing is."""
    try:
        return int(entry["blockNumber"], 16)
    except (KeyError, TypeError, ValueError):
        return -1


def _files(place: Path) -> Sequence[tuple[Path, int, int]]:
    """Return the parts of a filter with their blocks: in order, the longest first of those that begin alike."""
    try:
        with os.scandir(place) as entries:
            names = [entry.name for entry, _ in zip(entries, range(MOST_PARTS), strict=False)]
    except OSError:
        return []
    named = [(place / name, int(found[1]), int(found[2])) for name in names if (found := _NAME.fullmatch(name))]
    return sorted(named, key=lambda each: (each[1], -each[2]))


def _make_room(folder: Path) -> None:
    """Remove the parts that were not used for the longest time, until the rest is no more than the folder may hold."""
    found = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*/*/*.parquet")]
    size = sum(each for _, each, _ in found)
    for _, each, path in sorted(found):
        if size <= MOST_FOLDER:
            return
        path.unlink(missing_ok=True)
        size -= each
