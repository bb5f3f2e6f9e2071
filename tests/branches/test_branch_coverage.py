"""The coverage tool on a contract small enough to know what each call must cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from branch_build import JUMPI, Build, build_sources
from branch_report import Row, low, missed_lines, page, terminal
from branch_tally import Count, Coverage, Tally, files_of
from branch_trace import Recorder
from web3 import Web3
from web3.exceptions import ContractLogicError

from bridge.chain.rpc import Rpc
from bridge.local.anvil import anvil

TINY = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

library Halves {
    function half(uint256 x) internal pure returns (uint256) {
        return x % 2 == 0 ? x / 2 : x / 2 + 1; // a comment of more bytes than letters: é – ≤
    }
}

contract Tiny {
    uint256 public immutable LIMIT;

    constructor(uint256 limit) {
        if (limit == 0) revert("no limit");
        LIMIT = limit;
    }

    function grade(uint256 x, bool isKind) external view returns (uint256) {
        require(x != 7, "seven");
        if (x > LIMIT && isKind) return Halves.half(x);
        for (uint256 i = 0; i < x; ++i) {
            if (i == 3) break;
        }
        while (true) {
            bool isSmall = !isKind || x == 0;
            return isSmall ? 1 : x + 1;
        }
    }
}

contract Factory {
    function make(uint256 limit) external returns (Tiny) {
        return new Tiny(limit);
    }
}
"""
WRITTEN = [
    (6, "x % 2 == 0"), (14, "limit == 0"), (19, "x != 7"), (20, "x > LIMIT && isKind"), (20, "x > LIMIT"),
    (20, "isKind"), (21, "i < x"), (22, "i == 3"), (25, "!isKind"), (25, "x == 0"), (26, "isSmall"),
]  # fmt: skip
Missing = set[tuple[str, bool]]


@pytest.fixture(scope="module")
def build(root: Path) -> Build:
    """Return the tiny contracts, compiled to be covered."""
    return build_sources({"Tiny.sol": TINY}, ("Tiny.sol",), root)


