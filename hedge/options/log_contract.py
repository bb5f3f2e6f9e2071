"""How many options of each strike replicate the log contract of a variance swap."""

from __future__ import annotations

import numpy as np

from hedge.numerics.arrays import FloatArray


def chord_weights(strike: FloatArray, middle: float) -> FloatArray:
    """Return how many options of each strike one side of the strip holds, per 2/T.

    Parameters
    ----------
    strike : shape (n,), two or more, outward from the middle: puts falling, calls rising. middle : K0.
    """
    outward = np.append(strike, max(2.0 * strike[-1] - strike[-2], 0.5 * strike[-1]))
    curve = outward / middle - 1.0 - np.log(outward / middle)
    slopes = np.abs(np.diff(curve) / np.diff(outward))
    return np.asarray(np.diff(slopes, prepend=0.0))
