"""What `alvh plan` and `alvh exposure` refuse before anything is asked: options that do not go together, and paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.config import Config


def check_flags(
    book: Path | None,
    owner: list[str] | None,
    block: int | None,
    at: str | None,
    writes_what_if: bool,
    rpc: str | None = None,
) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    UsageError
        A stated book with an owner or a block, a time without a stated book, or files of a what-if.
    """
    from bridge.errors import UsageError

    if book and (owner or block is not None or rpc is not None):
        raise UsageError("--book states the book: leave --owner, --block and --rpc out")
    if at is not None and not book:
        raise UsageError("--at goes with --book; a book on chain is read at --block")
    if writes_what_if:
        raise UsageError("--set is a what-if: leave --orders and --report out, they are of the governed plan")


def check_paths(orders: Path | None, report: Path | None, read: list[Path | None]) -> None:
    """Refuse to write where something is read, two things to one file, or where nothing can be written.

    Raises
    ------
    UsageError
        Two of the paths are one file, or one of them cannot be written to.
    MissingTool
        A report is asked for, and the extra that draws it is not installed.
    """
    from bridge.errors import UsageError
    from bridge.extras import require_extra
    from bridge.files import PAGE, require_writable, resolved
    from bridge.plans.orders import COLUMNS

    if report:
        require_extra("report", "a report")

    taken = {resolved(path) for path in read if path}
    for name, path, begins in (("--orders", orders, ",".join(COLUMNS[:4])), ("--report", report, PAGE)):
        if path and resolved(path) in taken:
            raise UsageError(f"{name} {path}: another option names this file; give it a path of its own")
        taken |= {resolved(path)} if path else set()
        if path:
            require_writable(path, begins)


def check_own(settings: Config, orders: Path | None, report: Path | None, config: Path | None) -> None:
    """Refuse to write over what this program keeps, or is told to read: ledger, plans, deployment, histories, settings.

    Raises
    ------
    UsageError
        One of the paths is such a file, or in such a folder.
    """
    from bridge.config import DEFAULT_FILE
    from bridge.errors import UsageError
    from bridge.files import resolved
    from bridge.ledger.place import ledger_address

    files = [settings.chain.deployment, settings.options.file, settings.book.screens, config or DEFAULT_FILE]
    files.append(Path(ledger_address(settings)))
    kept = {resolved(path) for path in files if path}
    folders = [resolved(path) for path in (settings.state, settings.signals.folder) if path]
    for name, path in (("--orders", orders), ("--report", report)):
        where = resolved(path) if path else None
        if where and (where in kept or any(where.is_relative_to(folder) for folder in folders)):
            raise UsageError(f"{name} {path}: this program keeps or reads its own files there; give it another place")


def read_values(texts: list[str]) -> dict[str, int]:
    """Return KEY=VALUE texts as values by name.

    Raises
    ------
    UsageError
        One of them has no `=`, or its value is no whole number.
    """
    from bridge.errors import UsageError

    found: dict[str, int] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        try:
            if not value.isascii() or name.strip() in found:
                raise ValueError
            found[name.strip()] = int(value)
        except ValueError:
            how = "write KEY=VALUE with a whole number, each key once, as costBudgetBps=100"
            raise UsageError(f"--set {text!r}: {how}") from None
        if not sign:
            raise UsageError(f"--set {text!r}: write KEY=VALUE")
    return found
