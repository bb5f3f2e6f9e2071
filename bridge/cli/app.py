"""The command tree. A command's module is loaded when the command is called, and imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer import BadParameter, TyperException
from typer.core import TyperGroup
from typer.main import get_command

from bridge.cli.commands import ABOUT, COMMANDS, ENDING, JOINED, LOOP
from bridge.cli.front import help_page, paints, version_line, width
from bridge.registry import load_plugins

_NO_MISTAKES = ("NoArgsIsHelpError", "Exit", "Abort")
"""What Typer raises to end without a mistake: after its help, or because a command said so."""


@cache
def load(name: str) -> Any:
    """Load the plug-ins, and one command or group of the table as Typer's command object."""
    load_plugins()
    module, attribute, _ = COMMANDS[name]
    found = getattr(import_module(f"bridge.cli.{module}"), attribute)
    tree = typer.Typer(add_completion=False)
    if not isinstance(found, typer.Typer):
        tree.command(name)(found)
        return _careful(get_command(tree))
    for beside in JOINED.get(name, ()):
        import_module(f"bridge.cli.{beside}")
    tree.add_typer(found, name=name)
    return _careful(cast(TyperGroup, get_command(tree)).commands[name])


def _careful(command: Any) -> Any:
    """Have a command, or each of a group, refuse an option of one value that is given twice: one would be lost."""
    made = command.make_parser

    def make_parser(context: Any) -> Any:
        parser = made(context)
        read = parser.parse_args

        def parse_args(args: list[str]) -> Any:
            values, rest, order = read(args=args)
            _require_once([] if context.resilient_parsing else order)
            return values, rest, order

        parser.parse_args = parse_args
        return parser

    command.make_parser = make_parser
    for each in getattr(command, "commands", {}).values():
        _careful(each)
    return command


def _require_once(order: Sequence[Any]) -> None:
    """Check that no option of one value is in a command line twice; a flag says the same however often it is there.

    Raises
    ------
    UsageError
        One is: its name.
    """
    from bridge.errors import UsageError

    single = [each for each in order if each.param_type_name == "option" and not (each.multiple or each.count)]
    single = [each for each in single if not each.is_flag or each.secondary_opts]
    twice = [each for number, each in enumerate(single) if each in single[:number]]
    if twice:
        raise UsageError(f"{twice[0].opts[0]} is given twice, and takes one value: give it once")


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


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise what Typer says of a command line as the one line that every other mistake is.

    Raises
    ------
    UsageError
        An option or a command is unknown, missing or not what it must be.
    """
    from bridge.errors import UsageError

    try:
        yield
    except TyperException as error:
        if getattr(error, "exit_code", 0) != 2 or type(error).__name__ in _NO_MISTAKES:
            raise
        context = getattr(error, "ctx", None)
        words = _mistake(error)
        more = f"{'' if words.endswith('?') else ';'} `{context.command_path} --help` says more" if context else ""
        raise UsageError(f"{words}{more}") from error


def _mistake(error: Any) -> str:
    """Say what is wrong, with the name of the option and what it takes."""
    if not (isinstance(error, BadParameter) and error.message and error.param):
        return str(error.format_message()).rstrip(".")
    hint, details = error.param_hint or error.param.get_error_hint(), getattr(error.__cause__, "errors", None)
    names = (hint if isinstance(hint, str) else " or ".join(hint)).replace("'", "")
    if details is None:
        return f"{names}: {error.message}".rstrip(".")
    from bridge.mistakes import plain_mistake

    return f"{names}: {plain_mistake(details(include_input=False)[0])}"


class Root(TyperGroup):
    """The program: loads its commands late, and shows the page that `alvh --help` shows without Typer."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": Loading()})

    def make_context(self, *given: Any, **extra: Any) -> Any:
        """Read the options of the program itself; what is wrong with them is one line."""
        with in_our_words():
            return super().make_context(*given, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what is wrong with its options is one line."""
        with in_our_words():
            return super().invoke(ctx)

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
