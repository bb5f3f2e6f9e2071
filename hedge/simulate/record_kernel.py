"""What a kernel writes of each step: prices, five numbers a path, or the hedges of an LP position.

Rows of an asset's slab have constant places. The first are the model's, the others are kept here from step to step.
"""

import numpy as np
from numpy.typing import NDArray

from hedge.numerics.arrays import FloatArray
from hedge.numerics.kernel_math import _EXP, _LN2_HIGH, _LN2_LOW, _LOG2E, _ROUNDER
from hedge.simulate.counter_kernel import N

# Rows of a slab: four steps of normals, which turn into logs of price over spot; four of other draws, which turn into
# prices; four of uniforms; then the state of the paths.
FOUR = 4 * N
NORMALS, OTHERS, UNIFORMS = 0, FOUR, 2 * FOUR
PRICES = OTHERS
LOG, VARIANCE, INDEX, DRAWN = 12 * N, 13 * N, 14 * N, 15 * N
_SUM, _LOW, _HIGH, _SQUARES, _LAST_LOG = 16 * N, 17 * N, 18 * N, 19 * N, 20 * N
_HELD, _GAIN, _TURNOVER, _PAID, _ENTERED, _AT, _ENTRY = (row * N for row in range(16, 23))
SLAB = 23 * N

# Places of the whole numbers that describe a call.
SEED_LOW, SEED_HIGH, FIRST_LOW, FIRST_HIGH, KIND, ASSETS, STEPS, MODE, KEEP = range(9)
HEDGE_EVERY, ROLL_EVERY, ROLLS, TABLE_ROWS, TABLE_AT = range(9, 14)
JOB_SIZE = 14
PATHS, SUMMARY, TRACK = 0, 1, 2
SUMMARY_ROWS, TRACK_ROWS = 5, 5

_MOST_EXPONENT = 700.0


