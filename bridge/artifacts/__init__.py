"""Compiled contracts as package data: ABI, creation and runtime bytecode of our own, ABI alone of others.

The JSON files beside this one are written by `make artifacts` (`export`, `vendor`) from the same compiler run that
the tests use; a test compares them with the sources.

Here is how they are read: `artifact(name)`, once a process. May import `errors`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bridge.errors import BadConfig, MissingTool

FOLDER = Path(__file__).parent  # importlib.resources would take as long to load as all the rest of a small script


DEPLOYED: Final = (
    "HedgeGovernor",
    "HedgeParameters",
    "HedgeTimelock",
    "HedgeVotes",
    "ProposalGuard",
    "RealizedVolatility",
    "RegimeAutomation",
    "VolatilityBreaker",
    "VolatilityOracle",
)
"""Contracts of ours that a deployment has; each has its runtime code here."""


@dataclass(frozen=True)
class Artifact:
    """One contract: its name, ABI, creation bytecode, and runtime bytecode with zeros for what the constructor sets.

    Bytecode is 0x hex, and empty where it is other people's or nobody reads it.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: str = ""
    runtime: str = ""


_ADDED: dict[str, Artifact] = {}


def register_artifact(name: str, abi: list[dict[str, Any]]) -> Artifact:
    """Add the ABI of a contract that a plug-in reads, under a name of its own.

    Raises
    ------
    BadConfig
        The name is taken.
    """
    if has_artifact(name):
        raise BadConfig(f"the contract {name!r} has an ABI already: register it under another name")
    _ADDED[name] = Artifact(name, abi)
    return _ADDED[name]


def artifact(name: str) -> Artifact:
    """Return the artifact of a contract by its Solidity name, or by the name that a plug-in registered.

    Raises
    ------
    MissingTool
        There is no such artifact.
    """
    return _ADDED[name] if name in _ADDED else _packaged(name)


def has_artifact(name: str) -> bool:
    """Tell whether there is an artifact of this name; a deployment names contracts of others, too."""
    return name in _ADDED or (FOLDER / f"{name}.json").is_file()


@cache
def _packaged(name: str) -> Artifact:
    resource = FOLDER / f"{name}.json"
    if not resource.is_file():
        raise MissingTool(f"no artifact {name}: register it in the plug-in that reads it, or install alvh again")
    content = json.loads(resource.read_text(encoding="utf-8"))
    return Artifact(name, content["abi"], content.get("bytecode", ""), content.get("runtime", ""))


@cache
def error_abi() -> tuple[dict[str, Any], ...]:
    """Return every custom error that any packaged ABI declares, for decoding whatever comes back."""
    found: dict[str, dict[str, Any]] = {}
    for resource in sorted(FOLDER.glob("*.json")):
        for entry in json.loads(resource.read_text(encoding="utf-8"))["abi"]:
            if entry["type"] == "error":
                kinds = ",".join(argument["type"] for argument in entry["inputs"])
                found.setdefault(f"{entry['name']}({kinds})", entry)
    return tuple(found.values())
