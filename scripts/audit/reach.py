"""From a function on: which senders it refuses, what it may revert with, what it emits, and whom it calls outside.

Read from the syntax tree of the contract that is deployed: calls inside of it run what that contract overrides, `super`
what comes next in its line. What depends on the sender is followed through variables, parameters and modifiers.
Not followed: panics of the compiler (overflow, no such element), calls whose target is only known at run time, and what
assembly does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from scripts.audit.sources import Node, Sources, walk

SENDERS: Final = ("msg.sender", "_msgSender()")


@dataclass
class Reach:
    """What is met from a function on, each once and in the order of the text.

    Parameters
    ----------
    guards : conditions under which some sender is refused, as they are written. errors : by name, or what a string
    says. events : by name. calls : functions of other contracts, whose refusals come through. inside : inner functions,
    each with its errors.
    """

    guards: dict[str, None] = field(default_factory=dict)
    errors: dict[str, None] = field(default_factory=dict)
    events: dict[str, None] = field(default_factory=dict)
    calls: dict[str, None] = field(default_factory=dict)
    inside: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, other: Reach, guards: bool = True) -> None:
        """Take in what another function meets."""
        for name in ("errors", "events", "calls", "inside", *(["guards"] if guards else [])):
            getattr(self, name).update(getattr(other, name))


class Walker:
    """Walks the functions of one contract that is deployed."""

    def __init__(self, sources: Sources, contract: str) -> None:
        self.sources, self.contract = sources, contract
        self._done: dict[tuple[int, frozenset[int]], Reach] = {}

    def reach(self, function: Node, tainted: frozenset[int] = frozenset()) -> Reach:
        """Return what a function, or a modifier, meets; `tainted` are parameters that depend on the sender."""
        place = (function["id"], tainted)
        if place not in self._done:
            found = self._done[place] = Reach()  # a call that comes back here has nothing to add
            _Body(self, function, set(tainted), found).run()
        return self._done[place]


class _Body:
    """One walk through the body of a function."""

    def __init__(self, walker: Walker, function: Node, tainted: set[int], found: Reach) -> None:
        self.walker, self.sources, self.function = walker, walker.sources, function
        self.tainted, self.found = tainted, found
        self.home = self.sources.homes.get(function["id"], "")

    def run(self) -> None:
        for used in self.function.get("modifiers", ()):
            self._modifier(used)
        self._walk(self.function.get("body"))

    def _modifier(self, used: Node) -> None:
        declared = self.sources.nodes[used["modifierName"]["referencedDeclaration"]]
        if declared["nodeType"] != "ModifierDefinition":
            return  # the arguments of a base's constructor
        declared = self.sources.implementation(self.walker.contract, declared)
        met = self.walker.reach(declared, self._passed(declared, used.get("arguments") or []))
        self.found.add(met, guards=False)
        if met.guards:
            self.found.guards[self.sources.text(used)] = None

    def _walk(self, node: Any) -> None:
        """Take in a part of the body; each kind of node that means something has its method."""
        if isinstance(node, list):
            for part in node:
                self._walk(part)
        if not isinstance(node, dict):
            return
        kind = getattr(self, f"_on_{node.get('nodeType', '')}", None)
        if kind is None or not kind(node):
            for part in node.values():
                if isinstance(part, dict | list):
                    self._walk(part)

    def _on_VariableDeclarationStatement(self, node: Node) -> bool:
        if self._of_sender(node.get("initialValue")):
            self.tainted |= {part["id"] for part in node["declarations"] if part}
        return False

    def _on_Assignment(self, node: Node) -> bool:
        if self._of_sender(node["rightHandSide"]):
            self.tainted |= {part["referencedDeclaration"] for part in _names(node["leftHandSide"])}
        return False

    def _on_IfStatement(self, node: Node) -> bool:
        refuses = any(_is_refusal(part) for part in _statements(node["trueBody"]))
        if refuses and self._of_sender(node["condition"]):
            self.found.guards[self.sources.text(node["condition"])] = None
        return False

    def _on_TryStatement(self, node: Node) -> bool:
        self._walk(node["externalCall"]["arguments"])  # what is caught is no refusal of ours
        self._walk(node["clauses"])
        return True

    def _on_EmitStatement(self, node: Node) -> bool:
        self.found.events[_declared(node["eventCall"]["expression"], self.sources)["name"]] = None
        return False

    def _on_FunctionCall(self, node: Node) -> bool:
        called = node["expression"]
        while called["nodeType"] == "FunctionCallOptions":
            called = called["expression"]
        if called.get("name") == "require":
            self._require(node["arguments"])
        if called.get("name") == "revert" and node["arguments"]:
            self.found.errors[self.sources.text(node["arguments"][0])] = None
        declared = _declared(called, self.sources)
        if declared.get("nodeType") == "ErrorDefinition":
            self.found.errors[declared["name"]] = None
        if declared.get("nodeType") == "FunctionDefinition":
            self._call(called, declared, node["arguments"])
        return False

    def _require(self, arguments: list[Node]) -> None:
        if self._of_sender(arguments[0]):
            self.found.guards[f"!({self.sources.text(arguments[0])})"] = None
        if len(arguments) > 1 and arguments[1].get("kind") == "string":
            self.found.errors[self.sources.text(arguments[1])] = None

    def _call(self, called: Node, declared: Node, arguments: list[Node]) -> None:
        home = self.sources.homes.get(declared["id"], "")
        on = called.get("expression", {})
        is_outside = called["typeDescriptions"]["typeIdentifier"].startswith("t_function_external")
        if is_outside and on.get("name") != "this":
            self.found.calls[f"{home}.{declared['name']}"] = None
            return
        passed = self._passed(declared, arguments, called)
        if home and self.sources.contracts[home]["contractKind"] != "library":
            after = self.home if on.get("name") == "super" else ""
            if after or on.get("nodeType") != "Identifier" or on.get("name") == "this":
                meant = self.sources.implementation(self.walker.contract, declared, after)
                passed = self._renamed(declared, meant, passed)
                declared = meant
        met = self.walker.reach(declared, passed)
        self.found.inside[f"{self.sources.homes.get(declared['id'], '')}.{declared['name']}"] = tuple(met.errors)
        self.found.add(met)

    def _passed(self, declared: Node, arguments: list[Node], called: Node | None = None) -> frozenset[int]:
        """Return which parameters of what is called depend on the sender."""
        parameters = [part["id"] for part in declared["parameters"]["parameters"]]
        if called is not None and len(arguments) == len(parameters) - 1:
            arguments = [called.get("expression", {}), *arguments]  # `using for`
        return frozenset(name for name, value in zip(parameters, arguments, strict=False) if self._of_sender(value))

    @staticmethod
    def _renamed(declared: Node, meant: Node, passed: frozenset[int]) -> frozenset[int]:
        old, new = ([part["id"] for part in each["parameters"]["parameters"]] for each in (declared, meant))
        return frozenset(after for before, after in zip(old, new, strict=True) if before in passed)

    def _of_sender(self, node: Any) -> bool:
        """Whether an expression depends on who calls."""
        for part in walk(node):
            if part.get("referencedDeclaration") in self.tainted:
                return True
            if part["nodeType"] in ("MemberAccess", "FunctionCall") and self.sources.text(part) in SENDERS:
                return True
        return False


def _declared(called: Node, sources: Sources) -> Node:
    return sources.nodes.get(called.get("referencedDeclaration") or 0, {})


def _names(node: Node) -> list[Node]:
    return [part for part in walk(node) if part["nodeType"] == "Identifier"]


def _statements(node: Node) -> list[Node]:
    return list(node["statements"]) if node["nodeType"] == "Block" else [node]


def _is_refusal(node: Node) -> bool:
    called = node.get("expression", {}).get("expression", {}).get("name")
    return node["nodeType"] == "RevertStatement" or called == "revert"
