"""The peers' environment under benchmarks/.venv: made on demand, from pinned versions, apart from the product's."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE / "requirements-peers.txt"
PYTHON = HERE / ".venv" / "bin" / "python"
_STAMP = HERE / ".venv" / ".ready"


def ensure() -> Path:
    """Return the interpreter of the peers' environment, making it if its pins are newer than it."""
    if not _STAMP.exists() or _STAMP.stat().st_mtime < PINS.stat().st_mtime:
        beside = Path(sys.executable).parent / "uv"
        uv = str(beside) if beside.exists() else shutil.which("uv")
        if uv is None:
            raise SystemExit("uv is needed to make the peers' environment: run `make setup` first")
        if not PYTHON.exists():
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(PYTHON.parent.parent)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(PYTHON), "-r", str(PINS)], check=True)
        _STAMP.touch()
    return PYTHON
