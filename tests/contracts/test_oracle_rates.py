"""How fast an answer may move: clamped and flagged, in one jump and in many small steps."""

from __future__ import annotations

import math

import pytest
from feed_model import BY_DAY, BY_HOUR, UNANCHORED, FeedModel, least, most
from governed import TIMELOCK
from hypothesis import given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Deployed, Node, refusal
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
HOURLY, DAILY = RATES
CALM = 60 * PERCENT
ADDRESSES = [reporter.address for reporter in REPORTERS]


def report(oracle: Deployed, volatility: int) -> dict[str, object]:
    """Let three reporters agree on a number."""
    return submit(oracle, [volatility] * 3)


def test_first_round__any_level__is_taken_as_it_is(oracle: Deployed) -> None:
    report(oracle, 500 * PERCENT)
    assert oracle.read("latestRound")[2:] == (500 * PERCENT, oracle.node.now, 500 * PERCENT, 0)


@pytest.mark.parametrize(("level", "bound"), [(200 * PERCENT, most), (10 * PERCENT, least)])
def test_jump__beyond_the_hours_bound__is_clamped_flagged_and_announced(
    oracle: Deployed, node: Node, level: int, bound: object
) -> None:
    report(oracle, CALM)
    first = oracle.read("peek")[1]
    node.advance(HOUR)
    receipt = report(oracle, level)
    number, seen, answer, _, reported, flags = oracle.read("latestRound")
    assert answer == bound(CALM, HOURLY, seen - first, HOUR)  # type: ignore[operator]
    assert (number, reported, flags) == (2, level, BY_HOUR)
    (event,) = oracle.events(receipt, "AnswerFlagged")
    assert event == {"round": 2, "reported": level, "volatility": answer, "flags": BY_HOUR}
    assert oracle.events(receipt, "RoundSubmitted")[0]["volatility"] == answer
    assert oracle.read("latest")[0] == oracle.read("latestRoundData")[1] == answer


def test_jump__exactly_at_the_bound__is_neither_clamped_nor_flagged(oracle: Deployed, node: Node) -> None:
    report(oracle, CALM)
    first = oracle.read("peek")[1]
    node.advance(HOUR)
    level = most(CALM, HOURLY, node.now - first, HOUR)
    receipt = report(oracle, level)
    assert oracle.read("latestRound")[2:] == (level, node.now, level, 0)
    assert oracle.events(receipt, "AnswerFlagged") == []


def test_clamped__reports_stay_there__the_answer_arrives_and_the_flag_goes(oracle: Deployed, node: Node) -> None:
    report(oracle, CALM)
    flags = []
    for _ in range(4):
        node.advance(HOUR)
        report(oracle, 100 * PERCENT)
        flags.append(oracle.read("peek")[5])
    assert flags == [BY_HOUR, BY_HOUR, 0, 0]
    assert oracle.read("latest")[0] == 100 * PERCENT


