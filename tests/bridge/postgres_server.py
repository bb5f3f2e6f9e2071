"""A PostgreSQL server of the tests' own, from Debian's package, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import psycopg

PROGRAMS: Final = Path("/usr/lib/postgresql")
USER: Final = "alvh"
PASSWORD: Final = "hush"


def programs() -> Path | None:
    """Return the folder of the newest server's programs; None where none is installed."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """Start a server, as the user postgres where we are root, and yield the URL of it, without a database.

    It asks for a password, and forgets nothing that was committed: fsync is on, as it is for users.
    """
    folder = Path(mkdtemp(prefix="alvh-postgres-"))
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries / program), "-D", str(folder / "data"), *arguments]
        who = {"user": "postgres", "group": "postgres", "extra_groups": ()} if as_root else {}
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120, **who)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr

    password, port = folder / "password", _free_port()
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o644)
    try:
        run("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", str(password), "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def sql(url: str, *statements: str) -> None:
    """Run statements, each a transaction of its own."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
