"""The cache of finalised blocks' events: read once, believed only with the hash of the chain, and never needed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from bridge.chain import log_cache
from bridge.chain.blocks import BlockRef
from bridge.chain.log_parts import PROVENANCE, Part, packed, unpacked
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.chain.ways import Ways
from tests.bridge.conftest import OTHER_CHAIN_ID
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, LyingNode, failing, lying_node
from tests.bridge.test_log_pages import moved

FEW = 20
FILTER = {"address": ELSEWHERE, "topics": []}
pytestmark = pytest.mark.parametrize("real", [OTHER_CHAIN_ID], indirect=True)


words = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
entries = st.lists(
    st.fixed_dictionaries({
        "blockNumber": st.integers(100, 900).map(hex), "logIndex": st.integers(0, 2**32).map(hex),
        "transactionIndex": st.integers(0, 2**32).map(hex), "blockHash": words, "transactionHash": words,
        "address": st.just(ELSEWHERE), "data": st.binary(max_size=100).map(lambda raw: "0x" + raw.hex()),
        "topics": st.lists(words, max_size=4),
    }),
    unique_by=lambda entry: (entry["blockNumber"], entry["logIndex"]),
)  # fmt: skip


@pytest.mark.prop
@settings(max_examples=30, deadline=None)
@given(entries)
def test_part__written_and_read__holds_the_same_entries(real: None, found: list[Any]) -> None:
    found.sort(key=lambda entry: (int(entry["blockNumber"], 16), int(entry["logIndex"], 16)))
    part = Part(100, 900, "0x" + "ab" * 32, 2, found)
    assert unpacked(packed(part, 1, FILTER), 1, FILTER, 100, 900) == part
    of_any = {"topics": []}
    others = [{**entry, "address": f"0x{number:040x}"} for number, entry in enumerate(found)]
    kept = Part(100, 900, "0x" + "ab" * 32, 2, others)
    assert unpacked(packed(kept, 1, of_any), 1, of_any, 100, 900) == kept
    with pytest.raises(ValueError, match="something else"):
        unpacked(packed(kept, 1, of_any), 1, FILTER, 100, 900)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take ranges of a few blocks for large ones."""
    monkeypatch.setattr(log_cache, "LEAST_BLOCKS", FEW)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "logs"


class Reader:
    """A chain through a node that counts, with a cache in a folder; each reading is a command of its own."""

    def __init__(self, real: Chain, node: LyingNode, folder: Path, token: str, since: int) -> None:
        self.real, self.node, self.folder, self.token, self.since = real, node, folder, token, since
        self.warnings: list[str] = []

    def read(self, block: BlockRef, **topics: Any) -> list[Any]:
        """Read the events as a new command does, and check that they are those that the real node has."""
        self.node.seen.clear()
        ways = Ways(logs=self.folder, warned=self.warnings.append)
        chain = Chain(self.node.url, self.real.chain_id, ways=ways)
        found = chain.logs("TestToken", self.token, "Transfer", self.since, block, **topics)
        assert found == self.real.logs("TestToken", self.token, "Transfer", self.since, block, **topics)
        return found

    def ranges(self) -> list[tuple[int, int]]:
        """Return the blocks of which the last command asked for events."""
        return [(int(each["fromBlock"], 16), int(each["toBlock"], 16)) for (each,) in self.node.asked("eth_getLogs")]

    def files(self) -> list[Path]:
        """Return the parts."""
        return sorted(self.folder.glob("*/*/*.parquet"))


@pytest.fixture
def reader(real: Chain, node: LyingNode, signer: Signer, token: str, kept: Path) -> Reader:
    real.request("anvil_mine", hex(100))
    block = moved(real, signer, token)
    return Reader(real, node, kept, token, block.number - 130)


def final(reader: Reader) -> int:
    return int(reader.real.request("eth_getBlockByNumber", "finalized", False)["number"], 16)


def test_logs__read_twice__the_second_time_only_what_is_not_final(reader: Reader, real: Chain) -> None:
    block = real.head()
    assert len(reader.read(block)) == 6
    assert reader.ranges() == [(reader.since, block.number)]
    (file,) = reader.files()
    assert file.name == f"{reader.since}-{final(reader)}.parquet"
    assert file.parent.parent.name == str(real.chain_id)
    reader.read(block)
    assert reader.ranges() == [(final(reader) + 1, block.number)]
    assert reader.warnings == []


