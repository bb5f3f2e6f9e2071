"""Measure rows against the peers: `python -m benchmarks [row ...]`, all rows by default."""

import sys

from benchmarks.cases import CASES as PURE
from benchmarks.chain_cases import CHAIN_CASES
from benchmarks.command_cases import COMMAND_CASES
from benchmarks.monitor_cases import MONITOR_CASES
from benchmarks.plan_cases import PLAN_CASES
from benchmarks.pool_cases import POOL_CASES
from benchmarks.program_cases import PROGRAM_CASES
from benchmarks.race import race
from benchmarks.report import summary, write
from benchmarks.runner_cases import RUNNER_CASES
from benchmarks.simulate_cases import SIMULATE_CASES
from benchmarks.study_cases import STUDY_CASES

CASES = PURE | POOL_CASES | CHAIN_CASES | PROGRAM_CASES | SIMULATE_CASES | RUNNER_CASES | PLAN_CASES | STUDY_CASES
CASES |= MONITOR_CASES | COMMAND_CASES


def main(wanted: list[str]) -> None:
    """Measure, print ratios, write the results."""
    unknown = set(wanted) - set(CASES)
    if unknown:
        raise SystemExit(f"no row {', '.join(sorted(unknown))}: there are {', '.join(CASES)}")
    rows = []
    for row_id in wanted or CASES:
        row = race(CASES[row_id]())
        rows.append(row)
        sys.stdout.write(summary(row))
    write(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
