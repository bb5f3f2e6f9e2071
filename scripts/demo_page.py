"""Run the demo and put its real output and the picture of its report into docs/demo.md: `make readme`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- demo -->", "<!-- /demo -->"
BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")


def main() -> None:
    """Write docs/demo.md and docs/img/report.png."""
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "150"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    page = ROOT / "docs" / "demo.md"
    before, rest = page.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    page.write_text(f"{before}{START}\n```text\n{shown}\n```\n{END}{after}", encoding="utf-8")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("docs/demo.md is written; the picture needs chromium")
    picture = ROOT / "docs" / "img" / "report.png"
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium,
                *BROWSER,
                f"--user-data-dir={profile}",
                "--window-size=1180,1500",
                f"--screenshot={picture}",
                (ROOT / "reports" / "demo.html").as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    print(f"written: docs/demo.md, {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
