"""The `alvh` command.

    commands, front, app                                      the table of commands; the help of `alvh`; the tree
    flags, show, cards, reading                               options that commands share; what a terminal shows
    book, oracle, planning, dao, gov, safe, monitor, local    the commands
    deploy, deploy_text                                       `alvh deploy`, and what it prints
    exposure_ideas, plan_text, plan_ideas                     what `alvh exposure` and `alvh plan` print
    hedge, hedge_import, hedge_changes, hedge_worth           the commands of the ledger
    safe_transport, safe_hands, safe_text                     more of `safe`: from and to others, who signs, texts
    hedge_text, held_text                                     what they print
    local_moves                                               the local chain by hand
    serve                                                     the monitor that is left running
    completion                                                what lets a shell complete commands

Read `commands` first. A command parses, calls one function of the bridge and prints. May import every other part.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

STOPPED: Final = (129, 130, 143)
"""Exit codes of a command that was ended with SIGHUP, Ctrl-C or SIGTERM."""
ENDED: Final[list[int]] = []
"""Signals that asked to end. Python drops what a handler raises while an object is deleted: who waits looks here."""
COLUMNS: Final = "COLUMNS"
LEAST_COLUMNS, MOST_COLUMNS = 20, 1_000


def main() -> None:
    """Run the command line; every known error is one line on stderr and an exit code of 1 or 2."""
    _bound_columns()
    if sys.stdout is None:  # closed: the next file that is opened would take its place, and what is printed
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115 - for good
    from bridge.cli.front import answer

    try:
        with _flushed():
            code = answer(sys.argv[1:])
    except OSError as error:
        _unwritten(error)
    if code is None:
        _run()
    else:
        sys.exit(code)


def _bound_columns() -> None:
    """Leave libraries a width that a terminal may have: they take what the environment says."""
    asked = os.environ.get(COLUMNS, "")
    if asked.isascii() and asked.isdigit() and asked.strip("0"):
        width = int(asked) if len(asked) < len(str(MOST_COLUMNS)) + 1 else MOST_COLUMNS
        os.environ[COLUMNS] = str(min(max(width, LEAST_COLUMNS), MOST_COLUMNS))
    else:
        os.environ.pop(COLUMNS, None)


def _run() -> None:
    import signal

    _collect_less()
    from bridge.cli.app import app
    from bridge.errors import BridgeError, Terminated
    from bridge.foreign import foreign
    from hedge.errors import HedgeError

    def ended(number: int, frame: object) -> None:
        ENDED.append(number)
        raise Terminated(128 + number)  # unwinds like any other end, so that a local chain is not left behind

    signal.signal(signal.SIGTERM, ended)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup goes on where its terminal is gone
        signal.signal(signal.SIGHUP, ended)
    _set_up_shell()
    try:
        with _flushed():
            app()
    except BridgeError as error:
        _complain((said := str(error)) + _done_before(said))
        sys.exit(error.exit_code)
    except HedgeError as error:
        _complain(foreign(error, None) + _done_before())
        sys.exit(1)
    except SystemExit as end:
        if end.code and _done_before():  # 1 also where who reads our output has gone
            _say_done("stopped" if end.code in STOPPED else f"ended with {end.code}")
        raise
    except KeyboardInterrupt:
        _say_done("stopped")
        sys.exit(130)
    except OSError as error:
        if error.filename is None:  # our own output cannot be written
            _unwritten(error)
        name = foreign(os.fsdecode(error.filename), None)
        _complain(f"{name}: cannot be read or written: {error.strerror}" + _done_before())
        sys.exit(2)


def _collect_less() -> None:
    """Search for garbage less often: a command makes many small objects that live until it ends.

    Searching them again and again took a tenth of a plan of a thousand positions. What runs for days still collects, a
    few MB later.
    """
    import atexit
    import gc

    gc.set_threshold(500_000, 50, 100)
    atexit.register(gc.freeze)  # nor are they searched once more when all ends


def _set_up_shell() -> None:
    """Answer a shell that completes a command, and let letters that a stream lacks be shown by their numbers."""
    from bridge.cli.commands import COMPLETING

    if COMPLETING in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]  # Typer has no other way

        completion_init()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # closed, or no file at all
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _unwritten(error: OSError) -> NoReturn:
    """Say that our own output cannot be written, and end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains of it again
    _say_done(f"error: the output cannot be written: {error.strerror}")
    sys.exit(1)


def _say_done(words: str) -> None:
    """Say how a command ended and what it leaves behind; a terminal that is gone hears nothing of it."""
    with suppress(OSError):
        sys.stderr.write(f"{words}{_done_before()}\n")
        sys.stderr.flush()


def _done_before(said: str = "") -> str:
    """Say which transactions a command that fails or is stopped leaves behind; nothing of one that sends none."""
    receipts = sys.modules.get("bridge.chain.receipts")
    return str(receipts.done_before(said)) if receipts else ""


def _complain(words: str) -> None:
    """Say why there is no answer: one line, which a terminal does not wrap at its margin."""
    if not sys.stderr.isatty():
        sys.stderr.write(f"error: {words}\n")
        return
    from bridge.cli.show import console

    console(stderr=True).print(f"error: {words}", markup=False, soft_wrap=True)


@contextmanager
def _flushed() -> Iterator[None]:
    """Write what is left of the output before the end, where a failure can still be said."""
    try:
        yield
    finally:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
