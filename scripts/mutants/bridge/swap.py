"""Change functions that a process has loaded already: to the code of a mutant, or to code that notes what runs.

A function keeps its identity and gets another code object, so it is the changed one for everybody who holds it: modules
that imported it by name, Typer's commands, properties, fixtures.
"""

from __future__ import annotations

import ast
import functools
import gc
import inspect
from collections import defaultdict
from types import CodeType, FunctionType
from typing import Any

from ..compiler import ROOT

NOTE = "__seen__"
"""The built-in that noting code calls with the place of each statement that runs."""


def place(source: str, line: int) -> str:
    """Return how a statement is known in notes."""
    return f"{source}:{line}"


def module_of(source: str) -> str:
    """Return the name under which Python imports a source."""
    return source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Loaded:
    """The functions of some sources, and what remembers their results, as this process has them now."""

    def __init__(self, sources: list[str]) -> None:
        paths = {str(ROOT / source): source for source in sources}
        modules = {module_of(source) for source in sources} | {"bridge.registry"}
        self._functions: dict[str, list[FunctionType]] = defaultdict(list)
        self._caches: list[Any] = []
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in paths:
                self._functions[paths[found.__code__.co_filename]].append(found)
            elif isinstance(found, functools._lru_cache_wrapper) and found.__module__ in modules:
                self._caches.append(found)

    def forget(self) -> None:
        """Forget what functions of the sources remember of their calls, and which plug-ins are loaded."""
        for cache in self._caches:
            cache.cache_clear()

    def change(self, source: str, code: bytes, only: str = "") -> bool:
        """Give the functions of a source, or one by its qualified name, the code that they have in another text of it.

        Returns False where a function's code does not fit because it uses other variables of an outer scope.
        """
        old, new = _codes(source, (ROOT / source).read_bytes()), _codes(source, code)
        for function in self._functions[source]:
            name = function.__code__.co_qualname
            if only in ("", name) and name in old:
                number = [made.co_firstlineno for made in old[name]].index(function.__code__.co_firstlineno)
                try:
                    function.__code__ = new[name][number]
                except ValueError:
                    return False
        return True


def _codes(source: str, code: bytes) -> dict[str, list[CodeType]]:
    """Return the code of every outermost function by qualified name, in the order of the source."""
    found: dict[str, list[CodeType]] = defaultdict(list)

    def walk(code: CodeType) -> None:
        for inner in code.co_consts:
            if isinstance(inner, CodeType) and inner.co_flags & inspect.CO_OPTIMIZED:
                found[inner.co_qualname].append(inner)
            elif isinstance(inner, CodeType):
                walk(inner)

    walk(compile(code, str(ROOT / source), "exec", dont_inherit=True))
    return found


class _Noting(ast.NodeTransformer):
    def __init__(self, source: str) -> None:
        self.source = source

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and not isinstance(node, (ast.Module, ast.ClassDef)):
                setattr(node, name, [each for statement in body for each in self._noted(statement)])
        return node

    def _noted(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return [statement]
        note = ast.parse(f"{NOTE}({place(self.source, statement.lineno)!r})").body[0]
        for each in ast.walk(note):
            if hasattr(each, "lineno"):
                ast.copy_location(each, statement)
        return [note, statement]


def noting(source: str, code: bytes) -> bytes:
    """Return a source whose functions note each statement before it runs; lines are others than before."""
    tree = ast.parse(code)
    marked = _Noting(source).visit(tree)
    return ast.unparse(ast.fix_missing_locations(marked)).encode()
