"""Contracts compiled to be covered: every instruction maps to the source that it comes from.

The optimizer is off, down to the peephole: it merges code of different places and turns conditions round. So the code
is not the one that is deployed, but the conditions in it are those of the source.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from branch_points import Places, Points, Span, points_of, span_of

PASSES = (
    "peephole", "jumpdestRemover", "inliner", "orderLiterals", "deduplicate", "cse", "constantOptimizer",
    "simpleCounterForLoopUncheckedIncrement", "yul",
)  # fmt: skip
CODE = ("object", "sourceMap")
OUTPUTS = ["abi", "evm.deployedBytecode.immutableReferences"]
OUTPUTS += [f"evm.{kind}.{part}" for kind in ("bytecode", "deployedBytecode") for part in CODE]
JUMPI, PUSH1, PUSH32 = 0x57, 0x60, 0x7F


@dataclass(frozen=True)
class Code:
    """Code of one contract: what its constructor runs, or what stays on the chain."""

    contract: str
    body: bytes
    blanks: tuple[slice, ...]  # where immutables are written
    spans: Mapping[int, Span]  # by program counter

    def is_of(self, found: bytes) -> bool:
        """Tell whether code on a chain is this one, whatever its immutables are."""
        return len(found) == len(self.body) and _blanked(found, self.blanks) == self.body


@dataclass(frozen=True)
class Build:
    """A compiler run: codes of all contracts, what can be covered in them, and their bytecode for deployment."""

    points: Points
    creations: tuple[Code, ...]
    runtimes: tuple[Code, ...]
    texts: Mapping[str, bytes]


def read_sources(root: Path) -> dict[str, str]:
    """Read the contracts by the names that they are compiled under."""
    paths = sorted((root / "contracts").rglob("*.sol"))
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def build_sources(sources: Mapping[str, str], counted: tuple[str, ...], root: Path) -> Build:
    """Compile sources without the optimizer.

    Parameters
    ----------
    sources
        Texts by name.
    counted
        Names of the sources in which branches are counted; the rest is only run.
    root
        Folder of the project, where imports are found.
    """
    answer = _compile(sources, root)
    places: Places = {content["id"]: name for name, content in answer["sources"].items()}
    texts = {name: text.encode() for name, text in sources.items()}
    points = points_of({name: answer["sources"][name]["ast"] for name in counted}, texts, places)
    creations, runtimes = [], []
    for name in sources:
        for contract, made in answer["contracts"].get(name, {}).items():
            if made["evm"]["bytecode"]["object"]:
                creations.append(_code(contract, made["evm"]["bytecode"], places))
                runtimes.append(_code(contract, made["evm"]["deployedBytecode"], places))
    return Build(points, tuple(creations), tuple(runtimes), texts)


def write_artifacts(build: Build, packaged: Path, target: Path) -> None:
    """Copy the bridge's artifacts, with this build's bytecode for ours."""
    target.mkdir(parents=True, exist_ok=True)
    kinds = {"bytecode": build.creations, "runtime": build.runtimes}
    for path in packaged.glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        for kind, codes in kinds.items():
            if content.get(kind):
                content[kind] = next("0x" + code.body.hex() for code in codes if code.contract == path.stem)
        (target / path.name).write_text(json.dumps(content), encoding="utf-8")


def _compile(sources: Mapping[str, str], root: Path) -> dict[str, Any]:
    wanted = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "evmVersion": "cancun",
            "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
            "optimizer": {"enabled": False, "details": dict.fromkeys(PASSES, False)},
            "outputSelection": {"*": {"*": OUTPUTS, "": ["ast"]}},
        },
    }
    compiler = root / "scripts" / "solc" / "solc-v0.8.30"
    done = subprocess.run(
        [str(compiler)], cwd=root, input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    broken = [entry["formattedMessage"] for entry in answer.get("errors", []) if entry["severity"] == "error"]
    if broken:
        raise SystemExit("the contracts do not compile:\n" + "\n".join(broken))
    return answer


def _code(contract: str, made: dict[str, Any], places: Places) -> Code:
    body = bytes.fromhex(made["object"])
    uses = [use for found in made.get("immutableReferences", {}).values() for use in found]
    blanks = tuple(slice(use["start"], use["start"] + use["length"]) for use in uses)
    counters = list(_counters(body))
    spans = dict(zip(counters, _spans(made["sourceMap"], places), strict=False))  # data behind the code has no source
    return Code(contract, body, blanks, spans)


def _counters(body: bytes) -> Iterator[int]:
    """Yield where each instruction begins."""
    pc = 0
    while pc < len(body):
        yield pc
        pc += 1 + (body[pc] - PUSH1 + 1 if PUSH1 <= body[pc] <= PUSH32 else 0)


def _spans(source_map: str, places: Places) -> Iterator[Span]:
    """Yield the source of each instruction; a field that is left out is that of the one before."""
    last = ["0", "0", "-1"]
    for entry in source_map.split(";"):
        for index, field in enumerate(entry.split(":")[:3]):
            last[index] = field or last[index]
        yield span_of(":".join(last), places)


def _blanked(found: bytes, blanks: tuple[slice, ...]) -> bytes:
    written = bytearray(found)
    for blank in blanks:
        written[blank] = bytes(blank.stop - blank.start)
    return bytes(written)
