"""The page of `alvh --help`, the table of commands behind it, and what a start of the program loads."""

from __future__ import annotations

import inspect
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

import bridge.cli
from bridge.cli.app import app, load
from bridge.cli.commands import ABOUT, COMMANDS, ENDING, LOOP, OPTIONS
from bridge.cli.front import NARROWEST, WIDEST, help_page

MODULES = sorted(path.stem for path in Path(str(bridge.cli.__file__)).parent.glob("[a-z]*.py"))


def started(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, away from any terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-m", "bridge", *arguments]
    return subprocess.run(command, env=kept | variables, capture_output=True, text=True, check=False, timeout=60)


def on_a_terminal(**variables: str) -> str:
    """Return what `--help` writes to a terminal."""
    main, side = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "bridge", "--help"]
    subprocess.run(command, env=kept | {"TERM": "xterm", **variables}, stdout=side, check=True, timeout=60)
    os.close(side)
    written = os.read(main, 1 << 16).decode()
    os.close(main)
    return written.replace("\r\n", "\n")


def first_paragraph(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


def on_one_line(page: str) -> str:
    return " ".join(page.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_line__of_each_command__is_the_first_paragraph_of_its_own_help(name: str) -> None:
    module, attribute, line = COMMANDS[name]
    found = getattr(import_module(f"bridge.cli.{module}"), attribute)
    said = found.info.help if isinstance(found, typer.Typer) else found.__doc__
    assert line == first_paragraph(said)
    assert line == first_paragraph(load(name).help)


def takes_options(function: FunctionType) -> bool:
    """Tell whether a function is written as a command: a parameter of it is an option or an argument of Typer's."""
    written = [str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()]
    return any("typer." in words or words.endswith(("Option", "Argument")) for words in written)


def written_commands() -> Iterator[tuple[str, str]]:
    """Yield module and name of every public function of `bridge.cli` that is written as a command."""
    for name in MODULES:
        module = import_module(f"bridge.cli.{name}")
        for function in vars(module).values():
            ours = isinstance(function, FunctionType) and function.__module__ == module.__name__
            if ours and not function.__name__.startswith("_") and takes_options(function):
                yield name, function.__name__


def reachable() -> set[tuple[str, str]]:
    """Return module and name of every function that the table leads to."""
    found = set()
    for name, (module, attribute, _) in COMMANDS.items():
        command = load(name)
        if not hasattr(command, "commands"):
            found.add((module, attribute))
        own = getattr(import_module(f"bridge.cli.{module}"), "app", None)
        if hasattr(command, "commands") and own is not None:
            called = {entry.callback for entry in own.registered_commands}
            found |= {(entry.__module__.rsplit(".", 1)[1], entry.__name__) for entry in called}
    return found


def test_table__every_function_that_is_written_as_a_command__leads_to_it() -> None:
    written = set(written_commands())
    assert len(written) > 20
    assert written <= reachable()


def test_table__commands_of_two_modules__are_one_group() -> None:
    names = set(load("gov").commands)
    assert {"list", "vote", "propose", "delegate", "apply-row", "poke-row", "trip", "unstick"} <= names
    assert set(get_command(app).commands) == set(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("columns", [NARROWEST, 80, 120, 400])
def test_page__any_width__says_everything_and_fits(columns: int) -> None:
    page = help_page("alvh", columns, strong=False)
    assert max(map(len, page.splitlines())) < min(columns, WIDEST) or columns == NARROWEST
    for name, (_, _, line) in COMMANDS.items():
        assert f"\n  {name} " in page
        assert line in on_one_line(page)
    for text in (ABOUT, LOOP, ENDING, *OPTIONS, *OPTIONS.values()):
        assert text in on_one_line(page)


def test_options__on_the_page__are_those_of_the_program() -> None:
    root = get_command(app)
    listed = {option: getattr(parameter, "help", "") for parameter in root.params for option in parameter.opts}
    assert listed | {"--help": OPTIONS["--help"]} == OPTIONS
    assert root.epilog == ENDING  # type: ignore[attr-defined]


def test_help__bare_with_option_and_through_typer__is_one_page() -> None:
    asked, bare, longer = started("--help"), started(), started("--help", "plan")
    assert (asked.returncode, bare.returncode, longer.returncode) == (0, 2, 0)
    assert asked.stdout == bare.stdout == longer.stdout == help_page("python -m bridge", 80, strong=False)
    assert asked.stderr == bare.stderr == longer.stderr == ""
    assert on_one_line(CliRunner().invoke(app, ["--help"]).output).startswith("Usage: alvh [OPTIONS] COMMAND")


def test_version__alone_and_through_typer__is_one_line() -> None:
    assert started("--version").stdout == started("--version", "plan").stdout == f"alvh {bridge.__version__}\n"


def test_bold__on_a_terminal__unless_the_user_says_no() -> None:
    assert "\x1b[1mCommands:\x1b[0m" in on_a_terminal()
    assert "\x1b" not in on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(TERM="dumb")
    assert "\x1b" not in started("--help").stdout
    plain = on_a_terminal(COLUMNS="80").replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert plain == help_page("python -m bridge", 80, strong=False)


def test_width__stated_nonsense__is_80() -> None:
    for stated in ("", "0", "-5", "wide"):
        assert started("--help", COLUMNS=stated).stdout == help_page("python -m bridge", 80, strong=False)


def test_help__reader_that_has_gone__ends_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "bridge", "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_start__wrong_words__are_one_plain_line_on_stderr_and_code_2() -> None:
    for words, said in (
        (["pla"], "No such command 'pla'. Did you mean 'plan'?"),
        (["--nonsense"], "No such option: --nonsense"),
        (["gov", "nonsense"], "No such command 'nonsense'; `python -m bridge gov --help` says more"),
        (["plan", "--nonsense"], "No such option: --nonsense"),
        (["exposure", "--block", "x"], "--block: must be a whole number; `python -m bridge exposure --help`"),
        (["up", "--port", "70000"], "--port: must be 65535 or less; `python -m bridge up --help`"),
        (["gov", "vote"], "vote for, against or abstain: `alvh gov vote latest for`"),
        (["safe", "sign"], "Missing argument 'file'; `python -m bridge safe sign --help` says more"),
        (["gov", "list", "--config"], "Option '--config' requires an argument"),
    ):
        done = started(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_start__output_is_closed__wrong_words_are_still_one_line_and_code_2() -> None:
    script = f"exec {sys.executable} -m bridge gov vote 1 perhaps >&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: vote for, against or abstain, not 'perhaps'"]


def test_start__terminal_without_the_letter__shows_its_number(tmp_path: Path) -> None:
    """The table of `simulate` has a plus-minus sign."""
    words = ["simulate", "--paths", "1000", "--days", "1", "--workers", "1", "--out", str(tmp_path / "out[b]")]
    done = started(*words, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done
    assert r"\xb1" in done.stdout
    assert f"kept in {tmp_path / 'out[b]'}, report " in done.stdout.replace("\n", " ").replace("  ", " ")
    rows = [line for line in done.stdout.splitlines() if line.count(r"\xb1") > 1]
    assert len(rows) == 6
    assert {line.count(r"\xb1") for line in rows} == {4}


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_help__fresh_interpreter__loads_neither_typer_nor_any_command() -> None:
    loaded = modules_after("from bridge.cli.front import answer\nassert answer(['--help']) == 0")
    assert not loaded & {"typer", "rich", "dataclasses", "pathlib", "signal", "bridge.cli.app", "bridge.errors"}


def test_command__fresh_interpreter__loads_its_own_module_and_no_other() -> None:
    loaded: Any = modules_after("from bridge.cli.app import load\nload('oracle')")
    assert {name for name in loaded if name.startswith("bridge.cli.")} == {
        "bridge.cli.app",
        "bridge.cli.commands",
        "bridge.cli.front",
        "bridge.cli.flags",
        "bridge.cli.mined",
        "bridge.cli.oracle",
    }
