"""Signed reports against the real oracle: median, order, quorum, replay, age; and files of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

from bridge.errors import BadFile, ContractReverted, RefusedAction, UnknownAddress, UntrustedNumber
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.market import read_volatilities
from bridge.sources.oracle import (
    Report,
    SignedReport,
    build_report,
    feed_id,
    read_signed_reports,
    read_status,
    report_json,
    require_own_feeds,
    sign_report,
    submit_reports,
    typed_data,
)

PERCENT = 10**6
LEVELS = (70 * PERCENT, 75 * PERCENT, 71 * PERCENT, 90 * PERCENT, 65 * PERCENT)
MOST_AGE = 6 * 3600


def report(world: World, asset: str = "ETH", level: int = 70 * PERCENT) -> Report:
    return build_report(world.snapshot(), asset, level)


def signed(world: World, levels: tuple[int, ...] = LEVELS, asset: str = "ETH") -> list[SignedReport]:
    """Let the first reporters sign a level each, all for the next round as of the newest block."""
    base = report(world, asset)
    return [
        sign_report(replace(base, volatility_e8=level), reporter)
        for level, reporter in zip(levels, accounts("reporter"), strict=False)
    ]


def submit(world: World, reports: list[SignedReport]) -> None:
    submit_reports(world.chain, account("outsider"), reports)


def refused(world: World, reports: list[SignedReport]) -> ContractReverted:
    with pytest.raises(ContractReverted) as caught:
        submit(world, reports)
    return caught.value


def test_build_report__fresh_feed__is_for_its_next_round_as_of_the_block(world: World) -> None:
    block, made = world.chain.head(), report(world)
    assert (made.round, made.observed_at, made.chain_id) == (2, block.timestamp, world.chain.chain_id)
    assert made.feed_id == "0x" + feed_id("ETH").hex()


def test_build_report__asset_without_feed__names_those_that_have_one(world: World) -> None:
    with pytest.raises(UnknownAddress, match=r"DOGE is not an asset with a volatility feed \(BTC, ETH\)"):
        report(world, "DOGE")


def test_typed_data__any_report__has_the_digest_that_the_contract_computes(world: World) -> None:
    made = report(world)
    message = typed_data(made)
    wanted = world.chain.read(
        "VolatilityOracle",
        made.feed,
        "reportDigest",
        made.round,
        made.observed_at,
        made.volatility_e8,
        block=world.chain.head(),
    )
    assert keccak(b"\x19" + message.version + message.header + message.body) == wanted


def test_submit_reports__five_reporters_in_any_order__sets_their_median(world: World) -> None:
    advance_time(world.chain, 3600)  # within the rate at which an answer may move
    submit(world, signed(world)[::-1])
    assert read_volatilities(world.snapshot())["ETH"] == 0.71


def test_submit_reports__even_number__leaves_one_out_and_passes(world: World) -> None:
    advance_time(world.chain, 3600)
    reports = signed(world)[:4]
    submit(world, reports)
    used = sorted(reports, key=lambda report: int(report.reporter, 16))[:3]
    status = read_status(world.snapshot())[1]
    assert status.volatility_e8 == sorted(report.report.volatility_e8 for report in used)[1]


def test_require_own_feeds__report_that_names_another_contract_or_chain__is_refused(world: World) -> None:
    reports = signed(world)
    require_own_feeds(world.snapshot(), reports)
    for other in ({"feed": account("outsider").address}, {"chain_id": 1}, {"asset": "BTC"}):
        odd = replace(reports[0], report=replace(reports[0].report, **other))  # type: ignore[arg-type]
        with pytest.raises(RefusedAction, match="have it signed again with this deployment"):
            require_own_feeds(world.snapshot(), [*reports[1:], odd])


def test_submit_reports__same_round_again__is_refused_as_a_replay(world: World) -> None:
    reports = signed(world)
    submit(world, reports)
    assert refused(world, reports).arguments == {"round": 2, "expected": 3}


def test_submit_reports__below_the_quorum__is_refused_with_both_numbers(world: World) -> None:
    error = refused(world, signed(world)[:1])
    assert (error.error, error.arguments) == ("QuorumNotMet", {"reports": 1, "quorum": 3})


def test_submit_reports__one_reporter_twice__is_refused(world: World) -> None:
    first, second, _ = signed(world)[:3]
    assert refused(world, [first, first, second]).error == "ReportersNotAscending"


def test_submit_reports__signature_of_an_outsider__is_refused_with_its_address(world: World) -> None:
    reports = signed(world)[:2]
    stranger = sign_report(reports[0].report, account("outsider"))
    error = refused(world, [*reports, stranger])
    assert error.error == "UnknownSigner"
    assert error.arguments["recovered"] == account("outsider").address.lower()


def test_submit_reports__signed_for_another_feed__is_refused(world: World) -> None:
    eth = report(world)
    moved = [replace(entry, report=replace(entry.report, feed=eth.feed)) for entry in signed(world, asset="BTC")]
    assert refused(world, moved).error in ("UnknownSigner", "ReportersNotAscending")


def test_submit_reports__changed_after_signing__is_refused(world: World) -> None:
    reports = signed(world)
    reports[0] = replace(reports[0], report=replace(reports[0].report, volatility_e8=99 * PERCENT))
    assert refused(world, reports).error in ("UnknownSigner", "ReportersNotAscending")


def test_submit_reports__older_than_allowed__is_refused_with_its_age(world: World) -> None:
    reports = signed(world)
    advance_time(world.chain, MOST_AGE + 10)
    error = refused(world, reports)
    assert error.error == "StaleReport"
    assert int(str(error.arguments["age"])) >= MOST_AGE + 10
    assert error.arguments["maxAge"] == MOST_AGE


def test_submit_reports__volatility_no_market_has__is_refused_with_the_bounds(world: World) -> None:
    error = refused(world, signed(world, (1, 1, 1)))
    assert (error.error, error.arguments["volatility"]) == ("VolatilityOutOfBounds", 1)


def test_submit_reports__of_two_rounds_feeds_times_or_none__is_refused_before_sending(world: World) -> None:
    reports = signed(world)[:3]
    other = reports[0].report
    for changed in (replace(other, round=9), replace(other, observed_at=1), replace(other, chain_id=1)):
        with pytest.raises(RefusedAction, match="one feed, round, time and chain"):
            submit(world, [*reports[1:], replace(reports[0], report=changed)])
    with pytest.raises(RefusedAction):
        submit(world, [*reports[:2], *signed(world, asset="BTC")[:1]])
    with pytest.raises(RefusedAction):
        submit(world, [])


def test_read_volatilities__answer_too_old__is_untrusted_with_its_age(world: World) -> None:
    advance_time(world.chain, MOST_AGE + 10)
    with pytest.raises(UntrustedNumber, match=rf"no usable answer, StaleAnswer\(age=\d+, maxAge={MOST_AGE}\)"):
        read_volatilities(world.snapshot())


def test_read_status__as_time_passes__is_stale_when_the_contract_says_so(world: World) -> None:
    fresh = read_status(world.snapshot())
    assert [(feed.asset, feed.round, feed.stale, feed.quorum, feed.signers) for feed in fresh] == [
        ("BTC", 1, False, 3, 5),
        ("ETH", 1, False, 3, 5),
    ]
    advance_time(world.chain, MOST_AGE - max(feed.age_seconds for feed in fresh))
    assert not all(feed.stale for feed in read_status(world.snapshot()))
    read_volatilities(world.snapshot())
    advance_time(world.chain, 10)
    assert all(feed.stale for feed in read_status(world.snapshot()))


def test_read_signed_reports__as_written__are_equal_and_still_count(world: World, tmp_path: Path) -> None:
    reports, path = signed(world), tmp_path / "reports.json"
    path.write_text(json.dumps([report_json(report) for report in reports]), encoding="utf-8")
    assert read_signed_reports(path) == reports
    submit(world, read_signed_reports(path))
    path.write_text(json.dumps(report_json(reports[0])), encoding="utf-8")
    assert read_signed_reports(path) == reports[:1]


GOOD: dict[str, Any] = {
    "asset": "ETH",
    "feed": "0x" + "11" * 20,
    "feed_id": "0x" + "22" * 32,
    "chain_id": 31337,
    "round": 2,
    "observed_at": 1_767_225_600,
    "volatility_e8": 72_000_000,
    "reporter": "0x" + "33" * 20,
    "signature": "0x" + "44" * 65,
}


@pytest.mark.parametrize(
    "change",
    [
        {"volatility_e8": "72000000"},
        {"volatility_e8": -1},
        {"volatility_e8": 0.72},
        {"round": True},
        {"observed_at": 2**64},
        {"signature": "0x" + "44" * 64},
        {"signature": "xyz"},
        {"reporter": "reporter-1"},
        {"feed": None},
        {"feed_id": "0x22"},
        {"extra": 1},
    ],
)
def test_read_signed_reports__field_of_another_kind__is_a_bad_file(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    assert read_signed_reports(path)[0].report.volatility_e8 == 72_000_000
    path.write_text(json.dumps(GOOD | change), encoding="utf-8")
    with pytest.raises(BadFile, match="not a signed report as `alvh oracle sign` writes it"):
        read_signed_reports(path)


@pytest.mark.parametrize("text", ["", "5", "[5]", "{}", '"report"', "null"])
def test_read_signed_reports__something_else__is_a_bad_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match="not a signed report"):
        read_signed_reports(path)


def test_read_signed_reports__absent_or_a_folder__is_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read_signed_reports(tmp_path / "none.json")
    with pytest.raises(BadFile, match="cannot be read"):
        read_signed_reports(tmp_path)
