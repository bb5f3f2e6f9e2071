"""The reference of the command line: what every command says of itself with `--help`."""

from __future__ import annotations

from copy import copy
from typing import Any

import typer

from bridge.cli.app import app

WIDTH = 100


def command_pages() -> dict[str, str]:
    """Return the pages of the reference by their place in the site: the tree, and one a command."""
    tree: Any = typer.main.get_command(app)
    context = _context(tree, "alvh", None)
    pages = {"reference/commands/index.md": _page(tree, "alvh", context, "# The command line")}
    for name in tree.list_commands(context):
        command = tree.get_command(context, name)
        inner = _context(command, name, context)
        text = [_page(command, f"alvh {name}", inner, f"# `alvh {name}`")]
        for below in command.list_commands(inner) if hasattr(command, "list_commands") else ():
            child = command.get_command(inner, below)
            words = f"alvh {name} {below}"
            text.append(_page(child, words, _context(child, below, inner), f"## `{words}`"))
        pages[f"reference/commands/{name}.md"] = "\n".join(text)
    return pages


def _context(command: Any, name: str, parent: Any) -> Any:
    return command.context_class(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)


def _page(command: Any, words: str, context: Any, heading: str) -> str:
    plain = copy(command)
    plain.rich_markup_mode = None  # no boxes
    return f'{heading}\n\n```text title="{words} --help"\n{plain.get_help(context).strip()}\n```\n'
