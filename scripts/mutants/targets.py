"""Which sources are mutated, which contracts they are part of, and which tests must notice."""

from __future__ import annotations

from dataclasses import dataclass

from .compiler import ROOT, trees
from .operators import Mutant, mutants


@dataclass(frozen=True)
class Target:
    """Deployable contracts, the sources they are made of, and their tests, in the order in which they are run."""

    contracts: tuple[str, ...]
    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self) -> list[str]:
        """Return the test files that match, each once, in the order of the patterns."""
        found: dict[str, None] = {}
        for pattern in self.tests:
            found |= dict.fromkeys(str(path) for path in sorted((ROOT / "tests").rglob(f"{pattern}.py")))
        return list(found)


TARGETS = (
    Target(
        ("VolatilityOracle",),
        ("VolatilityOracle", "base/ReportSigners", "base/SequencerWatch", "libraries/RateBounds"),
        (
            "test_oracle_reports", "test_attacks_oracle", "test_oracle_rates", "test_oracle_reads",
            "test_oracle_sequencer", "test_attacks_watchers",
        ),
    ),
    Target(
        ("RealizedVolatility", "test/TickVolatilityHarness"),
        ("RealizedVolatility", "libraries/TickVolatility"),
        ("test_realized_*", "test_tick_volatility", "test_attacks_oracle"),
    ),
    Target(
        ("VolatilityBreaker",),
        ("VolatilityBreaker",),
        ("test_breaker",),
    ),
    Target(
        ("RegimeAutomation",),
        ("RegimeAutomation", "libraries/RegimeTable"),
        ("test_automation*", "test_attacks_watchers"),
    ),
    Target(
        ("VolatilityBreaker", "RegimeAutomation"),
        ("base/Governed",),
        ("test_breaker", "test_automation", "test_automation_table"),
    ),
    Target(("ProposalGuard",), ("ProposalGuard",), ("test_guard",)),
    Target(
        ("HedgeGovernor", "HedgeVotes", "HedgeTimelock"),
        ("HedgeGovernor", "HedgeVotes", "HedgeTimelock"),
        ("test_governor", "test_votes", "test_attacks_governance", "test_guard"),
    ),
    Target(
        ("HedgeParameters",),
        (
            "HedgeParameters", "libraries/KeyRules", "libraries/HedgeKeys", "libraries/Announcements",
            "libraries/UpdateEnvelope",
        ),
        (
            "test_parameters_r*", "test_parameters_limits", "test_parameters_order", "test_parameters_steward",
            "test_attacks_parameters", "test_parameters_window", "test_parameters_ledger",
        ),
    ),
    Target(
        ("ExposureLens",),
        (
            "ExposureLens", "libraries/UniswapV2Shares", "libraries/UniswapV3Positions", "libraries/UniswapV4Positions",
            "libraries/PositionRows", "libraries/MemoryMap", "libraries/StaticCall",
        ),
        ("test_lens", "test_lens_v2", "test_lens_v4"),
    ),
    Target(("LensCall",), ("LensCall",), ("test_lens",)),
)  # fmt: skip


def pairs() -> list[tuple[Mutant, Target]]:
    """Return every mutant of every source, with the target whose tests must notice."""
    sources = {f"contracts/{source}.sol": target for target in TARGETS for source in target.sources}
    parsed = trees(list(sources))
    return [
        (mutant, target)
        for source, target in sources.items()
        for mutant in mutants(source, (ROOT / source).read_bytes(), parsed[source])
    ]