@dataclass(frozen=True)
class Bench:
    """A node, a recorder of what runs on it, and what it has covered so far."""

    web3: Web3
    build: Build
    recorder: Recorder

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Deploy one of the contracts."""
        code = next(creation.body for creation in self.build.creations if creation.contract == contract)
        data = code + b"".join(int(value).to_bytes(32) for value in arguments)
        sent = self.web3.eth.send_transaction({"from": self.web3.eth.accounts[0], "data": data, "gas": 3_000_000})
        return str(self.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])

    def call(self, address: str, signature: str, *arguments: int, **overrides: Any) -> int:
        """Call a view."""
        data = Web3.keccak(text=signature)[:4] + b"".join(value.to_bytes(32) for value in arguments)
        return int.from_bytes(self.web3.eth.call({"to": address, "data": data}, "latest", **overrides))

    def grade(self, address: str, x: int, is_kind: bool) -> int:
        """Call what has the branches."""
        return self.call(address, "grade(uint256,bool)", x, is_kind)

    def tally(self) -> Tally:
        """Count what was covered so far."""
        return Coverage(self.build, self.recorder).tally(["Tiny.sol"])

    def missing(self) -> Missing:
        """Name the outcomes that no condition had so far."""
        return {(gap.condition.words, gap.outcome) for gap in self.tally().missed}


@pytest.fixture
def bench(build: Build) -> Iterator[Bench]:
    """Give the test a node of its own, recorded."""
    recorder = Recorder(build)
    with recorder.recording(), anvil() as chain:
        yield Bench(chain.web3, build, recorder)


def both(*words: str) -> Missing:
    return {(condition, outcome) for condition in words for outcome in (True, False)}


def test_points__of_a_source__are_the_conditions_that_were_written(build: Build) -> None:
    assert sorted((condition.line, condition.words) for condition in build.points.conditions) == sorted(WRITTEN)


def test_points__every_condition__has_one_jump_in_the_code_that_it_is_in(build: Build) -> None:
    runtime = next(code for code in build.runtimes if code.contract == "Tiny")
    jumps = [span for pc, span in runtime.spans.items() if runtime.body[pc] == JUMPI]
    for condition in build.points.conditions:
        assert jumps.count(condition.span) == (condition.words != "limit == 0"), condition


def test_missing__nothing_ran__is_every_outcome(bench: Bench) -> None:
    assert bench.missing() == both(*(words for _, words in WRITTEN))
    assert bench.tally().functions == Count(0, 4)


def test_missing__one_call__is_what_that_call_did_not_go(bench: Bench) -> None:
    assert bench.grade(bench.deploy("Tiny", 5), 1, True) == 2
    assert bench.missing() == {
        ("limit == 0", True), ("x != 7", False), ("x > LIMIT && isKind", True), ("x > LIMIT", True), ("i == 3", True),
        ("!isKind", True), ("x == 0", True), ("isSmall", True), *both("isKind", "x % 2 == 0"),
    }  # fmt: skip
    assert bench.tally().functions == Count(2, 4)


def test_missing__calls_of_every_way__is_nothing(bench: Bench) -> None:
    tiny = bench.deploy("Tiny", 5)
    calls = [(1, True, 2), (0, True, 1), (4, False, 1), (9, False, 1), (8, True, 4), (9, True, 5)]
    assert [bench.grade(tiny, x, is_kind) for x, is_kind, _ in calls] == [expected for _, _, expected in calls]
    with pytest.raises(ContractLogicError, match="seven"):
        bench.grade(tiny, 7, True)
    assert bench.missing() == {("limit == 0", True)}


def test_missing__call_without_web3__counts_too(bench: Bench) -> None:
    tiny, url = bench.deploy("Tiny", 5), bench.web3.provider.endpoint_uri  # type: ignore[attr-defined]
    data = Web3.keccak(text="grade(uint256,bool)")[:4] + bytes(31) + b"\x01" + bytes(31) + b"\x01"
    assert Rpc(url).ask("eth_call", {"to": tiny, "data": "0x" + data.hex()}, "latest") == {"result": f"0x{2:064x}"}
    assert bench.tally().functions == Count(2, 4)


def test_missing__constructor_that_refuses__is_no_more(bench: Bench) -> None:
    bench.deploy("Tiny", 0)
    assert bench.missing() == both(*(words for _, words in WRITTEN)) - {("limit == 0", True)}


def test_missing__code_by_state_override__counts_where_it_is(bench: Bench) -> None:
    elsewhere = Web3.to_checksum_address("0x" + "1e45" * 10)
    code = bench.web3.eth.get_code(Web3.to_checksum_address(bench.deploy("Tiny", 5)))
    overridden = {"state_override": {elsewhere: {"code": code.to_0x_hex()}}}
    assert bench.call(elsewhere, "grade(uint256,bool)", 8, 1, **overridden) == 4
    assert ("x > LIMIT && isKind", True) not in bench.missing()


def test_missing__contract_made_by_another__is_not_counted_while_it_is_made(bench: Bench) -> None:
    factory = bench.deploy("Factory")
    assert bench.call(factory, "make(uint256)", 5)
    assert bench.missing() == both(*(words for _, words in WRITTEN))


def test_files_of__contract_that_uses_a_library__is_both(root: Path) -> None:
    library, contract = TINY.split("contract Tiny")
    head = library.split("library")[0]
    sources = {"Halves.sol": library, "Tiny.sol": f'{head}import {{Halves}} from "Halves.sol";contract Tiny{contract}'}
    assert files_of(build_sources(sources, tuple(sources), root), "Tiny") == set(sources)


def test_report__contract_below_the_least__is_named_with_what_it_misses(bench: Bench) -> None:
    bench.grade(bench.deploy("Tiny", 5), 1, True)
    rows = [Row("Tiny", bench.tally())]
    assert low(rows) == ["Tiny"]
    assert missed_lines(rows[0].tally.missed)[0] == "- `Tiny.sol:6`: `x % 2 == 0` is never true"
    assert "10/22 45.5 %" in terminal(rows)
    assert "| Tiny | 10/22 45.5 % |" in page(rows, rows)
