"""The reference of `hedge` and `bridge`: one page a part, each module of it with what is public in it.

The pages hold references alone; mkdocstrings reads signatures and docstrings when the site is built.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

PACKAGES: Final = ("hedge", "bridge")


def modules(root: Path, package: str) -> dict[str, Path]:
    """Return the file of every module of a package by its dotted name; private ones and migrations are left out."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not any(part.startswith("_") and part != "__init__" for part in parts) and "migrations" not in parts:
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def exports(path: Path) -> list[str]:
    """Return the `__all__` of a module, in order; nothing where it has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [getattr(name, "id", "") for name in node.targets] == ["__all__"]:
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def defined(path: Path) -> list[str]:
    """Return the public functions and classes that a module itself defines."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"]


def python_pages(root: Path) -> dict[str, str]:
    """Return the pages of the reference by their place in the site."""
    pages = {}
    for package in PACKAGES:
        parts: dict[str, dict[str, Path]] = {}
        for name, path in modules(root, package).items():
            parts.setdefault(".".join(name.split(".")[:2]), {})[name] = path
        for part, members in parts.items():
            short = part.partition(".")[2] or "index"
            pages[f"reference/{package}/{short}.md"] = _page(part, members)
    return pages


def _page(part: str, members: dict[str, Path]) -> str:
    lines: list[str] = []
    for name, path in members.items():
        lines += [f"{'##' if name != part else '#'} `{name}` {{ #{name} }}", ""]
        names = exports(path)
        lines += ["Exports " + ", ".join(f"`{name}.{one}`" for one in names) + ".", ""] if names else []
        options = []
        if name == part:  # what is in the part itself is one level below its title
            options.append("      heading_level: 2")
        if names:  # what it exports has its entry where it is defined
            options.append(f"      members: {defined(path)}")
        lines += [f"::: {name}", *(["    options:", *options] if options else []), ""]
    return "\n".join(lines)