def test_logs__what_one_node_said__is_no_other_nodes_word(reader: Reader, real: Chain, kept: Path) -> None:
    """Who asks another node to compare must hear that one."""
    with lying_node(real.url, lambda answering, asked: _silent(answering, asked)) as liar:
        ways = Ways(logs=kept)
        silent = Chain(liar.url, real.chain_id, ways=ways)
        assert silent.logs("TestToken", reader.token, "Transfer", reader.since, real.head()) == []
    assert len(reader.read(real.head())) == 6  # compared with the real node's in there
    assert reader.warnings == []


def _silent(answering: Answering, asked: Asked) -> bool:
    return asked["method"] == "eth_getLogs" and answering.result(asked, [])


def test_forget_logs__parts_that_were_used__are_read_again(reader: Reader, real: Chain) -> None:
    block = real.head()
    reader.read(block)
    chain = Chain(reader.node.url, real.chain_id, ways=Ways(logs=reader.folder))
    assert not chain.forget_logs()  # none was used by this one
    chain.logs("TestToken", reader.token, "Transfer", reader.since, block)
    assert chain.forget_logs()
    assert reader.files() == []
    assert not chain.forget_logs()
    assert not Chain(reader.node.url, real.chain_id).forget_logs()


def test_logs__part__says_where_it_is_from(reader: Reader, real: Chain) -> None:
    reader.read(real.head())
    about = json.loads(parquet.read_schema(reader.files()[0]).metadata[PROVENANCE])
    assert about["chain_id"] == real.chain_id
    assert about["address"] == reader.token.lower()
    assert (about["first"], about["last"], about["nodes"]) == (reader.since, final(reader), 1)
    assert about["last_hash"] == real.at(final(reader)).hash


def test_logs__chain_goes_on__parts_grow_and_stay_few(reader: Reader, real: Chain, signer: Signer) -> None:
    for _ in range(3):
        reader.read(real.head())
        moved(real, signer, reader.token, 2)
    reader.read(real.head())
    (file,) = reader.files()
    assert file.name == f"{reader.since}-{final(reader)}.parquet"
    reader.read(real.head(), to=ELSEWHERE)  # another filter has parts of its own
    assert len(reader.files()) == 2


def test_logs__older_block_or_earlier_start__entries_are_those_of_the_range(reader: Reader, real: Chain) -> None:
    reader.read(real.head())
    reader.read(real.at(final(reader) - 30))
    assert reader.ranges() == []
    reader.since += 40
    reader.read(real.head())
    reader.since -= 60
    reader.read(real.head())
    assert reader.ranges()[0] == (reader.since, reader.since + 19)


def test_logs__same_ids_in_another_order__are_one_filter(reader: Reader, real: Chain, signer: Signer) -> None:
    reader.read(real.head(), to=[ELSEWHERE, signer.address])
    reader.read(real.head(), to=[signer.address, ELSEWHERE])
    assert len(reader.files()) == 1
    assert reader.ranges() == [(final(reader) + 1, real.head().number)]


def test_logs__another_chain_at_the_same_height__part_is_thrown_away(reader: Reader, real: Chain) -> None:
    before = real.request("evm_snapshot")
    real.request("anvil_mine", hex(200))
    reader.read(real.head())
    real.request("evm_revert", before)
    real.request("anvil_setBalance", ELSEWHERE, hex(7**9))
    real.request("anvil_mine", hex(230))
    (old,) = reader.files()
    reader.read(real.head())
    assert "is of another chain than the node has now" in reader.warnings[0]
    assert str(old) in reader.warnings[0]
    assert reader.ranges() == [(reader.since, real.head().number)]


def damaged(content: bytes) -> bytes:
    middle = len(content) // 8
    return content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 40]) + content[middle + 40 :]


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[bytes], bytes]:
    def made(content: bytes) -> bytes:
        into = io.BytesIO()
        parquet.write_table(change(parquet.read_table(io.BytesIO(content))), into)
        return into.getvalue()

    return made


def about(**changes: Any) -> Callable[[bytes], bytes]:
    def change(table: pa.Table) -> pa.Table:
        said = json.loads(table.schema.metadata[PROVENANCE]) | changes
        return table.replace_schema_metadata({PROVENANCE: json.dumps(said).encode()})

    return rewritten(change)


