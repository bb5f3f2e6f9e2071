"""The mutants of one source: small wrong edits at the nodes of the compiler's syntax tree.

| node | edit |
|---|---|
| modifier | dropped |
| `if` | never taken; negated, unless it guards a revert, where the first says more |
| `?:` | negated |
| comparison | its edge moved (`<` and `<=`, `>` and `>=`); `==` and `!=` exchanged |
| `&&`, `||` | one for the other; each side dropped |
| arithmetic, shift, bit operator | its opposite, compound assignments included |
| `!`, `~`, `-`, `++`, `--` | dropped or reversed |
| number | one more; a constant also one less |
| text, but of a list of texts | one letter more |
| `true`, `false` | the other |
| statement, `emit`, `return`, assembly | dropped |

The step of a `for` is left alone: without it, a loop ends in a panic at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]
COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
OPPOSITE = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|"}
LOGIC = {"&&": ("||", "true"), "||": ("&&", "false")}
UNARY = {"!": "", "~": "", "-": "", "++": "--", "--": "++"}


@dataclass(frozen=True)
class Mutant:
    """One edit of one source: bytes `start` to `end` become `new`."""

    source: str
    place: str
    start: int
    end: int
    old: str
    new: str
    repeat: int = 0

    @property
    def name(self) -> str:
        """Name the edit without line numbers, so that it survives edits elsewhere."""
        again = f" ({self.repeat + 1})" if self.repeat else ""
        return f"{self.place}{again}: {self.old} -> {self.new}"

    def applied(self, code: bytes) -> bytes:
        """Return the source with the edit."""
        return code[: self.start] + self.new.encode() + code[self.end :]


@dataclass(frozen=True)
class _Spot:
    """A node with what is above it: the unit it is in, its function or constant, and its parent."""

    node: Node
    parent: Node
    place: str
    is_constant: bool

    @property
    def kind(self) -> str:
        return str(self.node.get("nodeType"))


Edit = tuple[int, int, str]


def mutants(source: str, code: bytes, tree: Node) -> list[Mutant]:
    """Return every mutant of a source, in the order of its lines.

    Parameters
    ----------
    source
        Path of the source, as the compiler knows it.
    code
        The source.
    tree
        Its syntax tree, from the compiler.
    """
    unit = source.rsplit("/", 1)[-1].removesuffix(".sol")
    edits = {(edit, spot.place) for spot in _spots(tree, {}, unit, False) for edit in _edits(spot, code)}
    seen: dict[tuple[str, str, str], int] = {}
    made = []
    for (start, end, new), place in sorted(edits):
        old = " ".join(code[start:end].decode().split())
        if old == new:
            continue
        repeat = seen.get((place, old, new), 0)
        seen[place, old, new] = repeat + 1
        made.append(Mutant(source, place, start, end, old, new, repeat))
    return made


def _spots(node: Any, parent: Node, place: str, is_constant: bool) -> Iterator[_Spot]:
    if isinstance(node, list):
        for child in node:
            yield from _spots(child, parent, place, is_constant)
    if not isinstance(node, dict) or node.get("nodeType") in ("ArrayTypeName", "StructuredDocumentation"):
        return
    kind = node.get("nodeType")
    if kind == "FunctionDefinition":
        place = f"{place}.{node['name'] or node['kind']}"
    elif kind == "VariableDeclaration" and (node.get("stateVariable") or node.get("constant")):
        place, is_constant = f"{place}.{node['name']}", bool(node.get("constant"))
    if kind is not None:
        yield _Spot(node, parent, place, is_constant)
    for name, child in node.items():
        if name != "loopExpression":
            yield from _spots(child, node if kind is not None else parent, place, is_constant)


def _span(node: Node) -> tuple[int, int]:
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length


def _edits(spot: _Spot, code: bytes) -> Iterator[Edit]:
    rule = _RULES.get(spot.kind)
    if rule is not None:
        yield from rule(spot, code)


def _text(node: Node, code: bytes) -> str:
    start, end = _span(node)
    return code[start:end].decode()


def _modifier(spot: _Spot, code: bytes) -> Iterator[Edit]:
    if spot.node.get("kind") == "modifierInvocation":
        yield (*_span(spot.node), "")


def _choice(spot: _Spot, code: bytes) -> Iterator[Edit]:
    condition = spot.node["condition"]
    if spot.kind == "IfStatement":
        yield (*_span(condition), "false")
    if not _reverts(spot.node.get("trueBody")):
        yield (*_span(condition), f"!({_text(condition, code)})")


def _reverts(body: Node | None) -> bool:
    inner = body["statements"] if body is not None and body["nodeType"] == "Block" else [body]
    return bool(inner) and inner[0] is not None and inner[0]["nodeType"] == "RevertStatement"


def _operator(spot: _Spot, code: bytes) -> Iterator[Edit]:
    sign = spot.node["operator"]
    left, right = spot.node["leftExpression"], spot.node["rightExpression"]
    (start, middle), (after, end) = _span(left), _span(right)
    signs = [COMPARISON.get(sign), OPPOSITE.get(sign)]
    if sign in LOGIC:
        swapped, neutral = LOGIC[sign]
        signs.append(swapped)
        yield (start, middle, neutral)
        yield (after, end, neutral)
    between = code[middle:after].decode()
    for new in filter(None, signs):
        yield (*_span(spot.node), _text(left, code) + between.replace(sign, new) + _text(right, code))


def _assignment(spot: _Spot, code: bytes) -> Iterator[Edit]:
    new = OPPOSITE.get(spot.node["operator"].removesuffix("="))
    if new is not None:
        left, right = _text(spot.node["leftHandSide"], code), _text(spot.node["rightHandSide"], code)
        yield (*_span(spot.node), f"{left} {new}= {right}")


def _unary(spot: _Spot, code: bytes) -> Iterator[Edit]:
    sign = spot.node["operator"]
    if sign in UNARY:
        operand = _text(spot.node["subExpression"], code)
        yield (*_span(spot.node), f"{UNARY[sign]}{operand}")


def _literal(spot: _Spot, code: bytes) -> Iterator[Edit]:
    kind, text = spot.node["kind"], _text(spot.node, code)
    if kind == "bool":
        yield (*_span(spot.node), "false" if text == "true" else "true")
    elif kind == "string" and spot.parent.get("nodeType") != "TupleExpression":
        yield (*_span(spot.node), text[:-1] + "x" + text[-1])
    elif kind == "number":
        yield (*_span(spot.node), f"({text} + 1)")
        if spot.is_constant and text != "0":
            yield (*_span(spot.node), f"({text} - 1)")


def _dropped(spot: _Spot, code: bytes) -> Iterator[Edit]:
    start, end = _span(spot.node)
    yield (start, end + code[end : end + 1].count(b";"), "{}")


_RULES: dict[str, Callable[[_Spot, bytes], Iterator[Edit]]] = {
    "ModifierInvocation": _modifier,
    "IfStatement": _choice,
    "Conditional": _choice,
    "BinaryOperation": _operator,
    "Assignment": _assignment,
    "UnaryOperation": _unary,
    "Literal": _literal,
    "ExpressionStatement": _dropped,
    "EmitStatement": _dropped,
    "Return": _dropped,
    "InlineAssembly": _dropped,
}
