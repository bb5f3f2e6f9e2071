"""The reference of the contracts: what the compiler reads out of their NatSpec."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

FOLDERS: Final = (".", "interfaces", "base", "libraries")
KINDS: Final = (("Functions", "methods"), ("Events", "events"), ("Errors", "errors"), ("State", "stateVariables"))


def contract_pages(root: Path) -> dict[str, str]:
    """Return one page a contract that has anything public to say, by its place in the site.

    Raises
    ------
    subprocess.CalledProcessError
        The compiler does not run.
    ValueError
        It does not compile them; the message is its own.
    """
    files = [path for folder in FOLDERS for path in sorted((root / "contracts" / folder).glob("*.sol"))]
    names = [str(path.relative_to(root)) for path in files]
    pages = {}
    for name, contracts in _documented(root, names).items():
        for contract, said in contracts.items():
            text = _page(contract, name, said["userdoc"], said["devdoc"], said["abi"])
            pages[f"reference/contracts/{contract}.md"] = text
    return pages


def _documented(root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    request = {
        "language": "Solidity",
        "sources": {name: {"content": (root / name).read_text(encoding="utf-8")} for name in names},
        "settings": {
            "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
            "outputSelection": {"*": {"*": ["abi", "devdoc", "userdoc"]}},
        },
    }
    command = [str(root / "scripts" / "solc" / "solc-v0.8.30"), "--standard-json"]
    done = subprocess.run(command, input=json.dumps(request), cwd=root, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    if "contracts" not in answer:
        raise ValueError(answer["errors"][0]["formattedMessage"])
    return {name: answer["contracts"].get(name, {}) for name in names}


def _page(contract: str, name: str, user: dict[str, Any], dev: dict[str, Any], abi: list[dict[str, Any]]) -> str:
    lines = [f"# `{contract}`", "", f"`{name}`", ""]
    lines += [_text(said) + "\n" for said in (dev.get("title"), user.get("notice"), dev.get("details")) if said]
    for title, kind in KINDS:
        entries = {**user.get(kind, {}), **dev.get(kind, {})}
        shown = [_entry(one, kind, user, dev, abi) for one in sorted(entries) if one != "constructor"]
        lines += [f"## {title}", "", *shown] if shown else []
    return "\n".join(lines)


def _entry(signature: str, kind: str, user: dict[str, Any], dev: dict[str, Any], abi: list[dict[str, Any]]) -> str:
    said, more = user.get(kind, {}).get(signature, {}), dev.get(kind, {}).get(signature, {})
    # An error may be said of in several places, and is a list then.
    said, more = (one[0] if isinstance(one, list) else one for one in (said, more))
    lines = [f"### `{signature}`", "", _mutability(signature, abi)]
    lines += [_text(text) + "\n" for text in (said.get("notice"), more.get("details"), more.get("return")) if text]
    rows = [*more.get("params", {}).items(), *more.get("returns", {}).items()]
    returned = set(more.get("returns", {}))
    for name, text in rows:
        word = "returns" if name in returned else "takes"
        lines.append(f"- {word} {'' if name.startswith('_') else f'`{name}`: '}{_text(text)}")
    return "\n".join((*lines, ""))


def _mutability(signature: str, abi: list[dict[str, Any]]) -> str:
    for entry in abi:
        inputs = ",".join(one["type"] for one in entry.get("inputs", ()))
        if entry["type"] == "function" and f"{entry['name']}({inputs})" == signature:
            return f"*{entry['stateMutability']}*\n"
    return ""


def _text(said: str) -> str:
    return " ".join(said.split()).replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[")
