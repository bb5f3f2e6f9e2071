"""The mutants of one Python source: small wrong edits at the nodes of its syntax tree, inside functions.

| kind | edit |
|---|---|
| statement | a call is dropped, unless it prints an empty line; a function returns at once, or nothing; a loop is over
  nothing; `continue` becomes `break` |
| raise | dropped, in handlers of exceptions too; an exception that is handled, or suppressed, is raised |
| part | one side of `+` between lists or `|` between dicts, one `*part` of a list, and a change of an item dropped |
| condition | `if`, `while`, `?:`, the `if` of a comprehension take one way, an `if` that guards a `raise` never does;
  each side of `and`, `or` dropped; a `not` dropped |
| comparison | its edge moved (`<` and `<=`, `>` and `>=`); `==`, `is` and `in` exchanged with their opposites |
| constant | `True` and `False` exchanged; a number one more, a large one doubled |
| arithmetic | the opposite, with `+=` and the like; `min` and `max`, `any` and `all` exchanged |
| argument | one that is given by name dropped |

Left alone: what runs at import, annotations, docstrings, texts, what stands inside an f-string, the arguments of LOOKS.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..operators import Mutant

LOOKS = {"left", "indent", "width", "title", "help", "style", "sep", "ensure_ascii", "sort_keys", "soft_wrap", "strict"}
"""Names of arguments that change nothing but looks; `strict` of `zip` says what both sides are made to be."""
COMPARED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not", "is not": "is"}
COMPARED |= {"in": "not in", "not in": "in"}
SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
OPPOSITE = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*"}
EXTREMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict, ast.Tuple)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST = 80
"""Letters of an edit in its name."""
Span = tuple[int, int]
Edit = tuple[int, int, str]
"""First byte, byte after the last, and what takes their place."""


@dataclass(frozen=True)
class Change(Mutant):
    """One edit of one Python source, in the outermost function `function`, at the statement of line `line`."""

    kind: str = ""
    function: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """Name the edit by its place and words, not by its line."""
        again = f" ({self.repeat + 1})" if self.repeat else ""
        return f"{self.place}{again}: {self.old or 'at once'} -> {_short(self.new) or 'dropped'}"


class Source:
    """A source with what its edits need: bytes, syntax tree, and the byte at which a line starts."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        self.tree = ast.parse(code)
        self._starts = [0]
        for line in code.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.AST) -> Span:
        """Return the bytes of a node."""
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text(self, node: ast.expr) -> str:
        """Return the text of an expression, in brackets unless it needs none beside any operator."""
        start, end = self.span(node)
        text = self.code[start:end].decode()
        return text if isinstance(node, PLAIN) else f"({text})"


def changes(source: str, code: bytes) -> list[Change]:
    """Return every mutant of a source, in the order of its lines.

    Parameters
    ----------
    source
        Its path from the root, as `bridge/cli/gov.py`.
    code
        The source.
    """
    parsed = Source(code)
    unit = source.removeprefix("bridge/").removesuffix(".py").replace("/", ".")
    seen: dict[tuple[str, str, str], int] = {}
    made = []
    for kind, (start, end, new), place, function, line in sorted(set(_found(parsed)), key=lambda found: found[1]):
        old = _short(code[start:end].decode())
        shown = (f"{unit}.{place}", old, _short(new))
        repeat = seen.get(shown, 0)
        seen[shown] = repeat + 1
        made.append(Change(source, f"{unit}.{place}", start, end, old, new, repeat, kind, function, line))
    return made


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


Found = tuple[str, Edit, str, str, int]


def _found(source: Source) -> Iterator[Found]:
    """Yield kind, edit, qualified name of the function it is in, of the outermost one, and line of the statement."""

    def walk(node: ast.AST, path: tuple[str, ...], function: str, line: int) -> Iterator[Found]:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            path = (*path, node.name)
            within = function or (".".join(path) if isinstance(node, FUNCTIONS) else "")
            for child in node.body:
                yield from walk(child, path, within, line)
            node_edits = _start(node, source) if isinstance(node, FUNCTIONS) and within else ()
            first = node.body[_documented(node.body)].lineno if node_edits else 0
            yield from (("statement", edit, ".".join(path), within, first) for edit in node_edits)
            return
        if isinstance(node, ast.stmt):
            line = node.lineno
        if function:
            for kind, rule in RULES.get(type(node), ()):
                yield from ((kind, edit, ".".join(path), function, line) for edit in rule(node, source))
        for child in _below(node):
            yield from walk(child, path, function, line)

    for statement in source.tree.body:
        yield from walk(statement, (), "", 0)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name == "annotation" or isinstance(value, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            looks = isinstance(child, ast.keyword) and child.arg in LOOKS
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr) and not looks:
                yield child


