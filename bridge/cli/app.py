"""The command tree. A command's module is loaded when the command is called, and imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bridge.cli.commands import ABOUT, COMMANDS, ENDING, JOINED, LOOP
from bridge.cli.front import help_page, paints, version_line, width
from bridge.registry import load_plugins


@cache
def load(name: str) -> Any:
    """Load the plug-ins, and one command or group of the table as Typer's command object."""
    load_plugins()
    module, attribute, _ = COMMANDS[name]
    found = getattr(import_module(f"bridge.cli.{module}"), attribute)
    tree = typer.Typer(add_completion=False)
    if not isinstance(found, typer.Typer):
        tree.command(name)(found)
        return get_command(tree)
    for beside in JOINED.get(name, ()):
        import_module(f"bridge.cli.{beside}")
    tree.add_typer(found, name=name)
    return cast(TyperGroup, get_command(tree)).commands[name]


class Loading(Mapping[str, Any]):
    """The commands by name, each loaded when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Root(TyperGroup):
    """The program: loads its commands late, and shows the page that `alvh --help` shows without Typer."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": Loading()})

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of `bridge.cli.front`."""
        formatter.write(help_page(ctx.command_path, width(), paints()))


app = typer.Typer(
    name="alvh",
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=f"{ABOUT}\n\n{LOOP}",
    epilog=ENDING,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_line(), nl=False)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
