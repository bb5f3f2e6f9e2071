"""What a reporter signed binds it, whoever else signs at the same moment; sources are said on one line."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadFile, BridgeError, RefusedAction, UntrustedNumber
from bridge.local.accounts import account
from bridge.sources.made_up import is_observed, made_up_sources, plan_sources, require_observed, sourced
from bridge.sources.oracle import Report, require_report_observed, sign_report
from bridge.sources.signed_rounds import forget_rounds, keep_round
from hedge.market import Provenance

REPORT = Report("ETH", "0x" + "11" * 20, "0x" + "22" * 32, 4242, 7, 1_767_225_600, 72_000_000, "file q.csv", "file")
REPORTER = account("reporter-1").address


def test_keep_round__same_value__is_kept_once_and_another_needs_force(tmp_path: Path) -> None:
    path = keep_round(tmp_path, REPORT, REPORTER)
    first = path.read_bytes()
    assert keep_round(tmp_path, replace(REPORT, observed_at=REPORT.observed_at + 9), REPORTER) == path
    assert path.read_bytes() == first
    other = replace(REPORT, volatility_e8=72_000_001)
    with pytest.raises(RefusedAction, match=r"signed round 7 of ETH with 72\.00 % as of 2026-01-01"):
        keep_round(tmp_path, other, REPORTER)
    for free in (replace(other, round=8), replace(other, feed="0x" + "33" * 20), replace(other, chain_id=1)):
        keep_round(tmp_path, free, REPORTER)
    keep_round(tmp_path, other, account("reporter-2").address)
    keep_round(tmp_path, other, REPORTER, force=True)
    with pytest.raises(RefusedAction):
        keep_round(tmp_path, REPORT, REPORTER)
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


def test_keep_round__many_values_at_once__one_is_kept(tmp_path: Path) -> None:
    def keep(value: int) -> bool:
        try:
            keep_round(tmp_path, replace(REPORT, volatility_e8=value), REPORTER)
        except BridgeError:
            return False
        return True

    values = [70_000_000 + step for step in range(16)]
    with ThreadPoolExecutor(8) as pool:
        kept = [value for value, done in zip(values, pool.map(keep, values), strict=True) if done]
    (path,) = (tmp_path / "reports").rglob("7.json")
    assert [json.loads(path.read_text(encoding="utf-8"))["volatility_e8"]] == kept


@pytest.mark.parametrize(
    "text", ["", "5", "{}", '{"format": 2}', '{"format": 1, "round": 8, "observed_at": 1, "volatility_e8": 1}', "\xff"]
)
def test_keep_round__damaged__is_a_bad_file(tmp_path: Path, text: str) -> None:
    keep_round(tmp_path, REPORT, REPORTER).write_text(text, encoding="latin-1")
    with pytest.raises(BadFile, match="move it away"):
        keep_round(tmp_path, REPORT, REPORTER)


def test_keep_round__folder_that_cannot_be__is_a_bad_file_and_forgotten_rounds_are_free(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("", encoding="utf-8")
    with pytest.raises(BadFile, match="cannot be written"):
        keep_round(tmp_path, REPORT, REPORTER)
    (tmp_path / "reports").unlink()
    keep_round(tmp_path, REPORT, REPORTER)
    forget_rounds(tmp_path, 1)
    forget_rounds(tmp_path, REPORT.chain_id)
    keep_round(tmp_path, replace(REPORT, volatility_e8=1), REPORTER)


@pytest.mark.parametrize("kind", [*Provenance, "", "FILE", "market"])
def test_sign_report__provenance__signs_elsewhere_only_what_a_market_said(kind: str) -> None:
    report = replace(REPORT, provenance=str(kind))
    sign_report(replace(report, chain_id=31337), account("reporter-1"))
    if kind in ("file", "live", "on chain"):
        assert is_observed(str(kind))
        sign_report(report, account("reporter-1"))
        return
    with pytest.raises(UntrustedNumber, match=r"the report of ETH rests on .*: options: file q\.csv .*chain 4242"):
        sign_report(report, account("reporter-1"))
    with pytest.raises(UntrustedNumber):
        require_report_observed(replace(report, chain_id=1))


@given(chain_id=st.integers(1, 2**32), made_up=st.lists(st.text(min_size=1), max_size=3))
@pytest.mark.prop
def test_require_observed__any_chain__refuses_exactly_made_up_numbers_off_the_local_one(
    chain_id: int, made_up: list[str]
) -> None:
    if made_up and chain_id != 31337:
        with pytest.raises(UntrustedNumber):
            require_observed(chain_id, made_up, "it")
    else:
        require_observed(chain_id, made_up, "it")


@given(source=st.text(max_size=40))
@pytest.mark.prop
def test_sourced__any_name__is_one_printable_line(source: str) -> None:
    assert sourced("options:", source, "file").isprintable()


def test_made_up_sources__inputs_of_a_plan__names_each_that_no_market_said() -> None:
    inputs = {
        "market": {
            "spot_source": "pools",
            "spot_provenance": "on chain",
            "vol_source": "feeds",
            "vol_provenance": "on chain",
        },
        "chains": {"ETH": {"source": "file q.csv", "provenance": "file"}},
        "indices": {},
        "histories": None,
    }
    assert made_up_sources(inputs) == []
    assert [words for words, _ in plan_sources(inputs)][2] == "ETH options: file q.csv (file)"
    for past in ({"origin": "drawn", "provenance": "simulated"}, {"origin": "said", "provenance": "stated"}):
        assert made_up_sources(inputs | {"histories": past}) == [f"histories: {past['origin']} ({past['provenance']})"]
    del inputs["histories"]
    assert made_up_sources(inputs) == ["histories: of no named source (of unknown provenance)"]
    odd = inputs | {"histories": None, "indices": {"VIX": {"source": "", "provenance": "stated"}}}
    assert made_up_sources(odd) == ["VIX index: of no named source (stated)"]
