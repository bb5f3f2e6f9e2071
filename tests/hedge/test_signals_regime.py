"""The regime: each rule, silence, and that nothing that gets worse ever makes it calmer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput
from hedge.signals import Regime, RegimeRules, Signal, State, combine
from hedge.signals.known import known_series
from hedge.signals.volatility import volatility_gauge, volatility_states

pytestmark = pytest.mark.unit

AT = 1_000_000


def scored(name: str, score: float, age: int = 0, max_age: int = 100) -> Signal:
    """Build a signal with a score, so old at AT."""
    return Signal(name, score, score, AT - age, max_age, "test")


def vol(state: State, age: int = 0) -> Signal:
    """Build the volatility signal, so old at AT."""
    return Signal("volatility", 0.5, state, AT - age, 100, "test")


def regime(*signals: Signal) -> Regime:
    """Combine at AT."""
    return combine(signals, AT)


@pytest.mark.parametrize(
    ("state", "alarms", "name"),
    [
        (State.COMPRESSED, 0, State.COMPRESSED),
        (State.COMPRESSED, 1, State.NORMAL),
        (State.COMPRESSED, 2, State.STRESSED),
        (State.COMPRESSED, 3, State.STRESSED),
        (State.COMPRESSED, 4, State.CRISIS),
        (State.NORMAL, 1, State.NORMAL),
        (State.STRESSED, 0, State.STRESSED),
        (State.CRISIS, 0, State.CRISIS),
    ],
)
def test_combine__floor_and_alarms__the_worse_decides(state: State, alarms: int, name: State) -> None:
    others = [scored(f"s{place}", 0.5 if place < alarms else 0.49) for place in range(5)]
    found = regime(vol(state), *others)
    assert found.name is name
    assert len(found.reasons) == 1 + alarms + 1
    assert found.missing == ()
    assert name.rank / 4 <= found.score <= (name.rank + 1) / 4


def test_combine__by_hand__score_and_reasons_as_printed() -> None:
    found = regime(vol(State.COMPRESSED), scored("funding", 0.8), scored("CPI", 0.1))
    assert found.score == pytest.approx((1 + (0.0 + 0.8 + 0.1) / 3) / 4)
    assert found.reasons == (
        "volatility: compressed (value 0.5)",
        "funding: alarm, score 0.80 (value 0.8)",
        "1 alarm: not compressed",
    )


def test_combine__no_state_named__not_compressed() -> None:
    found = regime(scored("funding", 0.0), scored("CPI", 0.1))
    assert (found.name, found.reasons) == (State.NORMAL, ("no named state: normal",))


def test_combine__state_never_known__stressed() -> None:
    empty = known_series([], np.array([], dtype=np.int64))
    gauge = volatility_gauge(
        empty, volatility_states(empty, empty, empty, max_age_seconds=1), max_age_seconds=1, source="x"
    )
    found = regime(gauge.at(AT))
    assert (found.name, found.missing) == (State.STRESSED, ("volatility",))


def test_combine__stale_calm_signal__alarm_by_name() -> None:
    found = regime(vol(State.COMPRESSED), scored("funding", 0.0, age=101))
    assert (found.name, found.missing) == (State.NORMAL, ("funding",))
    assert found.reasons[1] == "funding: silent, 101 s old, 100 s allowed; counts as an alarm"
    assert found.reasons[2] == "1 alarm, 1 of them silent: not compressed"


def test_combine__everything_silent__stressed_never_crisis() -> None:
    silent = [scored(f"s{place}", 0.0, age=101) for place in range(9)]
    assert regime(*silent).name is State.STRESSED
    assert regime(vol(State.COMPRESSED, age=101), *silent).name is State.STRESSED
    assert regime().name is State.STRESSED


def test_combine__four_alarms_gone_stale__crisis_holds() -> None:
    assert regime(*(scored(f"s{place}", 0.9, age=101) for place in range(4))).name is State.CRISIS


def test_combine__stale_crisis__stays_crisis() -> None:
    found = regime(vol(State.CRISIS, age=101))
    assert (found.name, found.missing) == (State.CRISIS, ("volatility",))
    assert "was crisis and stays it" in found.reasons[0]


def test_combine__signal_from_the_future__not_heard() -> None:
    found = regime(vol(State.COMPRESSED), scored("funding", 0.9, age=-1))
    assert (found.name, found.missing) == (State.NORMAL, ("funding",))
    assert "not known before" in found.reasons[1]


def test_combine__expected_but_absent__named() -> None:
    found = combine([vol(State.COMPRESSED)], AT, expected=("volatility", "CPI", "FOMC"))
    assert (found.name, found.missing) == (State.STRESSED, ("CPI", "FOMC"))
    assert "CPI: silent, nothing is known (absent); counts as an alarm" in found.reasons


def test_combine__one_name_twice__refused() -> None:
    with pytest.raises(BadInput):
        regime(scored("a", 0.1), scored("a", 0.2))


@pytest.mark.parametrize("rules", [{"alarm": 0.0}, {"stressed_alarms": 0}, {"stressed_alarms": 4}])
def test_regime_rules__out_of_range__refused(rules: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        RegimeRules(**rules)  # type: ignore[arg-type]


SIGNALS = st.lists(
    st.tuples(st.one_of(st.floats(0.0, 1.0), st.sampled_from(list(State))), st.integers(-10, 210)), max_size=7
)


def built(drawn: list[tuple[float | State, int]]) -> list[Signal]:
    """Build signals of drawn scores and ages."""
    return [Signal(f"s{place}", 1.0, score, AT - age, 100, "x") for place, (score, age) in enumerate(drawn)]


@settings(max_examples=300)
@given(drawn=SIGNALS, place=st.integers(0, 6), worse=st.floats(0.0, 1.0))
def test_combine__one_signal_worse_or_silent__never_calmer(
    drawn: list[tuple[float | State, int]], place: int, worse: float
) -> None:
    signals = built(drawn)
    before = regime(*signals)
    if place >= len(signals):
        return
    chosen = signals[place]
    raised: float | State = State.CRISIS if isinstance(chosen.score, State) else max(chosen.score, worse)
    for other in (replace(chosen, score=raised), replace(chosen, known_at=min(chosen.known_at, AT - 101))):
        after = regime(*signals[:place], other, *signals[place + 1 :])
        assert after.name.rank >= before.name.rank
        assert after.score >= before.score - 1e-12


@settings(max_examples=200)
@given(drawn=SIGNALS)
def test_combine__any_signals__score_in_its_quarter_and_silence_named(drawn: list[tuple[float | State, int]]) -> None:
    signals = built(drawn)
    found = regime(*signals)
    assert found.name.rank / 4 <= found.score <= (found.name.rank + 1) / 4
    assert found.missing == tuple(signal.name for signal in signals if signal.stale(AT) or signal.known_at > AT)
    assert found == regime(*signals)


@settings(max_examples=100)
@given(drawn=SIGNALS, seed=st.randoms())
def test_combine__order_of_signals__same_regime(drawn: list[tuple[float | State, int]], seed: object) -> None:
    signals = built(drawn)
    mixed = list(signals)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    ordered, shuffled = regime(*signals), regime(*mixed)
    assert ordered.name is shuffled.name
    assert math.isclose(ordered.score, shuffled.score)
    assert sorted(ordered.missing) == sorted(shuffled.missing)