def _documented(body: Sequence[ast.stmt]) -> int:
    """Return the number of statements that are documentation: one or none."""
    first = body[0]
    return int(len(body) > 1 and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant))


def _before(statement: ast.stmt, word: str, source: Source) -> Edit:
    start, _ = source.span(statement)
    return start, start, f"{word}\n{' ' * statement.col_offset}"


def _start(node: ast.FunctionDef | ast.AsyncFunctionDef, source: Source) -> list[Edit]:
    inner = list(ast.walk(node))
    gives = any(
        isinstance(each, (ast.Yield, ast.YieldFrom)) or (isinstance(each, ast.Return) and each.value) for each in inner
    )
    body = node.body[_documented(node.body) :]
    return [] if gives or len(body) < 2 else [_before(body[0], "return", source)]


def _call(node: ast.Expr, source: Source) -> Iterator[Edit]:
    call = node.value
    if isinstance(call, ast.Call) and (call.args or call.keywords or not ast.unparse(call.func).endswith("print")):
        yield (*source.span(node), "pass")


def _dropped(node: ast.stmt, source: Source) -> Iterator[Edit]:
    yield (*source.span(node), "pass")


def _assignment(node: ast.Assign, source: Source) -> Iterator[Edit]:
    if all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
        yield (*source.span(node), "pass")


def _return(node: ast.Return, source: Source) -> Iterator[Edit]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield (*source.span(node), "return None")


def _never(node: ast.If | ast.While | ast.IfExp, source: Source) -> Iterator[Edit]:
    yield (*source.span(node.test), "False")


def _always(node: ast.If | ast.IfExp, source: Source) -> Iterator[Edit]:
    if isinstance(node, ast.IfExp) or not isinstance(node.body[0], ast.Raise):
        yield (*source.span(node.test), "True")


def _filter(node: ast.comprehension, source: Source) -> Iterator[Edit]:
    for test in node.ifs:
        yield (*source.span(test), "True")


def _comparison(node: ast.Compare, source: Source) -> Iterator[Edit]:
    sides = [node.left, *node.comparators]
    for sign, left, right in zip(node.ops, sides, sides[1:], strict=False):
        old, between = SIGNS[type(sign)], (source.span(left)[1], source.span(right)[0])
        yield _exchanged(node, between, old, COMPARED[old], source)


def _exchanged(node: ast.AST, between: Span, old: str, new: str, source: Source) -> Edit:
    (start, end), (left, right), code = source.span(node), between, source.code
    sign = code[left:right].decode().replace(old, new, 1)
    return start, end, code[start:left].decode() + sign + code[right:end].decode()


def _logic(node: ast.BoolOp, source: Source) -> Iterator[Edit]:
    word = " and " if isinstance(node.op, ast.And) else " or "
    for dropped in node.values:
        yield (*source.span(node), word.join(source.text(value) for value in node.values if value is not dropped))


def _not(node: ast.UnaryOp, source: Source) -> Iterator[Edit]:
    if isinstance(node.op, ast.Not):
        yield (*source.span(node), source.text(node.operand))


def _minus(node: ast.UnaryOp, source: Source) -> Iterator[Edit]:
    if isinstance(node.op, ast.USub):
        yield (*source.span(node), source.text(node.operand))


def _boolean(node: ast.Constant, source: Source) -> Iterator[Edit]:
    if isinstance(node.value, bool):
        yield (*source.span(node), str(not node.value))


def _number(node: ast.Constant, source: Source) -> Iterator[Edit]:
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        yield (*source.span(node), f"({source.text(node)} {'* 2' if node.value >= 1e6 else '+ 1'})")


def _arithmetic(node: ast.BinOp, source: Source) -> Iterator[Edit]:
    old, new = SIGNS.get(type(node.op), ""), OPPOSITE.get(SIGNS.get(type(node.op), ""))
    if new and not _texts(node) and not _lists(node):
        yield _exchanged(node, (source.span(node.left)[1], source.span(node.right)[0]), old, new, source)


