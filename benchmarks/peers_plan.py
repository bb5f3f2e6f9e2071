"""The plan's linear programme as a textbook writes it: a row for every scenario. For the form see `peers_options`."""

import numpy as np

ALL = 10**9


def full(row):
    def prepare(a):
        import sys
        from pathlib import Path

        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        from benchmarks.plan_cases import world
        from hedge.decision.programme.solve import least_cvar

        problem = world(row).posed().problem

        def run():
            return least_cvar(problem, whole=True)

        return run, lambda found: {"cvar": np.array([found.cvar])}

    return prepare


PLAN = {row: {"full_programme": (full(row), "numpy", ALL)} for row in ("plan_small", "plan_large")}
