"""What there is to cover: the conditions, statements and functions of a syntax tree, by their place in the source.

A branch is an outcome, true or false, of a condition in the source: `if`, `for`, `while`, `?:`, the argument of
`require` and `assert`, and each operand of `&&` and `||` that is not made of such operands itself. Not counted: what
the compiler adds by itself (overflow, calldata, returned data, a call that failed), and loops over a literal, which
have one way to go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]
Places = dict[int, str]
"""File names by the numbers that the compiler gives them."""

LOOPS = ("ForStatement", "WhileStatement", "DoWhileStatement")
CHECKS = ("require", "assert")
LOGICAL = ("&&", "||")
CONTAINERS = ("IfStatement", "TryStatement", *LOOPS)  # their parts are counted instead
STATEMENTS = ("Return", "Break", "Continue", "InlineAssembly")


@dataclass(frozen=True, order=True)
class Span:
    """A piece of a source file, in bytes."""

    file: str
    start: int
    length: int

    def holds(self, other: Span) -> bool:
        """Tell whether another piece lies inside."""
        end, other_end = self.start + self.length, other.start + other.length
        return self.file == other.file and self.start <= other.start and other_end <= end


@dataclass(frozen=True)
class Condition:
    """A condition: its words, and where its value shows.

    That is the conditional jump that is mapped to `span`, taken when the value is `when_jumped`. The right operand of
    `&&` and `||` has none (None): its value is on the stack where code that ran through meets the jump's destination.
    """

    span: Span
    line: int
    words: str
    when_jumped: bool | None


@dataclass(frozen=True)
class Points:
    """All that can be covered, in order of the source."""

    conditions: tuple[Condition, ...]
    statements: tuple[Span, ...]
    functions: tuple[Span, ...]


def points_of(trees: Mapping[str, Node], texts: Mapping[str, bytes], places: Places) -> Points:
    """Find what can be covered in some files.

    Parameters
    ----------
    trees
        Syntax trees by file name, as the compiler's standard JSON gives them.
    texts
        Sources by file name, as bytes: the compiler counts bytes.
    places
        File names by the compiler's number.
    """
    conditions: set[Condition] = set()
    statements: set[Span] = set()
    functions: set[Span] = set()
    for name, tree in trees.items():
        for node in _nodes(tree):
            kind = str(node["nodeType"])
            for tested, when_jumped in _tested(node):
                conditions.add(_condition(node, tested, when_jumped, texts[name], places))
            if _is_statement(kind):
                statements.add(span_of(node["src"], places))
            if kind == "FunctionDefinition" and (node.get("body") or {}).get("statements"):
                functions.add(span_of(node["body"]["src"], places))
    ordered = sorted(conditions, key=lambda condition: (condition.span, condition.line, condition.words))
    return Points(tuple(ordered), tuple(sorted(statements)), tuple(sorted(functions)))


def span_of(source: str, places: Places) -> Span:
    """Read the compiler's `start:length:file`."""
    start, length, file = (int(part) for part in source.split(":")[:3])
    return Span(places.get(file, ""), start, length)


def _nodes(tree: object) -> Iterator[Node]:
    if isinstance(tree, dict):
        if "nodeType" in tree and "src" in tree:
            yield tree
        for part in tree.values():
            yield from _nodes(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def _is_statement(kind: str) -> bool:
    return kind in STATEMENTS or (kind.endswith("Statement") and kind not in CONTAINERS)


def _tested(node: Node) -> Iterator[tuple[Node, bool | None]]:
    """Yield the conditions that a node tests, and their value when the compiler's jump is taken."""
    kind = node["nodeType"]
    if kind == "IfStatement" or (kind in LOOPS and _is_open(node.get("condition"))):
        yield node["condition"], False
    elif kind == "Conditional":
        yield node["condition"], True
    elif kind == "FunctionCall" and node["expression"].get("name") in CHECKS:
        yield node["arguments"][0], True
    elif _is_logical(node):
        for side, when_jumped in (("leftExpression", node["operator"] == "||"), ("rightExpression", None)):
            if not _is_logical(_bare(node[side])):
                yield node[side], when_jumped


def _is_open(condition: Node | None) -> bool:
    return condition is not None and condition["nodeType"] != "Literal"


def _is_logical(node: Node) -> bool:
    return node["nodeType"] == "BinaryOperation" and node["operator"] in LOGICAL


def _bare(node: Node) -> Node:
    """Take off brackets and `!`."""
    while node["nodeType"] == "TupleExpression" or (node["nodeType"] == "UnaryOperation" and node["operator"] == "!"):
        node = node["components"][0] if node["nodeType"] == "TupleExpression" else node["subExpression"]
    return node


def _condition(node: Node, tested: Node, when_jumped: bool | None, text: bytes, places: Places) -> Condition:
    span, inner = span_of(node["src"], places), span_of(tested["src"], places)
    words = " ".join(text[inner.start : inner.start + inner.length].decode().split())
    return Condition(span, text.count(b"\n", 0, inner.start) + 1, words, when_jumped)
