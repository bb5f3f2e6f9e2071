"""The loop over blocks of 256 paths, and one step of each model.

A block's rows stay in the second-level cache; a step is a few loops over rows without a branch, so that eight paths go
through at a time. Every loop is over whole blocks: a path's numbers do not depend on its place in one, nor on how many
paths a call has.

A model is a column of numbers: for each asset `PER_ASSET`, the first its spot; then the lower triangle that correlates
the assets' normals, row by row; then the model's table. `models` and `history` say which.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedge.numerics.arrays import FloatArray
from hedge.numerics.jit import Kernel
from hedge.numerics.kernel_math import INVERSE_ROOT_TWO_PI, MILLS_SHIFT, exp_bounded, mills
from hedge.simulate.counter_kernel import N, fill_normals, fill_uniforms, minus_log
from hedge.simulate.record_kernel import (
    ASSETS,
    DRAWN,
    FIRST_HIGH,
    FIRST_LOW,
    FOUR,
    INDEX,
    KEEP,
    KIND,
    LOG,
    MODE,
    NORMALS,
    OTHERS,
    PATHS,
    SEED_HIGH,
    SEED_LOW,
    SLAB,
    STEPS,
    TABLE_AT,
    TABLE_ROWS,
    UNIFORMS,
    VARIANCE,
    lost_paths,
    record,
    start_record,
)

GBM, HESTON, JUMPS, REGIMES, RESAMPLED = range(5)
PER_ASSET = 12
# Streams of an asset, eight kept for each: normals, other draws, uniforms, and draws before the first step.
_STREAMS = np.uint64(8)
_OTHER_STREAM, _UNIFORM_STREAM, _START_STREAM = np.uint64(1), np.uint64(2), np.uint64(3)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_LEAST_MEAN = 1e-100
_HIGH_DISPERSION = 0.75  # psi / 2 of Andersen's scheme, where one way to draw the variance gives way to the other


def path_loop(version: int) -> Kernel:
    """Return the loop that simulates paths first to last, and counts those whose last price no float holds."""

    def loop(
        job: NDArray[np.int32], model: FloatArray, terms: FloatArray, out: FloatArray, first: int, last: int
    ) -> int:
        assets, steps = job[ASSETS], job[STEPS]
        k0, k1 = np.uint64(job[SEED_LOW]) & _LOW, np.uint64(job[SEED_HIGH]) & _LOW
        place = (np.uint64(job[FIRST_LOW]) & _LOW) | ((np.uint64(job[FIRST_HIGH]) & _LOW) << _HALF)
        w = np.full(assets * SLAB, 0.0 if version else 1.0)
        lost = 0
        for start in range(first, last, N):
            count, path = min(N, last - start), place + np.uint64(start)
            for a in range(assets):
                _start(w, a, job, model, path, k0, k1)
                start_record(w[a * SLAB : (a + 1) * SLAB], model[a * PER_ASSET], a, job, terms, out, start, count)
            for step in range(0, steps, 4):
                _draw(w, job, model, path, np.uint64(step >> 2), k0, k1)
                taken = min(4, steps - step)
                for k in range(taken):
                    for a in range(assets):
                        _advance(w[a * SLAB : (a + 1) * SLAB], w[:SLAB], a, step, k, job, model)
                for a in range(assets):
                    slab = w[a * SLAB : (a + 1) * SLAB]
                    record(slab, model[a * PER_ASSET], a, step, taken, job, terms, out, start, count)
            for a in range(assets):
                lost += lost_paths(w[a * SLAB : (a + 1) * SLAB], count)
        return lost

    return loop


def _start(w: FloatArray, asset: int, job: NDArray[np.int32], model: FloatArray, path: Any, k0: Any, k1: Any) -> None:
    """Set the paths of a block to their state at step 0."""
    slab, base, kind = w[asset * SLAB : (asset + 1) * SLAB], asset * PER_ASSET, job[KIND]
    if (kind == REGIMES) | (kind == RESAMPLED):
        fill_uniforms(slab[UNIFORMS : UNIFORMS + FOUR], path, np.uint64(0), _START_STREAM, k0, k1)
    for i in range(N):
        slab[LOG + i] = 0.0
        slab[VARIANCE + i] = model[base + 1]
        slab[INDEX + i] = 0.0
    if kind == REGIMES:
        _choose(
            slab[INDEX : INDEX + N],
            slab[UNIFORMS : UNIFORMS + N],
            job[TABLE_ROWS],
            model[job[TABLE_AT] + job[TABLE_ROWS] :],
        )
    elif kind == RESAMPLED:
        for i in range(N):
            slab[INDEX + i] = np.floor(slab[UNIFORMS + i] * job[TABLE_ROWS])


def _choose(found: FloatArray, uniforms: FloatArray, states: int, cumulative: FloatArray) -> None:
    """Draw the state of each path from one distribution, added to what is there."""
    for state in range(states - 1):
        bound = cumulative[state]
        for i in range(N):
            found[i] += 1.0 if uniforms[i] > bound else 0.0


def _draw(w: FloatArray, job: NDArray[np.int32], model: FloatArray, path: Any, group: Any, k0: Any, k1: Any) -> None:
    """Draw what the next four steps need."""
    kind, assets = job[KIND], job[ASSETS]
    if kind == RESAMPLED:
        fill_uniforms(w[OTHERS : OTHERS + FOUR], path, group, _OTHER_STREAM, k0, k1)
    else:
        for a in range(assets):
            slab, streams = w[a * SLAB : (a + 1) * SLAB], np.uint64(a) * _STREAMS
            if not _waits(job, int(group) * 4, 4):
                fill_normals(slab[NORMALS : NORMALS + FOUR], path, group, streams, k0, k1)
            if kind == HESTON:
                fill_normals(slab[OTHERS : OTHERS + FOUR], path, group, streams + _OTHER_STREAM, k0, k1)
        if assets > 1:
            _correlate(w, NORMALS, assets, model[assets * PER_ASSET :])
            if kind == HESTON:
                _correlate(w, OTHERS, assets, model[assets * PER_ASSET :])
    if kind >= JUMPS:
        fill_uniforms(w[UNIFORMS : UNIFORMS + FOUR], path, group, _UNIFORM_STREAM, k0, k1)


def _waits(job: NDArray[np.int32], step: int, count: int) -> bool:
    """Whether nobody sees the prices of this many steps after `step`: their normals can then be one with the next seen.

    Given the variances, a price's moves under Heston are independent normals, and the sum of those is one normal.
    """
    lone = (job[KIND] == HESTON) & (job[ASSETS] == 1) & (job[MODE] == PATHS)
    return bool(lone & ((step + count) // job[KEEP] == step // job[KEEP]))


def _correlate(w: FloatArray, row: int, assets: int, triangle: FloatArray) -> None:
    """Mix the assets' normals by a lower triangle, in place: the last asset first, as it reads all others."""
    for a in range(assets - 1, -1, -1):
        target, own = w[a * SLAB + row : a * SLAB + row + FOUR], triangle[a * assets + a]
        for i in range(FOUR):
            target[i] *= own
        for b in range(a):
            source, share = w[b * SLAB + row : b * SLAB + row + FOUR], triangle[a * assets + b]
            for i in range(FOUR):
                target[i] += share * source[i]


