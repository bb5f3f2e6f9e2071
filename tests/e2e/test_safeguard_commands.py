"""What anyone may do without a key until it is sent, and drafts beside rivals, as the commands say it."""

from __future__ import annotations

import json

import pytest

from bridge.local.accounts import account, accounts
from bridge.local.world import World
from tests.bridge.steps import TERMS, tear, trade, values
from tests.bridge.test_safeguards import CONDOR_CAP, automate, automation, breaker, hours
from tests.e2e.command import Run


def test_apply_row__row_is_due__anyone_sees_it_without_a_key_and_sends_it(run: Run, project: World) -> None:
    trade(project, [1.01, 1.0, 1.01, 1.0])
    automate(project, 50 * 10**6, 100)
    hours(project, 4)
    dry = run("gov", "apply-row")
    assert (dry.code, dry.err) == (0, "")
    assert dry.out.startswith("row 1: condorNotionalCapBps")
    assert dry.out.endswith("; not sent: --send\n")
    assert automation(project).next_row == 1
    told = run("gov", "apply-row", "--json").json()
    assert (told["row"], told["changes"].keys(), told["sent"]) == (1, {str(CONDOR_CAP)}, False)
    status = run("oracle", "status", "--json").json()["automation"]
    assert (status["next_row"], status["row"]) == (1, 0)
    assert "automation: in power, row 0 holds; row 1 can be applied now" in run("oracle", "status").out
    sent = run("gov", "apply-row", "--as", "outsider", "--send")
    assert (sent.code, "not sent" in sent.out) == (0, False)
    assert values(project)[CONDOR_CAP] == told["changes"][str(CONDOR_CAP)]
    shown = run("oracle", "status").out
    assert "row 1 holds; nothing to apply now: NothingToApply" in shown
    assert ", next possible 2026-" in shown


def test_poke_row__other_row_selected__anyone_writes_down_since_when(run: Run, project: World) -> None:
    trade(project, [1.01, 1.0, 1.01, 1.0])
    automate(project, 50 * 10**6, 100)
    hours(project, 2)
    dry = run("gov", "poke-row")
    assert (dry.code, dry.out) == (0, "no checkpoint; not sent: --send\n")
    sent = run("gov", "poke-row", "--as", "outsider", "--send")
    assert (sent.code, sent.out.startswith("row 1 selected since 2026-")) == (0, True)
    told = run("gov", "poke-row", "--json").json()
    assert (told["row"], told["sent"], told["round"] > 1, told["since"] > 0) == (1, False, True, True)


def test_trip__volatilities_far_apart__anyone_sees_it_without_a_key_and_trips_it(run: Run, project: World) -> None:
    tear(project)
    dry = run("gov", "trip", "ETH")
    assert (dry.code, dry.err) == (0, "")
    assert dry.out.startswith("breaker ETH: closed, implied ")
    assert dry.out.endswith(", TOO FAR APART; not sent: --send\n")
    assert not breaker(project).tripped_at
    assert run("gov", "trip", "ETH", "--json").json() == {
        "asset": "ETH", "tripped_at": 0, "apart": True, "sent": False,
    }  # fmt: skip
    sent = run("gov", "trip", "ETH", "--as", "outsider", "--send")
    assert (sent.code, "not sent" in sent.out) == (0, False)
    assert sent.out.startswith("breaker ETH: TRIPPED since 2026-")
    assert breaker(project).tripped_at == project.chain.head().timestamp
    assert breaker(project, "BTC").tripped_at == 0


def test_unstick__two_on_the_way__counts_them_and_sends_nothing_without_send(run: Run, project: World) -> None:
    operator, request = account("operator").address, project.chain.request
    mined = int(request("eth_getTransactionCount", operator, "latest"), 16)
    request("evm_setAutomine", False)
    try:
        for number in (mined, mined + 1):
            request("eth_sendTransaction", {"from": operator, "to": operator, "nonce": hex(number), "gas": hex(21_000)})
        told = run("gov", "unstick", "--as", "operator", "--json").json()
        assert told == {
            "account": operator, "next_nonce": mined, "pending": 2, "cleared": False, "transactions": [],
        }  # fmt: skip
        said = run("gov", "unstick", "--as", "operator").out
        assert said == (
            f"{operator}: 2 transactions from nonce {mined} on the way, nothing sent: --send replaces them\n"
        )
        assert int(request("eth_getTransactionCount", operator, "pending"), 16) == mined + 2
    finally:
        request("evm_setAutomine", True)
        request("evm_mine")


@pytest.fixture
def signers() -> list[str]:
    return [signer.address for signer in accounts("reporter")]


def test_gov_propose__beside_one_of_the_same__names_the_rival_and_what_both_change(
    run: Run, project: World, signers: list[str]
) -> None:
    words = ("gov", "propose", "set-signers", "ETH", "3", *signers[:3], "--as", "operator")
    dry = run(*words)
    assert "preflight and rehearsal passed; would be proposal " in dry.out
    assert "not sent: repeat with --send" in " ".join(dry.out.split())
    assert "executable from about 2026-" in dry.out
    alone = run(*words, "--json").json()
    assert (alone["sent"], alone["rivals"]) == (False, [])
    least = TERMS.voting_delay + TERMS.voting_period + TERMS.timelock_delay
    assert least <= alone["executable_at"] - project.chain.head().timestamp < least + 3600
    sent = run(*words, "--send")
    assert f"proposed: {alone['proposal']}" in sent.out
    again = run(*words)
    assert f"this proposal exists and is pending: {alone['proposal']}; nothing was sent" in " ".join(again.out.split())
    other = ("gov", "propose", "set-signers", "ETH", "3", *signers[1:4], "--as", "operator")
    (rival,) = run(*other, "--json").json()["rivals"]
    assert (rival["id"], rival["state"]) == (alone["proposal"], "pending")
    assert rival["shares"]
    assert alone["proposal"][:10] in run(*other).out
    elsewhere = ("gov", "propose", "set-signers", "BTC", "3", *signers[1:4], "--as", "operator", "--json")
    assert run(*elsewhere).json()["rivals"] == []
    assert json.loads(run("gov", "list", "--json").out)[0]["id"] == alone["proposal"]
