"""Random numbers by counter: Random123's known answers, and normals that are normal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hedge.simulate import counter_kernel
from hedge.simulate.counter_kernel import N

pytestmark = pytest.mark.unit

ALL = 0xFFFFFFFF
# Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, answer.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL, ALL, ALL, ALL), (ALL, ALL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def words(values: tuple[int, ...]) -> list[np.ndarray]:
    return [np.array([value], dtype=np.uint64) for value in values]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox__known_answers_of_random123__same_words(
    counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    found = counter_kernel.philox(*words(counter), *words(key))
    assert tuple(int(word[0]) for word in found) == answer


def drawn(blocks: int) -> np.ndarray:
    """Return normals as a plain interpreter draws them: four per path."""
    index = np.arange(blocks, dtype=np.uint64)
    zero = np.zeros(blocks, dtype=np.uint64)
    a, b, c, d = counter_kernel.philox(index, zero, zero, zero, *words((7, 9)))
    pairs = [counter_kernel.turned(counter_kernel.radius(x, y), y) for x, y in ((a, b), (c, d))]
    return np.array([row for pair in pairs for row in pair])


def test_normals__a_million__moments_within_four_standard_errors() -> None:
    z = drawn(250_000).ravel()
    # Standard errors of the first four moments of n standard normals: variances 1, 2, 15, 96 over n.
    for power, expected, variance in ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)):
        assert abs(np.mean(z**power) - expected) < 4.0 * np.sqrt(variance / z.size), power


def test_normals__a_million__distribution_and_tails_are_normal() -> None:
    z = drawn(250_000).ravel()
    assert stats.kstest(z, "norm").pvalue > 1e-3
    for bound in (3.0, 4.0):
        expected = z.size * stats.norm.sf(bound)
        for count in (np.sum(z > bound), np.sum(z < -bound)):
            assert abs(count - expected) < 4.0 * np.sqrt(expected)


def test_normals__of_one_counter__do_not_correlate() -> None:
    z = drawn(250_000)
    bound = 4.5 / np.sqrt(z.shape[1])  # of 12 coefficients
    assert np.all(np.abs(np.corrcoef(z) - np.eye(4)) < bound)
    assert np.all(np.abs(np.corrcoef(z**2) - np.eye(4)) < bound)


def test_radius__least_and_most_words__ends_where_the_docstring_says() -> None:
    (least,), (most,) = words((0,)), words((ALL,))
    assert counter_kernel.radius(least, least)[0] == pytest.approx(np.sqrt(2.0 * 37.0 * np.log(2.0)), rel=1e-9)
    assert counter_kernel.radius(most, most)[0] == pytest.approx(2.0**-18, rel=1e-9)


def test_minus_log__whole_range__within_its_bound() -> None:
    u = np.concatenate([np.logspace(-11.2, -1e-9, 20_001), 1.0 - np.logspace(-11.0, -0.4, 1_001)])
    np.testing.assert_allclose(counter_kernel.minus_log(u), -np.log(u), rtol=8e-10)


def test_turned__every_sector__a_point_on_the_circle() -> None:
    word = np.random.default_rng(1).integers(0, 2**32, 10_000).astype(np.uint64)
    x, y = counter_kernel.turned(np.ones(word.size), word)
    np.testing.assert_allclose(x * x + y * y, 1.0, rtol=2e-10)
    angle = np.arctan2(y, x) / (2.0 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > 1e-3


def test_fill_normals__plain_and_by_arrays__same_bits() -> None:
    w = np.zeros(4 * N)
    path, group, stream, k0, k1 = (np.uint64(value) for value in (2**32 - 100, 5, 8, 7, 9))
    with np.errstate(over="ignore"):
        counter_kernel.fill_normals(w, path, group, stream, k0, k1)
    index = path + np.arange(N, dtype=np.uint64)
    a, b, c, d = counter_kernel.philox(index & np.uint64(ALL), index >> np.uint64(32), *words((5, 8, 7, 9)))
    rows = [row for x, y in ((a, b), (c, d)) for row in counter_kernel.turned(counter_kernel.radius(x, y), y)]
    np.testing.assert_array_equal(w, np.concatenate(rows))
