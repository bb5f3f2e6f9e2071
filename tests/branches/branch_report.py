"""Coverage as people read it: a table on the terminal, and docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from branch_tally import Count, Missed, Tally

LEAST = 0.95
"""Share of branches below which a contract, or all of them, fail."""
PAGE = """# Coverage of the contracts

Written by `make coverage`; do not edit. It compiles `contracts/` with the optimizer off, runs the contract tests on
anvil with that code, and traces every call and transaction inside the node
([ADR 14](adr/0014-branch-coverage-from-traces.md)). It fails where the branches of all files together, or of one
contract with its bases and libraries, fall below {least}.

**A branch** is an outcome, true or false, of a condition in the source: `if`, `for`, `while`, `?:`, the argument
of `require` and `assert`, and each operand of `&&` and `||` that is not made of such operands itself. A condition
counts once, in however many contracts it is compiled. Not counted: checks that the compiler adds (overflow, calldata,
returned data, calls that failed), loops over a literal, code of OpenZeppelin and Uniswap, so its modifiers too, and
`contracts/test/`.

**Read it so.** A branch that was gone was not thereby checked: assertions, properties and attacks do that. Gas is
measured on the deployed code, so `test_gas.py` is not run here; what Brownie runs is in a process of its own.

## By contract, with its bases and libraries
{contracts}

## By file
{files}

## Branches that no test takes
A branch that nothing can take is code to delete, so what is listed here lacks a test.

{missed}
"""


@dataclass(frozen=True)
class Row:
    """A line of a table."""

    name: str
    tally: Tally


def low(rows: Sequence[Row]) -> list[str]:
    """Name the rows below the least share of branches."""
    return [row.name for row in rows if row.tally.branches.share < LEAST]


def terminal(rows: Sequence[Row]) -> str:
    """Write a table of fixed width."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  {'branches':>16} {'statements':>16} {'functions':>16}"]
    for row in rows:
        tally = row.tally
        counts = " ".join(f"{_count(count):>16}" for count in (tally.branches, tally.statements, tally.functions))
        lines.append(f"{row.name:{width}}  {counts}")
    return "\n".join(lines) + "\n"


def missed_lines(missed: Sequence[Missed]) -> list[str]:
    """Say where each branch is that was not taken."""
    lines = []
    for gap in missed:
        place = f"{gap.condition.span.file}:{gap.condition.line}"
        lines.append(f"- `{place}`: `{gap.condition.words}` is never {str(gap.outcome).lower()}")
    return lines


def page(contracts: Sequence[Row], files: Sequence[Row]) -> str:
    """Write docs/coverage.md; the last row of `files` is their sum."""
    return PAGE.format(
        least=f"{LEAST:.0%}".replace("%", " %"),
        contracts=_table("contract", contracts),
        files=_table("file", files),
        missed="\n".join(missed_lines(files[-1].tally.missed)) or "None.",
    )


def _table(what: str, rows: Sequence[Row]) -> str:
    lines = [f"| {what} | branches | statements | functions |", "|---|---|---|---|"]
    for row in rows:
        counts = (row.tally.branches, row.tally.statements, row.tally.functions)
        lines.append(f"| {row.name} | " + " | ".join(_count(count) for count in counts) + " |")
    return "\n".join(lines)


def _count(count: Count) -> str:
    if not count.total:
        return "none"
    return f"{count.reached}/{count.total} {100 * count.share:.1f} %"
