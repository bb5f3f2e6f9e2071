"""Run Slither on the contracts with the project's own compiler: `make slither`.

Exits with 1 where a finding is not answered in docs/static-analysis.md, or an answer has no finding any more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .findings import answers, findings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "static-analysis.md"
COMMAND = (
    str(Path(__file__).parent / ".venv" / "bin" / "slither"), "contracts",
    "--solc-standard-json", "--solc", str(ROOT / "scripts" / "solc" / "solc-v0.8.30"),
    "--solc-remaps", "@openzeppelin=node_modules/@openzeppelin",
    "--filter-paths", "node_modules|contracts/test", "--json", "-",
)  # fmt: skip


def main() -> None:
    """Compare what Slither finds with what the page answers."""
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"slither did not run: {done.stderr.strip()}")
    found, answered = findings(json.loads(done.stdout)), answers(PAGE.read_text(encoding="utf-8"))
    for check, place in sorted(found.keys() - answered):
        print(f"not answered: {check} in {place}: {found[check, place]}")
    for check, place in sorted(answered - found.keys()):
        print(f"nothing found any more: {check} in {place}: take it out of {PAGE.relative_to(ROOT)}")
    print(f"{len(found)} findings, {len(found.keys() & answered)} answered")
    sys.exit(1 if found.keys() ^ answered else 0)


if __name__ == "__main__":
    main()
