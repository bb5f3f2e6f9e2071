"""A part of a contract's events as a parquet file: entries of a range of blocks, and the hash of its last block.

    entries, range, hash -> columns, provenance -> bytes
    bytes -> provenance as it was asked for? checksums? rows in range, in order, of the filter? -> entries

Whatever is wrong with a file is one error: it is refused whole. Its bytes are no proof of anything, and its hash is
only one of which chain it belongs to: see `bridge.chain.log_cache`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Final

from bridge.chain.logs import was_asked_for

VERSION: Final = 1
PROVENANCE: Final = b"alvh.logs"
MOST_FILE: Final = 64 << 20
MOST_ROWS: Final = 400_000
MOST_BYTES: Final = 512 << 20
"""Of a part unpacked, as it says."""
TOPICS: Final = 4
ADDRESS_BYTES: Final = 20
WORDS: Final = ("block_hash", "transaction_hash", *(f"topic{place}" for place in range(TOPICS)))
NUMBERS: Final = ("block", "transaction_index", "log_index")


@dataclass(frozen=True)
class Part:
    """Say what the entries of a filter are from the first block to the last, and how many nodes said so."""

    first: int
    last: int
    last_hash: str
    nodes: int
    entries: Sequence[dict[str, Any]]

    @property
    def name(self) -> str:
        """Return its file's name."""
        return f"{self.first}-{self.last}.parquet"


def packed(part: Part, chain_id: int, wanted: Mapping[str, Any]) -> bytes:
    """Return the file of a part.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError, OverflowError
        An entry is none: such a part is not kept.
    """
    import pyarrow as pa
    from pyarrow import parquet

    about = _about(part, chain_id, wanted) | {"nodes": part.nodes, "written_at": int(time())}
    columns: dict[str, Any] = {name: pa.array([_numbers(entry)[name] for entry in part.entries], pa.uint64())
                               for name in NUMBERS}  # fmt: skip
    for name in WORDS:
        columns[name] = pa.array([_words(entry)[name] for entry in part.entries], pa.binary(32))
    if _of_any(wanted):
        columns["address"] = pa.array([_address(entry) for entry in part.entries], pa.binary(20))
    columns["data"] = pa.array([_bytes(entry["data"]) for entry in part.entries], pa.large_binary())
    table = pa.table(columns).replace_schema_metadata({PROVENANCE: json.dumps(about).encode()})
    into = io.BytesIO()
    parquet.write_table(table, into, compression="zstd", write_page_checksum=True)
    return into.getvalue()


def unpacked(content: bytes, chain_id: int, wanted: Mapping[str, Any], first: int, last: int) -> Part:
    """Return the part that a file holds.

    Parameters
    ----------
    first, last
        The blocks that its name says.

    Raises
    ------
    ValueError
        It is no file of ours, is damaged, or holds something else.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        groups = [file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups)]
        if file.metadata.num_rows > MOST_ROWS or sum(groups) > MOST_BYTES:
            raise ValueError("it is too large")
        about = json.loads((file.schema_arrow.metadata or {})[PROVENANCE])
        rows = file.read(columns=[*NUMBERS, *WORDS, *_of_any(wanted), "data"]).to_pylist()
        entries = [_entry(row, wanted.get("address")) for row in rows]
        part = Part(first, last, about["last_hash"], about["nodes"], entries)
        same = {name: about.get(name) for name in _about(part, chain_id, wanted)} == _about(part, chain_id, wanted)
        if not same or type(part.nodes) is not int or len(_bytes(part.last_hash)) != 32:
            raise ValueError("it says that it is of something else")
    except (pa.ArrowException, KeyError, TypeError, AttributeError, RecursionError, MemoryError, OSError) as error:
        raise ValueError(f"{type(error).__name__}") from error
    _require_order(part, wanted)
    return part


def _about(part: Part, chain_id: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
    filter_ = {"address": str(wanted.get("address")).lower(), "topics": wanted.get("topics")}
    place = {"first": part.first, "last": part.last, "last_hash": part.last_hash, "rows": len(part.entries)}
    return {"version": VERSION, "chain_id": chain_id, **filter_, **place}


def _require_order(part: Part, wanted: Mapping[str, Any]) -> None:
    """Refuse entries that the filter does not ask for, out of order, or twice."""
    asked, before = {**wanted, "fromBlock": hex(part.first), "toBlock": hex(part.last)}, (-1, -1)
    for entry in part.entries:
        place = int(entry["blockNumber"], 16), int(entry["logIndex"], 16)
        if place <= before or not was_asked_for(entry, asked):
            raise ValueError("it holds other events than it says")
        before = place


def _numbers(entry: Mapping[str, Any]) -> dict[str, int]:
    named = ("blockNumber", "transactionIndex", "logIndex")
    return dict(zip(NUMBERS, (int(entry[name], 16) for name in named), strict=True))


def _words(entry: Mapping[str, Any]) -> dict[str, bytes | None]:
    topics = [_bytes(topic) for topic in entry["topics"]]
    filled = [_bytes(entry["blockHash"]), _bytes(entry["transactionHash"]), *topics]
    if len(topics) > TOPICS or any(len(word) != 32 for word in filled):
        raise ValueError("an entry whose words are none")
    return dict(zip(WORDS, [*filled, *[None] * (TOPICS - len(topics))], strict=True))


def _of_any(wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the column that a filter of any contract has besides."""
    return () if "address" in wanted else ("address",)


def _address(entry: Mapping[str, Any]) -> bytes:
    found = _bytes(entry["address"])
    if len(found) != ADDRESS_BYTES:
        raise ValueError("an entry whose address is none")
    return found


def _entry(row: Mapping[str, Any], address: str | None) -> dict[str, Any]:
    """Return an entry as a node answers it."""
    topics = [row[f"topic{place}"] for place in range(TOPICS)]
    return {
        "address": "0x" + row["address"].hex() if address is None else address,
        "topics": ["0x" + topic.hex() for topic in topics if topic is not None],
        "data": "0x" + row["data"].hex(),
        "blockNumber": hex(row["block"]),
        "blockHash": "0x" + row["block_hash"].hex(),
        "transactionHash": "0x" + row["transaction_hash"].hex(),
        "transactionIndex": hex(row["transaction_index"]),
        "logIndex": hex(row["log_index"]),
    }


def _bytes(value: str) -> bytes:
    if not value.startswith("0x"):
        raise ValueError("no bytes in hex")
    return bytes.fromhex(value[2:])
