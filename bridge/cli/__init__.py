"""The `alvh` command.

    commands, front, app                                      the table of commands; the help of `alvh`; the tree
    flags, show                                               options that commands share; tables for people
    book, oracle, planning, dao, gov, safe, monitor, local    the commands
    exposure_ideas, plan_text, plan_ideas                     what `alvh exposure` and `alvh plan` print
    hedge, hedge_changes, hedge_worth, hedge_text, held_text  the commands of the ledger, and what they print

Read `commands` first. A command parses, calls one function of the bridge and prints. May import every other part.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; every known error is one line on stderr and an exit code of 1 or 2."""
    from bridge.cli.front import answer

    code = answer(sys.argv[1:])
    if code is None:
        _run()
    else:
        sys.exit(code)


def _without_controls(error: Exception) -> str:
    """Return what an error says without control and direction marks, as it may quote what strangers wrote."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "·" for letter in str(error))


def _run() -> None:
    import gc
    import signal

    # A command makes many small objects that live until it ends: searching them for garbage again and again took 0.2 s.
    gc.set_threshold(100_000, 20, 50)

    from bridge.cli.app import app
    from bridge.errors import BridgeError, Terminated
    from hedge.errors import HedgeError

    def ended(number: int, frame: object) -> None:
        raise Terminated(128 + number)  # unwinds like any other end, so that a local chain is not left behind

    signal.signal(signal.SIGTERM, ended)
    try:
        app()
    except BridgeError as error:
        sys.stderr.write(f"error: {_without_controls(error)}\n")
        sys.exit(error.exit_code)
    except HedgeError as error:
        sys.stderr.write(f"error: {_without_controls(error)}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
