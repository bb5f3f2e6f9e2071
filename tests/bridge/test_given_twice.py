"""An option of one value that is given twice is refused by name, by every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from bridge.cli.app import app, load
from bridge.cli.commands import COMMANDS
from bridge.errors import UsageError

pytestmark = pytest.mark.unit


def leaves(command: Any) -> Iterator[Any]:
    """Return a command, or each of a group."""
    inside = getattr(command, "commands", {})
    if not inside:
        yield command
    for each in inside.values():
        yield from leaves(each)


def options(command: Any) -> Iterator[Any]:
    return (each for each in command.params if each.param_type_name == "option")


def read(command: Any, *words: str) -> Any:
    context = command.context_class(command)
    return command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize("name", COMMANDS)
def test_options__one_value_given_twice__are_refused_by_name_by_every_command(name: str) -> None:
    for command in leaves(load(name)):
        for each in options(command):
            if each.is_flag or each.multiple:
                continue
            with pytest.raises(UsageError, match=f"^{each.opts[0]} is given twice, and takes one value"):
                read(command, each.opts[0], "1", f"{each.opts[-1]}", "2")
            assert read(command, each.opts[0], "1")[0][each.name] == "1"


def test_options__flag_or_one_of_many_given_twice__are_taken() -> None:
    found, _, _ = read(load("exposure"), "--json", "--json", "--owner", "a", "--owner", "b")
    assert found["owner"] == ["a", "b"]
    assert found["as_json"]


def test_program__option_given_twice__ends_before_anything_is_asked() -> None:
    done = CliRunner().invoke(app, ["exposure", "--rpc", "http://127.0.0.1:1", "--rpc", "http://127.0.0.1:2"])
    assert isinstance(done.exception, UsageError)
    assert "--rpc is given twice" in str(done.exception)
