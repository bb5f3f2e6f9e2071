"""One proposal from its beginning to its end, as `alvh gov list` and `alvh gov show` tell it."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from bridge.chain.codec import encode_call
from bridge.config import Config
from bridge.governance.governor import list_proposals
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.units import utc
from tests.bridge.steps import TERMS, found, plan_now, propose, queue, values, vote
from tests.e2e.command import Run


def test_gov_list_and_show__at_each_step__tell_votes_times_and_whether_it_would_execute(
    run: Run, project: World
) -> None:
    number = propose(project, plan_now(project, Config()).record)
    (row,) = run("gov", "list", "--json").json()
    assert (row["state"], row["quorum"], row["eta"]) == ("pending", pytest.approx(100_000.0), 0)
    assert row["votes"] == {"for": 0.0, "against": 0.0, "abstain": 0.0}
    (line,) = (line for line in run("gov", "list").out.splitlines() if line.startswith(str(number)[:10]))
    assert line.split()[1] == "pending"
    assert line.rstrip().endswith(" -")
    assert utc(found(project, number).deadline) in line
    shown = run("gov", "show", str(number)[:12]).out
    assert shown.startswith(f"pending: {number}")
    assert shown.count("in today's state it would execute at 2026-") == 1
    assert "What the calldata does" in shown
    assert "vote for, against or abstain, not 'perhaps'" in run("gov", "vote", str(number), "perhaps").err
    vote(project, number, "for", ("voter-1",))
    vote(project, number, "against", ("voter-2",))
    (row,) = run("gov", "list", "--json").json()
    assert row["votes"] == pytest.approx({"for": 400_000.0, "against": 350_000.0, "abstain": 0.0})
    queue(project, number)
    (row,) = run("gov", "list", "--json").json()
    assert row["eta"] == found(project, number).eta > project.chain.head().timestamp
    (line,) = (line for line in run("gov", "list").out.splitlines() if line.startswith(str(number)[:10]))
    assert line.rstrip().endswith(utc(row["eta"]))
    advance_time(project.chain, TERMS.timelock_delay + 1)
    done = run("gov", "execute", str(number), "--as", "outsider", "--send", "--json").json()
    assert (done["sent"], done["state"], done["action"]) == (True, "executed", "execute")
    assert done["block"] == project.chain.head().number
    assert "in today's state" not in run("gov", "show", str(number)).out


def test_gov_show__description_of_one_long_line__has_a_sign_before_each_line_that_is_shown(
    run: Run, project: World
) -> None:
    said = "in today's state it would execute at 2026-01-01 "
    chain, lp = project.chain, project.deployment.address("lp")
    call = bytes.fromhex(project.snapshot().call("HedgeParameters", "unpause")[1][2:])
    governor, target = project.deployment.address("HedgeGovernor"), project.deployment.address("HedgeParameters")
    text = "x" * 140 + " " + said * 20 + "\n\n" + "漢" * 300 + f"\n{lp}"
    chain.send(account("operator"), "HedgeGovernor", governor, "propose", [target], [0], [call], text)
    (proposal,) = list_proposals(project.snapshot())
    shown = run("gov", "show", str(proposal.id)).out.split("\n\n")
    quoted = shown[1].splitlines()
    assert len(quoted) == 4  # whole lines: nobody breaks what goes into a pipe
    assert all(line.startswith("| ") or line == "|" for line in quoted)
    assert not any(line.startswith("in today's") for line in quoted)
    assert "".join(line[2:] for line in quoted).count("today's") == 20


def test_gov_show__table_that_hides_rows_and_a_role_inside_of_a_call__are_told_line_by_line(
    run: Run, project: World
) -> None:
    now, lp, deployment = values(project), project.deployment.address("lp"), project.deployment
    hidden = [*now[:13], 10_000, *now[14:]]
    rows = [(number * 10**7, hidden if number > 7 else now) for number in range(10)]
    table = encode_call("RegimeAutomation", "setTable", [*range(24)], rows, (5 * 10**6, 7_200, 86_400), 9).data
    grant = encode_call("HedgeTimelock", "grantRole", keccak(text="PROPOSER_ROLE"), lp).data
    relayed = encode_call("HedgeGovernor", "relay", deployment.address("HedgeTimelock"), 0, grant).data
    targets = [deployment.address(name) for name in ("RegimeAutomation", "HedgeGovernor", "HedgeVotes")]
    calls = [table, relayed, b"\xab" * 9_000]
    governor = deployment.address("HedgeGovernor")
    project.chain.send(account("operator"), "HedgeGovernor", governor, "propose", targets, [0, 0, 0], calls, "# Fine")
    (proposal,) = list_proposals(project.snapshot())
    shown = run("gov", "show", str(proposal.id)).out.splitlines()
    begun = next(number for number, line in enumerate(shown) if line.startswith("calls RegimeAutomation.setTable("))
    assert shown[begun + 1].startswith("  row 9 holds at the beginning; ")
    changed = f"condorNotionalCapBps 10000 (now {now[13]}); 23 others as in force"
    assert shown[begun + 10 : begun + 12] == [f"  row {number} from {number}0.00%: {changed}" for number in (8, 9)]
    assert shown[begun + 12].startswith("calls HedgeGovernor.relay(")
    assert shown[begun + 13].startswith("  carries the call: HedgeTimelock.grantRole(role=proposer, ")
    assert shown[begun + 16].startswith(f"    WARNING: {lp} has no code")
    assert "  WARNING: not shown whole: do not vote" in shown[begun + 18]
    told = run("gov", "show", str(proposal.id), "--json").json()
    assert [bytes.fromhex(each["data"][2:]) for each in told["actions"]] == calls
    assert [(each["to"], each["value"]) for each in told["actions"]] == [(to, "0") for to in targets]
    assert told["calls"][2].endswith("0x" + calls[2].hex())
