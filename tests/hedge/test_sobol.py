"""Sobol' points against SciPy's, bit for bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import qmc

from hedge.numerics.sobol import JOE_KUO, scrambled_sobol


@pytest.mark.parametrize("dimensions", range(1, len(JOE_KUO) + 3))
@pytest.mark.parametrize("seed", [0, 1, 20_260_508])
def test_scrambled_sobol__within_and_beyond_the_table__the_bits_of_scipy(dimensions: int, seed: int) -> None:
    for count in (2, 64, 4096):
        engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
        expected = engine.random(count)
        points = scrambled_sobol(dimensions, count, seed)
        assert (points.shape, points.dtype) == (expected.shape, expected.dtype)
        assert points.tobytes() == expected.tobytes()


def test_planning__import__leaves_scipy_stats_out() -> None:
    code = "import sys, bridge.plans.make; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
