"""Play the studies of real quotes and write their table into docs/backtest.md: `make study`."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.errors import BridgeError
from bridge.study.progress import progress_for
from bridge.study.settings import StudySettings
from bridge.study.study import run_study
from bridge.study.table import markdown_table

ROOT = Path(__file__).resolve().parent.parent
PAGE, START, END = ROOT / "docs" / "backtest.md", "<!-- study -->", "<!-- /study -->"
STUDIES = ROOT / "reports" / "study"


def main() -> None:
    """Write docs/backtest.md; the results stay in reports/study."""
    tables = []
    for asset in ("ETH", "BTC"):
        settings = StudySettings(market="deribit", assets=(asset,), phases=7)
        done = run_study(settings, STUDIES / asset, workers=2, force=True, progress=progress_for(False))
        tables.append(f"**{asset}**\n\n{markdown_table(done.summary)}")
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{START}\n" + "\n\n".join(tables) + f"\n{END}{after}", encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except BridgeError as error:
        sys.exit(f"error: {error}")
