"""Install the built wheel with the newest versions that it allows, and run commands and fast tests against it.

    dist/*.whl -> an environment for each Python of .ci/pythons -> plain commands -> tests of the unpacked sdist

The lock says what we develop with; users get the newest versions that pyproject.toml allows: these are tried here. The
tests come from the sdist, with its packages removed: what they import is the wheel. An interpreter that is not on this
machine is passed over and named; 3.11 must be there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
MATRIX: Final = ROOT / ".ci" / "pythons"
TOOLS: Final = ("hypothesis", "pytest", "pytest-socket")
TESTS: Final = tuple(
    f"tests/hedge/test_{name}.py"
    for name in (
        "amm",
        "options",
        "options_implied",
        "parity",
        "plan",
        "programme",
        "signals_indicators",
        "without_numba",
    )
)
COMMANDS: Final = (
    ("--version",),
    ("--help",),
    ("networks",),
    (
        "init",
        "--network",
        "base",
        "--rpc",
        "https://node.example",
        "--owner",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    ),
    ("plan", "--book", "book.toml", "--chain", "chain.csv", "--no-ledger"),
)


def versions() -> list[str]:
    """Return the versions of the matrix, the one that must be there first."""
    lines = MATRIX.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def find_python(version: str) -> Path | None:
    """Find an interpreter on PATH or among those of pyenv; None where there is none that starts."""
    named = [shutil.which(f"python{version}")]
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for each in [*filter(None, named), *map(str, kept)]:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        told = subprocess.run([each, "-c", code], capture_output=True, text=True, check=False)
        if told.stdout.strip() == version:
            return Path(each)
    return None


def run(*command: str | Path, folder: Path) -> None:
    """Run a command in a folder without the variables that lead to a checkout; end where it fails."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ALVH_", "VIRTUAL_ENV"))
    }
    done = subprocess.run([*map(str, command)], cwd=folder, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: code {done.returncode}\n{done.stdout[-8000:]}{done.stderr[-8000:]}")


def tested_files(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist without the packages: its tests then import what is installed."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (place,) = folder.iterdir()
    for package in ("bridge", "hedge"):
        shutil.rmtree(place / package)
    return place


def try_wheel(python: Path, wheel: Path, sdist: Path, folder: Path) -> None:
    """Install the wheel alone and run commands, then with what the tests need and run them."""
    environment, empty = folder / "environment", folder / "empty"
    empty.mkdir()
    run("uv", "venv", "-q", "--python", python, environment, folder=folder)
    install = ("uv", "pip", "install", "-q", "--python", environment / "bin" / "python")
    run(*install, wheel, folder=folder)
    for name in ("book.toml", "chain.csv"):
        shutil.copy(ROOT / "examples" / "data" / name, empty)
    for words in COMMANDS:
        run(environment / "bin" / "alvh", *words, folder=empty)
    run(*install, f"alvh[postgres] @ {wheel.as_uri()}", *TOOLS, folder=folder)  # their fixtures load psycopg
    (folder / "sdist").mkdir()
    place = tested_files(sdist, folder / "sdist")
    run(
        environment / "bin" / "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "unit",
        *TESTS,
        folder=place,
    )


def main() -> None:
    """Try the wheel on every interpreter of the matrix that is here."""
    (wheel,), (sdist,) = ROOT.glob("dist/alvh-*.whl"), ROOT.glob("dist/alvh-*.tar.gz")
    first, *others = versions()
    for version in (first, *others):
        python = find_python(version)
        if python is None and version == first:
            sys.exit(f"Python {version} is not here")
        if python is None:
            print(f"Python {version}: not on this machine, passed over", flush=True)
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="alvh-wheel-") as folder:
            try_wheel(python, wheel, sdist, Path(folder))
        print(f"Python {version}: commands and tests pass, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
