"""What an explorer needs to show a contract's source: the compiler's standard JSON input, one file a contract.

    contracts/NAME.sol -> its imports, and theirs -> sources by path, with the settings that the bytecode was made with

The sources are read from the repository that this program runs from, and OpenZeppelin's from its node_modules: they are
not part of the installed package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from bridge.errors import BadFile, MissingTool
from bridge.files import read_text, write_whole

ROOT: Final = Path(__file__).resolve().parents[2]
COMPILER: Final = "v0.8.30+commit.73712a01"
"""As explorers name it."""
REMAPPING: Final = ("@openzeppelin", "node_modules/@openzeppelin")
MOST_BYTES: Final = 1 << 20
_IMPORT: Final = re.compile(r"""^\s*import\s+(?:[^;"']*?from\s+)?["']([^"']+)["']\s*;""", re.MULTILINE)
_SETTINGS: Final = {
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "cancun",
    "remappings": ["=".join(REMAPPING)],
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"]}},
}


def standard_json(contract: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the compiler's input of one of our contracts: its source and all that it imports.

    Raises
    ------
    MissingTool
        The sources are not here.
    """
    found, wanted = dict[str, dict[str, str]](), [f"contracts/{contract}.sol"]
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        text = _source(root, path)
        found[path] = {"content": text}
        wanted += [_resolved(path, name) for name in _IMPORT.findall(text)]
    return {"language": "Solidity", "sources": dict(sorted(found.items())), "settings": _SETTINGS}


def _source(root: Path, path: str) -> str:
    try:
        return read_text(root / path, MOST_BYTES)
    except OSError as error:
        raise MissingTool(
            f"the source {path} is not here: run it from a checkout of the project, after `make setup` there"
        ) from error
    except ValueError as error:
        raise BadFile(root / path, "is no text") from error


def _resolved(path: str, name: str) -> str:
    """Return the path that an import leads to."""
    if name.startswith("."):
        parts = list[str]()
        for part in (PurePosixPath(path).parent / name).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return "/".join(parts)
    return name.replace(*REMAPPING, 1) if name.startswith(f"{REMAPPING[0]}/") else name


def write_sources(contracts: Iterable[str], folder: Path, root: Path = ROOT) -> list[Path]:
    """Write a file for each contract, and return their paths; raises what `standard_json` raises."""
    paths = []
    for contract in sorted(set(contracts)):
        path = folder / f"{contract}.json"
        write_whole(path, json.dumps(standard_json(contract, root), indent=1) + "\n")
        paths.append(path)
    return paths