def _augmented(node: ast.AugAssign, source: Source) -> Iterator[Edit]:
    old, new = SIGNS.get(type(node.op), ""), OPPOSITE.get(SIGNS.get(type(node.op), ""))
    if new and not _texts(node.value) and not _lists(node.value):
        yield _exchanged(node, (source.span(node.target)[1], source.span(node.value)[0]), old, new, source)


def _texts(node: ast.AST) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node,)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, (str, bytes)))
        or (isinstance(side, ast.BinOp) and _texts(side))
        for side in sides
    )


def _lists(node: ast.AST) -> bool:
    """Tell whether an expression is a list, a tuple, a dict or a set for all to see."""
    if isinstance(node, ast.BinOp):
        return _lists(node.left) or _lists(node.right)
    if isinstance(node, ast.IfExp):
        return _lists(node.body) or _lists(node.orelse)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("sorted", "list", "tuple", "dict", "set")
    return isinstance(node, (ast.List, ast.ListComp, ast.Tuple, ast.Dict, ast.DictComp, ast.Set, ast.SetComp))


def _joined(node: ast.BinOp, source: Source) -> Iterator[Edit]:
    if isinstance(node.op, (ast.Add, ast.BitOr)) and _lists(node):
        yield (*source.span(node), source.text(node.left))
        yield (*source.span(node), source.text(node.right))


def _parts(node: ast.List | ast.Tuple, source: Source) -> Iterator[Edit]:
    for part in node.elts:
        if isinstance(part, ast.Starred) and isinstance(part.ctx, ast.Load):
            yield _without(part, source)


def _without(part: ast.AST, source: Source) -> Edit:
    """Return the edit that takes one of several expressions out, with a comma."""
    start, end = source.span(part)
    before, after = source.code[:start].rstrip(), source.code[end:].lstrip()
    if before.endswith(b","):
        return len(before) - 1, end, ""
    return start, len(source.code) - len(after.removeprefix(b",").lstrip()), ""


def _extreme(node: ast.Call, source: Source) -> Iterator[Edit]:
    if isinstance(node.func, ast.Name) and node.func.id in EXTREMES:
        yield (*source.span(node.func), EXTREMES[node.func.id])


def _keyword(node: ast.Call, source: Source) -> Iterator[Edit]:
    for each in node.keywords:
        if each.arg is not None and each.arg not in LOOKS:
            yield _without(each, source)


def _suppressed(node: ast.With, source: Source) -> Iterator[Edit]:
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "suppress":
            yield (*source.span(call), "suppress()")


def _handler(node: ast.ExceptHandler, source: Source) -> Iterator[Edit]:
    if not isinstance(node.body[-1], ast.Raise):
        yield _before(node.body[0], "raise", source)


def _loop(node: ast.For, source: Source) -> Iterator[Edit]:
    yield (*source.span(node.iter), "()")


def _continue(node: ast.Continue, source: Source) -> Iterator[Edit]:
    yield (*source.span(node), "break")


Rule = Callable[..., Iterator[Edit]]
RULES: dict[type[ast.AST], tuple[tuple[str, Rule], ...]] = {
    ast.Expr: (("statement", _call),),
    ast.Raise: (("raise", _dropped),),
    ast.Assign: (("part", _assignment),),
    ast.AugAssign: (("part", _dropped), ("arithmetic", _augmented)),
    ast.Return: (("statement", _return),),
    ast.If: (("condition", _never), ("condition", _always)),
    ast.IfExp: (("condition", _never), ("condition", _always)),
    ast.While: (("condition", _never),),
    ast.comprehension: (("condition", _filter),),
    ast.Compare: (("comparison", _comparison),),
    ast.BoolOp: (("condition", _logic),),
    ast.UnaryOp: (("condition", _not), ("arithmetic", _minus)),
    ast.Constant: (("constant", _boolean), ("constant", _number)),
    ast.BinOp: (("arithmetic", _arithmetic), ("part", _joined)),
    ast.List: (("part", _parts),),
    ast.Tuple: (("part", _parts),),
    ast.Call: (("arithmetic", _extreme), ("argument", _keyword)),
    ast.With: (("raise", _suppressed),),
    ast.ExceptHandler: (("raise", _handler),),
    ast.For: (("statement", _loop),),
    ast.Continue: (("statement", _continue),),
}
