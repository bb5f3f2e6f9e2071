"""Which public names of a package its users reach, by names alone: from other code, and through its own definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

Names = frozenset[str]


class Code(NamedTuple):
    """The definitions of a package and what its modules do when they are loaded.

    Parameters
    ----------
    public
        Names that a module defines at its top without an underscore, by dotted name.
    uses
        Bare names that each definition refers to, by dotted name; private ones too.
    loaded
        Bare names that each module refers to outside its functions and classes, by module.
    """

    public: Names
    uses: Mapping[str, Names]
    loaded: Mapping[str, Names]


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a file."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def names_in(nodes: Iterable[ast.AST]) -> Names:
    """Return every name and attribute that code reads, and the names in annotations that are text."""
    found: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return frozenset(found)


def aliases_of(tree: ast.Module) -> dict[str, str]:
    """Return the names that a module imports under another one, by the other one."""
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname: alias.name for node in froms for alias in node.names if alias.asname}


def imported_names(tree: ast.Module) -> Names:
    """Return the names that a module imports from others, wherever it does so."""
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return frozenset(alias.name for node in froms for alias in node.names)


def used_by(paths: Iterable[Path]) -> Names:
    """Return the names that files use: what they import and what they read as an attribute."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return frozenset().union(*(names_in([tree]) | imported_names(tree) for tree in trees))


def read_code(root: Path, package: str) -> Code:
    """Read the definitions of a package."""
    public: set[str] = set()
    uses: dict[str, Names] = {}
    loaded: dict[str, Names] = {}
    for path in sorted((root / package).rglob("*.py")):
        module, tree = module_name(path, root), ast.parse(path.read_text(encoding="utf-8"))
        aliases = aliases_of(tree)
        rest: list[ast.AST] = []
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                uses[f"{module}.{node.name}"] = frozenset(aliases.get(name, name) for name in names_in([node]))
                rest += node.decorator_list
                if not node.name.startswith("_"):
                    public.add(f"{module}.{node.name}")
            elif not isinstance(node, ast.Import | ast.ImportFrom):
                rest.append(node)
        loaded[module] = frozenset(aliases.get(name, name) for name in names_in(rest))
    return Code(frozenset(public), uses, loaded)


def unreached(code: Code, used: Names) -> Names:
    """Return the public names that nobody reaches who begins with the names in use.

    A definition is reached by its bare name: two of one name are reached together. What a module does when it is loaded
    counts where one of its definitions is reached, and where it registers something: its registry loads it by itself.
    """
    by_name: dict[str, set[str]] = {}
    for dotted in code.uses:
        by_name.setdefault(dotted.rpartition(".")[2], set()).add(dotted)
    registering = (names for names in code.loaded.values() if any(name.startswith("register_") for name in names))
    reached: set[str] = set()
    seen: set[str] = set()
    queue = set(used).union(*registering)
    while queue:
        name = queue.pop()
        seen.add(name)
        for dotted in by_name.get(name, set()) - reached:
            reached.add(dotted)
            queue |= (code.uses[dotted] | code.loaded[dotted.rpartition(".")[0]]) - seen
    return frozenset(code.public - reached)
