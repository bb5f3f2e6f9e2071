"""What `alvh`, `alvh --help` and `alvh --version` print, with nothing but the standard library: nobody waits for it."""

from __future__ import annotations

import os
import sys
from textwrap import wrap

from bridge import __version__
from bridge.cli.commands import ABOUT, COMMANDS, COMPLETING, ENDING, LOOP, OPTIONS

NARROWEST, WIDEST, USUAL = 40, 100, 80


def answer(arguments: list[str]) -> int | None:
    """Answer a call that needs no command and return its exit code; None where a command is called."""
    if COMPLETING in os.environ:  # a shell asks what could be typed next
        return None
    if arguments == ["--version"]:
        page = version_line()
    elif arguments in ([], ["--help"]):
        page = help_page(called_as(), width(), paints())
    else:
        return None
    try:
        sys.stdout.write(page)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on; the interpreter would complain of it again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0 if arguments else 2


def version_line() -> str:
    """Return what --version prints."""
    return f"alvh {__version__}\n"


def help_page(name: str, columns: int, strong: bool) -> str:
    """Return the help of the whole program.

    Parameters
    ----------
    name
        What the user typed to start it.
    columns
        Width of the terminal; lines are shorter than it.
    strong
        Whether titles and names are printed bold.
    """
    room = min(columns, WIDEST) - 1
    entries = {name: line for name, (_, _, line) in COMMANDS.items()}
    parts = [
        [f"{_bold('Usage:', strong)} {name} [OPTIONS] COMMAND [ARGS]..."],
        wrap(ABOUT, room),
        wrap(LOOP, room),
        _listed("Options", OPTIONS, room, strong),
        _listed("Commands", entries, room, strong),
        [f"`{name} COMMAND --help` says more of each."],
        wrap(ENDING, room),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _listed(title: str, entries: dict[str, str], room: int, strong: bool) -> list[str]:
    """Return a titled table of names and what they mean, wrapped in its second column."""
    indent = 4 + max(map(len, [*OPTIONS, *COMMANDS]))
    lines = [_bold(f"{title}:", strong)]
    for name, meaning in entries.items():
        first, *rest = wrap(meaning, room - indent)
        lines.append("  " + _bold(name, strong) + " " * (indent - 2 - len(name)) + first)
        lines += [" " * indent + line for line in rest]
    return lines


def _bold(text: str, strong: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if strong else text


def called_as() -> str:
    """Return what the user typed to start the program."""
    return "python -m bridge" if sys.argv[0].endswith("__main__.py") else "alvh"


def width() -> int:
    """Return the width of the terminal, or that which COLUMNS states; 80 where there is neither."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return max(int(stated), NARROWEST)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns or USUAL, NARROWEST)
    except (OSError, ValueError):  # not a terminal, or no file at all
        return USUAL


def paints() -> bool:
    """Tell whether to print in bold: on a terminal that can, to a user who did not say no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
