"""What a dry run says is what the send does: each refusal is had twice, dry and sent, in the same words."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bridge.governance.governor import list_proposals
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.multisig import ZERO, build_safe_transaction
from bridge.safe.records import SafeRecord
from bridge.sources.oracle import SignedReport, build_report, report_json, sign_report
from tests.bridge.steps import TERMS, parameters_call, propose, with_changes
from tests.e2e.command import Run, fresh
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error

REHEDGE = 8


def refused(place: Place, *words: str, role: str, said: str, code: int = 1) -> None:
    """Check that a command is refused alike without and with --send, and that nothing was mined."""
    before = place.world.chain.head()
    dry, sent = place.run(*words, role=role), place.run(*words, "--send", role=role)
    assert_one_line_error(dry, code, said)
    assert (dry.code, dry.out, dry.err) == (sent.code, sent.out, sent.err)
    assert place.world.chain.head() == before


def signers_of(place: Place, count: int) -> list[str]:
    return ["set-signers", "ETH", "3", *(signer.address for signer in accounts("reporter")[:count])]


def proposed(place: Place) -> str:
    return str(place.sent("gov", "propose", *signers_of(place, 5), role="operator")["proposal"])


def test_cancel__by_who_may_not__is_refused_as_the_governor_would(place: Place) -> None:
    number = proposed(place)
    refused(place, "gov", "cancel", number, role="outsider", said="GovernorUnableToCancel")
    dry = place.run("gov", "cancel", number, "--json", role="operator").json()
    assert dry["sent"] is False
    assert place.sent("gov", "cancel", number, role="operator")["state"] == "canceled"


def test_vote__twice_or_without_power__is_refused(place: Place) -> None:
    number = proposed(place)
    refused(place, "gov", "vote", number, "for", role="voter-1", said="is pending, not active")
    place.pass_time(TERMS.voting_delay + 1)
    dry = place.run("gov", "vote", number, "for", role="voter-1").out
    assert dry.startswith("vote: possible now (active)")
    assert f"proposal {number}" in dry
    refused(place, "gov", "vote", number, "for", role="outsider", said="its vote would count nothing")
    assert place.sent("gov", "vote", number, "for", role="voter-1")["sent"] is True
    refused(place, "gov", "vote", number, "against", role="voter-1", said="GovernorAlreadyCastVote")


def test_vote__without_key_or_address__needs_one_and_with_an_address_is_rehearsed(place: Place) -> None:
    number = proposed(place)
    place.pass_time(TERMS.voting_delay + 1)
    assert_one_line_error(place.run("gov", "vote", number, "for"), 2, "ALVH_PRIVATE_KEY", "--from")
    voter, outsider = account("voter-1").address, account("outsider").address
    assert place.run("gov", "vote", number, "for", "--from", voter).code == 0
    assert_one_line_error(place.run("gov", "vote", number, "for", "--from", outsider), 1, "count nothing")
    assert_one_line_error(place.run("gov", "vote", number, "for", "--from", "foo"), 2, "foo is not an address")
    both = place.run("gov", "vote", number, "for", "--from", outsider, "--send", role="voter-1")
    assert_one_line_error(both, 2, "is not the account that signs", voter)


def test_execute__before_its_delay_is_over__is_refused_and_after_it_anyone_may(place: Place) -> None:
    number = proposed(place)
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "voter-2"):
        place.sent("gov", "vote", number, "for", role=voter)
    refused(place, "gov", "queue", number, role="outsider", said="is active, not succeeded")
    place.pass_time(TERMS.voting_period + 1)
    assert place.run("gov", "queue", number).code == 0
    place.sent("gov", "queue", number, role="outsider")
    refused(place, "gov", "execute", number, role="outsider", said="TimelockUnexpectedOperationState")
    place.pass_time(TERMS.timelock_delay + 1)
    assert place.run("gov", "execute", number).code == 0
    assert place.sent("gov", "execute", number, role="outsider")["state"] == "executed"


def test_propose__action_by_an_account_without_votes__is_refused(place: Place) -> None:
    refused(place, "gov", "propose", *signers_of(place, 5), role="outsider", said="GovernorInsufficientProposerVotes")
    assert list_proposals(place.world.snapshot()) == []


def test_propose__plan_by_an_account_without_votes__is_refused(run: Run, project: World) -> None:
    run("plan")
    dry = run("propose", "--as", "outsider")
    assert_one_line_error(dry, 1, "GovernorInsufficientProposerVotes")
    assert run("propose", "--as", "outsider", "--send").err == dry.err
    outsider = account("outsider").address
    assert run("propose", "--proposer", outsider).err == dry.err
    assert_one_line_error(run("propose", "--proposer", "foo"), 2, "foo is not an address")
    assert_one_line_error(run("propose", "--proposer", ""), 2, "is not an address")
    mixed = run("propose", "--proposer", outsider, "--as", "operator", "--send")
    assert_one_line_error(mixed, 2, "is not the account that signs")


def test_propose__three_at_once__one_sends_and_the_losers_say_that_it_is_there(
    run: Run, project: World, tmp_path: Path
) -> None:
    run("plan")
    with ThreadPoolExecutor(3) as pool:
        words = ("propose", "--as", "operator", "--send", "--json")
        done = list(pool.map(lambda _: fresh(tmp_path, words, {}), range(3)))
    told = [each.json() for each in done if each.code == 0]
    assert [each["sent"] for each in told].count(True) == 1
    for each in done:
        if each.code:
            assert_one_line_error(each, 1, "on the way")
    assert all(each["sent"] or (each["existed"] and each["state"] == "pending") for each in told)
    assert len(list_proposals(project.snapshot())) == 1


def test_propose__same_keys_as_open_proposals__names_each(run: Run, project: World, bad: PlanRecord) -> None:
    other = propose(project, with_changes(bad, {REHEDGE: 90}))
    keys = sorted(row["name"] for row in run("plan", "--json").json()["plan"]["update"]["changes"])
    numbers = [run("propose", "--as", role, "--send", "--json").json()["proposal"] for role in ("operator", "voter-1")]
    told = run("propose", "--as", "voter-2", "--json").json()
    assert {rival["id"]: rival["shares"] for rival in told["rivals"]} == dict.fromkeys(numbers, keys)
    shown = run("propose", "--as", "voter-2").out
    assert all(f"also on its way: proposal {number} (pending) with {keys[0]}" in shown for number in numbers)
    assert str(other) not in shown


def test_delegate_apply_row_and_trip__refused__alike(place: Place) -> None:
    refused(place, "gov", "trip", "ETH", role="operator", said="TooFewObservations")
    refused(place, "gov", "apply-row", role="operator", said="Stopped")
    refused(place, "gov", "delegate", "0x12", role="voter-1", said="0x12 is not an address", code=2)
    refused(place, "gov", "unstick", role="operator", said="no transaction on the way")
    assert_one_line_error(place.run("gov", "trip", "ETH"), 1, "TooFewObservations")


def test_sender__cannot_pay__is_refused(place: Place) -> None:
    voter = account("voter-1").address
    place.world.chain.request("anvil_setBalance", voter, "0x1")
    refused(place, "gov", "delegate", account("lp").address, role="voter-1", said="send it some first")
    assert place.world.chain.request("eth_getBalance", voter, "latest") == "0x1"


def reports(place: Place, values: list[int]) -> list[SignedReport]:
    made = [build_report(place.world.snapshot(), "ETH", value, "file q.csv", "file") for value in values]
    return [sign_report(report, who) for report, who in zip(made, accounts("reporter"), strict=False)]


def written(place: Place, folder: Path, signed: list[SignedReport], **change: object) -> str:
    """Write reports into one file, the first of them changed by hand."""
    content = [report_json(entry) for entry in signed]
    if content:
        content[0] |= change
    (folder / "reports.json").write_text(json.dumps(content), encoding="utf-8")
    return "reports.json"


def test_submit__tampered_short_or_empty__is_refused_with_the_contracts_error(place: Place, tmp_path: Path) -> None:
    signed = reports(place, [72_000_000] * 4)
    submit = ("oracle", "submit")
    refused(place, *submit, written(place, tmp_path, signed[:1]), role="operator", said="QuorumNotMet")
    refused(place, *submit, written(place, tmp_path, []), role="operator", said="no report to submit")
    refused(place, *submit, written(place, tmp_path, [signed[0]] * 3), role="operator", said="ReportersNotAscending")
    changed = place.run(*submit, written(place, tmp_path, signed[:3], volatility_e8=99_000_000), role="operator")
    assert changed.code == 1
    assert "UnknownSigner" in changed.err or "ReportersNotAscending" in changed.err
    file = written(place, tmp_path, signed[:3], feed_id="0x" + "11" * 32)
    refused(place, *submit, file, role="operator", said="is not what it signed")
    dry = place.run(*submit, written(place, tmp_path, signed), role="operator")
    assert dry.code == 0
    assert "is left out: the median needs an odd number" in dry.out
    assert place.sent(*submit, "reports.json", role="operator")["sent"] is True
    refused(place, *submit, "reports.json", role="operator", said="WrongRound")


def test_safe__strangers_or_too_few_signatures__are_named_and_never_counted(place: Place, tmp_path: Path) -> None:
    world = place.world
    safe = world.deployment.address("guardian")
    made = build_safe_transaction(world.snapshot(), safe, parameters_call(world, "pause"))
    first = SafeRecord("pause", made, {}).signed(account("guardian-1"))
    file = str(first.save(tmp_path / "pause.json"))
    refused(place, "safe", "execute", file, role="operator", said="1 of 2 signatures")
    first.signed(account("outsider")).save(Path(file))
    refused(place, "safe", "execute", file, role="operator", said="no owner of the Safe")
    told = place.run("safe", "sign", file, role="guardian-2").out
    assert "2 owners must sign; signed by 2: " in told
    assert f"signed by {account('outsider').address}, no owner of the Safe" in told
    counted = place.run("safe", "sign", file, "--json", role="guardian-3").json()
    assert (counted["signed_by_owners"], counted["strangers"]) == (3, [account("outsider").address])
    first.signed(account("guardian-3")).save(Path(file))
    assert "possible now, rehearsed" in place.run("safe", "execute", file).out
    assert place.sent("safe", "execute", file, role="operator")["sent"] is True


def test_safe_create__threshold_owners_or_salt_that_cannot_be__are_refused(place: Place) -> None:
    one, two = account("lp").address, account("trader").address
    create = ("safe", "create")
    refused(place, *create, one, "--threshold", "2", role="operator", said="of 1 owners cannot need 2 signatures")
    refused(place, *create, one, one.lower(), role="operator", said="named twice")
    refused(place, *create, one, "0x" + "00" * 20, role="operator", said="cannot sign")
    dry = place.run(*create, one, two, "--json", role="operator").json()
    assert place.sent(*create, one, two, role="operator")["safe"] == dry["safe"]
    refused(place, *create, one, two, role="operator", said="Create2 call failed")


def test_delegate__to_nobody__warns_dry_and_sent(place: Place) -> None:
    """The token allows it, and people mean it: yet the votes are gone until they are delegated anew."""
    said = f"warning: {ZERO} is nobody: the sender's votes count for nobody until he delegates them anew\n"
    for more in ((), ("--json",), ("--send",)):
        done = place.run("gov", "delegate", ZERO, *more, role="voter-3")
        assert (done.code, done.err) == (0, said), done
    assert place.run("gov", "delegate", account("voter-3").address, "--send", role="voter-3").err == ""
