"""The project's own compiler, kept warm, for syntax trees and for the bytecode of a mutant."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "evmVersion": "cancun",
    "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
    "metadata": {"appendCBOR": False},
}
"""As in brownie-config.yaml; without the hash of the sources, so that equal code is equal bytecode."""
FULL = {"enabled": True, "runs": 200}
"""The optimizer as in brownie-config.yaml: it makes one bytecode of much that means the same."""
QUICK = {"details": {"peephole": True, "jumpdestRemover": True, "deduplicate": True, "yul": False}}
"""The same meaning in half the time, and in code that is a third larger."""
LARGEST = 24_576
"""Bytes of code that a chain accepts (EIP-170)."""


class Code(NamedTuple):
    """A contract's creation and runtime bytecode, immutables zero; 0x hex."""

    creation: str
    runtime: str


Bytecodes = dict[str, Code]


def trees(sources: list[str]) -> dict[str, dict[str, Any]]:
    """Return the syntax tree of each source, by its path."""
    codes = {source: (ROOT / source).read_text(encoding="utf-8") for source in sources}
    output = compiled(codes, {"*": {"": ["ast"]}}, QUICK)
    return {source: output["sources"][source]["ast"] for source in sources}


def bytecodes(contracts: tuple[str, ...], changed: dict[str, str], optimizer: dict[str, Any]) -> Bytecodes | None:
    """Return the bytecode of contracts by name, some sources changed; None if that does not compile."""
    paths = {f"contracts/{path}.sol": Path(path).name for path in contracts}
    codes = {path: (ROOT / path).read_text(encoding="utf-8") for path in paths} | changed
    wanted = ["evm.bytecode.object", "evm.deployedBytecode.object"]
    output = compiled(codes, {path: {name: wanted} for path, name in paths.items()}, optimizer)
    if any(error["severity"] == "error" for error in output.get("errors", ())):
        return None
    made = {name: output["contracts"][path][name]["evm"] for path, name in paths.items()}
    if optimizer is QUICK and any(len(code["deployedBytecode"]["object"]) > 2 * LARGEST for code in made.values()):
        return bytecodes(contracts, changed, FULL)
    return {
        name: Code("0x" + code["bytecode"]["object"], "0x" + code["deployedBytecode"]["object"])
        for name, code in made.items()
    }


def start_own() -> None:
    """Forget the compiler of the process that this one was forked from: two would talk to it at once."""
    _compiler.cache_clear()


def compiled(codes: dict[str, str], selection: dict[str, Any], optimizer: dict[str, Any]) -> dict[str, Any]:
    """Compile sources, and return the standard JSON output."""
    settings = SETTINGS | {"outputSelection": selection, "optimizer": optimizer}
    sources = {path: {"content": code} for path, code in codes.items()}
    compiler = _compiler()
    assert compiler.stdin is not None
    assert compiler.stdout is not None
    asked = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    print(asked, file=compiler.stdin, flush=True)
    return dict(json.loads(compiler.stdout.readline()))


@cache
def _compiler() -> subprocess.Popen[str]:
    command = ["node", str(Path(__file__).with_suffix(".js"))]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