def start_record(
    w: FloatArray,
    spot: float,
    asset: int,
    job: NDArray[np.int32],
    terms: FloatArray,
    out: FloatArray,
    start: int,
    count: int,
) -> None:
    """Take in step 0, where every price is the spot."""
    mode = job[MODE]
    for i in range(_SUM, SLAB):
        w[i] = 0.0
    for i in range(N):
        w[PRICES + i] = spot
    if mode == PATHS:
        _keep(w[PRICES : PRICES + N], out[asset * (job[STEPS] // job[KEEP] + 1)], start, count)
    elif mode == SUMMARY:
        for i in range(N):
            w[_LOW + i] = spot
            w[_HIGH + i] = spot
    else:
        _track(w, w[PRICES : PRICES + N], 0, job, terms)


def record(
    w: FloatArray,
    spot: float,
    asset: int,
    step: int,
    taken: int,
    job: NDArray[np.int32],
    terms: FloatArray,
    out: FloatArray,
    start: int,
    count: int,
) -> None:
    """Take in one to four steps of one asset after `step`; their logs are where the normals were."""
    mode, steps = job[MODE], job[STEPS]
    if mode == PATHS:
        keep = job[KEEP]
        for k in range(taken):
            if (step + k + 1) % keep == 0:
                prices = w[PRICES + k * N : PRICES + (k + 1) * N]
                _price(prices, w[NORMALS + k * N :], spot, N)
                _keep(prices, out[asset * (steps // keep + 1) + (step + k + 1) // keep], start, count)
    elif mode == SUMMARY:
        _price(w[PRICES : PRICES + FOUR], w[NORMALS : NORMALS + FOUR], spot, taken * N)
        if taken == 4:
            _summarise_four(w)
        else:
            for k in range(taken):
                _summarise(w, w[NORMALS + k * N :], w[PRICES + k * N :])
        if step + taken == steps:
            last = w[PRICES + (taken - 1) * N :]
            _finish_summary(w, last, out[asset * SUMMARY_ROWS : (asset + 1) * SUMMARY_ROWS], steps, start, count)
    else:
        for k in range(taken):
            prices = w[PRICES + k * N : PRICES + (k + 1) * N]
            if _trades(step + k + 1, job):
                _price(prices, w[NORMALS + k * N :], spot, N)
                _track(w, prices, step + k + 1, job, terms)
        if step + taken == steps:
            _finish_track(w, w[PRICES + (taken - 1) * N :], out, start, count)


def lost_paths(w: FloatArray, count: int) -> int:
    """Count the paths whose price has left what a float holds by the last step."""
    lost = 0
    for i in range(count):
        lost += not (abs(w[LOG + i]) < _MOST_EXPONENT)
    return lost


def _price(prices: FloatArray, logs: FloatArray, spot: float, size: int) -> None:
    for i in range(size):
        prices[i] = spot * _exp(min(max(logs[i], -_MOST_EXPONENT), _MOST_EXPONENT))


def _exp(x: float) -> float:
    """Return `kernel_math.exp_bounded`, its polynomial summed in pairs of pairs: less waiting, a tenth faster here."""
    shifted = x * _LOG2E + _ROUNDER
    n = shifted - _ROUNDER
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    lower = (_EXP[0] + _EXP[1] * r) + (_EXP[2] + _EXP[3] * r) * r2
    higher = (_EXP[4] + _EXP[5] * r) + (_EXP[6] + _EXP[7] * r) * r2
    total = (lower + higher * r4) + (_EXP[8] + _EXP[9] * r) * (r4 * r4)
    mantissa = 1.0 + (r + r2 * total)
    bits = np.float64(mantissa).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    return np.int64(bits).view(np.float64)


def _keep(prices: FloatArray, row: FloatArray, start: int, count: int) -> None:
    target = row[start : start + count]
    for i in range(count):
        target[i] = prices[i]


def _summarise(w: FloatArray, logs: FloatArray, prices: FloatArray) -> None:
    for i in range(N):
        price, change = prices[i], logs[i] - w[_LAST_LOG + i]
        w[_SUM + i] += price
        w[_LOW + i] = min(w[_LOW + i], price)
        w[_HIGH + i] = max(w[_HIGH + i], price)
        w[_SQUARES + i] += change * change
        w[_LAST_LOG + i] = logs[i]


def _summarise_four(w: FloatArray) -> None:
    """Do the same as four calls of `_summarise`, to the bit, with a quarter of the loads and stores."""
    for i in range(N):
        p0, p1 = w[PRICES + i], w[PRICES + N + i]
        p2, p3 = w[PRICES + 2 * N + i], w[PRICES + 3 * N + i]
        x0, x1 = w[NORMALS + i], w[NORMALS + N + i]
        x2, x3 = w[NORMALS + 2 * N + i], w[NORMALS + 3 * N + i]
        c0, c1, c2, c3 = x0 - w[_LAST_LOG + i], x1 - x0, x2 - x1, x3 - x2
        w[_SUM + i] = (((w[_SUM + i] + p0) + p1) + p2) + p3
        w[_SQUARES + i] = (((w[_SQUARES + i] + c0 * c0) + c1 * c1) + c2 * c2) + c3 * c3
        w[_LOW + i] = min(w[_LOW + i], min(min(p0, p1), min(p2, p3)))
        w[_HIGH + i] = max(w[_HIGH + i], max(max(p0, p1), max(p2, p3)))
        w[_LAST_LOG + i] = x3


def _finish_summary(w: FloatArray, prices: FloatArray, out: FloatArray, steps: int, start: int, count: int) -> None:
    for i in range(count):
        out[0, start + i] = prices[i]
        out[1, start + i] = w[_SUM + i] / steps
        out[2, start + i] = w[_LOW + i]
        out[3, start + i] = w[_HIGH + i]
        out[4, start + i] = w[_SQUARES + i]


def _hedges(step: int, job: NDArray[np.int32]) -> bool:
    return bool((step % job[HEDGE_EVERY] == 0) | (step == job[STEPS]))


def _rolls(step: int, job: NDArray[np.int32]) -> bool:
    return bool((job[ROLLS] > 0) & (step % job[ROLL_EVERY] == 0) & (step <= job[ROLLS] * job[ROLL_EVERY]))


def _trades(step: int, job: NDArray[np.int32]) -> bool:
    return _hedges(step, job) | _rolls(step, job)


def _track(w: FloatArray, prices: FloatArray, step: int, job: NDArray[np.int32], terms: FloatArray) -> None:
    """Trade the delta hedge and roll the condor where the step asks for it."""
    if _hedges(step, job):
        _hedge(w, prices, terms, 0.0 if step == job[STEPS] else 1.0)
    if _rolls(step, job):
        _roll(w, prices, terms, 0.0 if step == job[ROLLS] * job[ROLL_EVERY] else 1.0)


def _hedge(w: FloatArray, prices: FloatArray, terms: FloatArray, open_: float) -> None:
    """Take the gain of the delta held since the last trade; hold that of liquidity 1 now, or nothing at the end."""
    low, high, inverse_high = terms[0], terms[1], terms[2]
    for i in range(N):
        price = prices[i]
        root = min(max(np.sqrt(price), low), high)
        wanted = open_ * (1.0 / root - inverse_high)
        held = w[_HELD + i]
        w[_GAIN + i] += held * (price - w[_AT + i])
        w[_TURNOVER + i] += abs(wanted - held) * price
        w[_HELD + i] = wanted
        w[_AT + i] = price


def _roll(w: FloatArray, prices: FloatArray, terms: FloatArray, open_: float) -> None:
    """Pay what the condor of the last roll owes, and enter the next: strikes are ratios to the price of its day."""
    put, put_wing, call, call_wing = terms[3], terms[4], terms[5], terms[6]
    for i in range(N):
        price, entry = prices[i], w[_ENTRY + i]
        low = max(put * entry - price, 0.0) - max(put_wing * entry - price, 0.0)
        high = max(price - call * entry, 0.0) - max(price - call_wing * entry, 0.0)
        w[_PAID + i] += (low + high) if entry > 0.0 else 0.0
        w[_ENTERED + i] += open_ * price
        w[_ENTRY + i] = price


def _finish_track(w: FloatArray, prices: FloatArray, out: FloatArray, start: int, count: int) -> None:
    for i in range(count):
        out[0, start + i] = prices[i]
        out[1, start + i] = w[_GAIN + i]
        out[2, start + i] = w[_TURNOVER + i]
        out[3, start + i] = w[_PAID + i]
        out[4, start + i] = w[_ENTERED + i]
