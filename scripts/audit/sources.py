"""The contracts as the compiler understands them: declarations by id, what a contract inherits, texts, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from scripts.mutants.compiler import QUICK, compiled

ROOT: Final = Path(__file__).resolve().parents[2]
Node = dict[str, Any]
PLACES: Final = re.compile(r" (memory|calldata|storage ref|storage pointer|storage)\b")
"""Where a parameter lies is no part of what a function overrides."""
POINTERS: Final = re.compile(r"See \{|module:|\{\w+-\w+\}")
"""Comments of OpenZeppelin that name another comment, or a chapter, and say nothing."""


def own_files() -> list[str]:
    """Return the paths of our contracts, below the project's folder; harnesses of tests are none."""
    paths = sorted((ROOT / "contracts").rglob("*.sol"))
    return [path.relative_to(ROOT).as_posix() for path in paths if path.parent.name != "test"]


def walk(node: Any) -> Iterator[Node]:
    """Yield every node of a syntax tree, outer ones first, in the order of the text."""
    if isinstance(node, dict):
        if "nodeType" in node:
            yield node
        for part in node.values():
            if isinstance(part, dict | list):
                yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


def signature(function: Node) -> str:
    """Return name and parameter types, by which a function overrides another."""
    types = (part["typeDescriptions"]["typeString"] for part in function["parameters"]["parameters"])
    name = function["name"] or function.get("kind", "")
    return PLACES.sub("", f"{name}({','.join(types)})")


@dataclass(frozen=True)
class Sources:
    """The compiler's standard JSON answer for all of our contracts: syntax trees and storage layouts."""

    answer: dict[str, Any]

    @classmethod
    def load(cls) -> Sources:
        """Compile our contracts, without code.

        Raises
        ------
        ValueError
            They do not compile.
        """
        codes = {path: (ROOT / path).read_text(encoding="utf-8") for path in own_files()}
        answer = compiled(codes, {"*": {"": ["ast"], "*": ["storageLayout"]}}, QUICK)
        broken = [error["formattedMessage"] for error in answer.get("errors", ()) if error["severity"] == "error"]
        if broken:
            raise ValueError(broken[0])
        return cls(answer)

    @cached_property
    def nodes(self) -> dict[int, Node]:
        """Every node by its id."""
        return {
            node["id"]: node
            for source in self.answer["sources"].values()
            for node in walk(source["ast"])
            if "id" in node
        }

    @cached_property
    def contracts(self) -> dict[str, Node]:
        """Contracts, interfaces and libraries by name; ours go before others of the same name."""
        found: dict[str, Node] = {}
        for path, source in sorted(self.answer["sources"].items(), key=lambda item: item[0].startswith("contracts/")):
            for node in source["ast"]["nodes"]:
                if node["nodeType"] == "ContractDefinition":
                    found[node["name"]] = node | {"path": path}
        return found

    @cached_property
    def homes(self) -> dict[int, str]:
        """The contract, by name, in which each function, modifier and variable is declared, by its id."""
        return {part["id"]: name for name, node in self.contracts.items() for part in node["nodes"]}

    @cached_property
    def _texts(self) -> dict[int, bytes]:
        texts = {}
        for path, source in self.answer["sources"].items():
            file = ROOT / path if (ROOT / path).is_file() else ROOT / "node_modules" / path
            texts[source["id"]] = file.read_bytes()
        return texts

    def text(self, node: Node) -> str:
        """Return what is written in the source, on one line."""
        start, length, source = map(int, node["src"].split(":"))
        return " ".join(self._texts[source][start : start + length].decode().split())

    def line(self, contract: str) -> list[Node]:
        """Return a contract and all that it inherits, the most derived first."""
        return [self.nodes[number] for number in self.contracts[contract]["linearizedBaseContracts"]]

    def implementation(self, contract: str, function: Node, after: str = "") -> Node:
        """Return what a call of a function runs in a contract; `after`: what `super` means in that base."""
        line = self.line(contract)
        if after:
            line = line[[base["name"] for base in line].index(after) + 1 :]
        wanted, kind = signature(function), function["nodeType"]
        for base in line:
            for part in base["nodes"]:
                if part["nodeType"] == kind and part.get("body") and signature(part) == wanted:
                    return dict(part)
        return function

    def comment(self, node: Node, tag: str = "notice") -> str:
        """Return what a declaration's comment says behind a tag, its own or that of what it overrides."""
        said = str((node.get("documentation") or {}).get("text", ""))
        parts = re.split(r"(?:^|\n)\s*@", said if said.lstrip().startswith("@") else f"@notice {said}")
        for part in parts:
            text = " ".join(part.split())
            if text.startswith(tag + " ") and not POINTERS.match(text.removeprefix(tag + " ")):
                return text.removeprefix(tag + " ")
        for base in node.get("baseFunctions", ()):
            if inherited := self.comment(self.nodes[base], tag):
                return inherited
        return ""

    def said(self, node: Node) -> str:
        """Return what a declaration's comment says to users, or else to developers."""
        return self.comment(node) or self.comment(node, "dev")

    def member_said(self, struct: str, member: str) -> str:
        """Return what the comment of a struct, such as `KeyRules.State`, says of a member."""
        home, _, name = struct.partition(".")
        for part in self.contracts[home]["nodes"]:
            if part["nodeType"] == "StructDefinition" and part["name"] == name:
                return self.comment(part, f"param {member}")
        return ""

    def above(self, node: Node) -> str:
        """Return the comment above a constant outside of contracts, which the compiler does not keep."""
        start, _, source = map(int, node["src"].split(":"))
        lines: list[str] = []
        for line in reversed(self._texts[source][:start].decode().splitlines()):
            if not line.startswith("/// "):
                break
            lines.insert(0, line.removeprefix("/// "))
        return " ".join(" ".join(lines).split()).removeprefix("@dev ")


def sentence(text: str) -> str:
    """Return the first sentence of a comment."""
    return re.split(r"\. | (?:WARNING|NOTE|IMPORTANT|CAUTION): ", text)[0].rstrip(".")
