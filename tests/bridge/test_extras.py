"""What a plain installation leaves out: it works without, and each command that needs some says so in one line."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bridge.extras import EXTRAS, missing_extras, require_extra

pytestmark = pytest.mark.unit

NAMES = {"psycopg": "psycopg[binary]", "prometheus_client": "prometheus-client"}
"""Of distributions whose modules have other names."""
LEFT_OUT = sorted({module for modules in EXTRAS.values() for module in modules} | {"llvmlite"})


def plain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an installation without any extra."""
    code = (
        f"import sys\nfor name in {LEFT_OUT}: sys.modules[name] = None\n"
        "from bridge.cli import main\nsys.argv[0] = 'alvh'\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )


def test_extras__of_pyproject__are_those_that_are_looked_for(root: Path) -> None:
    stated = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    listed = {name: {line.split(">")[0].split("=")[0] for line in stated[name]} for name in EXTRAS}
    for name, modules in EXTRAS.items():
        own = listed[name] - {"llvmlite"}
        for part in [line for line in own if line.startswith("alvh[")]:
            own = own - {part} | {one for each in part[5:-1].split(",") for one in listed[each]} - {"llvmlite"}
        assert own == {NAMES.get(module, module) for module in modules}, name
    assert stated["all"] == [f"alvh[{','.join(sorted(EXTRAS))}]"]


def test_missing_extras__here_where_all_are__are_none() -> None:
    require_extra("study", "a study")
    assert missing_extras() == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("backtest", "a backtest needs arch, matplotlib, numba, pyarrow: pip install 'alvh[study]'"),
        ("simulate", "a simulation needs arch, matplotlib, numba, pyarrow: pip install 'alvh[study]'"),
        ("demo", "the demo's report needs matplotlib: pip install 'alvh[report]'"),
        ("plan --book book.toml --report plan.html", "a report needs matplotlib: pip install 'alvh[report]'"),
        ("plan --book book.toml --chain quotes.parquet", "a parquet file needs pyarrow: pip install 'alvh[parquet]', "
         "or give a CSV file"),
        ("fetch chains", "a parquet file needs pyarrow: pip install 'alvh[parquet]', or name a file that ends in .csv: "
         "--out"),
        ("collect ETH --count 1", "a collection needs pyarrow: pip install 'alvh[parquet]'"),
        ("db export out", "an export needs pyarrow: pip install 'alvh[parquet]'"),
    ],
)  # fmt: skip
def test_command__that_needs_an_extra__says_so_in_one_line(
    root: Path, tmp_path: Path, command: str, words: str
) -> None:
    shutil.copy(root / "examples" / "data" / "book.toml", tmp_path)
    (tmp_path / "quotes.parquet").touch()
    done = plain(tmp_path, *command.split())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {words}\n")


def test_plan__example_without_any_extra__is_the_plan_with_all(root: Path, tmp_path: Path) -> None:
    for name in ("book.toml", "chain.csv"):
        shutil.copy(root / "examples" / "data" / name, tmp_path)
    words = ("plan", "--book", "book.toml", "--chain", "chain.csv", "--no-ledger")
    without = plain(tmp_path, *words)
    whole = subprocess.run(
        [sys.executable, "-m", "bridge", *words], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert (without.returncode, without.stderr) == (0, "")
    assert without.stdout == whole.stdout
    assert "buy   ETH-" in without.stdout


def test_backtest__list_without_any_extra__names_the_markets(tmp_path: Path) -> None:
    done = plain(tmp_path, "backtest", "--list")
    assert done.returncode == 0
    assert "S&P 500" in done.stdout


def test_doctor__without_any_extra__names_them_all(tmp_path: Path) -> None:
    done = plain(tmp_path, "doctor", "--json")
    assert f'"without {", ".join(EXTRAS)}"' in done.stdout, done.stderr
