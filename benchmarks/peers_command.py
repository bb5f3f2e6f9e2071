"""What the rows of `command_cases` are held against: the same commands of this program as it was at an earlier commit.

That commit is checked out under build/before and installs itself there, once.
"""

import atexit
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ALL = 10**9
HERE = Path(__file__).resolve().parent
BEFORE, COMMIT, PORT = HERE.parent / "build" / "before", "fda12c2", 18645
CHAIN = "iv/deribit_chains_daily_2026h1.parquet"
BOOK = """
[[position]]
base = "ETH"
lower = 1600.0
upper = 2500.0
value_usd = 1_000_000.0

[[position]]
base = "BTC"
lower = 50_000.0
upper = 90_000.0
value_usd = 1_000_000.0
"""


def checkout():
    """Return the program of the earlier commit, made on first use."""
    program = BEFORE / ".venv" / "bin" / "alvh"
    if not program.exists():
        subprocess.run(["git", "clone", "-q", str(HERE.parent), str(BEFORE)], check=True)
        subprocess.run(["git", "-C", str(BEFORE), "checkout", "-q", COMMIT], check=True)
        subprocess.run(["make", "-s", "-C", str(BEFORE), "setup"], check=True, stdout=subprocess.DEVNULL)
    return program


def local_chain(program, folder, port):
    """Start a local chain in a folder, with settings that name it, and wait until it answers; it ends with us."""
    (Path(folder) / "alvh.toml").write_text(f'[chain]\nrpc_url = "http://127.0.0.1:{port}"\n', encoding="utf-8")
    chain = subprocess.Popen(
        [str(program), "up", "--port", str(port)],
        cwd=folder,
        env=dict(os.environ, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    atexit.register(chain.terminate)
    for line in chain.stdout:
        if "Ctrl-C" in line:
            return
    raise SystemExit(f"{program} up ended with {chain.wait()}")


def stated_book(folder):
    """Write a book of two ranges and return the words that plan it on recorded quotes."""
    chain = Path(os.environ.get("ALVH_DATA") or HERE.parents[1] / "shared" / "data") / CHAIN
    (Path(folder) / "book.toml").write_text(BOOK, encoding="utf-8")
    return ("plan", "--book", "book.toml", "--chain", str(chain), "--at", "2026-02-06T12:00Z", "--json")


def command(row):
    """Return the entry of a row: its command in the earlier commit."""

    def prepare(a):
        program, folder = checkout(), tempfile.mkdtemp(prefix="alvh-before-")
        run = runner(row, program, folder, PORT)
        return run, lambda code: {"code": np.array([float(code)])}

    return prepare


def runner(row, program, folder, port):
    """Return what runs the command of a row once, beside a local chain where it needs one."""
    if row == "cmd_plan_book":
        words = stated_book(folder)
    else:
        words = WORDS[row]
        local_chain(program, folder, port)

    def run():
        return subprocess.run([str(program), *words], cwd=folder, stdout=subprocess.DEVNULL, check=True).returncode

    return run


WORDS = {
    "cmd_exposure": ("exposure", "--json"),
    "cmd_plan": ("plan", "--json"),
    "cmd_watch": ("watch", "--once", "--json"),
}
COMMAND = {row: {COMMIT: (command(row), "", ALL)} for row in (*WORDS, "cmd_plan_book")}