def _advance(
    w: FloatArray, shared: FloatArray, asset: int, step: int, k: int, job: NDArray[np.int32], model: FloatArray
) -> None:
    """Take one asset a step on, the k-th after `step`; its log replaces the step's normals, where it has any.

    `shared` is the slab of the first asset, whose clock all assets follow.
    """
    kind, base = job[KIND], asset * PER_ASSET
    numbers, table = model[base : base + PER_ASSET], model[job[TABLE_AT] :]
    z, others, uniforms = w[NORMALS + k * N :], w[OTHERS + k * N :], shared[UNIFORMS + k * N :]
    if kind == GBM:
        _advance_gbm(w, z, numbers)
    elif kind == HESTON:
        _advance_heston(w, z, others, numbers, _waits(job, step + k, 1))
    elif kind == JUMPS:
        if asset == 0:
            _count_jumps(w[INDEX : INDEX + N], uniforms, job[TABLE_ROWS], table)
        _advance_jumps(w, z, shared[INDEX : INDEX + N], numbers)
    elif kind == REGIMES:
        _advance_regime(w, z, uniforms, job[TABLE_ROWS], numbers, table)
    else:
        rows = job[TABLE_ROWS]
        _advance_history(w, z, shared[INDEX : INDEX + N], numbers, table[asset * rows : (asset + 1) * rows])
        if asset == job[ASSETS] - 1:
            _next_row(shared[INDEX : INDEX + N], shared[OTHERS + k * N :], uniforms, float(rows), numbers[8])


def _advance_gbm(w: FloatArray, z: FloatArray, numbers: FloatArray) -> None:
    drift, deviation = numbers[2], numbers[3]
    for i in range(N):
        z[i] = w[LOG + i] + (drift + deviation * z[i])
        w[LOG + i] = z[i]


def _advance_heston(w: FloatArray, z: FloatArray, others: FloatArray, numbers: FloatArray, waits: bool) -> None:
    """Andersen's quadratic-exponential scheme; `INDEX` holds the variance of the normals that wait for a seen price."""
    _draw_variances(w, others, numbers)
    constant, before, after, rest = numbers[6], numbers[7], numbers[8], numbers[9]
    for i in range(N):
        v, new = w[VARIANCE + i], w[DRAWN + i]
        w[LOG + i] += constant + before * v + after * new
        w[INDEX + i] += rest * (v + new)
        w[VARIANCE + i] = new
    if not waits:
        for i in range(N):
            z[i] = w[LOG + i] + np.sqrt(w[INDEX + i]) * z[i]
            w[LOG + i] = z[i]
            w[INDEX + i] = 0.0


