"""Write the package data from a compiler run: Brownie's build folder and the ABIs that other people publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils import function_abi_to_4byte_selector

from bridge.artifacts import DEPLOYED
from bridge.artifacts.vendor import vendor
from bridge.errors import MissingTool

OURS = (
    "BlockGovernor",
    "BlockVotes",
    "BravoGovernor",
    "CallbackReader",
    "DirectMinter",
    "ExposureLens",
    "FalseSafe",
    "HedgeGovernor",
    "HedgeParameters",
    "HedgeTimelock",
    "HedgeVotes",
    "LensCall",
    "LensFloor",
    "PlainGovernor",
    "PriceFeed",
    "ProposalGuard",
    "RealizedVolatility",
    "Reenter",
    "RefusingGuard",
    "RegimeAutomation",
    "SafeModule",
    "SequentialGovernor",
    "TestToken",
    "BlockVotes",
    "TickVolatilityHarness",
    "UptimeFeed",
    "VolatilityBreaker",
    "VolatilityOracle",
)
# Put at an address by state override, so that no constructor runs; and what a deployment's code is compared with.
RUNTIME = ("ExposureLens", "LensFloor", *DEPLOYED)
INTERFACES = ("AggregatorV3Interface", "IAggregatorBounds", "IERC20Metadata", "IGovernorBravo")
THEIRS = (
    "IAllowanceTransfer",
    "MultiSendCallOnly",
    "NonfungiblePositionManager",
    "PoolManager",
    "PoolSwapTest",
    "PositionManager",
    "Safe",
    "SafeProxyFactory",
    "SwapRouter",
    "UniswapV2Factory",
    "UniswapV2Pair",
    "UniswapV2Router02",
    "UniswapV3Factory",
    "UniswapV3Pool",
    "UniswapV3Staker",
    "WETH9",
)


def artifact_texts(build: Path) -> dict[str, str]:
    """Return the text of every package-data file, by contract name.

    Parameters
    ----------
    build
        Brownie's `build/contracts` folder.
    """
    texts = {name: _text(*_compiled(build, name)) for name in OURS}
    texts |= {name: _text(*_compiled(build, name), _runtime(build, name)) for name in RUNTIME}
    texts |= {name: _text(_compiled(build, name)[0], "") for name in INTERFACES}
    texts |= {name: _text(vendor(name).abi, "") for name in THEIRS}
    return texts


def _compiled(build: Path, name: str) -> tuple[list[dict[str, Any]], str]:
    path = build / f"{name}.json"
    if not path.is_file():
        raise MissingTool(f"{path} is missing: run `brownie compile` first")
    content = json.loads(path.read_text(encoding="utf-8"))
    notices = {"error": _error_notices(build), "function": _function_notices(build, name)}
    return [_explained(entry, notices) for entry in content["abi"]], "0x" + content["bytecode"]


def _explained(entry: dict[str, Any], notices: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Add to an error or a function what its `@notice` says, to show a decoded refusal or call in words."""
    known = notices.get(entry["type"])
    found = known.get(function_abi_to_4byte_selector(entry).hex()) if known else None  # type: ignore[arg-type]
    return entry | {"notice": found} if found else entry


@cache
def _error_notices(build: Path) -> dict[str, str]:
    """Read the first sentence of the `@notice` of every error that we declare, by selector."""
    found = {}
    for path in sorted(build.glob("*.json")):
        for node in _declared(_own_tree(build, path.stem), "ErrorDefinition"):
            if sentence := _first_sentence(node):
                found[node["errorSelector"]] = sentence
    return found


def _function_notices(build: Path, name: str) -> dict[str, str]:
    """Read the first sentence of the `@notice` of every function of one of our contracts, by selector.

    What a contract says itself goes before what the interfaces that it implements say.
    """
    found: dict[str, str] = {}
    tree = _own_tree(build, name)
    for node in _declared(tree, "FunctionDefinition"):
        sentence = _first_sentence(node)
        if sentence and "functionSelector" in node:
            found[node["functionSelector"]] = sentence
    for contract in _declared(tree, "ContractDefinition"):
        for base in contract["baseContracts"]:
            found = _function_notices(build, base["baseName"]["name"]) | found
    return found


def _own_tree(build: Path, name: str) -> Any:
    """Return the syntax tree of one of our files, None of others, whose notices are not written for voters."""
    path = build / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"sourcePath": ""}
    return content.get("ast") if content["sourcePath"].startswith("contracts/") else None


def _first_sentence(node: dict[str, Any]) -> str:
    said = (node.get("documentation") or {}).get("text", "").partition("@notice ")[2]
    return " ".join(said.partition("@")[0].split()).partition(". ")[0].rstrip(".")


def _declared(tree: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Yield every node of a kind, such as ErrorDefinition, in a syntax tree."""
    if isinstance(tree, dict):
        if tree.get("nodeType") == kind:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _declared(part, kind)


def _runtime(build: Path, name: str) -> str:
    content = json.loads((build / f"{name}.json").read_text(encoding="utf-8"))
    return f"0x{content['deployedBytecode']}"


def _text(abi: list[dict[str, Any]], bytecode: str, runtime: str = "") -> str:
    entries = ",\n".join("  " + json.dumps(entry, sort_keys=True) for entry in abi)
    code = f',\n"bytecode": "{bytecode}"' if bytecode else ""
    code += f',\n"runtime": "{runtime}"' if runtime else ""
    return f'{{"abi": [\n{entries}\n]{code}}}\n'


def export_artifacts(build: Path, target: Path) -> list[Path]:
    """Write every package-data file and return the paths."""
    written = []
    for name, text in artifact_texts(build).items():
        path = target / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
