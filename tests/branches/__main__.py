"""Measure branch coverage of the contracts: `python tests/branches [pytest arguments]`, or `make coverage`.

With arguments, only those tests run and docs/coverage.md stays as it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from branch_build import Build, build_sources, read_sources, write_artifacts
from branch_report import Row, low, missed_lines, page, terminal
from branch_tally import Coverage, files_of
from branch_trace import Recorder

import bridge.artifacts
from bridge.local.anvil import find_anvil

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "coverage"
TESTS = [
    "tests/contracts", "tests/twin", "tests/bridge/test_lens.py", "tests/bridge/test_lens_v2.py",
    "tests/bridge/test_lens_v4.py",
    "--ignore=tests/contracts/test_gas.py", "--ignore=tests/contracts/test_brownie.py",
]  # fmt: skip
OPTIONS = ["-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
ONLY_RUN = "contracts/test/"
CONTRACTS = (
    "HedgeParameters", "VolatilityOracle", "RealizedVolatility", "VolatilityBreaker", "RegimeAutomation",
    "ProposalGuard", "HedgeGovernor", "HedgeVotes", "ExposureLens",
)  # fmt: skip


def main(arguments: list[str]) -> None:
    """Compile, run the tests, print and write what they covered."""
    os.chdir(ROOT)
    sources = read_sources(ROOT)
    build = build_sources(sources, tuple(name for name in sources if not name.startswith(ONLY_RUN)), ROOT)
    _deploy_from(build)
    recorder = Recorder(build)
    with recorder.recording():
        failed = pytest.main([*OPTIONS, *(arguments or TESTS)])
    coverage = Coverage(build, recorder)
    contracts = [Row(name, coverage.tally(files_of(build, name))) for name in CONTRACTS]
    files = [Row(name, tally) for name in sources if (tally := coverage.tally([name])).functions.total]
    files.append(Row("all", coverage.tally(sources)))
    sys.stdout.write("\n" + terminal(contracts) + "\n" + terminal(files) + "\n")
    sys.stdout.write("\n".join(missed_lines(files[-1].tally.missed)) + "\n")
    if failed:
        raise SystemExit("tests failed: their coverage says nothing")
    if not files[-1].tally.statements.reached:
        raise SystemExit("no trace met this build: something deployed other code")
    if not arguments:
        (ROOT / "docs" / "coverage.md").write_text(page(contracts, files), encoding="utf-8")
    if below := low([*contracts, files[-1]]):
        raise SystemExit(f"too few branches are covered of {', '.join(below)}")


def _deploy_from(build: Build) -> None:
    """Let whatever deploys in this process take this build, on a node that allows for its size."""
    artifacts, node = WORK / "artifacts", WORK / "anvil"
    write_artifacts(build, Path(bridge.artifacts.__file__).parent, artifacts)
    bridge.artifacts.FOLDER = artifacts
    node.write_text(f'#!/bin/sh\nexec "{find_anvil().resolve()}" --disable-code-size-limit "$@"\n', encoding="utf-8")
    node.chmod(0o755)
    os.environ["ALVH_ANVIL"] = str(node)


if __name__ == "__main__":
    main(sys.argv[1:])