def test_drift__each_step_below_the_hours_bound__ends_at_the_days_bound_and_is_flagged(
    oracle: Deployed, node: Node
) -> None:
    report(oracle, CALM)
    first, level = oracle.read("peek")[1], CALM
    for hour in range(1, 24):
        node.advance(HOUR)
        level = min(level * 107 // 100, 1000 * PERCENT)
        report(oracle, level)
        _, seen, answer, _, _, flags = oracle.read("peek")
        assert seen - first < DAY
        assert answer == min(level, 2 * CALM)
        assert flags & BY_DAY == (BY_DAY if level > 2 * CALM else 0), hour
    assert oracle.read("latest")[0] == 2 * CALM


def test_gap__feed_comes_back_after_three_days__is_bounded_by_the_time_that_passed(
    oracle: Deployed, node: Node
) -> None:
    report(oracle, CALM)
    first = oracle.read("peek")[1]
    node.advance(3 * DAY)
    report(oracle, 900 * PERCENT)
    _, seen, answer, _, _, flags = oracle.read("peek")
    assert answer == most(CALM, DAILY, seen - first, DAY)
    assert flags == BY_HOUR * (most(CALM, HOURLY, seen - first, HOUR) < 900 * PERCENT) + BY_DAY + UNANCHORED


@settings(ON_A_NODE, max_examples=10)
@given(
    levels=st.lists(st.integers(PERCENT, 1000 * PERCENT), min_size=3, max_size=8),
    waits=st.lists(st.integers(60, 2 * DAY), min_size=8, max_size=8),
)
def test_answers__any_reports_at_any_times__never_outrun_either_rate(
    oracle: Deployed, node: Node, levels: list[int], waits: list[int]
) -> None:
    snapshot = node.request("evm_snapshot")
    report(oracle, CALM)
    model = FeedModel(HOURLY, DAILY)
    model.take(CALM, oracle.read("peek")[1])
    for level, wait in zip(levels, waits, strict=False):
        node.advance(wait)
        report(oracle, level)
        _, seen, answer, _, reported, flags = oracle.read("peek")
        assert (answer, reported, flags) == model.next([level] * 3, seen)
        model.take(answer, seen, flags)
    node.request("evm_revert", snapshot)


@pytest.mark.parametrize("rates", [(99, 10_000), (2_500, 2_499), (2_500, 90_001), (0, 0)])
def test_rates__useless__refused(node: Node, rates: tuple[int, int]) -> None:
    terms = (FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, rates, NO_SEQUENCER)
    assert node.deploy_refusal("VolatilityOracle", *terms) == refusal("BadRates", *rates)


@pytest.mark.parametrize("rates", [(100, 90_000), (90_000, 90_000), (100, 100)])
def test_rates__at_their_edges__accepted(node: Node, rates: tuple[int, int]) -> None:
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, rates, NO_SEQUENCER)
    assert made.read("rates") == rates


def test_rates__read__are_those_of_the_constructor(oracle: Deployed) -> None:
    assert oracle.read("rates") == RATES


def test_owner__renounces__refused_and_stays(oracle: Deployed) -> None:
    assert oracle.refusal("renounceOwnership", sender=TIMELOCK) == refusal("OwnerRequired")
    assert oracle.read("owner") == TIMELOCK


def test_hours_bound__a_round_every_minute__compounds_to_a_power_of_e_and_no_more(oracle: Deployed, node: Node) -> None:
    report(oracle, CALM)
    first = oracle.read("peek")[1]
    while node.now < first + HOUR - 60:
        node.advance(59)
        report(oracle, 500 * PERCENT)
    _, seen, answer, *_ = oracle.read("peek")
    assert seen - first <= HOUR
    assert 1.27 < answer / CALM < math.exp(HOURLY / 10_000) < 1.2841


def test_days_bound__first_round_after_a_week_of_silence__may_use_its_days(oracle: Deployed, node: Node) -> None:
    report(oracle, 20 * PERCENT)
    node.advance(7 * DAY)
    report(oracle, 160 * PERCENT)
    assert oracle.read("peek")[2:] == (160 * PERCENT, node.now, 160 * PERCENT, UNANCHORED)


def test_window__exactly_a_day_old__begins_anew_at_the_last_answer(oracle: Deployed, node: Node) -> None:
    node.advance(2 * DAY)
    submit(oracle, [60 * PERCENT] * 3, observed_at=node.now - 3 * HOUR)
    first = oracle.read("peek")[1]
    submit(oracle, [70 * PERCENT] * 3, observed_at=first + HOUR)
    node.advance(DAY)
    submit(oracle, [130 * PERCENT] * 3, observed_at=first + DAY)
    assert oracle.read("peek")[2] == 130 * PERCENT  # below twice 70, above twice 60


def test_bound__below_that_leaves_a_remainder_of_one__is_rounded_up_towards_the_last_answer(node: Node) -> None:
    bps, wait = 2501, 1001  # without a common factor with an hour's basis points
    whole = 10_000 * HOUR
    grown = whole + bps * wait
    base = pow(whole, -1, grown)
    assert base * whole % grown == 1
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, (bps, 90_000), NO_SEQUENCER)
    seen = node.now
    submit(made, [base] * 3, observed_at=seen)
    node.advance(wait)
    submit(made, [PERCENT] * 3, observed_at=seen + wait)
    assert made.read("peek")[2] == base * whole // grown + 1