def _draw_variances(w: FloatArray, others: FloatArray, numbers: FloatArray) -> None:
    """Draw the next variances. With R = sqrt(m^2 - s^2/2) the scheme's square is (sqrt R + sqrt(m - R) z)^2."""
    decay, reverted, spread, floor = numbers[2], numbers[3], numbers[4], numbers[5]
    wild = 0
    for i in range(N):
        v, y = w[VARIANCE + i], others[i]
        mean = max(reverted + decay * v, _LEAST_MEAN)
        half, square = 0.5 * (floor + spread * v), mean * mean
        calm = np.sqrt(max(square - half, 0.0))
        far = mean - calm
        w[DRAWN + i] = max(calm + far * y * y + 2.0 * y * np.sqrt(calm * far), 0.0)
        wild += half > _HIGH_DISPERSION * square
    if wild > 0:
        _draw_wild_variances(w, others, decay, reverted, spread, floor)


def _draw_wild_variances(
    w: FloatArray, others: FloatArray, decay: float, reverted: float, spread: float, floor: float
) -> None:
    """Draw the variance where it is likely zero: a lump there and an exponential tail."""
    for i in range(N):
        v, y = w[VARIANCE + i], others[i]
        mean = max(reverted + decay * v, _LEAST_MEAN)
        half, square = 0.5 * (floor + spread * v), mean * mean
        psi = 2.0 * half / square
        tail = INVERSE_ROOT_TWO_PI * exp_bounded(-0.5 * y * y) * mills(1.0 / (abs(y) + MILLS_SHIFT))
        above = tail if y > 0.0 else 1.0 - tail  # the chance of a greater normal
        alive = 2.0 / (psi + 1.0)
        drawn = 0.5 * mean * (psi + 1.0) * minus_log(min(above / alive, 1.0))
        w[DRAWN + i] = max(drawn, 0.0) if half > _HIGH_DISPERSION * square else w[DRAWN + i]


def _count_jumps(counts: FloatArray, uniforms: FloatArray, most: int, cumulative: FloatArray) -> None:
    """Count the jumps of a step, which all assets share: a Poisson number by inversion."""
    for i in range(N):
        counts[i] = 0.0
    _choose(counts, uniforms, most + 1, cumulative)


def _advance_jumps(w: FloatArray, z: FloatArray, jumps: FloatArray, numbers: FloatArray) -> None:
    drift, variance, jump_mean, jump_variance = numbers[2], numbers[3], numbers[4], numbers[5]
    for i in range(N):
        n = jumps[i]
        z[i] = w[LOG + i] + (drift + n * jump_mean + np.sqrt(variance + n * jump_variance) * z[i])
        w[LOG + i] = z[i]


def _advance_regime(
    w: FloatArray, z: FloatArray, uniforms: FloatArray, states: int, numbers: FloatArray, table: FloatArray
) -> None:
    """Move by the volatility of the state, then leave it or not. Table: deviations, first state, one row a state."""
    drift, transitions = numbers[2], 2 * states
    for i in range(N):
        deviation = table[int(w[INDEX + i])]
        z[i] = w[LOG + i] + (drift - 0.5 * deviation * deviation + deviation * z[i])
        w[LOG + i] = z[i]
    for i in range(N):
        w[VARIANCE + i], w[INDEX + i] = w[INDEX + i], 0.0
    for state in range(states - 1):
        for i in range(N):
            bound = table[transitions + int(w[VARIANCE + i]) * states + state]
            w[INDEX + i] += 1.0 if uniforms[i] > bound else 0.0


def _advance_history(w: FloatArray, z: FloatArray, rows: FloatArray, numbers: FloatArray, table: FloatArray) -> None:
    """Move by a residual of history times the volatility of now, then update that."""
    shift, compensation, constant, reaction, memory = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
    for i in range(N):
        variance = w[VARIANCE + i]
        shock = np.sqrt(variance) * table[int(rows[i])]
        z[i] = w[LOG + i] + (shift + compensation * variance + shock)
        w[LOG + i] = z[i]
        w[VARIANCE + i] = constant + reaction * shock * shock + memory * variance


def _next_row(index: FloatArray, places: FloatArray, uniforms: FloatArray, rows: float, restart: float) -> None:
    """Go to the next row of history, or anywhere in it: blocks of geometric length, round the end."""
    for i in range(N):
        following = index[i] + 1.0
        following = following if following < rows else 0.0
        index[i] = np.floor(places[i] * rows) if uniforms[i] < restart else following