def column(name: str, change: Callable[[list[Any]], pa.Array]) -> Callable[[bytes], bytes]:
    def changed(table: pa.Table) -> pa.Table:
        place = table.column_names.index(name)
        return table.set_column(place, name, change(table.column(name).to_pylist()))

    return rewritten(changed)


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "other bytes": lambda content: os.urandom(4000),
    "damaged pages": damaged,
    "a row less": rewritten(lambda table: table.slice(1)),
    "rows twice": rewritten(lambda table: pa.concat_tables([table, table])),
    "no provenance": rewritten(lambda table: table.replace_schema_metadata({})),
    "of another chain": about(chain_id=10**9),
    "of another contract": about(address=ELSEWHERE),
    "of other blocks": about(first=0),
    "no number of nodes": about(nodes="2"),
    "hash that is none": about(last_hash="0x12"),
    "hash that is a number": about(last_hash=7),
    "version to come": about(version=2),
    "another event": column("topic0", lambda words: pa.array([b"\1" * 32 for _ in words], pa.binary(32))),
    "texts for numbers": column("block", lambda words: pa.array([str(each) for each in words])),
    "outside of its blocks": column("block", lambda words: pa.array([2**60 + each for each in words], pa.uint64())),
    "out of order": column("block", lambda words: pa.array(words[::-1], pa.uint64())),
    "no data": column("data", lambda words: pa.array([None for _ in words], pa.large_binary())),
}


def test_logs__part_is_hostile_or_damaged__is_refused_and_read_again(reader: Reader, real: Chain) -> None:
    reader.read(real.head())
    (file,) = reader.files()
    for name, hostile in HOSTILE.items():
        file.write_bytes(hostile(file.read_bytes()))
        reader.warnings.clear()
        reader.read(real.head())
        assert len(reader.warnings) == 1, name
        assert f"events kept in {file} are read again: the file cannot be used" in reader.warnings[0]
        reader.read(real.head())
        assert len(reader.warnings) == 1, name  # it was written anew


def test_logs__link_or_folder_in_its_place__is_not_followed(reader: Reader, real: Chain, tmp_path: Path) -> None:
    reader.read(real.head())
    (file,) = reader.files()
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    reader.read(real.head())
    assert "is a link" in reader.warnings[0]
    assert elsewhere.exists()


def test_logs__folder_cannot_be_written__costs_the_cache_alone(reader: Reader, real: Chain) -> None:
    reader.folder.write_text("no folder", encoding="utf-8")
    assert len(reader.read(real.head())) == 6
    assert len(reader.warnings) == 1
    assert "events are not kept, and read again next time" in reader.warnings[0]


def test_logs__node_knows_no_finalized__blocks_near_the_head_are_not_kept(
    reader: Reader, real: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_cache, "ASSUMED_FINAL", 100)

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber" or asked["params"][0] != "finalized":
            return False
        return answering.error(asked, {"code": -32602, "message": "invalid block tag"})

    reader.node.lie = lie
    reader.read(real.head())
    assert reader.files()[0].name == f"{reader.since}-{real.head().number - 100}.parquet"


def test_logs__finalized_beyond_the_pinned_block__nothing_beyond_it_is_kept(reader: Reader, real: Chain) -> None:
    block = real.at(final(reader) - 20)
    reader.read(block)
    assert reader.files()[0].name == f"{reader.since}-{block.number}.parquet"


def test_logs__node_dies_while_they_are_read__nothing_is_kept(reader: Reader, real: Chain) -> None:
    from bridge.errors import NodeUnreachable

    reader.node.lie = failing("eth_getLogs", -1, lambda answering, asked: answering.say(b"", 502))
    with pytest.raises(NodeUnreachable):
        reader.read(real.head())
    assert reader.files() == []


def test_logs__more_than_the_folder_may_hold__oldest_make_room(
    reader: Reader, real: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.read(real.head())
    (first,) = reader.files()
    os.utime(first, (1, 1))
    monkeypatch.setattr(log_cache, "MOST_FOLDER", first.stat().st_size * 3 // 2)
    reader.read(real.head(), to=ELSEWHERE)
    assert first not in reader.files()
    assert len(reader.files()) == 1


def test_logs__short_range__is_not_kept(reader: Reader, real: Chain) -> None:
    reader.since = real.head().number - FEW + 2
    reader.read(real.head())
    assert reader.files() == []
