"""Every public function, event and error of our contracts says what it is, and what each of its parameters is."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def parsed() -> Iterator[dict[str, Any]]:
    """Let the compiler parse our sources, without generating code, and return what each contract declares."""
    paths = sorted(path for path in (ROOT / "contracts").rglob("*.sol") if path.parent.name != "test")
    names = [str(path.relative_to(ROOT)) for path in paths]
    request = {
        "language": "Solidity",
        "sources": {
            name: {"content": path.read_text(encoding="utf-8")} for name, path in zip(names, paths, strict=True)
        },
        "settings": {
            "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
            "outputSelection": {"*": {"": ["ast"]}},
        },
    }
    command = [str(ROOT / "scripts" / "solc" / "solc-v0.8.30"), "--standard-json"]
    done = subprocess.run(command, input=json.dumps(request), cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    assert not [error for error in answer.get("errors", []) if error["severity"] == "error"]
    for name in names:
        for node in answer["sources"][name]["ast"]["nodes"]:
            if node["nodeType"] == "ContractDefinition" and node["contractKind"] != "library":
                yield node


def is_public(node: dict[str, Any]) -> bool:
    """Return whether a declaration is one that callers or indexers meet."""
    if node["nodeType"] in ("EventDefinition", "ErrorDefinition"):
        return True
    shown = node.get("visibility") in ("public", "external") and node.get("kind") != "constructor"
    return shown and node["nodeType"] in ("FunctionDefinition", "VariableDeclaration")


def missing(node: dict[str, Any]) -> list[str]:
    """Return what the comment of a declaration leaves out; one that is inherited is judged where it is written."""
    text = (node.get("documentation") or {}).get("text", "")
    if "@inheritdoc" in text:
        return []
    names = [parameter["name"] for parameter in node.get("parameters", {}).get("parameters", []) if parameter["name"]]
    gaps = [name for name in names if not re.search(rf"@param {name}\b", text)]
    return gaps if "@notice" in text else ["@notice", *gaps]


def test_natspec__every_public_declaration__has_a_notice_and_all_parameters() -> None:
    gaps, count = {}, 0
    for contract in parsed():
        for node in contract["nodes"]:
            if is_public(node):
                count += 1
                gaps[f"{contract['name']}.{node['name']}"] = missing(node)
    assert count > 200
    assert {name: gap for name, gap in gaps.items() if gap} == {}
